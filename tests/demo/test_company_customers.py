"""The backend's files: every table of SOURCES.md, consistent, with the flaws of real ones."""

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from demo.company import generate
from tests.demo.plain import rows_of, table_of

Row = dict[str, Any]
Tables = dict[str, dict[Any, Row]]

COLUMNS = {
    "users": "email full_name signed_up_at email_verified_at country deleted_at",
    "organisations": "name kind country hubspot_company_id deleted_at",
    "schools": "organisation_id name urn postcode phase deleted_at",
    "school_memberships": "user_id school_id role started_at ended_at",
    "plans": "name billing_period price_per_seat currency is_free",
    "subscriptions": "organisation_id started_at cancel_requested_at ended_at",
    "subscription_terms": (
        "subscription_id plan_id seats price_per_seat discount_percent starts_at ends_at began_by"
        " renewal_due_on is_trial"
    ),
    "seats": "subscription_id seat_type",
    "seat_assignments": "seat_id user_id assigned_at released_at",
}
REFERENCES = (
    ("schools", "organisation_id", "organisations"),
    ("school_memberships", "user_id", "users"),
    ("school_memberships", "school_id", "schools"),
    ("subscriptions", "organisation_id", "organisations"),
    ("subscription_terms", "subscription_id", "subscriptions"),
    ("subscription_terms", "plan_id", "plans"),
    ("seats", "subscription_id", "subscriptions"),
    ("seat_assignments", "seat_id", "seats"),
    ("seat_assignments", "user_id", "users"),
)
RANK = {"admin": 0, "full": 1, "viewer": 2}
MONTH = {"month": 1, "year": 12}


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("company")
    generate(directory, seed=11, teachers=800, months=24, events=32_000, horizon=28)
    return directory


@pytest.fixture(scope="module")
def tables(directory: Path) -> Tables:
    return {name: table_of(directory, name) for name in COLUMNS}


@pytest.fixture(scope="module")
def now(directory: Path) -> datetime:
    truth = json.loads((directory / "truth.json").read_text())
    return datetime.fromisoformat(truth["until"])


def _at(written: str | None) -> datetime:
    return datetime.max.replace(tzinfo=ZoneInfo("UTC")) if written is None else _moment(written)


def _moment(written: str) -> datetime:
    return datetime.fromisoformat(written)


def _by(rows: Iterable[Row], *columns: str) -> dict[Any, list[Row]]:
    found: defaultdict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[tuple(row[column] for column in columns)].append(row)
    return found


def _chains(tables: Tables) -> list[list[Row]]:
    """The terms of each subscription in the order of time."""
    terms = _by(tables["subscription_terms"].values(), "subscription_id").values()
    return [sorted(chain, key=lambda term: _moment(term["starts_at"])) for chain in terms]


def test_each_table_has_exactly_the_columns_of_its_source(tables: Tables) -> None:
    for name, columns in COLUMNS.items():
        wanted = {"id", "created_at", "updated_at", *columns.split()}
        assert tables[name]
        assert all(set(row) == wanted for row in tables[name].values()), name


def test_nothing_leads_to_a_row_that_is_not_there(tables: Tables) -> None:
    for name, column, other in REFERENCES:
        missing = {row[column] for row in tables[name].values()} - tables[other].keys()
        assert not missing, (name, column)


def test_rows_are_made_before_they_change_and_both_before_now(
    tables: Tables, now: datetime
) -> None:
    for rows in tables.values():
        for row in rows.values():
            assert _moment(row["created_at"]) <= _moment(row["updated_at"]) < now


def test_every_organisation_has_a_school_and_some_have_no_subscription(tables: Tables) -> None:
    owners = {school["organisation_id"] for school in tables["schools"].values()}
    buyers = {one["organisation_id"] for one in tables["subscriptions"].values()}
    assert owners == set(tables["organisations"])
    assert buyers < owners
    several = _by(tables["schools"].values(), "organisation_id").values()
    assert any(len(schools) > 1 for schools in several)


