"""Who is touched when a column becomes another: by values that are made of it, or by rows."""

from pathlib import Path
from textwrap import dedent

import pytest

from layers import lineage, reading
from layers.downstream import Touched, told, touched_by
from layers.project import Project, columns_of
from tests.conftest import ROOT
from tests.layers import shop

TAKINGS = "sql/prs/takings/prs_takings_by_customer"


@pytest.fixture(scope="module")
def example() -> Project:
    return reading.load(Path(ROOT))


def made_by(folder: Path, query: str) -> Project:
    """The shop, its one presentation table made by another query."""
    sql = dedent(query).strip()
    project = reading.load(shop.write(folder, {f"{TAKINGS}.sql": f"{sql}\n"}))
    assert project.problems == ()
    return project


def rows_by(project: Project, relation: str = "dmn_sales") -> set[str]:
    """The columns of a relation that decide about the rows of the presentation table."""
    trace = lineage.traced(project, project.relation("prs_takings_by_customer"))
    return {column for name, column in trace.rows if name == relation}


@pytest.mark.parametrize(
    ("relation", "column", "cases"),
    [
        (
            "dmn_product_events",
            "is_qualifying",
            ["monthly_active_users", "organisation_seats_monthly", "seat_retention"],
        ),
        ("dmn_web_users", "account_user_id", ["campaign_funnel_monthly"]),
        (
            "dmn_licences",
            "held_during",
            # what the funnel makes of it is a number: a test of its own
            [
                *("monthly_active_users", "organisation_seats_monthly"),
                *("seat_retention", "ticket_resolution_monthly"),
            ],
        ),
    ],
)
def test_what_is_only_filtered_or_joined_by_touches_the_rows_of_tables_above(
    example: Project, relation: str, column: str, cases: list[str]
) -> None:
    rows = touched_by(example, relation, column).rows

    assert [name for name in rows if name.startswith("prs_")] == [f"prs_{case}" for case in cases]


def test_what_is_asked_whether_it_is_there_touches_the_numbers_that_count_it(
    example: Project,
) -> None:
    columns = touched_by(example, "dmn_licences", "held_during").columns

    assert columns == tuple(("prs_campaign_funnel_monthly", n) for n in ("seat_rate", "seated"))


def test_values_and_rows_are_told_apart(example: Project) -> None:
    price = touched_by(example, "dmn_subscription_terms", "mrr_eur")
    written = touched_by(example, "dmn_calendar_months", "month_key")

    assert ("prs_organisation_mrr_monthly", "mrr_eur") in price.columns
    assert ("prs_mrr_monthly", "arr_eur") in price.columns
    # an organisation begins to be in it with its first money
    assert "prs_organisation_mrr_monthly" in price.rows
    assert ("prs_mrr_monthly", "month_key") in written.columns
    assert written.rows == ()


def test_who_is_touched_in_its_rows_touches_all_its_readers(example: Project) -> None:
    touched = touched_by(example, "stg_backend_subscription_terms", "is_deleted")

    assert {"dmn_subscription_terms", "prs_mrr_monthly", "prs_seat_retention"} <= set(touched.rows)


def test_looker_shows_a_column_and_what_is_reckoned_from_it(example: Project) -> None:
    monthly = example.relation("prs_mrr_monthly")

    assert told(example, monthly, "churned_mrr_eur") == (
        "Looker's field prs_mrr_monthly.churned_mrr_eur",
        "Looker's field prs_mrr_monthly.gross_revenue_retention",
        "Looker's field prs_mrr_monthly.net_revenue_retention",
    )


def test_every_column_that_is_traced_is_one_of_a_table(example: Project) -> None:
    for relation in example.relations.values():
        if relation.query is None or relation.layer == "stg":
            continue
        trace = lineage.traced(example, relation)
        for name, column in {*trace.rows, *(one for made in trace.values.values() for one in made)}:
            assert column in columns_of(example.relation(name)), (relation.name, name, column)


SALES = """
    select
        sales.customer_id,
        min(sales.shelf) as email,
        count(*) as sales,
        sum(sales.amount) as amount
    from dmn.dmn_sales as sales
    {where}
    group by sales.customer_id
    {having}
"""


@pytest.mark.parametrize(
    ("where", "having", "rows"),
    [
        ("", "", {"customer_id"}),
        ("where sales.sold_at is not null", "", {"customer_id", "sold_at"}),
        ("", "having max(sales.sold_at) > '2026-03-01'", {"customer_id", "sold_at"}),
        (
            "where exists (select from dmn.dmn_sales as o where o.sale_id < sales.sale_id)",
            "",
            {"customer_id", "sale_id"},
        ),
        (
            "where sales.amount > (select avg(o.amount) from dmn.dmn_sales as o)",
            "",
            {"customer_id", "amount"},
        ),
    ],
    ids=["group by", "where", "having", "exists", "a subquery of a condition"],
)
def test_every_part_of_a_select_that_decides_about_rows_is_seen(
    tmp_path: Path, where: str, having: str, rows: set[str]
) -> None:
    project = made_by(tmp_path, SALES.format(where=where, having=having))

    assert rows_by(project) == rows
    amount = lineage.sources_of(project, project.relation("prs_takings_by_customer"), "amount")
    assert amount == {("dmn_sales", "amount")}


