"""Rows that make no sense: they are in no number, and the others are all the same."""

from pathlib import Path

import pytest

from layers import load
from tests.domain.drawn import held
from tests.presentation import drawn
from tests.presentation.drawn import cells, everything
from tests.warehouse import Warehouse


def test_terms_that_make_no_sense_are_in_no_number_and_say_why(warehouse: Warehouse) -> None:
    drawn.terms(
        warehouse,
        """
        1 | 2 | 2026-01-10 |            | 10 | 9   | new     |
        2 | 2 | 2026-01-10 | 2026-01-05 | 10 | 9   | new     |   -- ends before it begins
        3 | 2 | 2026-01-10 |            | 10 | -9  | new     |
        4 | 3 | 2026-01-10 | 2026-02-10 | 10 | 110 | new     |   -- in dollars
        4 | 2 | 2026-02-10 |            | 5  | 9   | renewal |   -- and then in euro
        """,
    )
    # nobody has agreed to anything
    warehouse.given(
        "stg_backend.stg_backend_subscriptions",
        "id | organisation_id | started_at \n 7 | 5 | 2026-01-10T00:00:00Z",
    )

    tables = everything(warehouse)

    rows = tables["prs_organisation_mrr_monthly"]
    assert cells(rows, "month_key", "organisation_id", "mrr_eur", "new_mrr_eur") == [
        ("2026-01", "1", 90, 90),
        ("2026-02", "1", 90, 0),
        ("2026-02", "4", 45, 45),  # new by its first money in euro
        ("2026-03", "1", 90, 0),
        ("2026-03", "4", 45, 0),
    ]
    purchased = cells(tables["prs_organisation_seats_monthly"], "organisation_id", "month_key")
    assert {organisation for organisation, _ in purchased} == {"1", "4"}
    terms = {key: said for key, _, said in held(warehouse, "dmn_subscription_terms")}
    assert terms == {
        "2": "a term ends after it begins",
        "3": "a price is not negative",
        "4": "a term is paid in euro",
    }
    # a subscription waits for its first term that counts
    assert warehouse.held("dmn_subscriptions") == dict.fromkeys(
        "237", "each subscription has 1..* subscription term"
    )


def test_of_a_month_that_is_budgeted_twice_the_last_line_counts(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = "month,metric,amount\n2026-01,mrr_eur,100\n2026-01,mrr_eur,180\n"
    (tmp_path / "budgets.csv").write_text(sheet)
    path = f'{{"conn_type": "generic", "extra": {{"path": "{tmp_path.as_uri()}"}}}}'
    monkeypatch.setenv("AIRFLOW_CONN_FINANCE", path)
    load.load(warehouse.connect("loader"), warehouse.project, "finance", "budgets", "test")
    warehouse.stage("stg_finance_budgets")
    drawn.terms(warehouse, "1 | 2 | 2026-01-10 | | 10 | 9 | new |")

    rows = everything(warehouse)["prs_mrr_monthly"]

    assert cells(rows, "month_key", "budgeted_mrr_eur", "budget_attainment") == [
        ("2026-01", 180, 0.5),
        ("2026-02", None, None),  # nobody has planned anything
        ("2026-03", None, None),
    ]
    (reject,) = warehouse.query("select reason from layers.rejects where object = 'budgets'")
    assert reject.reason.startswith("line 2: ")
