"""Events are built incrementally: what is known late of them ends where a build in full would."""

import pytest

from layers import verify
from tests.domain import drawn
from tests.domain.test_web_engagement_events import CAMPAIGNS, PAGES
from tests.warehouse import Warehouse

PAGE, TRACK = "stg_rudderstack.stg_rudderstack_pages", "stg_rudderstack.stg_rudderstack_tracks"
IDENTIFY = "stg_rudderstack.stg_rudderstack_identifies"
TRACKS = """
    event_id | anonymous_id | user_id | event          | event_at
    21       | a            |         | cta_clicked    | 2026-03-01T09:00:00Z
    22       | a            | ada     | lesson_started | 2026-03-02T09:00:00Z
    23       | b            | bob     | lesson_started | 2026-03-02T09:00:00Z   -- not known yet
"""


@pytest.fixture
def begun(warehouse: Warehouse) -> Warehouse:
    """Some days of events, published."""
    drawn.people(warehouse, "ada")
    warehouse.given("stg_hubspot.stg_hubspot_campaigns", CAMPAIGNS)
    warehouse.given(PAGE, PAGES, load=1)
    given(warehouse, TRACK, TRACKS, load=2)
    warehouse.publish()
    return warehouse


def given(warehouse: Warehouse, table: str, rows: str, load: int) -> None:
    for name, id_ in drawn.PEOPLE.items():
        rows = rows.replace(f"| {name}     |", f"| {id_} |")
    warehouse.given(table, rows, load=load)


def fed(warehouse: Warehouse) -> dict[str, int | None]:
    """How many rows the last builds were fed; nothing of one that was made in full."""
    found = warehouse.query(
        "select distinct on (relation) relation, fed from layers.builds"
        " where relation in ('dmn_web_engagement_events', 'dmn_product_events')"
        " order by relation, build_id desc"
    )
    return {row.relation: row.fed for row in found}


def is_as_in_full(warehouse: Warehouse) -> bool:
    for name in fed(warehouse):
        relation = warehouse.project.relation(name)
        found = verify.verify(warehouse.connect("modeller"), warehouse.project, relation, "test")
        assert (found.differ, found.rows) == (0, len(warehouse.rows(name))), name
    return True


def test_a_late_identify_moves_no_event_and_names_the_web_user(begun: Warehouse) -> None:
    begun.given(
        IDENTIFY,
        f"""
        event_id | anonymous_id | user_id               | event_at
        31       | a            | {drawn.PEOPLE["ada"]} | 2026-03-05T09:00:00Z
        """,
        load=3,
    )
    begun.publish()

    assert fed(begun) == {"dmn_web_engagement_events": 0, "dmn_product_events": 0}
    (web_user,) = begun.rows("dmn_web_users")
    assert str(web_user.account_user_id) == drawn.PEOPLE["ada"]
    assert is_as_in_full(begun)


def test_a_user_who_arrives_after_the_events_lets_them_be_published(begun: Warehouse) -> None:
    assert set(begun.held("dmn_product_events")) == {"23"}
    drawn.people(begun, "bob")
    begun.publish()

    assert fed(begun) == {"dmn_web_engagement_events": 0, "dmn_product_events": 0}
    assert begun.held("dmn_product_events") == {}
    assert is_as_in_full(begun)


def test_a_campaign_that_is_renamed_later_feeds_the_events_that_name_it(begun: Warehouse) -> None:
    begun.admin.execute(
        "update stg_hubspot.stg_hubspot_campaigns set name = 'Partner blog'"
        " where campaign_id = 'c1'"
    )
    begun.given("stg_hubspot.stg_hubspot_campaigns", "campaign_id | name | created_at")
    begun.publish()

    assert fed(begun)["dmn_web_engagement_events"] == 4  # 1 to 3 named the old name, 5 the new one
    found = {row.event_id: row.campaign_id for row in begun.rows("dmn_web_engagement_events")}
    assert (found["1"], found["5"]) == (None, "c1")
    assert is_as_in_full(begun)


def test_a_corrected_record_changes_sides(begun: Warehouse) -> None:
    given(
        begun,
        TRACK,
        """
        event_id | anonymous_id | user_id | event          | event_at
        21       | a            | ada     | lesson_started | 2026-03-01T09:00:00Z
        """,
        load=3,
    )
    begun.publish()

    assert fed(begun) == {"dmn_web_engagement_events": 1, "dmn_product_events": 1}
    assert "21" in {row.event_id for row in begun.rows("dmn_product_events")}
    assert "21" not in {row.event_id for row in begun.rows("dmn_web_engagement_events")}
    assert is_as_in_full(begun)