def test_terms_of_a_subscription_do_not_overlap_and_some_have_a_gap(tables: Tables) -> None:
    gaps = []
    for chain in _chains(tables):
        for term in chain:
            assert _moment(term["starts_at"]) < _at(term["ends_at"])
        for before, after in pairwise(chain):
            gaps.append(_moment(after["starts_at"]) - _at(before["ends_at"]))
    assert min(gaps) == timedelta()
    assert any(timedelta() < gap <= timedelta(days=30) for gap in gaps)
    assert any(gap > timedelta(days=30) for gap in gaps)


def test_every_subscription_has_a_term_and_begins_with_it(tables: Tables) -> None:
    first = {chain[0]["subscription_id"]: chain[0] for chain in _chains(tables)}
    assert first.keys() == tables["subscriptions"].keys()
    for id_, one in tables["subscriptions"].items():
        assert one["started_at"] == first[id_]["starts_at"]
        assert first[id_]["began_by"] == "new"


def test_a_commitment_is_due_after_it_began_and_a_change_keeps_the_date(tables: Tables) -> None:
    plans, changes = tables["plans"], 0
    for chain in _chains(tables):
        for before, term in pairwise([None, *chain]):
            assert term
            by_year = plans[term["plan_id"]]["billing_period"] == "year"
            assert (term["renewal_due_on"] is not None) == (by_year and not term["is_trial"])
            if term["renewal_due_on"]:
                started = _moment(term["starts_at"]).astimezone(ZoneInfo("Europe/London"))
                assert started.date().isoformat() < term["renewal_due_on"]
            if term["began_by"] == "change":
                assert before
                assert before["renewal_due_on"] == term["renewal_due_on"]
                assert before["ends_at"] == term["starts_at"]
                changes += 1
    assert changes > 5


def test_seats_grow_and_shrink_and_plans_change_both_ways_within_a_commitment(
    tables: Tables,
) -> None:
    seats, prices = set(), set()
    for chain in _chains(tables):
        for before, after in pairwise(chain):
            if after["began_by"] == "change" and after["renewal_due_on"]:
                seats.add(_sign(after["seats"] - before["seats"]))
                was, is_ = Decimal(before["price_per_seat"]), Decimal(after["price_per_seat"])
                prices.add((_sign(is_ - was), is_ == 0))
    assert seats == {-1, 0, 1}
    assert prices == {(-1, True), (-1, False), (0, False), (1, False)}


def _sign(number: Decimal | int) -> int:
    return (number > 0) - (number < 0)


def _renewals(tables: Tables) -> dict[str, list[tuple[Row, Row | None]]]:
    """For each commitment that was due, its last term and the next one, by how that went."""
    found: defaultdict[str, list[tuple[Row, Row | None]]] = defaultdict(list)
    for chain in _chains(tables):
        for term, after in pairwise([*chain, None]):
            assert term
            due = term["renewal_due_on"]
            if due and not (after and after["renewal_due_on"] == due):
                found[_how(due, after)].append((term, after))
    return found


def _how(due: str, after: Row | None) -> str:
    if after is None:
        return "never"
    if after["began_by"] == "new":
        return "as new"
    late = (
        _moment(after["starts_at"]).astimezone(ZoneInfo("Europe/London")).date()
        - datetime.fromisoformat(due).date()
    ).days
    return "early" if late < 0 else "on time" if late == 0 else "late" if late <= 30 else "too late"


def test_renewals_are_early_on_time_late_too_late_or_never_come(tables: Tables) -> None:
    assert set(_renewals(tables)) == {"early", "on time", "late", "too late", "never", "as new"}


def test_some_renew_in_advance_and_some_to_the_free_plan(tables: Tables) -> None:
    renewals = [after for pairs in _renewals(tables).values() for _, after in pairs if after]
    assert any(_moment(one["created_at"]) < _moment(one["starts_at"]) for one in renewals)
    assert any(Decimal(one["price_per_seat"]) == 0 for one in renewals)


