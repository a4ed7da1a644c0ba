"""Where the calendar begins and ends."""

from tests.domain import drawn
from tests.warehouse import Warehouse


def terms(warehouse: Warehouse, rows: str) -> None:
    drawn.schools(warehouse)
    drawn.plans(warehouse)
    drawn.subscriptions(warehouse)
    warehouse.given(
        "stg_backend.stg_backend_subscription_terms",
        "id | subscription_id | plan_id | starts_at | ends_at | seats | price_per_seat | began_by"
        f" | is_trial\n{rows}",
    )


def months(warehouse: Warehouse) -> list[str]:
    return [row.month_key for row in warehouse.run("dmn_calendar_months")]


def test_the_calendar_begins_with_the_earliest_term_event_or_ticket(warehouse: Warehouse) -> None:
    drawn.known(warehouse, backend="2026-04-02T00:00:00Z")
    warehouse.given(
        "stg_rudderstack.stg_rudderstack_pages",
        "event_id | anonymous_id | event_at\n1 | a | 2026-03-02T00:00:00Z",
    )
    assert months(warehouse) == ["2026-03", "2026-04"]

    terms(warehouse, "1 | 1 | 1 | 2026-01-31T23:30:00Z | | 5 | 99 | new | false")

    assert months(warehouse) == ["2026-01", "2026-02", "2026-03", "2026-04"]


def test_a_term_that_is_held_does_not_begin_the_calendar(warehouse: Warehouse) -> None:
    drawn.known(warehouse, backend="2026-04-02T00:00:00Z")
    terms(
        warehouse,
        """
        1 | 1 | 3 | 2025-01-01T00:00:00Z |                      | 5 | 99 | new | false  -- dollars
        2 | 2 | 1 | 2025-02-01T00:00:00Z | 2025-01-01T00:00:00Z | 5 | 99 | new | false  -- no time
        3 | 3 | 1 | 2025-03-01T00:00:00Z | 2025-04-01T00:00:00Z | 5 | -9 | new | false  -- is owed
        4 | 3 | 1 | 2025-04-01T00:00:00Z | 2025-05-01T00:00:00Z | -5 | 9 | new | false
        5 | 3 | 9 | 2025-05-01T00:00:00Z | 2025-06-01T00:00:00Z | 5 | 99 | new | false  -- no plan
        6 | 3 | 1 | 2026-03-01T00:00:00Z |                      | 5 | 99 | new | false
        """,
    )

    assert months(warehouse) == ["2026-03", "2026-04"]


def test_a_term_may_be_older_than_the_first_month_that_events_are_reported_of(
    warehouse: Warehouse,
) -> None:
    drawn.known(warehouse, backend="2024-11-02T00:00:00Z")
    terms(warehouse, "1 | 1 | 1 | 2024-08-31T23:30:00Z | | 5 | 99 | new | false")

    # 00:30 on 1 September in London
    assert months(warehouse) == ["2024-09", "2024-10", "2024-11"]
