"""Who came to the website, through which campaign, and who of them signed up and got a seat."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from tests.presentation.second.calendar import Period, day_of, periods
from tests.presentation.second.facts import Facts, Visit
from tests.presentation.second.figures import share

SIGNS_UP_WITHIN, IS_SEATED_WITHIN = timedelta(days=30), timedelta(days=90)
WAYS = ("first_touch", "last_touch")


@dataclass(frozen=True)
class Visitor:
    """Somebody with all their browsers, and how far they came."""

    month: date
    campaigns: dict[str, str]  # by the way of attribution
    has_signed_up: bool
    has_seat: bool


def monthly(facts: Facts, as_of: datetime) -> list[dict[str, Any]]:
    """`prs_campaign_funnel_monthly`."""
    visitors = _visitors(facts, as_of)
    places = [*facts.campaigns.values(), "direct"]
    return [
        _row(facts, month, way, campaign, of_month)
        for month in periods("month", facts.begins, as_of)
        for of_month in [[one for one in visitors if one.month == month.start]]
        for way in WAYS
        for campaign in places
    ]


def _visitors(facts: Facts, as_of: datetime) -> list[Visitor]:
    first_told: dict[str, str] = {}
    for browser, account, at in sorted(facts.identifies, key=lambda told: told[2]):
        if at <= as_of:
            first_told.setdefault(browser, account)
    owners = {one: account for one, account in first_told.items() if account in facts.signed_up}
    seen = defaultdict(list)
    for visit in sorted(facts.visits, key=lambda visit: visit.at):
        if visit.at <= as_of:
            account = owners.get(visit.browser)
            seen[account, account or visit.browser].append(visit)
    return [_visitor(facts, account, visits, as_of) for (account, _), visits in seen.items()]


def _visitor(facts: Facts, account: str | None, visits: list[Visit], as_of: datetime) -> Visitor:
    first = visits[0]
    assert [one.at for one in visits].count(first.at) == 1, f"two visits at {first.at}"
    signed_up_at = facts.signed_up.get(account) if account else None
    if signed_up_at is not None and signed_up_at > as_of:
        signed_up_at = None
    led = [
        one.campaign
        for one in visits
        if one.campaign and (signed_up_at is None or one.at < signed_up_at)
    ]
    touches = {"first_touch": first.campaign, "last_touch": led[-1] if led else None}
    came = signed_up_at is not None and first.at <= signed_up_at <= first.at + SIGNS_UP_WITHIN
    until = min(first.at + IS_SEATED_WITHIN, as_of)
    return Visitor(
        month=day_of(first.at).replace(day=1),
        campaigns={way: facts.campaigns.get(name or "", "direct") for way, name in touches.items()},
        has_signed_up=came,
        has_seat=came and account is not None and _sat(facts, account, first.at, until),
    )


def _sat(facts: Facts, account: str, first: datetime, last: datetime) -> bool:
    """Whether somebody held a seat at the first instant, or got one until the last."""
    return any(
        licence.holds(first) or first <= licence.start <= last
        for licence in facts.licences_of(account)
    )


def _row(
    facts: Facts, month: Period, way: str, campaign: str, visitors: list[Visitor]
) -> dict[str, Any]:
    those = [one for one in visitors if one.campaigns[way] == campaign]
    signed_up = sum(one.has_signed_up for one in those)
    seated = sum(one.has_seat for one in those)
    cost = facts.spend.get((month.key, campaign), 0) if way == "first_touch" else None
    return {
        "month": month.start,
        "month_key": month.key,
        "attribution": way,
        "campaign_id": campaign,
        "is_complete_month": month.is_complete,
        "is_settled": month.is_over_for(days=91),
        "web_users": len(those),
        "signed_up": signed_up,
        "seated": seated,
        "sign_up_rate": share(signed_up, len(those)),
        "seat_rate": share(seated, len(those)),
        "cost_eur": cost,
        "cost_per_sign_up_eur": share(cost, signed_up, places=4),
    }
