"""Who answers requests for help."""

from tests.domain import drawn
from tests.warehouse import Warehouse


def test_an_agent_whose_name_is_blank_is_held_and_one_without_a_name_is_not(
    warehouse: Warehouse,
) -> None:
    warehouse.given(
        "stg_zendesk.stg_zendesk_users",
        """
        user_id | role  | active | name
        1       | agent | true   | Ada
        2       | agent | true   | blank
        3       | admin | true   |        -- answers all the same
        """,
    )
    warehouse.admin.execute(
        "update stg_zendesk.stg_zendesk_users set name = '  ' where name = 'blank'"
    )

    rows = warehouse.run("dmn_support_agents")

    assert drawn.table(rows, "agent_id", "name") == [("1", "Ada"), ("3", None)]
    assert drawn.held(warehouse, "dmn_support_agents") == [("2", "an agent's name is not blank")]
