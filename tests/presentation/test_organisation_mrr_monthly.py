"""What each organisation pays: month-ends, and movements that exclude each other."""

from decimal import Decimal
from typing import Any

import pytest

from tests.domain.drawn import known
from tests.presentation.drawn import cells, terms
from tests.warehouse import Warehouse

MOVEMENTS = ("new", "reactivation", "expansion", "contraction", "churned")


def mrr(warehouse: Warehouse, drawn: str, until: str) -> list[Any]:
    terms(warehouse, drawn)
    known(warehouse, backend=until, rudderstack=until)
    return warehouse.run("dmn_subscription_terms", "prs_organisation_mrr_monthly")


def story(rows: list[Any], organisation: str = "1") -> list[tuple[Any, ...]]:
    """Month, what is paid at its end, and what moved it there."""
    of_one = [row for row in rows if row.organisation_id == organisation]
    found = []
    for row, (month, paid) in zip(of_one, cells(of_one, "month_key", "mrr_eur"), strict=True):
        moved = {name: getattr(row, f"{name}_mrr_eur") for name in MOVEMENTS}
        found.append((month, paid, " ".join(f"{k} {v:.0f}" for k, v in moved.items() if v)))
    return found


def test_a_customer_that_leaves_has_churned_and_not_contracted_to_nothing(
    warehouse: Warehouse,
) -> None:
    """In packages that ask for contraction first, churn was never reached."""
    rows = mrr(
        warehouse,
        """
        1 | 2 | 2025-01-10 | 2025-02-10 | 10 | 9 | new    |
        1 | 2 | 2025-02-10 | 2025-03-10 | 4  | 9 | change |   -- fewer seats
        """,
        until="2025-04-15T00:00:00Z",
    )

    assert story(rows) == [
        ("2025-01", 90, "new 90"),
        ("2025-02", 36, "contraction 54"),
        ("2025-03", 0, "churned 36"),
        ("2025-04", 0, ""),  # to the last month, also after it left
    ]


def test_who_comes_back_is_reactivated_and_no_expansion_and_not_new(warehouse: Warehouse) -> None:
    """In packages that compare with the last month that has a row, it was an expansion."""
    rows = mrr(
        warehouse,
        """
        1 | 2 | 2025-01-10 | 2025-02-10 | 10 | 9 | new |
        1 | 2 | 2025-04-10 |            | 20 | 9 | new |
        2 | 2 | 2025-01-10 |            | 10 | 9 | new |
        """,
        until="2025-04-15T00:00:00Z",
    )

    assert story(rows) == [
        ("2025-01", 90, "new 90"),
        ("2025-02", 0, "churned 90"),
        ("2025-03", 0, ""),  # nothing happened, and there is a row
        ("2025-04", 180, "reactivation 180"),
    ]
    assert story(rows, "2")[1:] == [(f"2025-0{month}", 90, "") for month in (2, 3, 4)]


def test_months_are_dense_also_while_nothing_happens_and_after_everybody_left(
    warehouse: Warehouse,
) -> None:
    """In packages that have a row for each change, a quiet month was no month."""
    rows = mrr(
        warehouse,
        """
        1 | 2 | 2025-01-10 |            | 10 | 9 | new |   -- never changes anything
        2 | 2 | 2025-02-10 | 2025-03-10 | 10 | 9 | new |
        """,
        until="2025-06-01T00:00:00Z",
    )

    quiet = [(f"2025-0{month}", 90, "") for month in range(2, 7)]
    assert story(rows) == [("2025-01", 90, "new 90"), *quiet]
    assert story(rows, "2") == [
        ("2025-02", 90, "new 90"),
        ("2025-03", 0, "churned 90"),
        *((f"2025-0{month}", 0, "") for month in range(4, 7)),
    ]


def test_an_upgrade_amid_a_month_counts_at_its_end_and_moves_within_leave_no_trace(
    warehouse: Warehouse,
) -> None:
    rows = mrr(
        warehouse,
        """
        1 | 2 | 2025-01-01 | 2025-02-14 | 10 | 9 | new    |
        1 | 2 | 2025-02-14 | 2025-03-05 | 15 | 9 | change |
        1 | 2 | 2025-03-05 | 2025-03-20 | 99 | 9 | change |   -- not there at any month's end
        1 | 2 | 2025-03-20 |            | 15 | 9 | change |
        2 | 2 | 2025-01-02 | 2025-01-30 | 10 | 9 | new    |   -- nor is this
        """,
        until="2025-04-01T12:00:00Z",
    )

    assert story(rows) == [
        ("2025-01", 90, "new 90"),
        ("2025-02", 135, "expansion 45"),
        ("2025-03", 135, ""),
        ("2025-04", 135, ""),
    ]
    assert {row.organisation_id for row in rows} == {"1"}


