"""The seats of each organisation at the end of each month: bought, given to somebody, used."""

from collections import defaultdict
from datetime import date, datetime
from typing import Any

from tests.presentation.second.calendar import Period, day_of, periods
from tests.presentation.second.facts import Facts, Licence
from tests.presentation.second.figures import share


def monthly(facts: Facts, as_of: datetime) -> list[dict[str, Any]]:
    """`prs_organisation_seats_monthly`: from the month of an organisation's first term on."""
    since: dict[str, datetime] = {}
    for term in facts.terms:
        if term.start <= as_of:
            since[term.organisation] = min(term.start, since.get(term.organisation, term.start))
    did = active_months(facts, as_of)
    return [
        _month(facts, month, organisation, did[month.start])
        for month in periods("month", facts.begins, as_of)
        for organisation, first in since.items()
        if first < month.ends_at
    ]


def active_months(facts: Facts, as_of: datetime) -> dict[date, set[str]]:
    """Who did something that counts in each month."""
    did: dict[date, set[str]] = defaultdict(set)
    for account, at in facts.active(as_of):
        did[day_of(at).replace(day=1)].add(account)
    return did


def _month(facts: Facts, month: Period, organisation: str, did: set[str]) -> dict[str, Any]:
    running = [
        term for term in facts.terms if term.organisation == organisation and term.holds(month.end)
    ]
    purchased = sum(term.seats for term in running)
    subscriptions = {term.subscription for term in running}
    held: list[Licence] = [
        licence
        for licence in facts.licences
        if licence.subscription in subscriptions and licence.holds(month.end)
    ]
    assigned = {licence.seat for licence in held}
    used = {licence.seat for licence in held if licence.teacher in did}
    teachers = {licence.teacher for licence in held}
    schools = {
        membership.school
        for membership in facts.memberships
        if membership.teacher in teachers and membership.holds(month.end)
    }
    return {
        "month": month.start,
        "month_key": month.key,
        "organisation_id": organisation,
        "is_complete_month": month.is_complete,
        "seats_purchased": purchased,
        "seats_assigned": len(assigned),
        "seats_active": len(used),
        "seats_overallocated": max(len(assigned) - purchased, 0),
        "seat_utilisation": share(len(used), purchased),
        "teachers": len(teachers),
        "schools": len(schools),
    }