def test_trials_come_first_and_some_convert(tables: Tables) -> None:
    trials = [chain for chain in _chains(tables) if any(term["is_trial"] for term in chain)]
    assert all([term["is_trial"] for term in chain].index(True) == 0 for chain in trials)
    assert all(sum(term["is_trial"] for term in chain) == 1 for chain in trials)
    assert {len(chain) > 1 for chain in trials} == {True, False}


def test_some_cancel_some_come_back_and_some_have_two_at_once(tables: Tables) -> None:
    subscriptions = tables["subscriptions"].values()
    assert any(one["cancel_requested_at"] and one["ended_at"] for one in subscriptions)
    assert any(one["ended_at"] and not one["cancel_requested_at"] for one in subscriptions)
    pairs = [two for two in _by(subscriptions, "organisation_id").values() if len(two) > 1]
    apart = set()
    for two in pairs:
        first, second = sorted(two, key=lambda one: _moment(one["started_at"]))[:2]
        apart.add(_at(first["ended_at"]) < _moment(second["started_at"]))
    assert apart == {True, False}


def test_plans_are_by_the_month_by_the_year_free_and_one_in_dollars(tables: Tables) -> None:
    plans = tables["plans"].values()
    assert {plan["billing_period"] for plan in plans} == {"month", "year"}
    assert all((Decimal(plan["price_per_seat"]) == 0) == plan["is_free"] for plan in plans)
    used = [tables["plans"][term["plan_id"]] for term in tables["subscription_terms"].values()]
    assert 0 < sum(plan["currency"] == "USD" for plan in used) < 3
    discounts = {term["discount_percent"] for term in tables["subscription_terms"].values()}
    assert {"0", "10", "12.5"} <= discounts


def test_nobody_shares_a_seat_and_seats_are_freed_and_given_again(tables: Tables) -> None:
    chains = _by(tables["seat_assignments"].values(), "seat_id").values()
    again = 0
    for chain in chains:
        ordered = sorted(chain, key=lambda one: _moment(one["assigned_at"]))
        for before, after in pairwise(ordered):
            assert _at(before["released_at"]) <= _moment(after["assigned_at"])
            again += before["user_id"] != after["user_id"]
    assert again > 10


def test_some_have_two_seats_of_different_types_for_a_while(tables: Tables) -> None:
    seats, higher = tables["seats"], set()
    for own in _by(tables["seat_assignments"].values(), "user_id").values():
        for one in own:
            for other in own:
                starts = _moment(one["assigned_at"]), _moment(other["assigned_at"])
                kinds = [RANK[seats[each["seat_id"]]["seat_type"]] for each in (one, other)]
                if starts[0] < starts[1] < _at(one["released_at"]) and kinds[0] != kinds[1]:
                    resumes = _at(other["released_at"]) < _at(one["released_at"])
                    higher.add((kinds[1] < kinds[0], resumes))
    assert (True, True) in higher  # the lower one resumes
    assert any(not is_higher for is_higher, _ in higher)


def test_some_seats_are_held_beyond_the_terms_and_beyond_their_number(
    tables: Tables, now: datetime
) -> None:
    running: defaultdict[int, int] = defaultdict(int)
    for term in tables["subscription_terms"].values():
        if _moment(term["starts_at"]) <= now < _at(term["ends_at"]):
            running[term["subscription_id"]] += term["seats"]
    held: defaultdict[int, int] = defaultdict(int)
    for one in tables["seat_assignments"].values():
        if one["released_at"] is None:
            held[tables["seats"][one["seat_id"]]["subscription_id"]] += 1
    assert any(running[id_] == 0 for id_ in held)
    assert any(0 < running[id_] < count for id_, count in held.items())
    assert any(running[id_] > count for id_, count in held.items())


def test_holders_mostly_use_the_product_and_some_active_people_have_no_seat(
    directory: Path, tables: Tables
) -> None:
    active = {row[0] for row in rows_of(directory, "truth/activity.jsonl")}
    holders = {one["user_id"] for one in tables["seat_assignments"].values()}
    assert 0.6 < len(holders & active) / len(holders) < 1
    assert 0.05 < len(active - holders) / len(active) < 0.5


