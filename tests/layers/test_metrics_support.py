"""The numbers of support, against METRICS.md, on rows that each have a reason.

Every number is worked out by hand, beside the rows that it comes from.
"""

from collections.abc import Mapping

import pytest

from tests.layers.metrics import Rows, by, each, known
from tests.warehouse import Warehouse


def support(warehouse: Warehouse, tickets: str, until: str | Mapping[str, str]) -> Rows:
    """The published table, of a desk with two agents, one of whom has left."""
    warehouse.given(
        "stg_zendesk.stg_zendesk_users",
        """
        user_id | role  | active
        ada     | agent | true
        bob     | agent | false   -- has left, and keeps his past
        """,
    )
    warehouse.given("stg_zendesk.stg_zendesk_tickets", tickets)
    known(warehouse, {"zendesk": until, "backend": until} if isinstance(until, str) else until)
    return by(warehouse.run("dmn_support_tickets", "prs_ticket_resolution_monthly"), "agent_id")


def test_percentiles_of_the_first_reply_interpolate_over_tickets_answered(
    warehouse: Warehouse,
) -> None:
    rows = support(
        warehouse,
        """
        ticket_id | assignee_id | status | created_at           | first_reply_minutes
        1         | ada         | open   | 2026-03-02T09:00:00Z | 10
        2         | ada         | open   | 2026-03-03T09:00:00Z | 20
        3         | ada         | open   | 2026-03-04T09:00:00Z | 40
        4         | ada         | open   | 2026-03-31T22:00:00Z | 100   -- answered in April
        5         | ada         | open   | 2026-03-06T09:00:00Z |       -- not answered yet
        6         | bob         | open   | 2026-03-07T09:00:00Z |       -- nor this
        7         | ada         | open   | 2026-02-07T09:00:00Z | 7     -- opened in February
        """,
        until="2026-04-10T00:00:00Z",
    )

    ada, bob = rows["2026-03", "ada"], rows["2026-03", "bob"]
    # of 10, 20, 40, 100 the place 0.5 * 3 = 1.5 is half way from 20 to 40
    assert ada.median_first_reply_minutes == 30
    # and the place 0.9 * 3 = 2.7 is 40 + 0.7 * (100 - 40)
    assert ada.p90_first_reply_minutes == 82
    assert rows["2026-03", "all"].median_first_reply_minutes == 30
    assert rows["2026-02", "all"].median_first_reply_minutes == 7
    assert (bob.opened_tickets, bob.median_first_reply_minutes) == (1, None)
    assert bob.p90_first_reply_minutes is None


def test_the_median_resolution_is_of_tickets_solved_in_the_month_from_their_creation(
    warehouse: Warehouse,
) -> None:
    rows = support(
        warehouse,
        """
        ticket_id | assignee_id | status | created_at           | updated_at           | solved_at
        1         | ada         | solved | 2026-02-28T12:00:00Z |                      | 2026-03-01T12:00:00Z
        2         | ada         | closed | 2026-03-02T00:00:00Z |                      | 2026-03-02T01:00:00Z
        3         | bob         | closed | 2026-03-02T00:00:00Z | 2026-03-02T00:00:30Z |    -- only its closing is known
        4         | bob         | open   | 2026-03-03T00:00:00Z |                      | 2026-03-03T05:00:00Z   -- open again
        """,  # noqa: E501
        until="2026-04-10T00:00:00Z",
    )

    # 1 took a day, 1440 minutes; 2 took 60; 3 took 0.5
    assert rows["2026-03", "ada"].median_resolution_minutes == 750  # (1440 + 60) / 2
    assert rows["2026-03", "bob"].median_resolution_minutes == 0.5
    assert rows["2026-03", "all"].median_resolution_minutes == 60  # the one in the middle
    assert each(rows, "all", "solved_tickets") == {"2026-02": 0, "2026-03": 3, "2026-04": 0}
    assert rows["2026-02", "all"].median_resolution_minutes is None
    assert rows["2026-04", "all"].median_resolution_minutes is None


def test_the_backlog_is_what_was_opened_by_the_end_of_a_month_and_not_solved_by_then(
    warehouse: Warehouse,
) -> None:
    rows = support(
        warehouse,
        """
        ticket_id | assignee_id | status  | created_at           | solved_at
        1         | ada         | solved  | 2026-01-10T09:00:00Z | 2026-03-05T09:00:00Z
        2         | ada         | solved  | 2026-02-10T09:00:00Z | 2026-02-20T09:00:00Z
        3         | bob         | open    | 2026-02-12T09:00:00Z |
        4         | ada         | pending | 2026-03-01T09:00:00Z |
        """,
        until="2026-04-02T00:00:00Z",
    )

    # Ada waits with 1, with 1 (2 came and went), with 4, with 4; Bob with 3 from February on
    assert each(rows, "ada", "backlog_tickets") == {
        "2026-01": 1,
        "2026-02": 1,
        "2026-03": 1,
        "2026-04": 1,
    }
    assert list(each(rows, "bob", "backlog_tickets").values()) == [0, 1, 1, 1]
    assert list(each(rows, "all", "backlog_tickets").values()) == [1, 2, 2, 2]
    assert list(each(rows, "all", "opened_tickets").values()) == [1, 2, 1, 0]
    assert list(each(rows, "all", "solved_tickets").values()) == [0, 1, 1, 0]


