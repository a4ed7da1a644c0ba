"""The one main school of a teacher at each instant."""

from collections.abc import Callable

import pytest

from tests.domain import drawn
from tests.warehouse import Warehouse

Publish = Callable[[str], list[tuple[str, ...]]]
HEADER = "id | user_id | school_id | started_at | ended_at"


@pytest.fixture
def published(warehouse: Warehouse) -> Publish:
    def publish(memberships: str) -> list[tuple[str, ...]]:
        drawn.schools(warehouse)
        drawn.people(warehouse, "ada", "bob", "cat")
        drawn.given(
            warehouse, "stg_backend.stg_backend_school_memberships", f"{HEADER}\n{memberships}"
        )
        rows = warehouse.run("dmn_school_memberships")
        return drawn.table(rows, "teacher_id", "member_during", "school_id")

    return publish


def test_a_teacher_who_moves_has_one_school_after_the_other_and_none_in_between(
    published: Publish,
) -> None:
    assert published(
        """
        1 | ada | 1 | 2025-01-01T00:00:00Z | 2025-03-01T00:00:00Z
        2 | ada | 3 | 2025-03-01T00:00:00Z | 2025-05-01T00:00:00Z   -- at once, to another trust
        3 | ada | 1 | 2025-06-01T00:00:00Z |                        -- and back, after a month
        """
    ) == [
        ("ada", "2025-01-01..2025-03-01", "1"),
        ("ada", "2025-03-01..2025-05-01", "3"),
        ("ada", "2025-06-01..", "1"),
    ]


def test_of_two_schools_the_one_with_the_earlier_start_is_the_main_one(published: Publish) -> None:
    assert published(
        """
        1 | ada | 2 | 2025-02-01T00:00:00Z | 2025-06-01T00:00:00Z   -- only what the other leaves
        2 | ada | 1 | 2025-01-01T00:00:00Z | 2025-04-01T00:00:00Z
        3 | bob | 2 | 2025-02-01T00:00:00Z | 2025-03-01T00:00:00Z   -- never
        4 | bob | 1 | 2025-01-01T00:00:00Z |
        """
    ) == [
        ("ada", "2025-01-01..2025-04-01", "1"),
        ("ada", "2025-04-01..2025-06-01", "2"),
        ("bob", "2025-01-01..", "1"),
    ]


def test_of_two_schools_that_started_together_the_smaller_number_is_the_main_one(
    published: Publish,
) -> None:
    # 9 is smaller than 10, as a number and not as a text
    assert published(
        """
        10 | ada | 1 | 2025-01-01T00:00:00Z |
        9  | ada | 2 | 2025-01-01T00:00:00Z | 2025-03-01T00:00:00Z
        """
    ) == [("ada", "2025-01-01..2025-03-01", "2"), ("ada", "2025-03-01..", "1")]


def test_a_second_school_is_the_main_one_before_a_third_that_came_later(published: Publish) -> None:
    assert published(
        """
        1 | ada | 1 | 2025-01-01T00:00:00Z | 2025-03-01T00:00:00Z
        2 | ada | 2 | 2025-02-01T00:00:00Z | 2025-05-01T00:00:00Z
        3 | ada | 3 | 2025-02-15T00:00:00Z | 2025-04-01T00:00:00Z   -- over before its turn
        4 | ada | 3 | 2025-04-15T00:00:00Z | 2025-07-01T00:00:00Z
        """
    ) == [
        ("ada", "2025-01-01..2025-03-01", "1"),
        ("ada", "2025-03-01..2025-05-01", "2"),
        ("ada", "2025-05-01..2025-07-01", "3"),
    ]


def test_a_membership_that_ends_before_it_starts_is_held_and_one_of_no_time_is_none(
    published: Publish, warehouse: Warehouse
) -> None:
    rows = published(
        """
        1 | ada | 1 | 2025-03-01T00:00:00Z | 2025-01-01T00:00:00Z
        2 | ada | 2 | 2025-03-01T00:00:00Z | 2025-01-01T00:00:00Z   -- twice
        3 | ada | 1 | 2025-04-01T00:00:00Z | 2025-04-01T00:00:00Z   -- of no instant
        4 | ada | 3 | 2025-05-01T00:00:00Z |
        """
    )

    assert rows == [("ada", "2025-05-01..", "3")]
    assert drawn.held(warehouse, "dmn_school_memberships") == [
        ("ada", "empty", "a membership does not end before it starts")
    ]


def test_a_membership_that_the_source_removed_was_never_true(
    published: Publish, warehouse: Warehouse
) -> None:
    drawn.given(
        warehouse,
        "stg_backend.stg_backend_school_memberships",
        f"""
        {HEADER} | layers_gone
        9 | ada | 3 | 2024-01-01T00:00:00Z | | gone   -- somebody clicked on a wrong school
        """,
    )

    assert published("1 | ada | 1 | 2025-01-01T00:00:00Z |") == [("ada", "2025-01-01..", "1")]


def test_a_membership_in_a_school_that_nobody_knows_is_held(
    published: Publish, warehouse: Warehouse
) -> None:
    rows = published(
        """
        1 | ada | 99 | 2025-01-01T00:00:00Z | 2025-02-01T00:00:00Z
        2 | ada | 1  | 2025-02-01T00:00:00Z |
        """
    )

    assert rows == [("ada", "2025-02-01..", "1")]
    assert list(warehouse.held("dmn_school_memberships").values()) == [
        "each school membership has 1 school"
    ]
