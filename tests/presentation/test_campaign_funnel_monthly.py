"""Which campaign brought whom: one visitor a person, by the first touch and by the last."""

from typing import Any

from tests.domain.drawn import given, known
from tests.presentation import drawn
from tests.presentation.drawn import cells
from tests.warehouse import Warehouse

STEPS = ("web_users", "signed_up", "seated")
WHOSE = """
    event_id | anonymous_id | user_id | event_at
    i1       | phone        | ada     | 2025-02-20T09:00:00Z
    i2       | laptop       | ada     | 2025-02-20T10:00:00Z
    i3       | board        | ada     | 2025-02-20T11:00:00Z
"""


def funnel(
    warehouse: Warehouse,
    accounts: str,
    identifies: str,
    pages: str,
    assignments: str = "",
    until: str = "2025-09-10T00:00:00Z",
) -> list[Any]:
    drawn.terms(warehouse, "1 | 2 | 2025-01-02 | | 9 | 9 | new |")
    lines = [line.split("|") for line in accounts.splitlines() if line.strip()]
    given(
        warehouse,
        "stg_backend.stg_backend_users",
        "id | email | signed_up_at\n"
        + "\n".join(f"{who.strip()} | {who.strip()}@post.example | {at}" for who, at in lines),
    )
    given(
        warehouse,
        "stg_backend.stg_backend_school_memberships",
        "id | user_id | school_id | started_at\n"
        + "\n".join(f"{n} | {who.strip()} | 1 | {at}" for n, (who, at) in enumerate(lines, 1)),
    )
    drawn.seats(warehouse, assignments)
    warehouse.given(
        "stg_hubspot.stg_hubspot_campaigns",
        """
        campaign_id | name   | created_at
        s           | Spring | 2025-01-01T00:00:00Z
        a           | Autumn | 2025-01-01T00:00:00Z
        """,
    )
    warehouse.given(
        "stg_finance.stg_finance_campaign_spend",
        """
        month      | campaign_id | spend_eur
        2025-02-01 | s           | 90
        2025-03-01 | s           | 10
        """,
    )
    given(warehouse, "stg_rudderstack.stg_rudderstack_identifies", identifies)
    given(warehouse, "stg_rudderstack.stg_rudderstack_pages", pages)
    known(warehouse, backend=until, rudderstack=until)
    return warehouse.run("dmn_licences", "prs_campaign_funnel_monthly")


def counted(rows: list[Any]) -> dict[tuple[str, str, str], tuple[Any, ...]]:
    """The steps by month, way and campaign, where anybody came."""
    return {
        (row.month_key, row.attribution.split("_")[0], row.campaign_id): cells([row], *STEPS)[0]
        for row in rows
        if row.web_users
    }


def test_a_person_with_three_browsers_is_one_visitor_of_the_earliest_month(
    warehouse: Warehouse,
) -> None:
    rows = funnel(
        warehouse,
        "ada | 2025-02-20T09:00:00Z",
        WHOSE,
        """
        event_id | anonymous_id | campaign_name | event_at
        p1       | phone        | spring        | 2025-02-01T09:00:00Z
        p2       | laptop       |               | 2025-02-02T09:00:00Z
        p3       | laptop       | autumn        | 2025-02-10T09:00:00Z
        p4       | board        |               | 2025-02-19T09:00:00Z   -- none: not the last
        p5       | board        | spring        | 2025-02-20T09:00:00Z   -- not before sign-up
        p6       | stranger     |               | 2025-03-02T09:00:00Z
        """,
    )

    assert counted(rows) == {
        ("2025-02", "first", "s"): (1, 1, 0),
        ("2025-02", "last", "a"): (1, 1, 0),
        ("2025-03", "first", "direct"): (1, 0, 0),
        ("2025-03", "last", "direct"): (1, 0, 0),
    }
    # every month, both ways, every campaign and direct
    assert len(rows) == 9 * 2 * 3


def test_a_shared_browser_belongs_to_the_account_it_identified_as_first(
    warehouse: Warehouse,
) -> None:
    rows = funnel(
        warehouse,
        """
        ada | 2025-02-20T09:00:00Z
        bob | 2025-03-20T09:00:00Z
        """,
        WHOSE
        + "i4 | board | bob | 2025-03-20T11:00:00Z\n"
        + "i5 | own | bob | 2025-03-20T12:00:00Z",
        """
        event_id | anonymous_id | campaign_name | event_at
        p1       | board        | spring        | 2025-02-01T09:00:00Z
        p2       | board        | autumn        | 2025-03-19T09:00:00Z -- Bob, but on Ada's browser
        p3       | own          |               | 2025-03-20T09:00:00Z
        """,
    )

    assert counted(rows) == {
        ("2025-02", "first", "s"): (1, 1, 0),
        ("2025-02", "last", "s"): (1, 1, 0),
        ("2025-03", "first", "direct"): (1, 1, 0),
        ("2025-03", "last", "direct"): (1, 1, 0),
    }


