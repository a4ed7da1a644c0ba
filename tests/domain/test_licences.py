"""Which teacher held which seat when: what assignments, terms and better seats leave."""

from collections.abc import Callable

import psycopg
import pytest

from tests.domain import drawn
from tests.warehouse import Warehouse

Publish = Callable[[str, str], list[tuple[str, ...]]]
EVER = "1 | 1 | 2025-01-01T00:00:00Z | \n2 | 1 | 2025-01-01T00:00:00Z | "
FOLLOWS = "each licence has 1 subscription term"


@pytest.fixture
def published(warehouse: Warehouse) -> Publish:
    """Of terms and assignments; seats 1 to 4 are admin, full, full, viewer of subscription 1."""

    def publish(terms: str, assignments: str) -> list[tuple[str, ...]]:
        drawn.people(warehouse, "ada", "bob")
        drawn.schools(warehouse)
        drawn.members(warehouse, "ada", "bob")
        drawn.plans(warehouse)
        drawn.subscriptions(warehouse)
        lines = "\n".join(
            f"{number} | {line} | 5 | 1 | new | false"
            for number, line in enumerate(filter(str.strip, terms.splitlines()), 1)
        )
        warehouse.given(
            "stg_backend.stg_backend_subscription_terms",
            "id | subscription_id | plan_id | starts_at | ends_at | seats | price_per_seat |"
            f" began_by | is_trial\n{lines}",
        )
        warehouse.given(
            "stg_backend.stg_backend_seats",
            """
            id | subscription_id | seat_type
            1  | 1               | admin
            2  | 1               | full
            3  | 1               | full
            4  | 1               | viewer
            5  | 2               | full     -- of another subscription
            """,
        )
        drawn.given(
            warehouse,
            "stg_backend.stg_backend_seat_assignments",
            f"id | seat_id | user_id | assigned_at | released_at\n{assignments}",
        )
        rows = warehouse.run("dmn_licences")
        return drawn.table(rows, "teacher_id", "held_during", "seat_id", "seat_type")

    return publish


def test_a_licence_is_the_part_of_an_assignment_that_terms_cover(published: Publish) -> None:
    assert published(
        """
        1 | 1 | 2025-01-01T00:00:00Z | 2025-04-01T00:00:00Z
        1 | 1 | 2025-04-01T00:00:00Z | 2025-07-01T00:00:00Z
        """,
        """
        1 | 2 | ada | 2024-12-01T00:00:00Z | 2025-05-01T00:00:00Z   -- from before the first on
        2 | 3 | bob | 2025-02-01T00:00:00Z |                        -- beyond the last
        3 | 4 | ada | 2025-08-01T00:00:00Z |                        -- after the last: no licence
        """,
    ) == [
        # a change of terms changes nothing for whoever sits there
        ("ada", "2025-01-01..2025-05-01", "2", "full"),
        ("bob", "2025-02-01..2025-07-01", "3", "full"),
    ]


def test_a_gap_between_terms_makes_two_licences(published: Publish) -> None:
    assert published(
        """
        1 | 1 | 2025-01-01T00:00:00Z | 2025-04-01T00:00:00Z
        1 | 1 | 2025-04-13T00:00:00Z |
        """,
        "1 | 2 | ada | 2025-02-01T00:00:00Z |",
    ) == [
        ("ada", "2025-02-01..2025-04-01", "2", "full"),
        ("ada", "2025-04-13..", "2", "full"),
    ]


def test_of_two_seats_the_higher_type_counts_and_the_lower_resumes(published: Publish) -> None:
    assert published(
        EVER,
        """
        1 | 4 | ada | 2025-02-01T00:00:00Z | 2025-09-01T00:00:00Z
        2 | 5 | ada | 2025-03-01T00:00:00Z | 2025-06-01T00:00:00Z   -- full over viewer
        3 | 1 | ada | 2025-04-01T00:00:00Z | 2025-05-01T00:00:00Z   -- admin over both
        """,
    ) == [
        ("ada", "2025-02-01..2025-03-01", "4", "viewer"),
        ("ada", "2025-03-01..2025-04-01", "5", "full"),
        ("ada", "2025-04-01..2025-05-01", "1", "admin"),
        ("ada", "2025-05-01..2025-06-01", "5", "full"),
        ("ada", "2025-06-01..2025-09-01", "4", "viewer"),
    ]


def test_of_two_seats_of_one_type_the_earlier_assigned_counts_then_the_smaller_number(
    published: Publish,
) -> None:
    assert published(
        EVER,
        """
        1 | 2 | ada | 2025-03-01T00:00:00Z | 2025-05-01T00:00:00Z
        2 | 3 | ada | 2025-02-01T00:00:00Z | 2025-04-01T00:00:00Z   -- came earlier
        3 | 5 | bob | 2025-02-01T00:00:00Z | 2025-04-01T00:00:00Z
        4 | 3 | bob | 2025-02-01T00:00:00Z | 2025-03-01T00:00:00Z   -- 3 before 5
        """,
    ) == [
        ("ada", "2025-02-01..2025-04-01", "3", "full"),
        ("ada", "2025-04-01..2025-05-01", "2", "full"),
        ("bob", "2025-02-01..2025-03-01", "3", "full"),
        ("bob", "2025-03-01..2025-04-01", "5", "full"),
    ]


