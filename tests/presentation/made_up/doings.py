"""What people do: on the website in several browsers, in the product, at the desk; what it cost."""

from collections.abc import Sequence
from datetime import datetime

from tests.presentation.made_up.chance import FIRST, Chance
from tests.presentation.made_up.folder import Folder, milliseconds, written
from tests.presentation.second.calendar import periods

BROWSERS, VISITS, IDENTIFIES, EVENTS, TICKETS = 14, 70, 16, 90, 40
EVENT_TYPES = ("lesson_started", "quiz_created", "report_viewed", "app_opened")
CAMPAIGNS = ("spring", "autumn", "winter")
IDS = [f"id of {name}" for name in CAMPAIGNS]
AGENTS = ("ada", "bob", "cat")
STATUSES = ("open", "pending", "solved", "closed", "solved")


class Doings:
    """Events, tickets and sheets."""

    def __init__(self, chance: Chance, folder: Folder, accounts: Sequence[str]) -> None:
        self._chance, self._folder, self._accounts = chance, folder, accounts
        self._browsers = [chance.uuid() for _ in range(BROWSERS)]
        for number in range(VISITS):
            self._visit(f"page {number}")
        for number in range(IDENTIFIES):
            self._identify(f"identify {number}")
        for number in range(EVENTS):
            self._event(f"track {number}")
        self._marketing()
        self._people_of_the_desk()
        for number in range(1, TICKETS + 1):
            self._ticket(str(number))
        self._money()

    def _visit(self, event_id: str) -> None:
        chance, at = self._chance, self._chance.new_moment()
        # one that marketing does not know, and often none
        campaign = chance.pick((*CAMPAIGNS, "partner", None, None, None))
        browser = chance.pick(self._browsers)
        row = {"event_id": event_id, "anonymous_id": browser, "campaign_name": campaign}
        self._folder.row("rudderstack_pages", **row, event_at=at)
        self._folder.lines["visits"].append([browser, milliseconds(at), campaign, 1])

    def _identify(self, event_id: str) -> None:
        chance, at = self._chance, self._chance.new_moment()
        browser, account = chance.pick(self._browsers), chance.pick(self._accounts)
        row = {"event_id": event_id, "anonymous_id": browser, "user_id": account}
        self._folder.row("rudderstack_identifies", **row, event_at=at)
        self._folder.lines["identifies"].append([browser, account, milliseconds(at)])

    def _event(self, event_id: str) -> None:
        chance, at = self._chance, self._chance.moment()
        account, event = chance.pick(self._accounts), chance.pick(EVENT_TYPES)
        row = {"event_id": event_id, "user_id": account, "event": event, "event_at": at}
        self._folder.row("rudderstack_tracks", **row)
        if event != "app_opened":
            self._folder.lines["activity"].append([account, milliseconds(at), milliseconds(at), 1])

    def _marketing(self) -> None:
        for name, campaign in zip(CAMPAIGNS, IDS, strict=True):
            self._folder.row("hubspot_campaigns", campaign_id=campaign, name=name)
        self._folder.told["hubspot"] = {"campaigns": dict(zip(CAMPAIGNS, IDS, strict=True))}

    def _people_of_the_desk(self) -> None:
        for agent in AGENTS:
            row = {"user_id": agent, "role": "agent", "external_id": None}
            self._folder.row("zendesk_users", **row, active=agent != "bob")
        for account in self._accounts:
            row = {"user_id": f"asks {account}", "role": "end-user", "external_id": account}
            self._folder.row("zendesk_users", **row, active=True)
        self._folder.told["zendesk"] = {"agents": list(AGENTS)}

    def _ticket(self, number: str) -> None:
        chance = self._chance
        opened_at = _second(chance.moment())
        status, agent = chance.pick(STATUSES), chance.pick((*AGENTS, *AGENTS, None))
        account = chance.pick((*self._accounts, None))
        minutes = chance.number(0, 9_000) if chance.happens(0.7) else None
        solved_at = _second(chance.later(opened_at, 60)) if status in STATUSES[2:] else None
        reopens = chance.pick((None, 0, 0, 2))
        row = {"ticket_id": number, "assignee_id": agent, "status": status, "reopens": reopens}
        row |= {"requester_id": account and f"asks {account}", "first_reply_minutes": minutes}
        self._folder.row("zendesk_tickets", **row, created_at=opened_at, solved_at=solved_at)
        told = {"id": number, "agent": agent, "account": account, "opened_at": written(opened_at)}
        told |= {"first_reply_minutes": minutes, "was_reopened": bool(reopens)}
        self._folder.lines["tickets"].append(told | {"solved_at": written(solved_at)})

    def _money(self) -> None:
        """Plans for most months, of nothing in some, and what campaigns cost in some."""
        chance, folder = self._chance, self._folder
        budgets, spend = [], []
        for month in periods("month", FIRST, chance.as_of):
            for metric in ("mrr_eur", "active_users"):
                if chance.happens(0.8):
                    amount = str(chance.number(0, 5))
                    row = {"month": month.start, "metric": metric, "amount": amount}
                    folder.row("finance_budgets", **row)
                    budgets.append([month.key, metric, amount])
            for campaign in IDS[: chance.number(0, len(IDS))]:
                amount = f"{chance.number(0, 999)}.5"
                row = {"month": month.start, "campaign_id": campaign, "spend_eur": amount}
                folder.row("finance_campaign_spend", **row)
                spend.append([month.key, campaign, amount])
        sheets = {"budgets": budgets, "campaign_spend": spend}
        folder.told["finance"] = {name: {"amounts": rows} for name, rows in sheets.items()}


def _second(at: datetime) -> datetime:
    """Desks write whole seconds."""
    return at.replace(microsecond=0)
