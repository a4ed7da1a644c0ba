"""Who is a teacher, who waits for a school, and who holds a seat now."""

from tests.domain import drawn
from tests.warehouse import Warehouse

ASSIGNMENTS = """
    id | seat_id | user_id | assigned_at          | released_at
    1  | 1       | ada     | 2025-02-01T00:00:00Z |
    2  | 2       | bob     | 2025-02-01T00:00:00Z | 2025-03-01T12:00:00Z
    3  | 2       | dan     | 2025-03-01T12:00:00Z |                        -- has no school
    4  | 3       | eve     | 2025-02-01T00:00:00Z |                        -- in dollars
"""


def given(warehouse: Warehouse, until: str = "2025-03-01T12:00:00Z") -> None:
    """Ada, Bob, Cat and Eve are at a school; Fay has only an account."""
    drawn.people(warehouse, *drawn.PEOPLE)
    drawn.schools(warehouse)
    drawn.members(warehouse, "ada", "bob", "cat", "eve")
    drawn.plans(warehouse)
    drawn.subscriptions(warehouse)
    warehouse.given(
        "stg_backend.stg_backend_subscription_terms",
        """
        id | subscription_id | plan_id | seats | price_per_seat | starts_at            | began_by | is_trial
        1  | 1               | 1       | 5     | 99             | 2025-01-01T00:00:00Z | new      | false
        2  | 3               | 3       | 5     | 99             | 2025-01-01T00:00:00Z | new      | false
        """,  # noqa: E501
    )
    warehouse.given(
        "stg_backend.stg_backend_seats",
        """
        id | subscription_id | seat_type
        1  | 1               | full
        2  | 1               | full
        3  | 3               | full
        """,
    )
    drawn.given(warehouse, "stg_backend.stg_backend_seat_assignments", ASSIGNMENTS)
    drawn.known(warehouse, backend=until)


def test_teachers_are_members_of_a_school_and_holders_of_a_seat_who_are_known_at_the_watermark(
    warehouse: Warehouse,
) -> None:
    given(warehouse)

    rows = warehouse.run("dmn_teachers")

    assert drawn.table(rows, "teacher_id", "is_seat_holder") == [
        ("ada", True),
        ("bob", False),  # released at that very moment
        ("cat", False),  # never had one
        ("eve", False),  # her licence is held
    ]


def test_a_moment_earlier_it_was_the_other_one_who_held_the_seat(warehouse: Warehouse) -> None:
    given(warehouse, until="2025-03-01T11:59:59Z")

    rows = warehouse.run("dmn_teachers")

    assert [drawn.name(row.teacher_id) for row in rows if row.is_seat_holder] == ["ada", "bob"]


def test_nobody_holds_a_seat_while_the_product_is_unknown(warehouse: Warehouse) -> None:
    given(warehouse)
    warehouse.admin.execute("delete from stg_layers.stg_layers_watermarks")

    assert not any(row.is_seat_holder for row in warehouse.run("dmn_teachers"))


def test_a_holder_who_never_had_a_school_is_held_until_the_backend_names_one(
    warehouse: Warehouse,
) -> None:
    given(warehouse)
    before = warehouse.run("dmn_licences")
    assert drawn.held(warehouse, "dmn_teachers") == [
        ("dan", "each teacher has 1..* school membership")
    ]
    follows = [one for one in drawn.held(warehouse, "dmn_licences") if one[0] == "dan"]
    assert [said for *_, said in follows] == ["each licence has 1 teacher"]
    assert [drawn.name(row.teacher_id) for row in before] == ["ada", "bob"]

    drawn.given(
        warehouse,
        "stg_backend.stg_backend_school_memberships",
        """
        id | user_id | school_id | started_at
        9  | dan     | 3         | 2025-06-01T00:00:00Z   -- at last
        """,
    )

    after = warehouse.run("dmn_licences")
    assert drawn.held(warehouse, "dmn_teachers") == []
    # his seat counts from the day he got it
    assert drawn.table(after, "teacher_id", "held_during")[-1] == ("dan", "2025-03-01T12:00:00..")


def test_a_teacher_of_whom_there_is_no_account_is_held_with_all_that_is_theirs(
    warehouse: Warehouse,
) -> None:
    given(warehouse)
    warehouse.admin.execute(
        "delete from stg_backend.stg_backend_users where id = %s", [drawn.PEOPLE["ada"]]
    )

    warehouse.run("dmn_teachers")

    assert ("ada", "each teacher has 1 account user") in drawn.held(warehouse, "dmn_teachers")
    for relation in ("dmn_licences", "dmn_school_memberships"):
        assert all(drawn.name(row.teacher_id) != "ada" for row in warehouse.rows(relation))