def test_a_higher_seat_counts_only_while_a_term_covers_it(published: Publish) -> None:
    assert published(
        """
        1 | 1 | 2025-03-01T00:00:00Z | 2025-04-01T00:00:00Z
        2 | 1 | 2025-01-01T00:00:00Z |
        """,
        """
        1 | 1 | ada | 2025-02-01T00:00:00Z |   -- admin, where only March is paid
        2 | 5 | ada | 2025-02-01T00:00:00Z |
        """,
    ) == [
        ("ada", "2025-02-01..2025-03-01", "5", "full"),
        ("ada", "2025-03-01..2025-04-01", "1", "admin"),
        ("ada", "2025-04-01..", "5", "full"),
    ]


def test_a_seat_that_is_given_to_another_is_held_by_one_after_the_other(
    published: Publish,
) -> None:
    assert published(
        EVER,
        """
        1 | 2 | ada | 2025-02-01T00:00:00Z | 2025-03-01T00:00:00Z
        2 | 2 | bob | 2025-03-01T00:00:00Z | 2025-04-01T00:00:00Z
        3 | 2 | ada | 2025-05-01T00:00:00Z |
        """,
    ) == [
        ("ada", "2025-02-01..2025-03-01", "2", "full"),
        ("ada", "2025-05-01..", "2", "full"),
        ("bob", "2025-03-01..2025-04-01", "2", "full"),
    ]


def test_a_seat_under_a_term_in_dollars_is_held_with_it_and_takes_no_other_seats_time(
    published: Publish, warehouse: Warehouse
) -> None:
    rows = published(
        """
        1 | 3 | 2025-01-01T00:00:00Z | 2025-06-01T00:00:00Z
        1 | 1 | 2025-06-01T00:00:00Z |
        2 | 1 | 2025-01-01T00:00:00Z |
        """,
        """
        1 | 1 | ada | 2025-02-01T00:00:00Z | 2025-07-01T00:00:00Z   -- admin, in dollars until June
        2 | 5 | ada | 2025-03-01T00:00:00Z | 2025-04-01T00:00:00Z
        """,
    )

    assert rows == [
        ("ada", "2025-03-01..2025-04-01", "5", "full"),
        ("ada", "2025-06-01..2025-07-01", "1", "admin"),
    ]
    assert drawn.held(warehouse, "dmn_licences") == [
        ("ada", '["2025-02-01 00:00:00+00","2025-03-01 00:00:00+00")', FOLLOWS),
        ("ada", '["2025-04-01 00:00:00+00","2025-06-01 00:00:00+00")', FOLLOWS),
    ]


def test_what_says_nothing_or_is_of_no_seat_is_held_and_what_was_removed_was_never_meant(
    published: Publish, warehouse: Warehouse
) -> None:
    drawn.given(
        warehouse,
        "stg_backend.stg_backend_seat_assignments",
        """
        id | seat_id | user_id | assigned_at          | layers_gone
        9  | 1       | ada     | 2025-02-01T00:00:00Z | gone
        """,
    )

    rows = published(
        EVER,
        """
        1 | 2  | ada | 2025-03-01T00:00:00Z | 2025-02-01T00:00:00Z   -- before it began
        2 | 2  | ada | 2025-05-01T00:00:00Z | 2025-05-01T00:00:00Z   -- of no instant
        3 | 99 | bob | 2025-05-01T00:00:00Z |                        -- of what seat?
        """,
    )

    assert rows == []
    assert [(one[0], one[2]) for one in drawn.held(warehouse, "dmn_licences")] == [
        ("ada", "an assignment does not end before it begins"),
        ("bob", f"seat_type is never empty; each licence has 1 subscription; {FOLLOWS}"),
    ]


def test_a_term_that_ends_earlier_than_agreed_cuts_licences_the_next_time(
    published: Publish, warehouse: Warehouse
) -> None:
    before = published(
        "1 | 1 | 2025-01-01T00:00:00Z | 2026-01-01T00:00:00Z",
        """
        1 | 2 | ada | 2025-02-01T00:00:00Z |
        2 | 3 | bob | 2025-08-01T00:00:00Z |
        """,
    )
    assert [during for _, during, *_ in before] == [
        "2025-02-01..2026-01-01",
        "2025-08-01..2026-01-01",
    ]

    warehouse.admin.execute(
        "update stg_backend.stg_backend_subscription_terms set ends_at = '2025-06-01T00:00:00Z'"
    )

    after = drawn.table(warehouse.run("dmn_licences"), "teacher_id", "held_during")
    assert after == [("ada", "2025-02-01..2025-06-01")]


def test_the_database_itself_refuses_a_licence_without_a_term_and_two_at_once(
    published: Publish, warehouse: Warehouse
) -> None:
    published(
        "1 | 1 | 2025-01-01T00:00:00Z | 2025-03-01T00:00:00Z\n2 | 1 | 2025-01-01T00:00:00Z | ",
        "1 | 2 | ada | 2025-01-01T00:00:00Z |",
    )
    other = "update dmn.dmn_licences set subscription_id = '2', held_during = '[2024-01-01,)'"
    second = (
        "insert into dmn.dmn_licences select teacher_id, '[2025-02-01,2025-02-02)',"
        " subscription_id, seat_id, seat_type, assigned_at from dmn.dmn_licences"
    )

    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        warehouse.admin.execute(other)
    with pytest.raises(psycopg.errors.ExclusionViolation):
        warehouse.admin.execute(second)
