"""What web users did, and through which campaign they came."""

from tests.domain import drawn
from tests.warehouse import Warehouse

PAGES = """
    event_id | anonymous_id | campaign_name  | event_at
    1        | a            | exam-season    | 2026-03-01T09:00:00Z
    2        | a            | Exam Season    | 2026-03-01T09:00:00Z   -- typed by hand
    3        | a            | EXAM_season    | 2026-03-01T09:00:00Z
    4        | a            |                | 2026-03-01T09:00:00Z   -- direct
    5        | a            | partner-blog   | 2026-03-01T09:00:00Z   -- nobody told marketing
    6        | a            | spring         | 2026-03-01T09:00:00Z   -- there were two
"""
CAMPAIGNS = """
    campaign_id | name        | created_at           | layers_gone
    c1          | Exam season | 2025-01-01T00:00:00Z |
    c2          | spring      | 2025-01-01T00:00:00Z | gone          -- removed, and made anew
    c3          | Spring      | 2026-01-01T00:00:00Z |
    c4          |             | 2026-01-01T00:00:00Z |               -- without a name: held
"""


def campaigns_by_event(warehouse: Warehouse) -> dict[str, str | None]:
    return dict(drawn.table(warehouse.run("dmn_web_engagement_events"), "event_id", "campaign_id"))


def test_an_event_has_the_campaign_that_its_link_named_however_it_was_typed(
    warehouse: Warehouse,
) -> None:
    warehouse.given("stg_rudderstack.stg_rudderstack_pages", PAGES)
    warehouse.given("stg_hubspot.stg_hubspot_campaigns", CAMPAIGNS)

    assert campaigns_by_event(warehouse) == {
        "1": "c1",
        "2": "c1",
        "3": "c1",
        "4": None,
        "5": None,
        "6": "c3",
    }
    campaigns = warehouse.rows("dmn_marketing_campaigns")
    assert drawn.table(campaigns, "campaign_id", "campaign_name", "is_deleted") == [
        ("c1", "exam-season", False),
        ("c2", "spring", True),
        ("c3", "spring", False),
    ]
    assert [key for key, _ in drawn.held(warehouse, "dmn_marketing_campaigns")] == ["c4"]


def test_a_campaign_that_becomes_known_later_gets_the_events_that_named_it(
    warehouse: Warehouse,
) -> None:
    warehouse.given("stg_rudderstack.stg_rudderstack_pages", PAGES)
    assert set(campaigns_by_event(warehouse).values()) == {None}

    warehouse.given("stg_hubspot.stg_hubspot_campaigns", CAMPAIGNS)

    assert campaigns_by_event(warehouse)["1"] == "c1"


def test_what_somebody_did_in_the_product_is_no_visit_and_the_other_way_round(
    warehouse: Warehouse,
) -> None:
    drawn.people(warehouse, "ada")
    drawn.given(
        warehouse,
        "stg_rudderstack.stg_rudderstack_tracks",
        """
        event_id | anonymous_id | user_id | event          | event_at
        1        | a            |         | cta_clicked    | 2026-03-01T09:00:00Z
        2        | a            | ada     | demo_requested | 2026-03-01T09:00:00Z   -- signed in
        3        | a            | ada     | lesson_started | 2026-03-01T09:00:00Z
        """,
    )

    assert list(campaigns_by_event(warehouse)) == ["1", "2"]
    assert [row.event_id for row in warehouse.rows("dmn_product_events")] == ["3"]
