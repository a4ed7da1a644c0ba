"""The numbers of engagement, against METRICS.md, on rows that each have a reason.

Every number is worked out by hand, beside the rows that it comes from.
"""

from collections.abc import Mapping
from uuid import UUID

import pytest

from tests.layers.metrics import Rows, by, each, known
from tests.warehouse import Warehouse

PEOPLE = {
    name: str(UUID(int=number)) for number, name in enumerate("ada bob cat dan eve fay".split())
}


def engagement(warehouse: Warehouse, events: str, until: str | Mapping[str, str]) -> Rows:
    """The published table, where Eve has deleted her account; people are called by their names."""
    lines = "\n".join(
        f"{id_} | {f'{name}@' if name != 'eve' else ''} | 2025-01-01T00:00:00Z | "
        f"{'2026-12-01T00:00:00Z' if name == 'eve' else ''}"
        for name, id_ in PEOPLE.items()
    )
    warehouse.given(
        "stg_backend.stg_backend_users", f"id | email | signed_up_at | deleted_at\n{lines}"
    )
    for name, id_ in PEOPLE.items():
        events = events.replace(f"| {name} ", f"| {id_} ")
    warehouse.given("stg_rudderstack.stg_rudderstack_tracks", events)
    known(warehouse, {"rudderstack": until, "backend": until} if isinstance(until, str) else until)
    return by(warehouse.run("dmn_product_events", "prs_monthly_active_users"), "seat_type")


def test_a_user_is_active_by_activity_that_counts_and_not_by_opening_the_app(
    warehouse: Warehouse,
) -> None:
    rows = engagement(
        warehouse,
        """
        event_id | user_id | event            | event_at
        1        | ada     | lesson_started   | 2026-03-02T09:00:00Z
        2        | bob     | lesson_completed | 2026-03-02T09:00:00Z
        3        | cat     | quiz_created     | 2026-03-02T09:00:00Z
        4        | dan     | quiz_assigned    | 2026-03-02T09:00:00Z
        5        | eve     | report_viewed    | 2026-03-02T09:00:00Z   -- keeps her past
        6        | fay     | app_opened       | 2026-03-02T09:00:00Z   -- does not count
        7        | fay     | cta_clicked      | 2026-03-02T09:00:00Z   -- is on the website
        """,
        until="2026-03-20T00:00:00Z",
    )

    march = rows["2026-03", "all"]
    assert (march.active_users, march.rolling_30_day_active_users) == (5, 5)


def test_users_are_counted_once_a_month_and_never_sum_over_months(warehouse: Warehouse) -> None:
    rows = engagement(
        warehouse,
        """
        event_id | user_id | event          | event_at             | received_at
        1        | ada     | lesson_started | 2026-01-05T09:00:00Z | 2026-01-05T09:00:01Z
        2        | ada     | lesson_started | 2026-01-28T09:00:00Z | 2026-01-28T09:00:01Z
        3        | ada     | quiz_created   | 2026-02-03T09:00:00Z | 2026-02-03T09:00:01Z
        4        | bob     | quiz_created   |                      | 2026-02-03T09:00:00Z
        5        | cat     | quiz_created   | 2026-02-03T09:00:01Z | 2026-02-03T09:00:00Z   -- before it happened: held
        """,  # noqa: E501
        until="2026-03-10T00:00:00Z",
    )

    assert each(rows, "all", "active_users") == {"2026-01": 1, "2026-02": 2, "2026-03": 0}
    # March's 720 hours begin on 8 February at midnight
    rolling = each(rows, "all", "rolling_30_day_active_users")
    assert rolling == {"2026-01": 1, "2026-02": 2, "2026-03": 0}


def test_what_happens_after_data_as_of_does_not_count_and_at_it_does(warehouse: Warehouse) -> None:
    rows = engagement(
        warehouse,
        """
        event_id | user_id | event          | event_at
        1        | bob     | lesson_started | 2026-02-18T11:59:59Z
        2        | ada     | lesson_started | 2026-02-18T12:00:00Z   -- 720 hours before
        3        | cat     | lesson_started | 2026-03-20T12:00:00Z
        4        | dan     | lesson_started | 2026-03-20T12:00:01Z
        5        | eve     | lesson_started | 2026-03-20T12:00:01Z
        """,
        until={"rudderstack": "2026-03-20T13:00:00Z", "backend": "2026-03-20T12:00:00Z"},
    )

    march = rows["2026-03", "all"]
    assert march.active_users == 1  # Cat
    assert march.rolling_30_day_active_users == 2  # Ada and Cat; 30 days of 24 hours, both ends
    assert not march.is_complete_month
    assert rows["2026-02", "all"].active_users == 2


