"""Zendesk's export of the company: its users and tickets, and what an honest count would give."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from demo.company.chance import Chance
from demo.company.clock import DAY, iso_seconds
from demo.company.payload import compact
from demo.company.people import Account
from demo.company.requesters import Json, agent_id, agent_user, requester_user, requesters
from demo.company.settings import Settings
from demo.company.support import ADMINS, AGENTS, EXPORT_LAG, Case, cases
from demo.company.tickets import ticket
from demo.company.truth import by_month


@dataclass
class Desk:
    """Everybody at the desk and all that was asked, as it stands at the company's last moment."""

    settings: Settings
    accounts: list[Account]

    def __post_init__(self) -> None:
        """Whoever asks for the first time becomes a user of the desk."""
        self._chance = Chance(self.settings.seed, "desk")
        self._now = self.settings.clock.end - EXPORT_LAG
        self._cases = cases(self.settings, self.accounts)
        self._requesters = requesters(self._cases, self._chance)

    def write(self, path: Path) -> None:
        """One user or ticket a line; who reads the file meanwhile has the whole old one."""
        part = path.with_suffix(".part")
        with part.open("w", encoding="utf-8") as file:
            file.write(f'{{"now":"{iso_seconds(self.settings.clock.end)}","users":[')
            for number, user in enumerate(self._users()):
                file.write(f"{',' if number else ''}\n{compact(user)}")
            file.write('\n],"tickets":[')
            for number, row in enumerate(self._tickets()):
                file.write(f"{',' if number else ''}\n{compact(row)}")
            file.write("\n]}\n")
        part.replace(path)

    def truth(self) -> Json:
        """What there is, and what happened to the tickets that count.

        Those are the tickets that an agent has and that are not deleted.
        """
        now, statuses = self._now, Counter(case.status(self._now) for case in self._cases)
        kept = [case for case in self._cases if not case.is_deleted]
        counted = [case for case in kept if case.taken_by(now) is not None]
        solved = [(case, case.solved_by(now)) for case in counted if case.is_solved(now)]
        return {
            "users": len(self._requesters) + AGENTS + ADMINS,
            "erased_users": sum(one.is_erased for one in self._requesters.values()),
            "tickets": len(self._cases),
            "status": dict(sorted(statuses.items())),
            "nobody_took": len(kept) - len(counted),
            "reopened": sum(case.is_reopened(now) for case in counted),
            "account_by": self._account_by(counted),
            "opened": self._by_agent([(case, case.opened_at) for case in counted]),
            "solved": self._by_agent(solved),
        }

    def _account_by(self, counted: list[Case]) -> dict[str, int]:
        live = {one.email.lower(): one for one in self.accounts if one.deleted_at is None}
        ways = Counter(self._requesters[case.email].leads_by(live) for case in counted)
        return dict(sorted(ways.items()))

    def _by_agent(self, happened: list[tuple[Case, int | None]]) -> dict[str, dict[str, int]]:
        """For each agent, so many in each of London's months."""
        clock = self.settings.clock
        months = [(case.agent or 0, clock.month_of(at)) for case, at in happened if at is not None]
        return {
            str(agent_id(agent)): by_month(
                clock, Counter(month for who, month in months if who == agent)
            )
            for agent in sorted({agent for agent, _ in months})
        }

    def _users(self) -> Iterator[Json]:
        hired_at = self.settings.clock.start - 400 * DAY
        yield from (agent_user(agent, hired_at) for agent in range(AGENTS + ADMINS))
        yield from (
            requester_user(one, self._now, self._chance) for one in self._requesters.values()
        )

    def _tickets(self) -> Iterator[Json]:
        for number, case in enumerate(self._cases, start=1):
            agent = case.taken_by(self._now)
            people = self._requesters[case.email].id, None if agent is None else agent_id(agent)
            yield ticket(number, case, people, self._now, self._chance)
