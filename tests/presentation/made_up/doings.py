"""What people do: on the website in several browsers, in the product, at the desk; what it cost."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from tests.presentation.made_up.chance import FIRST, Chance
from tests.presentation.made_up.folder import Folder, Line, milliseconds, written
from tests.presentation.second.calendar import periods

BROWSERS, VISITS, IDENTIFIES, EVENTS, TICKETS = 14, 70, 8, 90, 40
EVENT_TYPES = ("lesson_started", "quiz_created", "report_viewed", "app_opened")
CAMPAIGNS = ("spring", "autumn", "winter")
IDS = [f"id of {name}" for name in CAMPAIGNS]
AGENTS = ("ada", "bob", "cat")
STATUSES = ("open", "pending", "solved", "closed", "solved")


class Doings:
    """Events, tickets and sheets."""

    def __init__(self, chance: Chance, folder: Folder, signed_up: Mapping[str, datetime]) -> None:
        self._chance, self._folder, self._accounts = chance, folder, list(signed_up)
        self._browsers = [chance.uuid() for _ in range(BROWSERS)]
        for number in range(VISITS):
            self._visit(f"page {number}", chance.pick(self._browsers), chance.new_moment())
        for number in range(IDENTIFIES):
            account = chance.pick(self._accounts)
            self._identify(f"i {number}", chance.pick(self._browsers), account, chance.new_moment())
        for account, signed_up_at in signed_up.items():
            self._come(account, signed_up_at)
        for number in range(EVENTS):
            self._event(f"track {number}")
        self._marketing()
        self._people_of_the_desk()
        for number in range(1, TICKETS + 1):
            self._ticket(str(number))
        self._money()

    def _come(self, account: str, signed_up_at: datetime) -> None:
        """About 30 days before they sign up, and about then, in a browser of their own."""
        browser = self._chance.uuid()
        for day in (30, 0):
            at = self._chance.near(signed_up_at - timedelta(days=day))
            if at >= FIRST and self._chance.takes(at):
                self._visit(f"page {day} of {account}", browser, at)
        self._identify(f"i of {account}", browser, account, signed_up_at)

    def _visit(self, event_id: str, browser: str, at: datetime) -> None:
        # one that marketing does not know, and often none
        campaign = self._chance.pick((*CAMPAIGNS, "partner", None, None, None))
        row = {"event_id": event_id, "anonymous_id": browser, "campaign_name": campaign}
        self._folder.row("rudderstack_pages", **row, event_at=at)
        self._folder.lines["visits"].append([browser, milliseconds(at), campaign, 1])

    def _identify(self, event_id: str, browser: str, account: str, at: datetime) -> None:
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
        minutes = self._minutes(opened_at) if chance.happens(0.7) else None
        solved_at = _second(chance.later(opened_at, 60)) if status in STATUSES[2:] else None
        reopens = chance.pick((None, 0, 0, 2))
        row = {"ticket_id": number, "assignee_id": agent, "status": status, "reopens": reopens}
        row |= {"requester_id": account and f"asks {account}", "first_reply_minutes": minutes}
        self._folder.row("zendesk_tickets", **row, created_at=opened_at, solved_at=solved_at)
        told: Line = {
            "id": number,
            "agent": agent,
            "account": account,
            "opened_at": written(opened_at),
        }
        told |= {"first_reply_minutes": minutes, "was_reopened": bool(reopens)}
        self._folder.lines["tickets"].append(told | {"solved_at": written(solved_at)})

    def _minutes(self, opened_at: datetime) -> int:
        """To a first reply, which may come just when nobody knows more."""
        waited = (self._chance.as_of - opened_at) // timedelta(minutes=1)
        if waited >= 0 and self._chance.happens(0.2):
            return waited
        return self._chance.number(0, 9_000)

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
