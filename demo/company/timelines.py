"""The clean timelines of `truth/`: what METRICS.md can be computed from without any database.

One JSON object a line, as it really is as far as is known by now; moments in ISO 8601, dates as
`2026-03-01`, amounts as text. Rows that were removed are in none of them.

    accounts       id, signed_up_at, deleted_at
    organisations  id, company (HubSpot's id or null), deleted_at
    schools        id, deleted_at, organisations: [[from, organisation], ...]
    memberships    id, account, school, from, to
    terms          id, organisation, subscription, starts, ends, seats, month_price_eur (of a seat,
                   after the discount, 8 places), is_trial, is_free, began_by, renewal_due_on,
                   held: "currency" or null
    assignments    id, account, seat, seat_type, subscription, from, to
    tickets        see `Desk.timeline`; those deleted are left out, those nobody took have no agent
    activity, visits, identifies   lists, see the modules of these names
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from demo.company.business import Business
from demo.company.clock import iso
from demo.company.contracts import Term
from demo.company.desk import Desk
from demo.company.files import write_lines
from demo.company.people import Account, known
from demo.company.records import written
from demo.company.seats import Assignment
from demo.company.staff import Membership

Json = dict[str, Any]


def write(directory: Path, accounts: list[Account], business: Business, desk: Desk) -> None:
    """All of them but those that are told with the events."""
    now = desk.settings.clock.now
    timelines: dict[str, Iterable[Json]] = {
        "accounts": _accounts(known(accounts, now), now),
        "organisations": _organisations(business, now),
        "schools": _schools(business, now),
        "memberships": (_membership(one, now) for one in business.memberships),
        "terms": (_term(one, now) for one in business.terms if one.agreed_at < now),
        "assignments": (_assignment(one, now) for one in business.assignments),
        "tickets": desk.timeline(),
    }
    for name, rows in timelines.items():
        write_lines(directory / f"{name}.jsonl", filter(None, rows))


def _by(at: int | None, now: int) -> str | None:
    return written(at) if at is not None and at < now else None


def _is_there(since: int, gone_at: int | None, now: int) -> bool:
    return since < now and (gone_at is None or gone_at >= now)


def _accounts(accounts: list[Account], now: int) -> Iterator[Json]:
    for one in accounts:
        signed_up_at, deleted_at = iso(one.signed_up_at), _by(one.deleted_at, now)
        yield {"id": one.id, "signed_up_at": signed_up_at, "deleted_at": deleted_at}


def _organisations(business: Business, now: int) -> Iterator[Json]:
    for one in business.organisations:
        if one.created_at < now:
            deleted_at = _by(one.deleted_at, now)
            yield {"id": one.id, "company": one.company_id, "deleted_at": deleted_at}


def _schools(business: Business, now: int) -> Iterator[Json]:
    for one in business.schools:
        owners: list[tuple[str, int]] = [(iso(one.created_at), one.founded_in.id)]
        if one.moved and one.moved[0] < now:
            owners.append((iso(one.moved[0]), one.moved[1].id))
        if _is_there(one.created_at, one.gone_at, now):
            deleted_at = _by(one.deleted_at, now)
            yield {"id": one.id, "deleted_at": deleted_at, "organisations": owners}


def _membership(one: Membership, now: int) -> Json:
    if not _is_there(one.recorded_at, one.gone_at, now):
        return {}
    ended_at = _by(one.ended_at, now)
    return {
        "id": one.id,
        "account": one.account.id,
        "school": one.school.id,
        "from": iso(one.started_at),
        "to": ended_at,
    }


def _term(one: Term, now: int) -> Json:
    *_, ends_at = (at for known_at, at in one.ends if known_at < now)
    is_held = one.agreed.plan.currency != "EUR"
    return {
        "id": one.id,
        "organisation": one.subscription.organisation.id,
        "subscription": one.subscription.id,
        "starts": iso(one.starts_at),
        "ends": written(ends_at),
        "seats": one.agreed.seats,
        "month_price_eur": None if is_held else format(one.agreed.month_price, "f"),
        "is_trial": one.agreed.is_trial,
        "is_free": one.agreed.plan.is_free,
        "began_by": one.began_by,
        "renewal_due_on": None if one.due is None else one.due.isoformat(),
        "held": "currency" if is_held else None,
    }


def _assignment(one: Assignment, now: int) -> Json:
    if not _is_there(one.assigned_at, one.gone_at, now):
        return {}
    return {
        "id": one.id,
        "account": one.account.id,
        "seat": one.seat.id,
        "seat_type": one.seat.seat_type,
        "subscription": one.seat.subscription.id,
        "from": iso(one.assigned_at),
        "to": _by(one.released_at, now),
    }
