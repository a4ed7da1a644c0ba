"""Contracts that change: what would become of the warehouse, and what is refused."""

from pathlib import Path

import pytest

from layers import lineage, plan, publish, reading
from layers.errors import ProjectError, WarehouseError
from layers.plan import Planned
from layers.project import Project
from tests.conftest import ROOT
from tests.layers import shop as shops
from tests.layers.conftest import MakeShop
from tests.layers.shop import Change, Shop

SALES = "sql/dmn/dmn_sales"
FIRST = ("ada | ada@till.example |\nbob | |", "1 | ada | bread | 2\n2 | bob | cake | 3")
WIDER: dict[str, Change] = {
    f"{SALES}.yaml": {'{type: "numeric(18,2)"}': "{type: numeric}"},
}
NEW: dict[str, Change] = {
    f"{SALES}.yaml": {"criteria:": "  note: {type: text, optional: true}\n        criteria:"},
    f"{SALES}.sql": {"sold_at\n": "sold_at,\n            shelf as note\n"},
}
LIST = {"{type: text, optional: true}": '{type: "text[]", optional: true}'}
LISTED: dict[str, Change] = {
    "sql/dmn/dmn_customers.yaml": {
        f"email:       {a}": f"email:       {b}" for a, b in LIST.items()
    },
    "sql/dmn/dmn_customers.sql": {"email,": "array[email] as email,"},
    "sql/prs/takings/prs_takings_by_customer.yaml": LIST,
}


def filled(shop: MakeShop) -> Shop:
    till = shop()
    till.staged(*FIRST)
    till.publish("dmn")
    till.publish("prs_takings")
    return till


def planned(till: Shop) -> list[Planned]:
    return plan.plan(till.connect("presenter"), till.project)


def test_a_warehouse_that_is_as_the_contracts_say_has_nothing_planned(shop: MakeShop) -> None:
    assert planned(filled(shop)) == []


def test_a_new_optional_column_is_compatible_and_its_statement_is_shown(shop: MakeShop) -> None:
    till = filled(shop)
    till.change(NEW)

    column, follows = planned(till)
    till.publish("dmn")

    assert (column.relation, column.what) == ("dmn_sales", "column note is new")
    assert [column.is_compatible, follows.is_compatible] == [True, True]
    assert 'alter table "dmn"."dmn_sales" add column "note" text' in follows.statements
    assert planned(till) == []


def test_a_wider_type_is_incompatible_and_says_what_is_made_of_the_column(shop: MakeShop) -> None:
    till = filled(shop)
    till.change(WIDER)

    column, refused = planned(till)

    assert column.what == "column amount was numeric(18,2) and is numeric"
    assert column.touches == ("prs_takings_by_customer.amount",)
    assert [column.is_compatible, refused.is_compatible] == [False, False]
    with pytest.raises(WarehouseError, match="--allow-breaking dmn_sales"):
        till.publish("dmn")


def test_a_table_that_is_named_is_made_anew_whole_with_all_that_leads_to_it(shop: MakeShop) -> None:
    till = filled(shop)
    till.change(WIDER)
    till.build("dmn")

    published = publish.publish(
        till.connect("modeller"), till.project, "dmn", "test", ["dmn_sales"]
    )

    assert published.changes["dmn_sales"].inserted == 2
    assert [str(row.amount) for row in till.rows("dmn_sales")] == ["2.00", "3.00"]
    assert planned(till) == []
    till.change({**WIDER, **LISTED})
    till.build("dmn")
    publish.publish(till.connect("modeller"), till.project, "dmn", "test", ["dmn_customers"])
    led = till.query(
        "select conrelid::regclass::text as of from pg_constraint where contype = 'f'"
        " and confrelid = 'dmn.dmn_customers'::regclass order by 1"
    )
    assert [row.of for row in led] == ["dmn.dmn_customers", "dmn.dmn_sales"]


def test_what_is_no_longer_declared_stays_and_is_told(shop: MakeShop) -> None:
    till = filled(shop)
    gone = "sql/prs/takings/prs_takings_by_customer"
    till.change({f"{gone}.yaml": None, f"{gone}.sql": None})

    (told,) = planned(till)

    assert told.what.endswith("is no longer declared: it stays, and nobody fills it")
    assert len(till.query("select * from prs_takings.prs_takings_by_customer")) == 2


@pytest.fixture(scope="module")
def till_files(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return reading.load(shops.write(tmp_path_factory.mktemp("shop")))


def test_a_number_is_explained_down_to_the_fields_of_its_source(till_files: Project) -> None:
    steps = lineage.explain(till_files, "prs_takings_by_customer", "amount")

    assert [(step.depth, f"{step.relation}.{step.column}") for step in steps] == [
        (0, "prs_takings_by_customer.amount"),
        (1, "dmn_sales.amount"),
        (2, "stg_till_sales.amount"),
        (3, "src_till.sales.amount"),
    ]


def test_a_count_is_explained_by_the_rows_that_it_counts(till_files: Project) -> None:
    steps = lineage.explain(till_files, "prs_takings_by_customer", "sales")

    counted = [f"{step.relation}.{step.column}" for step in steps][1:]
    assert counted == ["dmn_customers.*", "dmn_sales.*"]


def test_every_column_of_the_example_can_be_explained() -> None:
    project = reading.load(Path(ROOT))
    for relation in project.relations.values():
        for column in relation.contract.columns:
            assert list(lineage.explain(project, relation.name, column))


def test_a_column_that_is_not_there_is_told_with_the_one_that_was_perhaps_meant(
    till_files: Project,
) -> None:
    with pytest.raises(ProjectError, match=r"has no column 'amout'; did you mean amount\?"):
        list(lineage.explain(till_files, "dmn_sales", "amout"))