def test_a_ticket_from_before_the_first_month_begins_the_calendar(
    warehouse: Warehouse,
) -> None:
    rows = support(
        warehouse,
        """
        ticket_id | assignee_id | status | created_at           | solved_at
        1         | ada         | open   | 2024-10-01T09:00:00Z |
        2         | ada         | solved | 2024-10-02T09:00:00Z | 2024-12-03T09:00:00Z
        3         | ada         | solved | 2024-10-03T09:00:00Z | 2024-10-04T09:00:00Z
        4         | ada         | open   | 2024-11-05T09:00:00Z |   -- in the first month, November
        """,
        until="2024-12-10T00:00:00Z",
    )

    # 1 and 2 at the end of October, with 4 in November, and without 2 in December
    backlog = each(rows, "all", "backlog_tickets")
    assert backlog == {"2024-10": 2, "2024-11": 3, "2024-12": 2}


def test_a_reply_after_data_as_of_does_not_count_and_one_at_it_does(warehouse: Warehouse) -> None:
    rows = support(
        warehouse,
        """
        ticket_id | assignee_id | status | created_at           | first_reply_minutes
        1         | ada         | open   | 2026-03-20T10:00:00Z | 20
        2         | ada         | open   | 2026-03-20T11:00:00Z | 60    -- exactly then
        3         | ada         | open   | 2026-03-20T11:00:00Z | 61    -- a minute later
        4         | bob         | open   | 2026-03-20T11:59:00Z | 2     -- so is his only one
        """,
        until="2026-03-20T12:00:00Z",
    )

    march = rows["2026-03", "ada"]
    assert march.opened_tickets == 3
    assert march.median_first_reply_minutes == 40  # (20 + 60) / 2
    assert march.p90_first_reply_minutes == 56  # 20 + 0.9 * (60 - 20)
    bob = rows["2026-03", "bob"]
    assert (bob.opened_tickets, bob.median_first_reply_minutes) == (1, None)


def test_what_is_opened_or_solved_after_data_as_of_does_not_count_and_at_it_does(
    warehouse: Warehouse,
) -> None:
    rows = support(
        warehouse,
        """
        ticket_id | assignee_id | status | reopens | created_at           | solved_at
        1         | ada         | solved | 0       | 2026-03-20T11:00:00Z | 2026-03-20T12:00:00Z
        2         | ada         | solved | 0       | 2026-03-20T11:00:00Z | 2026-03-20T12:00:01Z
        3         | ada         | open   | 1       | 2026-03-20T12:00:00Z |
        4         | ada         | open   | 1       | 2026-03-20T12:00:01Z |
        """,
        until="2026-03-20T12:00:00Z",
    )

    march = rows["2026-03", "all"]
    assert march.opened_tickets == 3  # 1, 2, 3
    assert march.solved_tickets == 1  # 1
    assert march.backlog_tickets == 2  # 2 and 3
    assert march.reopened_tickets == 1  # 3
    assert march.median_resolution_minutes == 60  # of 1


def test_reopened_tickets_count_in_the_month_in_which_they_were_opened(
    warehouse: Warehouse,
) -> None:
    rows = support(
        warehouse,
        """
        ticket_id | assignee_id | status | reopens | created_at
        1         | ada         | open   | 2       | 2026-03-02T09:00:00Z   -- twice, and one ticket
        2         | ada         | open   | 0       | 2026-03-02T09:00:00Z
        3         | ada         | open   |         | 2026-03-02T09:00:00Z   -- nobody says
        4         | bob         | open   | 1       | 2026-02-02T09:00:00Z
        """,
        until="2026-03-20T12:00:00Z",
    )

    assert each(rows, "all", "reopened_tickets") == {"2026-02": 1, "2026-03": 1}
    assert each(rows, "ada", "reopened_tickets") == {"2026-02": 0, "2026-03": 1}


def test_a_ticket_that_nobody_took_or_that_was_made_in_error_is_in_no_number(
    warehouse: Warehouse,
) -> None:
    rows = support(
        warehouse,
        """
        ticket_id | assignee_id | status  | created_at
        1         | ada         | open    | 2026-03-02T09:00:00Z
        2         |             | new     | 2026-03-02T09:00:00Z
        3         | ada         | deleted | 2026-03-02T09:00:00Z
        """,
        until="2026-03-20T12:00:00Z",
    )

    march = rows["2026-03", "all"]
    assert (march.opened_tickets, march.backlog_tickets) == (1, 1)