def test_sign_up_is_within_30_days_of_24_hours_and_a_seat_within_90_both_ends_included(
    warehouse: Warehouse,
) -> None:
    rows = funnel(
        warehouse,
        """
        ada | 2025-03-31T09:00:00Z
        bob | 2025-03-31T09:00:01Z
        cat | 2025-03-01T08:59:59Z
        dan | 2025-03-01T09:00:00Z
        """,
        """
        event_id | anonymous_id | user_id | event_at
        i1       | one          | ada     | 2025-04-20T09:00:00Z
        i2       | two          | bob     | 2025-04-20T09:00:00Z
        i3       | three        | cat     | 2025-04-20T09:00:00Z
        i4       | four         | dan     | 2025-04-20T09:00:00Z
        """,
        """
        event_id | anonymous_id | campaign_name | event_at
        p1       | one          | spring        | 2025-03-01T09:00:00Z   -- the last second
        p2       | two          | autumn        | 2025-03-01T09:00:00Z   -- a second late
        p3       | three        | autumn        | 2025-03-01T09:00:00Z   -- the account is older
        p4       | four         |               | 2025-03-01T09:00:00Z   -- at once
        """,
        """
        1 | full | 1 | ada | 2025-05-30T09:00:00Z |   -- the last second
        2 | full | 1 | bob | 2025-04-20T09:00:00Z |   -- never signed up in time
        4 | full | 1 | dan | 2025-05-30T09:00:01Z |   -- a second late
        """,
    )

    assert {k: v for k, v in counted(rows).items() if k[1] == "first"} == {
        ("2025-03", "first", "s"): (1, 1, 1),
        ("2025-03", "first", "a"): (2, 0, 0),
        ("2025-03", "first", "direct"): (1, 1, 0),
    }
    # nothing of Cat's was before her sign-up
    assert counted(rows)["2025-03", "last", "direct"] == (2, 1, 0)
    (spring,) = [row for row in rows if row.web_users and row.campaign_id == "s"][:1]
    assert (spring.sign_up_rate, spring.seat_rate, spring.cost_eur) == (1, 1, 10)


def test_an_unknown_campaign_is_direct_and_ties_go_by_event_id(warehouse: Warehouse) -> None:
    rows = funnel(
        warehouse,
        "ada | 2025-02-20T09:00:00Z",
        WHOSE,
        """
        event_id | anonymous_id | campaign_name | event_at
        p2       | phone        | spring        | 2025-02-01T09:00:00Z
        p1       | laptop       | autumn        | 2025-02-01T09:00:00Z   -- goes first
        p3       | phone        | nobody-knows  | 2025-02-02T09:00:00Z
        q1       | other        | autumn        | 2025-02-03T09:00:00Z
        q2       | other        | spring        | 2025-02-03T09:00:00Z   -- goes last
        """,
    )

    assert counted(rows) == {
        ("2025-02", "first", "a"): (2, 1, 0),
        ("2025-02", "last", "direct"): (1, 1, 0),
        ("2025-02", "last", "s"): (1, 0, 0),
    }


def test_costs_are_of_the_first_touch_and_0_where_nothing_was_spent(warehouse: Warehouse) -> None:
    rows = funnel(
        warehouse,
        "ada | 2025-02-20T09:00:00Z",
        WHOSE,
        """
        event_id | anonymous_id | campaign_name | event_at
        p1       | phone        | spring        | 2025-02-01T09:00:00Z
        p2       | stranger     | spring        | 2025-02-28T23:59:59Z
        """,
        until="2025-05-31T00:00:00Z",
    )

    of_february = [row for row in rows if row.month_key == "2025-02"]
    assert cells(
        of_february,
        *("attribution", "campaign_id", "cost_eur", "cost_per_sign_up_eur", "sign_up_rate"),
    ) == [
        ("first_touch", "a", 0, None, None),
        ("first_touch", "direct", 0, None, None),
        ("first_touch", "s", 90, 90, 0.5),
        ("last_touch", "a", None, None, None),
        ("last_touch", "direct", None, None, None),
        ("last_touch", "s", None, None, 0.5),
    ]
    # 91 days after 1 March, and 30 after 1 May
    assert {row.month_key for row in rows if row.is_settled} == {"2025-01", "2025-02"}


def test_what_happens_after_data_as_of_does_not_count(warehouse: Warehouse) -> None:
    rows = funnel(
        warehouse,
        """
        ada | 2025-02-20T09:00:00Z
        bob | 2025-02-21T09:00:01Z
        """,
        WHOSE + "i4 | own | bob | 2025-02-21T09:00:01Z\n" + "i5 | tab | bob | 2025-02-21T09:00:02Z",
        """
        event_id | anonymous_id | campaign_name | event_at
        p1       | own          | spring        | 2025-02-21T08:00:00Z
        p2       | tab          | spring        | 2025-02-21T09:00:00Z   -- nobody knows yet whose
        p3       | later        | autumn        | 2025-02-21T09:00:01Z
        """,
        "1 | full | 1 | bob | 2025-02-21T08:30:00Z |",
        until="2025-02-21T09:00:00Z",
    )

    assert counted(rows) == {
        ("2025-02", "first", "s"): (2, 0, 0),
        ("2025-02", "last", "s"): (2, 0, 0),
    }
