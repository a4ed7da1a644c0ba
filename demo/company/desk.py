"""Zendesk's export of the company: its users and tickets, and what an honest count would give."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from demo.company.chance import Chance
from demo.company.clock import DAY, iso, iso_seconds
from demo.company.files import write_lists
from demo.company.metrics import first_reply_minutes
from demo.company.people import Account
from demo.company.requesters import (
    Json,
    Requester,
    agent_id,
    agent_user,
    requester_user,
    requesters,
)
from demo.company.settings import Settings
from demo.company.support import ADMINS, AGENTS, EXPORT_LAG, Case, cases
from demo.company.tickets import ticket
from demo.company.truth import by_month


@dataclass
class Desk:
    """Everybody at the desk and all that was asked, as it stands now."""

    settings: Settings
    accounts: list[Account]

    def __post_init__(self) -> None:
        """Whoever asks for the first time becomes a user of the desk."""
        clock = self.settings.clock
        self.now = clock.now - EXPORT_LAG
        planned = cases(self.settings, self.accounts)
        self._requesters = requesters(planned, clock, Chance(self.settings.seed, "desk"))
        self.cases = [case for case in planned if case.opened_at <= self.now]

    @property
    def requesters(self) -> list[Requester]:
        """Those who have asked by now."""
        return [one for one in self._requesters.values() if one.asked_at <= self.now]

    def requester(self, case: Case) -> Requester:
        """Who asked."""
        return self._requesters[case.email]

    def write(self, path: Path) -> None:
        """One user or ticket a line."""
        lists = {"users": self.users(), "tickets": self.tickets()}
        write_lists(path, iso_seconds(self.settings.clock.now), lists)

    def users(self) -> Iterator[Json]:
        """Agents and administrators first, then whoever asked."""
        hired_at = self.settings.clock.start - 400 * DAY
        yield from (agent_user(agent, hired_at) for agent in range(AGENTS + ADMINS))
        yield from (requester_user(one, self.now) for one in self.requesters)

    def tickets(self) -> Iterator[Json]:
        """The oldest first, numbered from 1."""
        chance = Chance(self.settings.seed, "tickets")
        for number, case in enumerate(self.cases, start=1):
            agent = case.taken_by(self.now)
            people = self.requester(case).id, None if agent is None else agent_id(agent)
            yield ticket(number, case, people, self.now, chance)

    def truth(self) -> Json:
        """What there is, and what happened to the tickets that count.

        Those are the tickets that an agent has and that are not deleted.
        """
        now, statuses = self.now, Counter(case.status(self.now) for case in self.cases)
        kept = [case for case in self.cases if not case.is_deleted(now)]
        counted = [case for case in kept if case.taken_by(now) is not None]
        solved = [(case, case.solved_by(now)) for case in counted if case.is_solved(now)]
        return {
            "users": len(self.requesters) + AGENTS + ADMINS,
            "agents": [str(agent_id(agent)) for agent in range(AGENTS + ADMINS)],
            "erased_users": sum(one.is_erased(now) for one in self.requesters),
            "tickets": len(self.cases),
            "status": dict(sorted(statuses.items())),
            "nobody_took": len(kept) - len(counted),
            "reopened": sum(case.is_reopened(now) for case in counted),
            "account_by": self._account_by(counted),
            "opened": self._by_agent([(case, case.opened_at) for case in counted]),
            "solved": self._by_agent(solved),
        }

    def timeline(self) -> Iterator[Json]:
        """What happened to each ticket that counts; whose account it is, after erasing."""
        now, live = self.now, self._live()
        for number, case in enumerate(self.cases, start=1):
            if case.is_deleted(now):
                continue
            agent, solved_at = case.taken_by(now), case.solved_by(now)
            yield {
                "id": str(number),
                "opened_at": iso(case.opened_at),
                "first_reply_minutes": first_reply_minutes(case, now),
                "was_reopened": case.is_reopened(now),
                "solved_at": iso(solved_at) if solved_at and case.is_solved(now) else None,
                "agent": None if agent is None else str(agent_id(agent)),
                "account": self._account(self.requester(case), live),
            }

    def _account(self, one: Requester, live: dict[str, Account]) -> str | None:
        match one.leads_by(live, self.now):
            case "external_id":
                account = one.account(self.now)
                return account.id if account else None
            case "email":
                return live[one.email].id
            case _:
                return None

    def _live(self) -> dict[str, Account]:
        now = self.settings.clock.now
        return {one.email.lower(): one for one in self.accounts if one.is_live(now)}

    def _account_by(self, counted: list[Case]) -> dict[str, int]:
        live = self._live()
        ways = Counter(self.requester(case).leads_by(live, self.now) for case in counted)
        return dict(sorted(ways.items()))

    def _by_agent(self, happened: list[tuple[Case, int | None]]) -> dict[str, dict[str, int]]:
        """For each agent, so many in each of London's months."""
        clock = self.settings.clock
        months = [(case.agent, clock.month_of(at)) for case, at in happened if at is not None]
        return {
            str(agent_id(agent)): by_month(
                clock, Counter(month for who, month in months if who == agent)
            )
            for agent in sorted({agent for agent, _ in months})
        }
