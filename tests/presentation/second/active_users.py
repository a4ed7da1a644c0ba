"""Who did something that counts in each month, and in the 30 days up to its end, by seat type."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from tests.presentation.second.calendar import Period, day_of, periods
from tests.presentation.second.facts import Facts
from tests.presentation.second.figures import share

SEAT_TYPES = ("admin", "full", "viewer", "none")
Days = dict[date, list[tuple[str, datetime]]]  # account and moment, by London's day


def monthly(facts: Facts, as_of: datetime) -> list[dict[str, Any]]:
    """`prs_monthly_active_users`."""
    days: Days = defaultdict(list)
    for account, at in facts.active(as_of):
        days[day_of(at)].append((account, at))
    return [
        row for month in periods("month", facts.begins, as_of) for row in _month(facts, month, days)
    ]


def _between(days: Days, first: datetime, last: datetime) -> Iterable[tuple[str, datetime]]:
    """What was done from one instant to another, both included."""
    day = day_of(first)
    while day <= day_of(last):
        yield from ((account, at) for account, at in days.get(day, []) if first <= at <= last)
        day += timedelta(days=1)


def _by_last_seat(facts: Facts, done: Iterable[tuple[str, datetime]]) -> dict[str, str]:
    """The seat that each of them held when they did the last of it."""
    last: dict[str, datetime] = {}
    for account, at in done:
        last[account] = max(at, last.get(account, at))
    return {account: facts.seat_type(account, at) for account, at in last.items()}


def _month(facts: Facts, month: Period, days: Days) -> list[dict[str, Any]]:
    users = _by_last_seat(facts, _between(days, month.starts_at, month.end))
    over = month.ends_at if month.is_complete else month.as_of
    rolling = _by_last_seat(facts, _between(days, over - timedelta(hours=720), month.end))
    holders = {one.teacher: one.kind for one in facts.licences if one.holds(month.end)}
    counts = [
        Counter(users.values()),
        Counter(holders.values()),
        Counter(kind for teacher, kind in holders.items() if teacher in users),
        Counter(rolling.values()),
    ]
    rows = [_row(month, kind, [count[kind] for count in counts]) for kind in SEAT_TYPES]
    budget = facts.budgets.get((month.key, "active_users"))
    together = [len(users), len(holders), len(holders.keys() & users.keys()), len(rolling)]
    plan = {
        "budgeted_active_users": budget,
        "budget_attainment": share(len(users), budget),
    }
    return [*rows, _row(month, "all", together) | plan]


def _row(month: Period, kind: str, counts: list[int]) -> dict[str, Any]:
    active, holders, active_holders, rolling = counts
    return {
        "month": month.start,
        "month_key": month.key,
        "seat_type": kind,
        "is_complete_month": month.is_complete,
        "active_users": active,
        "seat_holders": holders,
        "active_seat_holders": active_holders,
        "active_rate": share(active_holders, holders),
        "rolling_30_day_active_users": rolling,
        "budgeted_active_users": None,
        "budget_attainment": None,
    }
