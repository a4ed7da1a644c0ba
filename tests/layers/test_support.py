"""The support desk's entities, on rows that each have a reason."""

from tests.warehouse import Warehouse


def test_a_ticket_without_an_agent_is_held_and_its_agent_is_not_invented(
    warehouse: Warehouse,
) -> None:
    warehouse.given(
        "stg_zendesk.stg_zendesk_tickets",
        """
        ticket_id | assignee_id | status | created_at
        1         | 77          | open   | 2026-03-01T09:00:00Z
        2         |             | open   | 2026-03-01T09:05:00Z   -- nobody has picked it up yet
        """,
    )
    warehouse.given(
        "stg_zendesk.stg_zendesk_users",
        """
        user_id | role  | active
        77      | agent | true
        """,
    )

    published = warehouse.run("dmn_support_agents", "dmn_support_tickets")

    assert [row.ticket_id for row in published] == ["1"]
    assert warehouse.held("dmn_support_tickets") == {"2": "each support ticket has 1 agent"}
    assert [row.agent_id for row in warehouse.rows("dmn_support_agents")] == ["77"]
