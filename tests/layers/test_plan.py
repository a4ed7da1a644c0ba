"""Contracts that change: what would become of the warehouse, and what is refused."""

from pathlib import Path

import pytest

from layers import cli, lineage, plan, publish, reading
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


def test_what_is_new_and_unique_is_shown_although_it_becomes_native_last(shop: MakeShop) -> None:
    till = filled(shop)
    unique = "        unique:\n          shelves are not shared: shelf\n        criteria:"
    till.change({f"{SALES}.yaml": {"        criteria:": unique}})

    (follows,) = planned(till)
    till.publish("dmn")

    assert follows.is_compatible
    assert follows.statements[0].endswith('on "dmn"."dmn_sales" ("shelf")')
    assert " unique using index " in follows.statements[1]
    assert planned(till) == []


def test_a_wider_type_is_incompatible_and_says_what_is_made_of_the_column(shop: MakeShop) -> None:
    till = filled(shop)
    till.change(WIDER)

    column, refused = planned(till)

    assert column.what == "column amount was numeric(18,2) and is numeric"
    assert column.touches == (
        "prs_takings_by_customer.amount",
        "Looker's field prs_takings_by_customer.amount",
    )
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


SOLD_AT = "          sold_at:     {type: timestamptz, optional: true}\n"
AMOUNT = '          amount:      {type: "numeric(18,2)"}\n'
RULE = "        criteria:\n          nobody is paid for taking something: amount >= 0\n"
ALL_TAKINGS = (
    "rows of prs_takings_by_customer",
    "every field of Looker's view prs_takings_by_customer",
)


def broken(till: Shop, changes: dict[str, Change]) -> Project:
    """The shop's files with queries that name what is not there any more."""
    project = reading.load(shops.write(till.folder, changes))
    assert project.problems
    return project


def test_a_column_that_no_query_reads_is_gone_for_nobody(shop: MakeShop) -> None:
    till = filled(shop)
    without = {"amount,\n            sold_at": "amount"}
    till.change({f"{SALES}.yaml": {SOLD_AT: ""}, f"{SALES}.sql": without})

    gone, refused = planned(till)

    assert gone.what == "column sold_at is no longer declared, and no query reads it"
    assert (gone.is_compatible, gone.touches) == (False, ())
    assert refused.touches == ALL_TAKINGS  # the whole table is what would be made anew


def test_a_column_that_is_gone_is_told_with_the_queries_that_still_read_it(shop: MakeShop) -> None:
    till = filled(shop)
    without = {"shelf,\n            amount,": "shelf,"}
    gone_too = broken(till, {f"{SALES}.yaml": {AMOUNT: "", RULE: ""}, f"{SALES}.sql": without})

    gone, _ = plan.plan(till.connect("presenter"), gone_too)

    assert gone.what == "column amount is no longer declared"
    assert gone.touches == (
        "prs_takings_by_customer.amount",
        "Looker's field prs_takings_by_customer.amount",
    )


def test_the_command_shows_a_plan_for_queries_that_name_what_is_gone_and_says_that_they_do(
    shop: MakeShop, capsys: pytest.CaptureFixture[str]
) -> None:
    till = filled(shop)
    without = {"shelf,\n            amount,": "shelf,"}
    broken(till, {f"{SALES}.yaml": {AMOUNT: "", RULE: ""}, f"{SALES}.sql": without})

    ended = cli.main(["--project", str(till.folder), "plan"])

    said = capsys.readouterr()
    assert ended == 1
    assert "    touches prs_takings_by_customer.amount\n" in said.out
    assert "prs_takings_by_customer.sql: names column 'amount'" in said.err


def test_a_presentation_column_that_is_gone_takes_its_field_from_looker(shop: MakeShop) -> None:
    till = filled(shop)
    takings = "sql/prs/takings/prs_takings_by_customer"
    till.change(
        {
            f"{takings}.yaml": {"          sales:       {type: bigint, additivity: sum}\n": ""},
            f"{takings}.sql": {"            count(*) as sales,\n": ""},
        }
    )

    gone, _ = planned(till)

    assert gone.touches == ("Looker's field prs_takings_by_customer.sales",)


def test_another_key_touches_all_that_is_made_of_the_table(shop: MakeShop) -> None:
    till = filled(shop)
    till.change({f"{SALES}.yaml": {"key: sale_id": "key: [sale_id, customer_id]"}})

    (anew,) = planned(till)

    assert "its key is another one than in the warehouse" in anew.what
    assert anew.touches == ALL_TAKINGS


def test_a_table_that_is_made_anew_loses_the_keys_that_lead_to_it_first(shop: MakeShop) -> None:
    till = filled(shop)
    till.change(LISTED)

    anew = next(
        one for one in planned(till) if 'drop table "dmn"."dmn_customers"' in one.statements
    )

    assert anew.statements[0].startswith('alter table dmn.dmn_sales drop constraint "fk_')
    assert anew.touches[0] == "rows of prs_takings_by_customer"


def test_a_relation_that_is_gone_is_told_with_the_queries_that_still_read_it(
    shop: MakeShop,
) -> None:
    till = filled(shop)

    gone = plan.plan(
        till.connect("presenter"), broken(till, {f"{SALES}.yaml": None, f"{SALES}.sql": None})
    )

    (told,) = gone
    assert told.what == "dmn.dmn_sales is no longer declared: it stays, and nobody fills it"
    assert told.touches == ALL_TAKINGS


def test_a_new_column_that_must_be_filled_is_compatible_while_the_table_is_empty(
    shop: MakeShop,
) -> None:
    till = shop()
    for unit in ("dmn", "prs_takings"):
        till.publish(unit)  # nobody has bought anything yet
    till.change(
        {
            f"{SALES}.yaml": {SOLD_AT: f"{SOLD_AT}          till_no:     {{type: bigint}}\n"},
            f"{SALES}.sql": {"sold_at\n": "sold_at,\n            1::bigint as till_no\n"},
        }
    )

    column, follows = planned(till)

    assert column.what == "column till_no is new"
    assert [column.is_compatible, follows.is_compatible] == [True, True]
    till.publish("dmn")
    assert planned(till) == []


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


def test_every_column_of_the_example_is_explained_and_no_step_without_a_word() -> None:
    project = reading.load(Path(ROOT))
    for relation in project.relations.values():
        for column in relation.contract.columns:
            steps = list(lineage.explain(project, relation.name, column))
            assert [step for step in steps if not step.means] == [], f"{relation.name}.{column}"


def test_an_explanation_ends_with_what_decides_about_rows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shops.write(tmp_path)

    cli.main(["--project", str(folder), "explain", "prs_takings_by_customer.amount"])

    *_, staged, source, decided, customers, sales = capsys.readouterr().out.splitlines()
    assert staged.endswith("stg_till_sales.amount  numeric(10,2)  the source's amount")
    assert source.endswith("src_till.sales.amount  as the source wrote it")
    assert decided == "which rows prs_takings_by_customer has, or counts, is decided by"
    assert customers == "    dmn_customers: customer_id, email"
    assert sales == "    dmn_sales: customer_id"


def test_a_column_that_is_not_there_is_told_with_the_one_that_was_perhaps_meant(
    till_files: Project,
) -> None:
    with pytest.raises(ProjectError, match=r"has no column 'amout'; did you mean amount\?"):
        list(lineage.explain(till_files, "dmn_sales", "amout"))