def test_the_rolling_count_is_of_the_720_hours_that_end_with_the_month(
    warehouse: Warehouse,
) -> None:
    # when each month ends in London, and 30 times 24 hours before that
    months = {
        "2026-02": ("2026-01-30T00:00:00Z", "2026-03-01T00:00:00Z"),  # reaches back to January
        "2026-03": ("2026-03-01T23:00:00Z", "2026-03-31T23:00:00Z"),  # an hour shorter
        "2026-05": ("2026-05-01T23:00:00Z", "2026-05-31T23:00:00Z"),
        "2026-10": ("2026-10-02T00:00:00Z", "2026-11-01T00:00:00Z"),  # an hour longer
    }
    lines = []
    for month, (first, end) in months.items():
        # Ada and Cat are in; Bob a second before, and Dan and Eve at the end itself, are not
        for name, at, seconds in (
            ("ada", first, 0),
            ("bob", first, -1),
            ("cat", end, -1),
            ("dan", end, 0),
            ("eve", end, 0),
        ):
            moment = warehouse.query(
                f"select (timestamptz '{at}' + {seconds} * interval '1 second')::text as at"
            )[0].at
            lines.append(f"{month}{name} | {name} | quiz_created | {moment}")

    rows = engagement(
        warehouse,
        "event_id | user_id | event | event_at\n" + "\n".join(lines),
        until="2026-12-01T00:00:00Z",
    )

    rolling = each(rows, "all", "rolling_30_day_active_users")
    assert {month: rolling[month] for month in months} == dict.fromkeys(months, 2)


def test_months_without_events_are_zeros_and_there_is_none_after_data_as_of(
    warehouse: Warehouse,
) -> None:
    rows = engagement(
        warehouse,
        """
        event_id | user_id | event          | event_at
        1        | ada     | lesson_started | 2025-12-05T09:00:00Z
        """,
        until={
            "rudderstack": "2026-02-15T00:00:00Z",
            "backend": "2026-02-16T00:00:00Z",
            "zendesk": "2026-06-15T00:00:00Z",  # engagement does not need it
        },
    )

    assert each(rows, "all", "active_users") == {"2025-12": 1, "2026-01": 0, "2026-02": 0}
    assert list(each(rows, "all", "rolling_30_day_active_users").values()) == [1, 0, 0]
    assert list(each(rows, "all", "is_complete_month").values()) == [True, True, False]


def test_an_event_belongs_to_the_month_of_the_reporting_time_zone(warehouse: Warehouse) -> None:
    rows = engagement(
        warehouse,
        """
        event_id | user_id | event          | event_at
        1        | ada     | lesson_started | 2026-03-31T22:59:59Z
        2        | bob     | lesson_started | 2026-03-31T23:00:00Z   -- midnight of 1 April
        3        | cat     | lesson_started | 2026-03-31T23:30:00Z
        4        | dan     | lesson_started | 2026-10-31T23:30:00Z   -- winter again
        5        | ada     | lesson_started | 2026-11-01T00:00:00Z
        6        | bob     | lesson_started | 2026-11-01T00:00:00Z
        """,
        until="2026-11-10T00:00:00Z",
    )

    active = each(rows, "all", "active_users")
    assert {month: count for month, count in active.items() if count} == {
        "2026-03": 1,
        "2026-04": 2,
        "2026-10": 1,
        "2026-11": 2,
    }


@pytest.mark.parametrize("unknown", ["rudderstack", "backend"])
def test_nobody_is_counted_while_a_source_that_is_needed_is_unknown(
    warehouse: Warehouse, unknown: str
) -> None:
    until = dict.fromkeys(("rudderstack", "backend", "zendesk"), "2026-03-20T00:00:00Z")
    del until[unknown]

    rows = engagement(
        warehouse,
        """
        event_id | user_id | event          | event_at
        1        | ada     | lesson_started | 2026-03-05T09:00:00Z
        """,
        until=until,
    )

    assert rows == {}
