"""Active users by the seat they hold; what counts is in tests/layers/test_metrics.py."""

from decimal import Decimal
from typing import Any

from tests.domain.drawn import known
from tests.presentation import drawn
from tests.presentation.drawn import cells
from tests.warehouse import Warehouse

TERMS = "1 | 2 | 2025-01-02 | | 9 | 9 | new |"


def active(
    warehouse: Warehouse, assignments: str, events: str, until: str
) -> dict[tuple[str, str], Any]:
    drawn.terms(warehouse, TERMS)
    drawn.people(warehouse, "ada", "bob", "cat", "dan", "eve")
    drawn.seats(warehouse, assignments)
    drawn.events(warehouse, events)
    known(warehouse, backend=until, rudderstack=until)
    rows = warehouse.run("dmn_licences", "prs_monthly_active_users")
    return {(row.month_key, row.seat_type): row for row in rows}


def by_type(rows: dict[tuple[str, str], Any], month: str, column: str) -> dict[str, Any]:
    """One column of a month, where it is not 0."""
    found = {kind: getattr(row, column) for (of, kind), row in rows.items() if of == month}
    return {kind: value for kind, value in found.items() if value}


def test_users_count_under_the_seat_they_held_at_their_last_event(warehouse: Warehouse) -> None:
    rows = active(
        warehouse,
        """
        1 | viewer | 1 | ada | 2025-01-10 |
        2 | admin  | 1 | ada | 2025-02-10 |              -- two seats: the higher one
        3 | full   | 1 | bob | 2025-01-10 | 2025-02-20
        4 | full   | 1 | cat | 2025-02-15 |
        """,
        """
        ada | lesson_started | 2025-02-05T09:00:00Z   -- as a viewer
        ada | lesson_started | 2025-02-12T09:00:00Z   -- as an admin, and once
        bob | lesson_started | 2025-02-12T09:00:00Z
        cat | lesson_started | 2025-02-12T09:00:00Z   -- holds none yet
        dan | lesson_started | 2025-02-12T09:00:00Z   -- never does
        """,
        until="2025-03-05T00:00:00Z",
    )

    assert by_type(rows, "2025-02", "active_users") == {"admin": 1, "full": 1, "none": 2, "all": 4}
    # at the month's end Bob holds none, and Cat does
    assert by_type(rows, "2025-02", "seat_holders") == {"admin": 1, "full": 1, "all": 2}
    assert by_type(rows, "2025-02", "active_seat_holders") == {"admin": 1, "full": 1, "all": 2}
    assert by_type(rows, "2025-01", "seat_holders") == {"viewer": 1, "full": 1, "all": 2}
    assert rows["2025-01", "all"].active_rate == 0
    assert rows["2025-02", "all"].active_rate == 1
    assert rows["2025-02", "none"].active_rate is None
    assert rows["2025-02", "viewer"].active_rate is None
    # every month has every type
    assert len(rows) == 3 * 5


def test_the_rolling_count_is_by_the_seat_at_the_last_event_of_the_720_hours(
    warehouse: Warehouse,
) -> None:
    rows = active(
        warehouse,
        """
        1 | viewer | 1 | ada | 2025-01-10 | 2025-01-31
        2 | full   | 1 | bob | 2025-01-10 |
        """,
        """
        ada | lesson_started | 2025-01-30T09:00:00Z   -- February's 720 hours begin before it
        bob | lesson_started | 2025-01-30T09:00:00Z
        ada | lesson_started | 2025-02-02T09:00:00Z   -- later, and without a seat
        """,
        until="2025-03-01T00:30:00Z",
    )

    assert by_type(rows, "2025-02", "rolling_30_day_active_users") == {
        "none": 1,
        "full": 1,
        "all": 2,
    }
    # half an hour into March the hours begin on 30 January, two months before
    assert by_type(rows, "2025-03", "rolling_30_day_active_users") == {
        "none": 1,
        "full": 1,
        "all": 2,
    }
    assert by_type(rows, "2025-03", "active_users") == {}


def test_a_budget_is_of_all_together_and_null_without_one_or_with_one_of_0(
    warehouse: Warehouse,
) -> None:
    warehouse.given(
        "stg_finance.stg_finance_budgets",
        """
        month      | metric       | amount
        2025-01-01 | active_users | 4
        2025-01-01 | mrr_eur      | 9
        2025-02-01 | active_users | 0
        """,
    )
    rows = active(
        warehouse,
        "1 | viewer | 1 | ada | 2025-01-10 |",
        """
        ada | lesson_started | 2025-01-12T09:00:00Z
        ada | lesson_started | 2025-02-12T09:00:00Z
        """,
        until="2025-03-05T00:00:00Z",
    )

    together = [row for (_, kind), row in rows.items() if kind == "all"]
    assert cells(together, "budgeted_active_users", "budget_attainment") == [
        (4, 0.25),
        (0, None),
        (None, None),
    ]
    assert rows["2025-01", "all"].budget_attainment == Decimal("0.250000")
    assert all(
        row.budgeted_active_users is None and row.budget_attainment is None
        for (_, kind), row in rows.items()
        if kind != "all"
    )


def test_seats_change_hands_at_the_midnight_of_london(warehouse: Warehouse) -> None:
    rows = active(
        warehouse,
        """
        1 | full   | 1 | ada | 2025-01-10           | 2025-03-31T23:00:00Z   -- is 1 April
        2 | viewer | 1 | bob | 2025-03-31T23:00:00Z |
        3 | admin  | 1 | cat | 2025-10-31T23:59:59Z | 2025-11-01T00:00:00Z   -- winter again
        """,
        "",
        until="2025-11-10T00:00:00Z",
    )

    assert by_type(rows, "2025-03", "seat_holders") == {"full": 1, "all": 1}
    assert by_type(rows, "2025-04", "seat_holders") == {"viewer": 1, "all": 1}
    assert by_type(rows, "2025-10", "seat_holders") == {"viewer": 1, "admin": 1, "all": 2}
    assert by_type(rows, "2025-11", "seat_holders") == {"viewer": 1, "all": 1}
