"""Those whose first seat began together: who of them still holds one, and uses the product."""

from collections import defaultdict
from datetime import date, datetime
from typing import Any

from tests.presentation.second.calendar import (
    TICK,
    UNITS,
    Period,
    day_of,
    next_start,
    periods,
    start_of,
)
from tests.presentation.second.facts import Facts
from tests.presentation.second.figures import share

Starts = dict[str, set[date]]  # of each teacher, the first days of periods


def by_cohort(facts: Facts, as_of: datetime) -> list[dict[str, Any]]:
    """`prs_seat_retention`."""
    first: dict[str, datetime] = {}
    for licence in facts.licences:
        if licence.start <= as_of:
            first[licence.teacher] = min(licence.start, first.get(licence.teacher, licence.start))
    days = defaultdict(set)
    for account, at in facts.active(as_of):
        days[account].add(day_of(at))
    return [row for unit in UNITS for row in _unit(facts, unit, first, days, as_of)]


def _unit(
    facts: Facts, unit: str, first: dict[str, datetime], days: Starts, as_of: datetime
) -> list[dict[str, Any]]:
    calendar = list(periods(unit, facts.begins, as_of))
    held = {teacher: _held(facts, unit, teacher, as_of) for teacher in first}
    used = {teacher: {start_of(unit, day) for day in days[teacher]} for teacher in first}
    cohorts: dict[date, list[str]] = defaultdict(list)
    for teacher, at in first.items():
        cohorts[start_of(unit, day_of(at))].append(teacher)
    return [
        {"period_unit": unit, "cohort_start": start, "period_number": number}
        | _row(period, members, held, used)
        for start, members in cohorts.items()
        for number, period in enumerate(one for one in calendar if one.start >= start)
    ]


def _held(facts: Facts, unit: str, teacher: str, as_of: datetime) -> set[date]:
    """Every period with an instant at which somebody holds a seat."""
    found = set()
    for licence in facts.licences_of(teacher):
        last = as_of if licence.end is None else min(licence.end - TICK, as_of)
        start = start_of(unit, day_of(licence.start))
        while licence.start <= last and start <= day_of(last):
            found.add(start)
            start = next_start(unit, start)
    return found


def _row(period: Period, members: list[str], held: Starts, used: Starts) -> dict[str, Any]:
    holding = [teacher for teacher in members if period.start in held[teacher]]
    using = [teacher for teacher in holding if period.start in used[teacher]]
    return {
        "is_complete_period": period.is_complete,
        "cohort_size": len(members),
        "eligible_size": len(members),
        "retained_seats": len(holding),
        "retained_active": len(using),
        "seat_retention_rate": share(len(holding), len(members)),
        "active_retention_rate": share(len(using), len(members)),
    }
