"""People ask for help; an agent answers and solves, sometimes again.

A case is one request as it really went, also beyond what is known by now: what a desk says of it is
cut off there. All moments are whole seconds, as desks write them.
"""

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from demo.company.chance import Chance
from demo.company.clock import DAY, HOUR, MINUTE, SECOND, Clock
from demo.company.people import Account
from demo.company.settings import Settings

TICKETS = 0.13  # a teacher and month
AGENTS, ADMINS = 8, 2
OUTSIDERS, NEVER_SOLVED, DELETED = 0.04, 0.03, 0.01
REOPENED, STAYS_OPEN = 0.07, 0.15  # the latter of those reopened
NOBODY_TOOK = 0.05  # of the open ones, the newest
WAITS_LONGEST = 6 * DAY
CLOSES_AFTER = 4 * DAY
EXPORT_LAG = 2 * MINUTE  # the desk does not tell what happened in the last minute

OUTSIDE = ("parent", "carer", "governor", "student")

Status = Literal["new", "open", "pending", "hold", "solved", "closed", "deleted"]


@dataclass(slots=True, eq=False)
class Case:
    """A request for help; `agent` is the number of who takes it, times are milliseconds."""

    opened_at: int
    email: str
    account: Account | None
    agent: int
    assigned_at: int
    replied_at: int
    waits_for: Status  # between the first reply and the solution
    deleted_at: int | None = None
    solved_at: int | None = None  # for the first time
    reopened_at: int | None = None
    solved_again_at: int | None = None

    def is_deleted(self, now: int) -> bool:
        """It was no request for help, and somebody has noticed."""
        return self.deleted_at is not None and self.deleted_at <= now

    def taken_by(self, now: int) -> int | None:
        """The agent, once there is one."""
        return self.agent if self.assigned_at <= now else None

    def answered_by(self, now: int) -> int | None:
        """When an agent first answered, once one has."""
        return self.replied_at if self.replied_at <= now else None

    def solved_by(self, now: int) -> int | None:
        """When it was last solved, also if it has been reopened since."""
        if self.solved_again_at is not None and self.solved_again_at <= now:
            return self.solved_again_at
        return self.solved_at if self.solved_at is not None and self.solved_at <= now else None

    def is_reopened(self, now: int) -> bool:
        """Somebody came back to it after it was solved."""
        return self.reopened_at is not None and self.reopened_at <= now

    def is_solved(self, now: int) -> bool:
        """It was solved and nobody has come back to it since."""
        solved_at = self.solved_by(now)
        return solved_at is not None and not (self.is_reopened(now) and solved_at == self.solved_at)

    def status(self, now: int) -> Status:
        """How it stands at a moment."""
        if self.is_deleted(now):
            return "deleted"
        if self.taken_by(now) is None:
            return "new"
        if self.is_solved(now):
            return "closed" if (self.solved_by(now) or now) + CLOSES_AFTER <= now else "solved"
        return self.waits_for if self.replied_at <= now else "open"


def cases(settings: Settings, accounts: list[Account]) -> list[Case]:
    """All requests for help that are planned, the oldest first.

    Of those open when one looks first, nobody has taken a few yet.
    """
    chance, clock = Chance(settings.seed, "support"), settings.clock
    customers = sorted(accounts, key=lambda account: account.signed_up_at)
    since = [account.signed_up_at for account in customers]
    whole = settings.months * clock.days / clock.days_at_first
    count = max(AGENTS, round(settings.teachers * whole * TICKETS))
    demand = accumulate(
        clock.busy(day) * (1 + bisect_right(since, clock.starts(day))) for day in range(clock.days)
    )
    days = chance.choices(range(clock.days), cum_weights=list(demand), k=count)
    opened = sorted(_whole(clock.at_work(day, chance)) for day in days)
    all_cases = [
        _case(at, _who(at, customers[: bisect_right(since, at)], chance), chance) for at in opened
    ]
    _leave_some(all_cases, clock, chance)
    return all_cases


def _whole(at: float) -> int:
    return int(at) // SECOND * SECOND


def _who(at: int, customers: list[Account], chance: Chance) -> Account | None:
    """A customer, or somebody who never signed up; those whose account is deleted ask no more."""
    if chance.happens(OUTSIDERS):
        return None
    account = chance.pick(customers)
    return account if account.deleted_at is None or account.deleted_at > at else None


def _case(opened_at: int, account: Account | None, chance: Chance) -> Case:
    assigned_at = opened_at + _whole(chance.around(20 * MINUTE, 1.1))
    replied_at = assigned_at + _whole(chance.around(80 * MINUTE, 1.1))
    case = Case(
        opened_at=opened_at,
        email=account.email.lower() if account else _outsider(chance),
        account=account,
        agent=_agent(chance),
        assigned_at=assigned_at,
        replied_at=replied_at,
        waits_for=chance.pick(("open", "open", "pending", "pending", "hold")),
    )
    if chance.happens(DELETED):
        case.deleted_at = opened_at + _whole(chance.around(6 * HOUR, 1))
    if not chance.happens(NEVER_SOLVED):
        _solve(case, chance)
    return case


def _solve(case: Case, chance: Chance) -> None:
    case.solved_at = case.replied_at + _whole(chance.around(15 * HOUR, 1.3))
    if chance.happens(REOPENED):
        case.reopened_at = case.solved_at + _whole(chance.around(DAY, 0.5))
        if not chance.happens(STAYS_OPEN):
            case.solved_again_at = case.reopened_at + _whole(chance.around(12 * HOUR, 1.2))


def _outsider(chance: Chance) -> str:
    return f"{chance.pick(OUTSIDE)}{chance.below(400)}@home.example"


def _agent(chance: Chance) -> int:
    """Some agents take more than others; an administrator helps out now and then."""
    return AGENTS if chance.happens(0.01) else int(AGENTS * chance.random() ** 1.3)


def _leave_some(all_cases: list[Case], clock: Clock, chance: Chance) -> None:
    """Nobody has taken the newest of the open ones: all goes on with them days later.

    Nor will somebody take each of those to come at once.
    """
    now = clock.first_now - EXPORT_LAG
    opened = [case for case in all_cases if case.opened_at <= now and not case.is_deleted(now)]
    waiting = [case for case in opened if case.solved_by(now) is None]
    for case in waiting[-max(1, round(len(waiting) * NOBODY_TOOK)) :]:
        delay = now + HOUR + chance.below(WAITS_LONGEST) - case.assigned_at
        _postpone(case, _whole(max(delay, 0)))
    for case in all_cases:
        if case.opened_at > now and chance.happens(2 * NOBODY_TOOK):
            _postpone(case, _whole(chance.below(WAITS_LONGEST)))


def _postpone(case: Case, delay: int) -> None:
    case.assigned_at += delay
    case.replied_at += delay
    for name in ("deleted_at", "solved_at", "reopened_at", "solved_again_at"):
        at = getattr(case, name)
        setattr(case, name, None if at is None else at + delay)
