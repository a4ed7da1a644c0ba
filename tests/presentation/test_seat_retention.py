"""Cohorts of teachers by their first seat, and who of them still holds one and uses it."""

from typing import Any

from tests.domain.drawn import known
from tests.presentation import drawn
from tests.presentation.drawn import cells
from tests.warehouse import Warehouse

COLUMNS = ("cohort_start", "period_number", "cohort_size", "retained_seats", "retained_active")


def retention(
    warehouse: Warehouse, assignments: str, events: str, until: str, terms: str = ""
) -> list[Any]:
    drawn.terms(warehouse, terms or "1 | 2 | 2025-01-02 | | 9 | 9 | new |")
    drawn.people(warehouse, "ada", "bob", "cat", "dan", "eve")
    drawn.seats(warehouse, assignments)
    drawn.events(warehouse, events)
    known(warehouse, backend=until, rudderstack=until)
    return warehouse.run("dmn_licences", "prs_seat_retention")


def told(rows: list[Any], unit: str) -> list[tuple[Any, ...]]:
    of_unit = [row for row in rows if row.period_unit == unit]
    return [(str(start), *rest) for start, *rest in cells(of_unit, *COLUMNS)]


def test_cohorts_are_of_the_first_seat_ever_and_have_every_period_that_has_begun(
    warehouse: Warehouse,
) -> None:
    rows = retention(
        warehouse,
        """
        1 | full   | 1 | ada | 2025-01-10 | 2025-02-10
        2 | viewer | 1 | ada | 2025-04-20 |              -- comes back, and stays in January
        3 | full   | 1 | bob | 2025-01-20 |
        4 | full   | 1 | cat | 2025-03-20 | 2025-03-21
        """,
        """
        ada | lesson_started | 2025-01-05T09:00:00Z   -- anywhere in the period: before the seat too
        ada | lesson_started | 2025-03-05T09:00:00Z   -- without a seat
        bob | lesson_started | 2025-03-05T09:00:00Z
        bob | app_opened     | 2025-02-05T09:00:00Z   -- does not count
        """,
        until="2025-05-05T00:00:00Z",
    )

    assert told(rows, "month") == [
        ("2025-01-01", 0, 2, 2, 1),
        ("2025-01-01", 1, 2, 2, 0),  # Ada held hers in a part of February
        ("2025-01-01", 2, 2, 1, 1),  # Bob alone
        ("2025-01-01", 3, 2, 2, 0),
        ("2025-01-01", 4, 2, 2, 0),
        # nobody's first seat began in February: no rows
        ("2025-03-01", 0, 1, 1, 0),
        ("2025-03-01", 1, 1, 0, 0),
        ("2025-03-01", 2, 1, 0, 0),
    ]
    assert told(rows, "quarter") == [("2025-01-01", 0, 3, 3, 2), ("2025-01-01", 1, 3, 2, 0)]
    assert told(rows, "year") == [("2025-01-01", 0, 3, 3, 2)]
    assert told(rows, "week")[0] == ("2025-01-06", 0, 1, 1, 0)  # Ada's, from Monday
    months = [row for row in rows if row.period_unit == "month"]
    assert [row.is_complete_period for row in months] == [True] * 4 + [False] + [True] * 2 + [False]
    assert cells(months[2:3], "eligible_size", "seat_retention_rate", "active_retention_rate") == [
        (2, 0.5, 0.5)
    ]


def test_a_seat_begins_with_the_subscription_and_weeks_with_the_midnight_of_london(
    warehouse: Warehouse,
) -> None:
    rows = retention(
        warehouse,
        """
        1 | full | 1 | ada | 2025-01-10           |   -- before any term: from 31 March on
        2 | full | 1 | bob | 2025-04-06T22:59:59Z |   -- Sunday
        3 | full | 1 | cat | 2025-04-06T23:00:00Z |   -- Monday
        """,
        "cat | lesson_started | 2025-04-06T22:59:59Z",
        until="2025-04-08T00:00:00Z",
        terms="1 | 2 | 2025-03-31 | | 9 | 9 | new |",
    )

    assert told(rows, "week") == [
        ("2025-03-31", 0, 2, 2, 0),
        ("2025-03-31", 1, 2, 2, 0),
        ("2025-04-07", 0, 1, 1, 0),
    ]


def test_what_begins_after_data_as_of_is_in_no_cohort_and_retains_nobody(
    warehouse: Warehouse,
) -> None:
    rows = retention(
        warehouse,
        """
        1 | full | 1 | ada | 2025-01-10           | 2025-01-25
        2 | full | 1 | ada | 2025-02-03T00:00:01Z |
        3 | full | 1 | bob | 2025-02-03T00:00:00Z |
        4 | full | 1 | cat | 2025-02-03T00:00:01Z |
        """,
        "bob | lesson_started | 2025-02-03T00:00:01Z",
        until="2025-02-03T00:00:00Z",
    )

    assert told(rows, "month") == [
        ("2025-01-01", 0, 1, 1, 0),
        ("2025-01-01", 1, 1, 0, 0),
        ("2025-02-01", 0, 1, 1, 0),
    ]


def test_a_gap_between_terms_makes_no_new_cohort(warehouse: Warehouse) -> None:
    rows = retention(
        warehouse,
        "1 | full | 1 | ada | 2025-01-10 |",
        "",
        until="2025-04-10T00:00:00Z",
        terms="""
        1 | 2 | 2025-01-02 | 2025-02-02 | 9 | 9 | new     |
        1 | 2 | 2025-03-02 |            | 9 | 9 | renewal |
        """,
    )

    assert told(rows, "month") == [
        ("2025-01-01", 0, 1, 1, 0),
        ("2025-01-01", 1, 1, 1, 0),
        ("2025-01-01", 2, 1, 1, 0),
        ("2025-01-01", 3, 1, 1, 0),
    ]


def test_a_seat_that_ends_as_a_period_begins_is_not_held_in_it(warehouse: Warehouse) -> None:
    rows = retention(
        warehouse,
        "1 | full | 1 | ada | 2025-01-10 | 2025-02-01",
        "ada | lesson_started | 2025-02-05T09:00:00Z",
        until="2025-02-15T00:00:00Z",
    )

    assert told(rows, "month") == [("2025-01-01", 0, 1, 1, 0), ("2025-01-01", 1, 1, 0, 0)]


def test_a_term_that_is_written_down_as_of_1970_leaves_cohorts_as_they_are(
    warehouse: Warehouse,
) -> None:
    # there was room for thirty years of weeks and months once, and an error where that ended
    rows = retention(
        warehouse,
        "1 | full | 1 | ada | 2025-01-10 | 2025-02-10",
        """
        ada | lesson_started | 2025-01-31T23:59:59Z
        ada | lesson_started | 2025-02-01T00:00:00Z
        """,
        until="2025-03-05T00:00:00Z",
        terms="1 | 2 | 1970-01-01 | | 9 | 9 | new |",
    )

    assert told(rows, "month") == [
        ("2025-01-01", 0, 1, 1, 1),
        ("2025-01-01", 1, 1, 1, 1),
        ("2025-01-01", 2, 1, 0, 0),
    ]
    assert told(rows, "quarter") == [("2025-01-01", 0, 1, 1, 1)]
    assert told(rows, "week")[3:5] == [("2025-01-06", 3, 1, 1, 1), ("2025-01-06", 4, 1, 1, 0)]