def test_an_annual_plan_is_a_twelfth_a_month_and_all_of_an_organisation_is_rounded_once(
    warehouse: Warehouse,
) -> None:
    rows = mrr(
        warehouse,
        """
        1 | 1 | 2025-01-10 | 2026-01-10 | 1 | 100.0006 | new |
        6 | 1 | 2025-01-10 | 2026-01-10 | 1 | 100.0006 | new |
        2 | 1 | 2025-01-10 | 2026-01-10 | 7 | 99       | new |
        """,
        until="2025-02-02T00:00:00Z",
    )

    # twice 8.33338333: each for itself would be 8.3334, together 16.6668
    assert [row.mrr_eur for row in rows if row.organisation_id == "1"] == [Decimal("16.6668")] * 2
    assert [row.mrr_eur for row in rows if row.organisation_id == "2"] == [Decimal("57.7500")] * 2


def test_a_trial_and_a_free_plan_are_active_and_pay_nothing_and_a_trial_that_ends_is_no_churn(
    warehouse: Warehouse,
) -> None:
    rows = mrr(
        warehouse,
        """
        1 | 2 | 2025-01-10 | 2025-02-10 | 10 | 9 | trial  |
        1 | 2 | 2025-02-10 | 2025-03-10 | 10 | 9 | new    |
        1 | 4 | 2025-03-10 | 2025-04-10 | 10 | 0 | change |   -- to the free plan: churned
        2 | 2 | 2025-01-10 | 2025-02-10 | 10 | 9 | trial  |   -- ends, and that was it
        """,
        until="2025-04-20T00:00:00Z",
    )

    assert story(rows) == [
        ("2025-02", 90, "new 90"),  # from its first money on
        ("2025-03", 0, "churned 90"),
        ("2025-04", 0, ""),
    ]
    assert [(row.is_paying, row.is_active) for row in rows] == [
        (True, True),
        (False, True),
        (False, False),
    ]
    assert {row.organisation_id for row in rows} == {"1"}


@pytest.mark.parametrize(
    ("starts", "month"),
    [
        # midnights of London: in summer time an hour before those of UTC
        ("2025-03-31T22:59:59.999999Z", "2025-03"),
        ("2025-03-31T23:00:00Z", "2025-04"),
        ("2025-10-31T23:59:59.999999Z", "2025-10"),
        ("2025-11-01T00:00:00Z", "2025-11"),
        # clocks go forward, and back, on the very last day of a month
        ("2024-03-31T22:59:59.999999Z", "2024-03"),
        ("2024-03-31T23:00:00Z", "2024-04"),
        ("2021-10-31T23:59:59.999999Z", "2021-10"),
        ("2021-11-01T00:00:00Z", "2021-11"),
    ],
)
def test_a_month_ends_an_instant_before_the_midnight_of_london(
    warehouse: Warehouse, starts: str, month: str
) -> None:
    rows = mrr(warehouse, f"1 | 2 | {starts} | | 10 | 9 | new |", until="2025-12-01T00:00:00Z")

    assert story(rows)[0] == (month, 90, "new 90")


def test_a_term_that_ends_with_the_month_holds_its_end(warehouse: Warehouse) -> None:
    rows = mrr(
        warehouse,
        "1 | 2 | 2025-09-10 | 2025-11-01 | 10 | 9 | new |",
        until="2025-12-01T00:00:00Z",
    )

    assert story(rows)[1:3] == [("2025-10", 90, ""), ("2025-11", 0, "churned 90")]


def test_what_begins_after_data_as_of_does_not_count_and_at_it_does(warehouse: Warehouse) -> None:
    rows = mrr(
        warehouse,
        """
        1 | 2 | 2025-01-20T12:00:00Z | | 10 | 9 | new |
        2 | 2 | 2025-01-20T12:00:01Z | | 10 | 9 | new |
        3 | 2 | 2025-01-01T12:00:00Z | 2025-01-25T12:00:00Z | 10 | 9 | new |   -- still there
        """,
        until="2025-01-20T12:00:00Z",
    )

    assert cells(rows, "organisation_id", "mrr_eur", "is_complete_month") == [
        ("1", 90, False),
        ("3", 90, False),
    ]
