"""The SQL that Looker sends: it runs as Looker's role, joins nothing, and adds up what it may."""

from decimal import Decimal
from typing import Any

import lkml
import psycopg
import pytest
import sqlglot
from sqlglot import exp

from layers.warehouse import text
from tests.looker.asking import Explore
from tests.warehouse import Warehouse, parse

Explores = dict[str, Explore]
Looker = psycopg.Connection[Any]

MRR = "prs_mrr_monthly"
FUNNEL = "prs_campaign_funnel_monthly"
USERS = "prs_monthly_active_users"
# A row to a column here; what is not named is 0, or true.
ROWS = {
    # June had 100 and won 50; July lost 30 of 150 and won nothing
    MRR: """
        month                        | 2026-06-01 | 2026-07-01
        opening_mrr_eur              | 100        | 150
        new_mrr_eur                  | 50         | 0
        churned_mrr_eur              | 0          | 30
        mrr_eur                      | 150        | 120
        budgeted_mrr_eur             |            | 240
        opening_paying_organisations | 2          | 3
        new_organisations            | 1          | 0
        churned_organisations        | 0          | 1
        paying_organisations         | 3          | 2
    """,
    # whom one campaign touched first, another one touched last: the same people twice
    FUNNEL: """
        month       | 2026-06-01  | 2026-06-01  | 2026-06-01 | 2026-07-01
        attribution | first_touch | first_touch | last_touch | first_touch
        campaign_id | spring      | direct      | direct     | direct
        web_users   | 10          | 30          | 40         | 40
        signed_up   | 4           | 4           | 8          | 0
        cost_eur    | 20          | 0           |            | 0
    """,
    USERS: """
        month               | 2026-06-01 | 2026-06-01 | 2026-07-01
        seat_type           | full       | all        | all
        active_users        | 4          | 5          | 6
        seat_holders        | 8          | 12         | 0
        active_seat_holders | 2          | 3          | 0
    """,
}


def given(warehouse: Warehouse, relation: str, drawn: str) -> None:
    """Puts rows into a table of `prs`, drawn with a line to each column."""
    found = warehouse.project.relation(relation)
    names, *rows = zip(*parse(drawn), strict=True)
    others = {
        name: "true" if column.type == "boolean" else "0"
        for name, column in found.contract.columns.items()
        if name not in names and not column.optional
    }
    lines = [" | ".join([*names, *others])]
    lines += [" | ".join([*(value or "" for value in row), *others.values()]) for row in rows]
    warehouse.given(f"{found.schema}.{relation}", "\n".join(lines))


@pytest.fixture
def asked(warehouse: Warehouse, looker: Looker) -> Looker:
    """Looker's session, where there are the rows above."""
    for name, drawn in ROWS.items():
        given(warehouse, name, drawn)
    return looker


def answer(looker: Looker, sql: str) -> list[tuple[Any, ...]]:
    return looker.execute(text(sql)).fetchall()


def test_every_sql_is_prepared_as_lookers_role(explores: Explores, looker: Looker) -> None:
    prepared = 0
    for explore in explores.values():
        for name in (*explore.dimensions, *explore.measures):
            looker.execute(text(f"prepare asked as {explore.sql([name])}"))
            looker.execute("deallocate asked")
            prepared += 1

    assert prepared > 150


def test_every_trigger_is_prepared_as_lookers_role(made: dict[str, str], looker: Looker) -> None:
    groups = lkml.load(made["example.model.lkml"])["datagroups"]

    assert len(groups) == 4
    for group in groups:
        looker.execute(text(f"prepare asked as {group['sql_trigger']}"))
        looker.execute("deallocate asked")


def test_no_explore_joins_so_nothing_needs_a_symmetric_aggregate(
    made: dict[str, str], explores: Explores
) -> None:
    found = [one for written in made.values() for one in lkml.load(written).get("explores", [])]
    assert {one["name"] for one in found} == explores.keys()
    assert [one["name"] for one in found if "joins" in one] == []

    for explore in explores.values():
        tree = sqlglot.parse_one(explore.sql(list(explore.measures)), read="postgres")
        assert [table.name for table in tree.find_all(exp.Table)] == [explore.name]
        assert tree.find(exp.Join) is None


def test_a_sum_is_added_up_over_months(explores: Explores, asked: Looker) -> None:
    sql = explores[MRR].sql(["month_year", "new_mrr_eur", "churned_mrr_eur"])

    assert answer(asked, sql) == [(2026, 50, 30)]


