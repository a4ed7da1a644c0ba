"""How many seats an organisation bought, gave away and used, at the end of each month."""

from typing import Any

from tests.domain.drawn import given, known
from tests.presentation import drawn
from tests.presentation.drawn import cells
from tests.warehouse import Warehouse

SEATS = ("seats_purchased", "seats_assigned", "seats_active", "seats_overallocated", "teachers")


def seats(
    warehouse: Warehouse, terms: str, assignments: str, events: str, until: str
) -> dict[tuple[str, str], Any]:
    drawn.terms(warehouse, terms)
    drawn.people(warehouse, "ada", "bob", "cat", "dan", "eve")
    drawn.seats(warehouse, assignments)
    drawn.events(warehouse, events)
    known(warehouse, backend=until, rudderstack=until)
    rows = warehouse.run("dmn_licences", "prs_organisation_seats_monthly")
    return {(row.organisation_id, row.month_key): row for row in rows}


def counted(rows: dict[tuple[str, str], Any], organisation: str = "1") -> list[tuple[Any, ...]]:
    of_one = [row for (of, _), row in rows.items() if of == organisation]
    return cells(of_one, "month_key", *SEATS)


def test_seats_are_counted_at_the_end_of_the_month_and_activity_anywhere_in_it(
    warehouse: Warehouse,
) -> None:
    rows = seats(
        warehouse,
        """
        1 | 2 | 2025-01-10 | 2025-03-10 | 2 | 9 | trial |
        1 | 4 | 2025-03-10 | 2025-04-10 | 1 | 0 | new   |
        """,
        """
        1 | full   | 1 | ada | 2025-01-10 |
        2 | viewer | 1 | bob | 2025-02-10 | 2025-03-15
        2 | viewer | 1 | cat | 2025-03-15 |              -- one seat, another holder
        """,
        """
        ada | lesson_started | 2025-01-02T09:00:00Z   -- before she had it
        bob | lesson_started | 2025-03-02T09:00:00Z   -- not the holder at the end
        cat | app_opened     | 2025-03-20T09:00:00Z   -- does not count
        ada | quiz_created   | 2025-03-02T09:00:00Z
        """,
        until="2025-05-15T00:00:00Z",
    )

    assert counted(rows) == [
        ("2025-01", 2, 1, 1, 0, 1),
        ("2025-02", 2, 2, 0, 0, 2),
        ("2025-03", 1, 2, 1, 1, 2),  # trials and free terms are bought too; one seat too many
        ("2025-04", 0, 0, 0, 0, 0),  # gone, and there to the last month
        ("2025-05", 0, 0, 0, 0, 0),
    ]
    assert rows["1", "2025-03"].seat_utilisation == 1
    assert rows["1", "2025-04"].seat_utilisation is None
    assert {of for of, _ in rows} == {"1"}


def test_a_teacher_on_two_seats_holds_the_higher_one_alone(warehouse: Warehouse) -> None:
    rows = seats(
        warehouse,
        """
        1 | 2 | 2025-01-10 | | 3 | 9 | new |
        2 | 2 | 2025-02-10 | | 3 | 9 | new |
        """,
        """
        1 | viewer | 1 | ada | 2025-01-10 |
        2 | admin  | 2 | ada | 2025-02-10 | 2025-03-10   -- of another organisation, and higher
        3 | full   | 1 | bob | 2025-01-10 |
        """,
        "ada | lesson_started | 2025-02-20T09:00:00Z",
        until="2025-03-20T00:00:00Z",
    )

    assert counted(rows) == [
        ("2025-01", 3, 2, 0, 0, 2),
        ("2025-02", 3, 1, 0, 0, 1),  # the viewer's seat has no holder meanwhile
        ("2025-03", 3, 2, 0, 0, 2),
    ]
    assert counted(rows, "2") == [
        ("2025-02", 3, 1, 1, 0, 1),  # from the month of its first term on
        ("2025-03", 3, 0, 0, 0, 0),
    ]


def test_schools_are_the_main_schools_of_the_holders_then(warehouse: Warehouse) -> None:
    drawn.terms(warehouse, "1 | 2 | 2025-01-10 | | 3 | 9 | new |")
    drawn.people(warehouse, "ada", "bob")
    given(
        warehouse,
        "stg_backend.stg_backend_school_memberships",
        """
        id | user_id | school_id | started_at           | ended_at
        8  | ada     | 2         | 2024-06-01T00:00:00Z |            -- not the main one
        9  | cat     | 3         | 2024-06-01T00:00:00Z | 2025-02-05T00:00:00Z
        """,
    )
    given(
        warehouse,
        "stg_backend.stg_backend_users",
        """
        id  | email       | signed_up_at
        cat | cat@post.eu | 2024-01-01T00:00:00Z
        """,
    )
    drawn.seats(
        warehouse,
        """
        1 | full | 1 | ada | 2025-01-10 |
        2 | full | 1 | bob | 2025-01-10 |
        3 | full | 1 | cat | 2025-01-10 |   -- has no school any more in February
        """,
    )
    until = "2025-02-15T00:00:00Z"
    known(warehouse, backend=until, rudderstack=until)

    rows = warehouse.run("dmn_licences", "prs_organisation_seats_monthly")

    assert cells(rows, "month_key", "teachers", "schools") == [
        ("2025-01", 3, 2),
        ("2025-02", 3, 1),
    ]
    assert [row.is_complete_month for row in rows] == [True, False]


def test_what_happens_after_data_as_of_makes_no_seat_active(warehouse: Warehouse) -> None:
    rows = seats(
        warehouse,
        """
        1 | 2 | 2025-01-10 |                      | 3 | 9 | new |
        2 | 2 | 2025-01-20T12:00:01Z |            | 3 | 9 | new |
        """,
        """
        1 | full | 1 | ada | 2025-01-10           |
        2 | full | 1 | bob | 2025-01-10           | 2025-01-20T12:00:00Z   -- left exactly then
        3 | full | 1 | cat | 2025-01-20T12:00:00Z |
        4 | full | 1 | dan | 2025-01-20T12:00:01Z |
        """,
        """
        ada | lesson_started | 2025-01-20T12:00:01Z
        cat | lesson_started | 2025-01-20T12:00:00Z
        """,
        until="2025-01-20T12:00:00Z",
    )

    assert counted(rows) == [("2025-01", 3, 2, 1, 0, 2)]
    assert counted(rows, "2") == []


def test_a_month_of_activity_ends_at_the_midnight_of_london(warehouse: Warehouse) -> None:
    rows = seats(
        warehouse,
        "1 | 2 | 2025-03-01 | | 3 | 9 | new |",
        "1 | full | 1 | ada | 2025-03-01 |",
        """
        ada | lesson_started | 2025-03-31T23:00:00Z   -- 1 April
        ada | lesson_started | 2025-10-31T23:59:59Z   -- winter again
        """,
        until="2025-11-10T00:00:00Z",
    )

    assert [row.month_key for row in rows.values() if row.seats_active] == ["2025-04", "2025-10"]
