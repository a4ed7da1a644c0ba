"""Browsers against accounts: who a visitor turned out to be."""

from tests.domain import drawn
from tests.warehouse import Warehouse

BEFORE_ANY_EVENT = "each web user has 1..* web engagement event"


def visited(warehouse: Warehouse, *browsers: str) -> None:
    """Each has seen one page."""
    lines = "\n".join(f"{one} page | {one} | 2026-03-01T09:00:00Z" for one in browsers)
    warehouse.given(
        "stg_rudderstack.stg_rudderstack_pages", f"event_id | anonymous_id | event_at\n{lines}"
    )


def identified(warehouse: Warehouse, rows: str) -> None:
    drawn.given(
        warehouse,
        "stg_rudderstack.stg_rudderstack_identifies",
        f"event_id | anonymous_id | user_id | event_at | received_at\n{rows}",
    )


def whose(warehouse: Warehouse) -> dict[str, str | None]:
    """The account of each browser that is published."""
    return dict(drawn.table(warehouse.run("dmn_web_users"), "web_user_id", "account_user_id"))


def test_browsers_of_one_person_are_several_web_users_of_one_account(warehouse: Warehouse) -> None:
    drawn.people(warehouse, "ada", "bob")
    visited(warehouse, "laptop", "phone", "stranger")
    identified(
        warehouse,
        """
        1 | laptop | ada | 2026-03-01T10:00:00Z |
        2 | phone  | ada |                      | 2026-03-20T10:00:00Z   -- weeks after the visit
        3 | laptop | ada | 2026-04-01T10:00:00Z |                        -- once more
        """,
    )

    assert whose(warehouse) == {"laptop": "ada", "phone": "ada", "stranger": None}
    (laptop, *_) = warehouse.rows("dmn_web_users")
    assert f"{laptop.identified_at:%Y-%m-%d}" == "2026-03-01"
    # Bob has signed up and was never seen on the website: an account without a web user
    accounts = warehouse.rows("dmn_account_users")
    assert [drawn.name(one.account_user_id) for one in accounts] == ["ada", "bob"]


def test_a_shared_browser_belongs_to_the_account_it_identified_as_first(
    warehouse: Warehouse,
) -> None:
    drawn.people(warehouse, "ada", "bob")
    visited(warehouse, "kiosk", "twins")
    identified(
        warehouse,
        """
        1 | kiosk | bob | 2026-03-02T10:00:00Z | 2026-03-02T10:00:01Z
        2 | kiosk | ada | 2026-03-01T10:00:00Z | 2026-03-09T10:00:00Z   -- was offline, came first
        4 | twins | bob | 2026-03-01T10:00:00Z |
        3 | twins | ada | 2026-03-01T10:00:00Z |                        -- at once: by event id
        """,
    )

    assert whose(warehouse) == {"kiosk": "ada", "twins": "ada"}


def test_a_browser_that_only_signed_in_never_visited_and_is_held(warehouse: Warehouse) -> None:
    drawn.people(warehouse, "ada")
    visited(warehouse, "laptop")
    identified(warehouse, "1 | school computer | ada | 2026-03-01T10:00:00Z |")

    assert whose(warehouse) == {"laptop": None}
    assert drawn.held(warehouse, "dmn_web_users") == [("school computer", BEFORE_ANY_EVENT)]


def test_a_web_user_whose_account_is_not_known_yet_stays_without_one(warehouse: Warehouse) -> None:
    visited(warehouse, "laptop")
    identified(warehouse, "1 | laptop | ada | 2026-03-01T10:00:00Z |")
    assert whose(warehouse) == {"laptop": None}

    drawn.people(warehouse, "ada")

    assert whose(warehouse) == {"laptop": "ada"}


def test_an_event_of_a_wrong_clock_is_held_and_a_browser_that_has_no_other_with_it(
    warehouse: Warehouse,
) -> None:
    warehouse.given(
        "stg_rudderstack.stg_rudderstack_pages",
        """
        event_id | anonymous_id | event_at             | received_at
        1        | old          | 1970-01-02T00:00:00Z | 2026-03-01T09:00:00Z
        2        | ahead        | 2031-01-02T00:00:00Z | 2026-03-01T09:00:00Z
        3        | ahead        | 2026-03-01T09:00:00Z | 2026-03-01T09:00:01Z
        """,
    )

    assert whose(warehouse) == {"ahead": None}
    assert drawn.held(warehouse, "dmn_web_users") == [("old", BEFORE_ANY_EVENT)]
    assert [key for key, _ in drawn.held(warehouse, "dmn_web_engagement_events")] == ["1", "2"]
