"""The generated company's domain, against what is true of it; and what is held, and why."""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.company import Company
from tests.domain import drawn, timelines
from tests.warehouse import Warehouse

LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True)
class Made:
    """A company in a warehouse, and the folder with what is true of it."""

    company: Company
    truth: Path

    @property
    def warehouse(self) -> Warehouse:
        return self.company.warehouse

    def rows(self, relation: str) -> list[Any]:
        return self.warehouse.rows(relation)

    def read(self, name: str) -> list[Any]:
        return timelines.read(self.truth, name)

    def homeless(self) -> set[str]:
        """Who holds a seat, and nobody knows where they work."""
        members = {one["account"] for one in self.read("memberships")}
        return {one["account"] for one in self.read("assignments")} - members


@pytest.fixture
def made(flowed_company: Company, told: Path) -> Made:
    return Made(flowed_company, told / "truth")


def test_nothing_fails(made: Made) -> None:
    assert made.company.failures == []


def test_licences_are_what_assignments_terms_and_better_seats_leave(made: Made) -> None:
    homeless = made.homeless()
    expected = {one for one in timelines.licences(made.truth) if one[0] not in homeless}
    found = {
        (
            row.teacher_id,
            row.held_during.lower,
            row.held_during.upper,
            *(row.seat_id, row.seat_type, row.subscription_id),
        )
        for row in made.rows("dmn_licences")
    }

    assert found == expected
    # somebody has two seats at once, and somebody sits there beyond a gap
    seats = Counter(one["account"] for one in made.read("assignments"))
    pieces = Counter(row.teacher_id for row in made.rows("dmn_licences"))
    assert any(pieces[teacher] > count > 1 for teacher, count in seats.items())
    assert len(found) > 100


def test_memberships_are_the_one_main_school_at_each_instant(made: Made) -> None:
    expected = timelines.memberships(made.truth)
    found = {
        (row.teacher_id, row.member_during.lower, row.member_during.upper, row.school_id)
        for row in made.rows("dmn_school_memberships")
    }

    assert found == expected
    assert len(found) < len(made.read("memberships")) or len(found) > 100
    assert max(Counter(teacher for teacher, *_ in found).values()) > 1


def test_terms_are_those_that_were_agreed_in_euro(made: Made) -> None:
    agreed = made.read("terms")
    expected = {}
    began = {}
    for one in sorted(agreed, key=lambda one: one["starts"]):
        starts, due = timelines.some(one["starts"]), one["renewal_due_on"]
        if one["began_by"] != "change":
            began[one["subscription"]] = starts.astimezone(LONDON).date().isoformat()
        if one["held"] is None:
            expected[str(one["id"])] = (
                *(str(one["subscription"]), str(one["organisation"])),
                *(starts, timelines.at(one["ends"])),
                *(one["seats"], Decimal(one["month_price_eur"]), one["is_trial"]),
                *(one["began_by"], due, began[one["subscription"]] if due else None),
            )
    found = {
        row.term_id: (
            *(row.subscription_id, row.organisation_id),
            *(row.term_during.lower, row.term_during.upper),
            *(row.seats_purchased, row.price_per_seat_month_eur, row.is_trial),
            *(row.began_by, _iso(row.renewal_due_on), _iso(row.commitment_began_on)),
        )
        for row in made.rows("dmn_subscription_terms")
    }

    assert found == expected
    assert {one["began_by"] for one in agreed} == {"new", "renewal", "change"}


def test_the_calendar_begins_with_the_first_term(made: Made) -> None:
    first = min(timelines.some(one["starts"]) for one in made.read("terms"))
    months = [row.month_key for row in made.rows("dmn_calendar_months")]

    assert months[0] == f"{first.astimezone(LONDON):%Y-%m}"


def test_schools_and_organisations_are_those_that_are_there_or_were(made: Made) -> None:
    schools = {
        (str(one["id"]), str(one["organisations"][-1][1]), one["deleted_at"] is not None)
        for one in made.read("schools")
    }
    organisations = {
        str(one["id"]): (one["company"], one["deleted_at"] is not None)
        for one in made.read("organisations")
    }
    archived = {
        row.company_id
        for row in made.warehouse.query(
            "select company_id from stg_hubspot.stg_hubspot_companies where is_deleted"
        )
    }

    rows = made.rows("dmn_schools")
    assert {(row.school_id, row.organisation_id, row.is_deleted) for row in rows} == schools
    found = made.rows("dmn_organisations")
    assert {row.organisation_id: row.is_deleted for row in found} == {
        id_: is_deleted for id_, (_, is_deleted) in organisations.items()
    }
    assert any(row.is_deleted for row in found)
    for row in found:
        company, _ = organisations[row.organisation_id]
        assert row.crm_company_id == (None if company in archived else company)


