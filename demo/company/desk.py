"""Zendesk's export of the company: its users and tickets, and what an honest count of them would give."""

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
        """One user or ticket a line."""
        with path.open("w", encoding="utf-8") as file:
            file.write(f'{{"now":"{iso_seconds(self.settings.clock.end)}","users":[')
            for number, user in enumerate(self._users()):
                file.write(f"{',' if number else ''}\n{compact(user)}")
            file.write('\n],"tickets":[')
            for number, row in enumerate(self._tickets()):
                file.write(f"{',' if number else ''}\n{compact(row)}")
            file.write("\n]}\n")

    def truth(self) -> Json:
        """Tickets are counted when an agent has them and they are not deleted."""
        clock, now = self.settings.clock, self._now
        counted = [case for case in self._cases if not case.is_deleted and case.taken_by(now) is not None]
        solved = [(case, case.solved_by(now)) for case in counted if case.status(now) in ("solved", "closed")]
        live = {account.email.lower(): account for account in self.accounts if account.deleted_at is None}
        matches = Counter(self._requesters[case.email].matches(live) for case in counted)
        return {
            "users": len(self._requesters) + AGENTS + ADMINS,
            "erased_users": sum(one.is_erased for one in self._requesters.values()),
            "tickets": len(self._cases),
            "status": dict(sorted(Counter(case.status(now) for case in self._cases).items())),
            "nobody_took": sum(not c.is_deleted and c.taken_by(now) is None for c in self._cases),
            "reopened": sum(case.is_reopened(now) for case in counted),
            "account_by": dict(sorted(matches.items())),
            "opened": self._by_agent([(case, clock.month_of(case.opened_at)) for case in counted]),
            "solved": self._by_agent([(case, clock.month_of(at)) for case, at in solved if at is not None]),
        }

    def _by_agent(self, months: list[tuple[Case, int]]) -> dict[str, dict[str, int]]:
        counts: dict[int, Counter[int]] = {}
        for case, month in months:
            counts.setdefault(case.agent or 0, Counter())[month] += 1
        return {str(agent_id(agent)): by_month(self.settings.clock, counts[agent]) for agent in sorted(counts)}

    def _users(self) -> Iterator[Json]:
        hired_at = self.settings.clock.start - 400 * DAY
        yield from (agent_user(agent, hired_at) for agent in range(AGENTS + ADMINS))
        yield from (requester_user(one, self._now, self._chance) for one in self._requesters.values())

    def _tickets(self) -> Iterator[Json]:
        for number, case in enumerate(self._cases, start=1):
            agent = case.taken_by(self._now)
            people = self._requesters[case.email].id, None if agent is None else agent_id(agent)
            yield ticket(number, case, people, self._now, self._chance)