def test_teachers_move_between_schools_and_some_work_at_two(tables: Tables) -> None:
    moved = at_two = 0
    for own in _by(tables["school_memberships"].values(), "user_id").values():
        ordered = sorted(own, key=lambda one: _moment(one["started_at"]))
        for one, other in pairwise(ordered):
            is_over = _at(one["ended_at"]) <= _moment(other["started_at"])
            moved, at_two = moved + is_over, at_two + (not is_over)
    assert moved > at_two > 5


def test_one_holder_has_no_school(tables: Tables) -> None:
    members = _by(tables["school_memberships"].values(), "user_id")
    holders = {one["user_id"] for one in tables["seat_assignments"].values()}
    without = [user for user in holders if (user,) not in members]
    assert len(without) == 1


def test_schools_organisations_and_users_are_deleted_softly(tables: Tables) -> None:
    for name in ("schools", "organisations", "users"):
        deleted = [row for row in tables[name].values() if row["deleted_at"]]
        assert 0 < len(deleted) < len(tables[name]) / 5, name
        assert all(row["deleted_at"] <= row["updated_at"] for row in deleted)


def test_terms_of_the_truth_are_those_of_the_backend(directory: Path, tables: Tables) -> None:
    plans, subscriptions = tables["plans"], tables["subscriptions"]
    told = {row["id"]: row for row in rows_of(directory, "truth/terms.jsonl")}
    assert told.keys() == tables["subscription_terms"].keys()
    for id_, term in tables["subscription_terms"].items():
        plan, truth = plans[term["plan_id"]], told[id_]
        price = Decimal(term["price_per_seat"]) * (100 - Decimal(term["discount_percent"])) / 100
        by_month = (price / MONTH[plan["billing_period"]]).quantize(Decimal("1e-8"), ROUND_HALF_UP)
        in_euro = plan["currency"] == "EUR"
        assert truth["month_price_eur"] == (format(by_month, "f") if in_euro else None)
        assert truth["held"] == (None if in_euro else "currency")
        assert truth["organisation"] == subscriptions[term["subscription_id"]]["organisation_id"]
        assert (truth["starts"], truth["ends"]) == (term["starts_at"], term["ends_at"])
        for name in ("seats", "is_trial", "began_by", "renewal_due_on"):
            assert truth[name] == term[name]


def test_assignments_and_memberships_of_the_truth_are_those_of_the_backend(
    directory: Path, tables: Tables
) -> None:
    assigned = {
        (id_, one["user_id"], one["seat_id"], one["assigned_at"], one["released_at"])
        for id_, one in tables["seat_assignments"].items()
    }
    told = rows_of(directory, "truth/assignments.jsonl")
    assert {(t["id"], t["account"], t["seat"], t["from"], t["to"]) for t in told} == assigned
    assert all(t["seat_type"] == tables["seats"][t["seat"]]["seat_type"] for t in told)
    members = {
        (id_, one["user_id"], one["school_id"], one["started_at"], one["ended_at"])
        for id_, one in tables["school_memberships"].items()
    }
    told = rows_of(directory, "truth/memberships.jsonl")
    assert {(t["id"], t["account"], t["school"], t["from"], t["to"]) for t in told} == members


@pytest.mark.parametrize(("teachers", "schools"), [(20, 4), (150, 11), (4_000, 300)])
def test_schools_are_as_many_as_so_many_teachers_have(teachers: int, schools: int) -> None:
    from demo.company.settings import Settings

    until = datetime(2026, 11, 1, tzinfo=ZoneInfo("UTC"))
    assert Settings(1, teachers, 1, teachers * 40, until).school_count == schools


def test_schools_are_as_many_as_asked_for(tmp_path: Path) -> None:
    generate(tmp_path, teachers=20, months=2, events=800, schools=9)
    assert len(table_of(tmp_path, "schools")) == 9 + 1  # one was typed twice by mistake