def test_a_balance_brings_its_month_into_the_query(explores: Explores, asked: Looker) -> None:
    assert answer(asked, explores[MRR].sql(["mrr_eur"])) == [("2026-06", 150), ("2026-07", 120)]


def test_a_balance_is_empty_in_a_row_of_totals_over_several_months(
    explores: Explores, asked: Looker
) -> None:
    total = explores[MRR].totals("mrr_eur")
    july = explores[MRR].totals("mrr_eur", "month = '2026-07-01'")

    assert answer(asked, total) == [(None,)]
    assert answer(asked, july) == [(120,)]


def test_a_ratio_is_a_sum_over_a_sum_and_never_a_mean_of_ratios(
    explores: Explores, asked: Looker
) -> None:
    first = "attribution = 'first_touch'"

    # 4 of 10 and 4 of 30 and 0 of 40 are 8 of 80
    assert answer(asked, explores[FUNNEL].totals("sign_up_rate", first)) == [(Decimal("0.1"),)]
    assert answer(asked, explores[MRR].sql(["net_revenue_retention"])) == [
        ("2026-06", 1),  # what is new is not retained
        ("2026-07", Decimal("0.8")),  # 120 of 150
    ]


def test_a_ratio_of_balances_is_empty_over_several_months(
    explores: Explores, asked: Looker
) -> None:
    assert answer(asked, explores[MRR].totals("logo_churn_rate")) == [(None,)]


def test_a_ratio_whose_denominator_is_0_or_missing_is_empty(
    explores: Explores, asked: Looker
) -> None:
    rate = explores[USERS].sql(["active_rate"], "seat_type = 'all'")
    budget = explores[MRR].sql(["budget_attainment"])

    assert answer(asked, rate) == [("2026-06", Decimal("0.25")), ("2026-07", None)]
    assert answer(asked, budget) == [("2026-06", None), ("2026-07", Decimal("0.5"))]


def test_what_overlaps_is_added_up_only_within_one_value(explores: Explores, asked: Looker) -> None:
    funnel = explores[FUNNEL]
    by_attribution = funnel.sql(["attribution", "web_users", "cost_eur"])

    assert answer(asked, funnel.totals("web_users")) == [(None,)]
    assert answer(asked, by_attribution) == [
        ("first_touch", 80, 20),
        ("last_touch", 40, None),  # a last touch costs nothing anybody knows, which is not 0
    ]
    assert answer(asked, explores[USERS].sql(["seat_holders"])) == [
        ("2026-06", None),
        ("2026-07", 0),
    ]


def test_a_count_of_distinct_things_has_no_measure(explores: Explores) -> None:
    users = explores[USERS]

    assert {
        "active_users",
        "rolling_30_day_active_users",
        "budget_attainment",
    } <= users.dimensions.keys()
    assert users.measures.keys() & users.dimensions.keys() == set()


def test_the_tests_of_a_table_find_a_key_twice_and_money_that_does_not_roll_forward(
    explores: Explores, warehouse: Warehouse, asked: Looker
) -> None:
    counts = ["rows_with_a_key_twice", "rows_that_break_rule_1"]
    sql = explores[MRR].sql(counts)
    assert answer(asked, sql) == [(0, 0)]

    table = f"prs_growth.{MRR}"
    for constraint in warehouse.query(
        f"select conname as name from pg_constraint where conrelid = '{table}'::regclass"
        " and contype in ('p', 'c')"
    ):
        warehouse.admin.execute(text(f'alter table {table} drop constraint "{constraint.name}"'))
    warehouse.admin.execute(
        text(f"insert into {table} select * from {table} where month = '2026-07-01'")
    )
    warehouse.admin.execute(text(f"update {table} set mrr_eur = 151 where month = '2026-06-01'"))

    assert answer(asked, sql) == [(1, 1)]


def test_the_test_of_freshness_wants_one_row_that_is_fresh(
    explores: Explores, warehouse: Warehouse, looker: Looker
) -> None:
    table, sql = (
        "prs_growth.prs_growth_freshness",
        explores["prs_growth_freshness"].sql(["fresh_publications"]),
    )
    assert answer(looker, sql) == [(0,)]  # nothing is published yet

    warehouse.admin.execute(text(f"drop view {table}"))
    warehouse.connect("presenter").execute(
        text(f"create table {table} as select 7 as publication, 'fresh' as freshness")
    )
    assert answer(looker, sql) == [(1,)]
    warehouse.admin.execute(text(f"update {table} set freshness = 'late'"))
    assert answer(looker, sql) == [(0,)]