def test_there_is_every_month_that_has_begun_for_every_agent_and_zeros_where_nothing_happened(
    warehouse: Warehouse,
) -> None:
    rows = support(
        warehouse,
        """
        ticket_id | assignee_id | status | first_reply_minutes | created_at           | solved_at
        1         | ada         | solved | 5                   | 2026-01-10T09:00:00Z | 2026-01-11T09:00:00Z
        """,  # noqa: E501
        # the calendar goes on to May, where the newest source is
        until={
            "zendesk": "2026-03-15T12:00:00Z",
            "backend": "2026-03-15T12:00:00Z",
            "rudderstack": "2026-05-01T12:00:00Z",
        },
    )

    assert set(rows) == {
        (month, agent)
        for month in ("2026-01", "2026-02", "2026-03")
        for agent in ("ada", "bob", "all")
    }
    assert each(rows, "all", "is_complete_month") == {
        "2026-01": True,
        "2026-02": True,
        "2026-03": False,
    }
    for place in (("2026-01", "bob"), ("2026-02", "ada"), ("2026-02", "all"), ("2026-03", "all")):
        row = rows[place]
        counts = (row.opened_tickets, row.solved_tickets, row.backlog_tickets, row.reopened_tickets)
        assert counts == (0, 0, 0, 0)
        assert row.median_first_reply_minutes is None
        assert row.p90_first_reply_minutes is None
        assert row.median_resolution_minutes is None


# In London it is summer time on 1 April 2026: its midnight is 23:00 UTC of 31 March.
@pytest.mark.parametrize(
    ("until", "complete"),
    [
        ("2026-03-31T22:59:59Z", {"2026-03": False}),
        ("2026-03-31T23:00:00Z", {"2026-03": True, "2026-04": False}),
    ],
)
def test_a_month_is_complete_when_it_ends_at_data_as_of_and_then_the_next_has_begun(
    warehouse: Warehouse, until: str, complete: dict[str, bool]
) -> None:
    rows = support(
        warehouse,
        """
        ticket_id | assignee_id | status | created_at
        1         | ada         | open   | 2026-03-02T09:00:00Z
        """,
        until=until,
    )

    assert each(rows, "all", "is_complete_month") == complete


def test_data_as_of_is_the_least_of_the_sources_that_are_needed(warehouse: Warehouse) -> None:
    rows = support(
        warehouse,
        """
        ticket_id | assignee_id | status | created_at
        1         | ada         | open   | 2026-03-05T09:00:00Z
        2         | ada         | open   | 2026-03-15T09:00:00Z   -- zendesk knows, backend not yet
        """,
        until={
            "zendesk": "2026-03-20T00:00:00Z",
            "backend": "2026-03-10T00:00:00Z",
            "rudderstack": "2026-03-01T00:00:00Z",  # support does not need it
        },
    )

    assert each(rows, "all", "opened_tickets") == {"2026-03": 1}


@pytest.mark.parametrize("unknown", ["zendesk", "backend"])
def test_there_are_no_rows_while_a_source_that_is_needed_is_unknown(
    warehouse: Warehouse, unknown: str
) -> None:
    until = dict.fromkeys(("zendesk", "backend", "rudderstack"), "2026-03-20T00:00:00Z")
    del until[unknown]

    rows = support(
        warehouse,
        """
        ticket_id | assignee_id | status | created_at
        1         | ada         | open   | 2026-03-05T09:00:00Z
        """,
        until=until,
    )

    assert rows == {}


def test_a_ticket_belongs_to_the_month_of_the_reporting_time_zone(warehouse: Warehouse) -> None:
    rows = support(
        warehouse,
        """
        ticket_id | assignee_id | status | created_at           | solved_at
        1         | ada         | solved | 2026-03-31T22:59:59Z | 2026-03-31T23:30:00Z  -- 1 April, 00:30
        2         | ada         | solved | 2026-10-31T23:30:00Z | 2026-10-31T23:59:59Z  -- winter again
        3         | ada         | solved | 2026-10-31T23:30:00Z | 2026-11-01T00:00:00Z
        """,  # noqa: E501
        until="2026-11-10T00:00:00Z",
    )

    opened, solved = each(rows, "all", "opened_tickets"), each(rows, "all", "solved_tickets")
    assert {month: count for month, count in opened.items() if count} == {
        "2026-03": 1,
        "2026-10": 2,
    }
    assert {month: count for month, count in solved.items() if count} == {
        "2026-04": 1,
        "2026-10": 1,
        "2026-11": 1,
    }
    assert rows["2026-03", "all"].backlog_tickets == 1