LAST = """
    with

    placed as (
        select
            customer_id,
            shelf,
            amount,
            row_number() over (partition by customer_id order by sold_at desc, sale_id) as place
        from dmn.dmn_sales
    )

    select
        customer_id,
        shelf as email,
        1::bigint as sales,
        amount
    from placed
    {where}
"""


def test_the_order_of_a_window_decides_only_where_its_place_is_asked_for(tmp_path: Path) -> None:
    asked = made_by(tmp_path / "asked", LAST.format(where="where place = 1"))
    unasked = made_by(tmp_path / "unasked", LAST.format(where=""))

    assert rows_by(asked) == {"customer_id", "sold_at", "sale_id"}
    assert rows_by(unasked) == set()


def test_the_first_of_each_is_decided_by_the_order(tmp_path: Path) -> None:
    project = made_by(
        tmp_path,
        """
        select distinct on (customer_id)
            customer_id,
            shelf as email,
            1::bigint as sales,
            amount
        from dmn.dmn_sales
        order by customer_id, sold_at
        """,
    )

    assert rows_by(project) == {"customer_id", "sold_at"}


def test_a_union_that_leaves_out_what_is_twice_is_decided_by_all_its_columns(
    tmp_path: Path,
) -> None:
    once = "select customer_id, shelf as email, 1::bigint as sales, amount from dmn.dmn_sales"
    project = made_by(tmp_path / "union", f"{once} union {once}")
    both = made_by(tmp_path / "all", f"{once} union all {once}")

    assert rows_by(project) == {"customer_id", "shelf", "amount"}
    assert rows_by(both) == set()


def test_a_subquery_that_is_a_column_is_a_value_and_decides_about_no_row(tmp_path: Path) -> None:
    project = made_by(
        tmp_path,
        """
        select
            customer_id,
            email,
            (select count(*) from dmn.dmn_sales as s where s.customer_id = c.customer_id) as sales,
            0::numeric as amount
        from dmn.dmn_customers as c
        """,
    )

    assert rows_by(project) == set()
    sales = lineage.sources_of(project, project.relation("prs_takings_by_customer"), "sales")
    assert ("dmn_sales", "customer_id") in sales


def test_a_function_that_gives_rows_decides_how_many_there_are(tmp_path: Path) -> None:
    project = made_by(
        tmp_path,
        """
        select
            sales.customer_id || place.n as customer_id,
            sales.shelf as email,
            1::bigint as sales,
            sales.amount
        from dmn.dmn_sales as sales
        cross join lateral generate_series(1, sales.amount::integer) as place (n)
        """,
    )

    assert rows_by(project) == {"amount"}
    key = lineage.sources_of(project, project.relation("prs_takings_by_customer"), "customer_id")
    assert key == {("dmn_sales", "customer_id"), ("dmn_sales", "amount")}


@pytest.mark.parametrize(
    "many",
    [
        "generate_series(1, amount::integer)::text",
        "unnest(string_to_array(amount::text, '.'))",
        "regexp_split_to_table(amount::text, '.')",
    ],
)
def test_a_function_that_gives_rows_decides_where_it_is_a_column_too(
    tmp_path: Path, many: str
) -> None:
    project = made_by(
        tmp_path,
        f"""
        select {many} as customer_id, shelf as email, 1::bigint as sales, amount
        from dmn.dmn_sales
        """,
    )

    assert rows_by(project) == {"amount"}


def test_a_query_beside_each_row_gives_values_and_decides_by_its_own_conditions(
    tmp_path: Path,
) -> None:
    project = made_by(
        tmp_path,
        """
        select
            customers.customer_id,
            customers.email,
            1::bigint as sales,
            earliest.paid as amount
        from dmn.dmn_customers as customers
        cross join lateral (
            select sales.amount
            from dmn.dmn_sales as sales
            where sales.customer_id = customers.customer_id
            order by sales.sold_at
            limit 1
        ) as earliest (paid)
        """,
    )

    assert rows_by(project) == {"customer_id", "sold_at"}
    amount = lineage.sources_of(project, project.relation("prs_takings_by_customer"), "amount")
    assert amount == {("dmn_sales", "amount")}


def test_a_query_that_goes_round_is_walked_to_its_end(tmp_path: Path) -> None:
    project = made_by(
        tmp_path,
        """
        with recursive led as (
            select customer_id, email from dmn.dmn_customers where referrer_id is null
            union all
            select c.customer_id, led.email
            from dmn.dmn_customers as c
            inner join led on c.referrer_id = led.customer_id
        )

        select customer_id, email, 1::bigint as sales, 0::numeric as amount from led
        """,
    )

    assert rows_by(project, "dmn_customers") == {"customer_id", "referrer_id"}


def test_a_query_that_nobody_can_read_any_more_is_touched_in_its_rows(tmp_path: Path) -> None:
    gone = {"sql/dmn/dmn_customers.yaml": None, "sql/dmn/dmn_customers.sql": None}
    project = reading.load(shop.write(tmp_path, gone))

    touched = touched_by(project, "dmn_customers")

    assert touched == Touched((), ("prs_takings_by_customer",))
