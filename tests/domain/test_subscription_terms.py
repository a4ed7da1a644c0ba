"""What is agreed in a subscription, and what a seat of it costs in a month."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest

from tests.domain import drawn
from tests.warehouse import Warehouse

Publish = Callable[[str], list[SimpleNamespace]]
HEADER = (
    "id | subscription_id | plan_id | seats | price_per_seat | discount_percent |"
    " starts_at | ends_at | began_by | renewal_due_on | is_trial"
)

UNPRICED = "currency is never empty; price_per_seat_month_eur is never empty"


@pytest.fixture
def published(warehouse: Warehouse) -> Publish:
    def publish(terms: str) -> list[SimpleNamespace]:
        drawn.schools(warehouse)
        drawn.plans(warehouse)
        drawn.subscriptions(warehouse)
        warehouse.given("stg_backend.stg_backend_subscription_terms", f"{HEADER}\n{terms}")
        return warehouse.run("dmn_subscription_terms")

    return publish


def test_a_price_is_of_a_month_after_the_discount_to_eight_places(published: Publish) -> None:
    rows = published(
        """
        1 | 1 | 1 | 5 | 99   | 12.5 | 2025-01-01T00:00:00Z | 2025-02-01T00:00:00Z | new    | | false
        2 | 1 | 1 | 5 | 100  |      | 2025-02-01T00:00:00Z | 2025-03-01T00:00:00Z | change | | false
        3 | 1 | 2 | 5 | 9.9  | 10   | 2025-03-01T00:00:00Z | 2025-04-01T00:00:00Z | change | | false
        4 | 1 | 4 | 5 | 0    | 0    | 2025-04-01T00:00:00Z |                      | change | | false
        """
    )

    assert [row.price_per_seat_month_eur for row in rows] == [
        Decimal("7.21875000"),  # 99 * 0.875 / 12
        Decimal("8.33333333"),  # 100 / 12
        Decimal("8.91000000"),  # by the month already
        Decimal("0"),
    ]
    assert {(row.organisation_id, row.seats_purchased) for row in rows} == {("1", 5)}


def test_a_trial_costs_what_its_plan_would_and_no_renewal_is_due(published: Publish) -> None:
    (trial,) = published(
        "1 | 1 | 1 | 5 | 99 | 0 | 2025-01-01T00:00:00Z | 2025-01-31T00:00:00Z | new | 2025-01-31 | true"  # noqa: E501
    )

    assert trial.is_trial
    assert trial.price_per_seat_month_eur == Decimal("8.25")
    assert (trial.renewal_due_on, trial.commitment_began_on) == (None, None)


def test_a_change_keeps_what_is_due_and_when_the_commitment_began(published: Publish) -> None:
    rows = published(
        """
        1 | 1 | 1 | 5 | 99 | 0 | 2025-01-10T00:00:00Z | 2025-05-01T00:00:00Z | new     | 2026-01-10 | false
        2 | 1 | 1 | 8 | 99 | 0 | 2025-05-01T00:00:00Z | 2026-01-10T00:00:00Z | change  | 2026-01-10 | false
        3 | 1 | 1 | 8 | 99 | 0 | 2026-01-10T00:00:00Z | 2026-03-01T00:00:00Z | renewal | 2027-01-10 | false
        4 | 1 | 1 | 9 | 99 | 0 | 2026-03-01T00:00:00Z | 2027-01-10T00:00:00Z | change  | 2027-01-10 | false
        5 | 2 | 2 | 9 | 99 | 0 | 2025-02-01T00:00:00Z | 2025-06-01T00:00:00Z | new     |            | false
        6 | 2 | 1 | 9 | 99 | 0 | 2025-06-01T00:00:00Z |                      | change  | 2026-06-01 | false -- commits itself only now
        """  # noqa: E501
    )

    assert drawn.table(rows, "term_id", "term_during", "began_by", "commitment_began_on") == [
        ("1", "2025-01-10..2025-05-01", "new", date(2025, 1, 10)),
        ("2", "2025-05-01..2026-01-10", "change", date(2025, 1, 10)),
        ("3", "2026-01-10..2026-03-01", "renewal", date(2026, 1, 10)),
        ("4", "2026-03-01..2027-01-10", "change", date(2026, 1, 10)),
        ("5", "2025-02-01..2025-06-01", "new", None),
        ("6", "2025-06-01..", "change", date(2025, 6, 1)),
    ]


def test_a_renewal_that_is_not_due_after_the_day_the_commitment_began_is_held(
    published: Publish, warehouse: Warehouse
) -> None:
    rows = published(
        """
        1 | 1 | 1 | 5 | 99 | 0 | 2025-06-30T23:30:00Z | 2026-01-01T00:00:00Z | new    | 2025-07-01 | false -- in London it is that day already
        2 | 1 | 1 | 6 | 99 | 0 | 2026-01-01T00:00:00Z |                      | change | 2025-07-01 | false -- the same commitment
        3 | 2 | 1 | 5 | 99 | 0 | 2025-06-30T22:30:00Z |                      | new    | 2025-07-01 | false -- a day later
        """  # noqa: E501
    )

    assert [row.term_id for row in rows] == ["3"]
    late = "a renewal is due after the commitment began"
    assert drawn.held(warehouse, "dmn_subscription_terms") == [
        ("1", '["2025-06-30 23:30:00+00","2026-01-01 00:00:00+00")', late),
        ("1", '["2026-01-01 00:00:00+00",)', late),
    ]


def test_a_term_in_dollars_is_held_and_with_it_a_subscription_that_has_no_other(
    published: Publish, warehouse: Warehouse
) -> None:
    rows = published(
        """
        1 | 1 | 3 | 5 | 110 | 0 | 2025-01-01T00:00:00Z | 2025-06-01T00:00:00Z | new     | | false
        2 | 1 | 1 | 5 | 99  | 0 | 2025-06-01T00:00:00Z |                      | renewal | | false
        3 | 3 | 3 | 5 | 110 | 0 | 2025-01-01T00:00:00Z |                      | new     | | false
        """
    )

    assert [row.term_id for row in rows] == ["2"]
    held = drawn.held(warehouse, "dmn_subscription_terms")
    assert [(key, said) for key, _, said in held] == [
        ("1", "a term is paid in euro"),
        ("3", "a term is paid in euro"),
    ]
    # 2 has no term at all; organisations wait for nothing
    assert [row.subscription_id for row in warehouse.rows("dmn_subscriptions")] == ["1"]
    assert [row.organisation_id for row in warehouse.rows("dmn_organisations")] == ["1", "2"]


def test_a_term_of_no_time_or_less_than_nothing_is_held(
    published: Publish, warehouse: Warehouse
) -> None:
    rows = published(
        """
        1 | 1 | 1 | 5  | 99  | 0   | 2025-01-01T00:00:00Z | 2024-06-01T00:00:00Z | new | | false -- ends before it begins
        2 | 1 | 1 | 5  | 99  | 0   | 2025-01-01T00:00:00Z | 2025-01-01T00:00:00Z | new | | false -- and at once
        3 | 2 | 1 | 5  | -99 | 0   | 2025-01-01T00:00:00Z | 2025-02-01T00:00:00Z | new | | false
        4 | 2 | 1 | 5  | 99  | 101 | 2025-02-01T00:00:00Z | 2025-03-01T00:00:00Z | new | | false
        5 | 2 | 1 | -5 | 99  | 0   | 2025-03-01T00:00:00Z | 2025-04-01T00:00:00Z | new | | false
        6 | 2 | 9 | 5  | 99  | 0   | 2025-04-01T00:00:00Z | 2025-05-01T00:00:00Z | new | | false -- of what plan?
        7 | 2 | 1 | 0  | 0   | 100 | 2025-05-01T00:00:00Z |                      | new | | false
        """  # noqa: E501
    )

    assert [row.term_id for row in rows] == ["7"]
    held = drawn.held(warehouse, "dmn_subscription_terms")
    assert [(key, said) for key, _, said in held] == [
        ("1", "a term ends after it begins"),  # both, under one key
        ("2", "a price is not negative"),
        ("2", "a price is not negative"),
        ("2", "a term is for no fewer than 0 seats"),
        ("2", f"{UNPRICED}; each subscription term has 1 plan"),
    ]


def test_terms_of_one_subscription_that_overlap_fail_the_layer(published: Publish) -> None:
    with pytest.raises(Exception, match="subscription_id has one row at a time"):
        published(
            """
            1 | 1 | 1 | 5 | 99 | 0 | 2025-01-01T00:00:00Z | 2025-06-01T00:00:00Z | new     | | false
            2 | 1 | 1 | 5 | 99 | 0 | 2025-05-01T00:00:00Z |                      | renewal | | false
            """
        )
