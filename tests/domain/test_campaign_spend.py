"""What finance planned and paid."""

from tests.domain import drawn
from tests.warehouse import Warehouse


def test_what_a_campaign_cost_that_marketing_does_not_know_is_held(warehouse: Warehouse) -> None:
    warehouse.given(
        "stg_hubspot.stg_hubspot_campaigns",
        """
        campaign_id | name   | layers_gone
        c1          | summer |
        c2          | winter | gone           -- removed: what it cost stays
        """,
    )
    warehouse.given(
        "stg_finance.stg_finance_campaign_spend",
        """
        month      | campaign_id | spend_eur | layers_gone
        2026-03-01 | c1          | 100.5     |
        2026-03-01 | c2          | 7         |
        2026-03-01 | c9          | 3         |
        2026-04-01 | c1          | 5         | gone          -- finance took the line out
        """,
    )

    rows = warehouse.run("dmn_campaign_spend")

    assert [(row.campaign_id, float(row.spend_eur)) for row in rows] == [("c1", 100.5), ("c2", 7)]
    assert [said for *_, said in drawn.held(warehouse, "dmn_campaign_spend")] == [
        "each campaign spend has 1 campaign"
    ]


def test_a_budget_is_of_a_month_and_a_metric(warehouse: Warehouse) -> None:
    warehouse.given(
        "stg_finance.stg_finance_budgets",
        """
        month      | metric       | amount | layers_gone
        2026-03-01 | active_users | 40     |
        2026-03-01 | mrr_eur      | 1250.5 |
        2030-01-01 | mrr_eur      | 9000   |               -- far beyond what has begun
        2026-04-01 | mrr_eur      | 1      | gone
        """,
    )

    rows = warehouse.run("dmn_budgets")

    assert [(f"{row.month:%Y-%m}", row.metric, float(row.amount)) for row in rows] == [
        ("2026-03", "active_users", 40),
        ("2026-03", "mrr_eur", 1250.5),
        ("2030-01", "mrr_eur", 9000),
    ]
