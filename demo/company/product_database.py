"""The product's own database: a file of rows for each of its tables, as they stand now."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

from demo.company.business import Business
from demo.company.clock import DAY, Clock
from demo.company.contracts import Subscription, Term
from demo.company.customers import Organisation, School
from demo.company.files import write_lines
from demo.company.people import Account
from demo.company.plans import PLANS
from demo.company.records import Record, rows, written
from demo.company.seats import Assignment, Seat
from demo.company.staff import Membership

Tables = Mapping[str, Iterable[Record]]


def write(directory: Path, accounts: list[Account], business: Business, clock: Clock) -> None:
    """`<table>.jsonl` for each table, in the order of numbers; accounts in that of their making."""
    for name, records in _tables(accounts, business, clock).items():
        write_lines(directory / f"{name}.jsonl", rows(records, clock.now))


def _tables(accounts: list[Account], business: Business, clock: Clock) -> Tables:
    return {
        "users": map(_user, accounts),
        "organisations": map(_organisation, business.organisations),
        "schools": map(_school, business.schools),
        "school_memberships": map(_membership, business.memberships),
        "plans": _plans(clock),
        "subscriptions": map(_subscription, business.subscriptions),
        "subscription_terms": map(_term, business.terms),
        "seats": map(_seat, business.seats),
        "seat_assignments": map(_assignment, business.assignments),
    }


def _user(account: Account) -> Record:
    values = {
        "email": account.email,
        "full_name": account.full_name,
        "signed_up_at": written(account.signed_up_at),
        "email_verified_at": None,
        "country": account.country,
        "deleted_at": None,
    }
    return (
        Record(account.id, account.signed_up_at, values)
        .change(account.verified_at, email_verified_at=written(account.verified_at))
        .change(account.edited_at)
        .change(account.deleted_at, deleted_at=written(account.deleted_at))
    )


def _organisation(one: Organisation) -> Record:
    values = {
        "name": one.name,
        "kind": one.kind,
        "country": one.country,
        "hubspot_company_id": one.company_id,
        "deleted_at": None,
    }
    record = Record(one.id, one.created_at, values)
    return record.change(one.deleted_at, deleted_at=written(one.deleted_at))


def _school(one: School) -> Record:
    values = {
        "organisation_id": one.founded_in.id,
        "name": one.name,
        "urn": one.urn,
        "postcode": one.postcode,
        "phase": one.phase,
        "deleted_at": None,
    }
    record = Record(one.id, one.created_at, values, gone_at=one.gone_at)
    if one.moved:
        record.change(one.moved[0], organisation_id=one.moved[1].id)
    return record.change(one.deleted_at, deleted_at=written(one.deleted_at))


def _membership(one: Membership) -> Record:
    values = {
        "user_id": one.account.id,
        "school_id": one.school.id,
        "role": one.role,
        "started_at": written(one.started_at),
        "ended_at": None,
    }
    record = Record(one.id, one.recorded_at, values, gone_at=one.gone_at)
    return record.change(one.ended_at, ended_at=written(one.ended_at))


def _plans(clock: Clock) -> Iterator[Record]:
    """The price list is older than the company's story; nothing in it has changed since."""
    for plan in PLANS:
        values = {
            "name": plan.name,
            "billing_period": plan.billing_period,
            "price_per_seat": str(plan.price_per_seat),
            "currency": plan.currency,
            "is_free": plan.is_free,
        }
        yield Record(plan.id, clock.start - 800 * DAY, values)


def _subscription(one: Subscription) -> Record:
    values = {
        "organisation_id": one.organisation.id,
        "started_at": written(one.started_at),
        "cancel_requested_at": None,
        "ended_at": None,
    }
    record = Record(one.id, one.terms[0].agreed_at, values)
    for known_at, at in one.cancels:
        record.change(known_at, cancel_requested_at=written(at))
    for known_at, at in one.ends:
        record.change(known_at, ended_at=written(at))
    return record


def _term(one: Term) -> Record:
    values = {
        "subscription_id": one.subscription.id,
        "plan_id": one.agreed.plan.id,
        "seats": one.agreed.seats,
        "price_per_seat": str(one.agreed.price),
        "discount_percent": str(one.agreed.discount),
        "starts_at": written(one.starts_at),
        "ends_at": written(one.ends[0][1]),
        "began_by": one.began_by,
        "renewal_due_on": _written_date(one.due),
        "is_trial": one.agreed.is_trial,
    }
    record = Record(one.id, one.agreed_at, values)
    for known_at, at in one.ends[1:]:
        record.change(known_at, ends_at=written(at))
    return record


def _seat(one: Seat) -> Record:
    values = {"subscription_id": one.subscription.id, "seat_type": one.seat_type}
    return Record(one.id, one.created_at, values)


def _assignment(one: Assignment) -> Record:
    values = {
        "seat_id": one.seat.id,
        "user_id": one.account.id,
        "assigned_at": written(one.assigned_at),
        "released_at": None,
    }
    record = Record(one.id, one.assigned_at, values, gone_at=one.gone_at)
    return record.change(one.released_at, released_at=written(one.released_at))


def _written_date(on: date | None) -> str | None:
    return None if on is None else on.isoformat()