def test_teachers_are_members_and_holders_and_hold_a_seat_now_or_not(made: Made) -> None:
    (known,) = made.warehouse.query(
        "select loaded_until from dmn.dmn_source_watermarks where source = 'backend'"
    )
    homeless = made.homeless()
    members = {one["account"] for one in made.read("memberships")}
    holders = {
        teacher
        for teacher, start, end, *_ in timelines.licences(made.truth)
        if start <= known.loaded_until and (end is None or known.loaded_until < end)
    }

    rows = made.rows("dmn_teachers")
    assert {row.teacher_id for row in rows} == members
    assert {row.teacher_id for row in rows if row.is_seat_holder} == holders - homeless


def test_web_users_are_the_browsers_that_visited_and_belong_to_whom_they_identified_first(
    made: Made,
) -> None:
    first: dict[str, tuple[int, str]] = {}
    for browser, account, moment in made.read("identifies"):
        first[browser] = min(first.get(browser, (moment, account)), (moment, account))
    expected = {
        browser: first[browser][1] if browser in first else None
        for browser, *_ in made.read("visits")
    }

    rows = made.rows("dmn_web_users")
    assert {row.web_user_id: row.account_user_id for row in rows} == expected
    # several browsers of one account, browsers of nobody, and accounts without one
    accounts = Counter(filter(None, expected.values()))
    assert max(accounts.values()) > 1
    assert None in expected.values()
    assert accounts.keys() < {row.account_user_id for row in made.rows("dmn_account_users")}


def test_events_have_the_campaigns_of_their_visits_but_those_marketing_does_not_know(
    made: Made,
) -> None:
    named = Counter(campaign for _, _, campaign, _ in made.read("visits") if campaign)
    unknown = named.pop("partner-blog")
    found = made.warehouse.query(
        "select c.campaign_name, count(*)::int as events from dmn.dmn_web_engagement_events e"
        " join dmn.dmn_marketing_campaigns c using (campaign_id) group by 1"
    )
    (without,) = made.warehouse.query(
        "select count(*)::int as events from dmn.dmn_web_engagement_events"
        " where campaign_id is null and campaign_name is not null"
    )

    assert {row.campaign_name: row.events for row in found} == named
    assert without.events == unknown > 0


def test_budgets_and_spend_are_what_finance_says(made: Made) -> None:
    for relation, sheet, part, amount in (
        ("dmn_budgets", "budgets", "metric", "amount"),
        ("dmn_campaign_spend", "campaign_spend", "campaign_id", "spend_eur"),
    ):
        told = made.company.truth["finance"][sheet]["amounts"]
        found = {
            (f"{row.month:%Y-%m}", getattr(row, part)): getattr(row, amount)
            for row in made.rows(relation)
        }
        assert found == {(month, key): Decimal(value) for month, key, value in told}


def test_what_is_held_is_what_was_planted(made: Made) -> None:
    in_dollars = [one for one in made.read("terms") if one["held"] == "currency"]
    subscriptions = {str(one["subscription"]) for one in in_dollars}
    held = made.warehouse.query("select distinct relation from layers.held order by 1")

    assert [row.relation for row in held] == [
        "dmn_licences",
        "dmn_product_events",  # of unknown users and wrong clocks
        "dmn_subscription_terms",
        "dmn_subscriptions",
        "dmn_support_tickets",  # nobody took it
        "dmn_teachers",
        "dmn_web_users",  # signed in, and never visited
    ]
    assert len(drawn.held(made.warehouse, "dmn_subscription_terms")) == len(in_dollars) == 1
    assert set(made.warehouse.held("dmn_subscriptions")) == subscriptions
    assert set(made.warehouse.held("dmn_teachers")) == made.homeless() != set()
    whose = {
        "each licence has 1 teacher": made.homeless(),
        "each licence has 1 subscription": {
            one["account"]
            for one in made.read("assignments")
            if str(one["subscription"]) in subscriptions
        },
    }
    for teacher, _, said in drawn.held(made.warehouse, "dmn_licences"):
        assert teacher in whose[said.split(";")[0]]


def _iso(on: Any) -> str | None:
    return None if on is None else on.isoformat()
