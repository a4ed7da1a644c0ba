"""What all organisations pay together, and the shares of it that stay."""

from decimal import Decimal
from typing import Any

from tests.domain.drawn import known
from tests.presentation.drawn import cells, terms
from tests.warehouse import Warehouse

STORY = """
    1 | 2 | 2025-01-10 |            | 10 | 9 | new    |                -- stays
    2 | 2 | 2025-01-10 | 2025-02-10 | 10 | 9 | new    |
    2 | 2 | 2025-02-10 |            | 15 | 9 | change |                -- grows
    3 | 2 | 2025-01-10 | 2025-02-10 | 10 | 9 | new    |                -- leaves, and comes back
    3 | 2 | 2025-03-10 |            | 10 | 9 | new    |
    4 | 2 | 2025-01-10 | 2025-02-10 | 10 | 9 | new    |
    4 | 2 | 2025-02-10 |            | 4  | 9 | change |                -- shrinks
    5 | 2 | 2025-02-10 |            | 10 | 9 | new    |
"""
BUDGETS = """
    month      | metric       | amount
    2025-01-01 | mrr_eur      | 720
    2025-01-01 | active_users | 5
    2025-02-01 | mrr_eur      | 0     -- no plan at all is in no share
"""


def mrr(warehouse: Warehouse, drawn: str = STORY, budgets: str = BUDGETS) -> list[Any]:
    terms(warehouse, drawn)
    warehouse.given("stg_finance.stg_finance_budgets", budgets)
    known(warehouse, backend="2025-03-15T00:00:00Z", rudderstack="2025-03-16T00:00:00Z")
    return warehouse.run("dmn_budgets", "prs_mrr_monthly")


def test_months_are_the_sums_of_their_organisations(warehouse: Warehouse) -> None:
    rows = mrr(warehouse)

    assert cells(
        rows,
        *("month_key", "is_complete_month", "opening_mrr_eur", "new_mrr_eur"),
        *("reactivation_mrr_eur", "expansion_mrr_eur", "contraction_mrr_eur", "churned_mrr_eur"),
        *("mrr_eur", "arr_eur"),
    ) == [
        ("2025-01", True, 0, 360, 0, 0, 0, 0, 360, 4320),
        ("2025-02", True, 360, 90, 0, 45, 54, 90, 351, 4212),
        ("2025-03", False, 351, 0, 90, 0, 0, 0, 441, 5292),
    ]
    assert cells(
        rows,
        *("opening_paying_organisations", "new_organisations", "reactivated_organisations"),
        *("churned_organisations", "paying_organisations"),
    ) == [(0, 4, 0, 0, 4), (4, 1, 0, 1, 4), (4, 0, 1, 0, 5)]


def test_shares_are_of_the_opening_and_null_where_there_is_none(warehouse: Warehouse) -> None:
    january, february, march = mrr(warehouse)

    assert january.net_revenue_retention is None
    assert january.gross_revenue_retention is None
    assert january.logo_churn_rate is None
    assert february.net_revenue_retention == Decimal("0.725000")  # (360 + 45 - 54 - 90) / 360
    assert february.gross_revenue_retention == Decimal("0.600000")  # (360 - 54 - 90) / 360
    assert february.logo_churn_rate == Decimal("0.250000")
    assert march.net_revenue_retention == 1  # who comes back was not lost this month


def test_a_budget_is_attained_in_part_and_null_without_one_or_with_one_of_0(
    warehouse: Warehouse,
) -> None:
    assert cells(mrr(warehouse), "budgeted_mrr_eur", "budget_attainment") == [
        (720, 0.5),
        (0, None),
        (None, None),
    ]


def test_months_in_which_nobody_pays_are_rows_of_zeros(warehouse: Warehouse) -> None:
    rows = mrr(warehouse, "1 | 4 | 2025-01-10 | | 10 | 0 | new |", "month | metric | amount")

    assert cells(rows, "month_key", "mrr_eur", "paying_organisations", "logo_churn_rate") == [
        ("2025-01", 0, 0, None),
        ("2025-02", 0, 0, None),
        ("2025-03", 0, 0, None),
    ]


def test_without_any_data_there_are_no_rows(warehouse: Warehouse) -> None:
    assert warehouse.run("dmn_budgets", "prs_mrr_monthly") == []
