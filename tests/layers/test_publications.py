"""Publications: what they remember, what one would change, and one that is taken back."""

import pytest

from layers import difference, preview, publish, record, rollback
from layers.errors import DataError, ProjectError, WarehouseError
from layers.kept import kept_rows
from layers.warehouse import Connection, connect, one
from tests.layers.conftest import MakeShop
from tests.layers.plans import PARALLEL, SERIAL, set_plan
from tests.layers.shop import Change, Shop

TAKINGS = "prs_takings_by_customer"
FIRST = ("ada | ada@till.example |\nbob | |", "1 | ada | bread | 2\n2 | bob | cake | 3")


def published(till: Shop, customers: str, sales: str) -> int:
    """Publishes everything from staging that holds these rows; the number for the use case."""
    till.staged(customers, sales)
    till.publish("dmn")
    number = till.publish("prs_takings").number
    assert number is not None
    return number


def takings(till: Shop) -> dict[str, int]:
    return {row.customer_id: int(row.amount) for row in till.rows(TAKINGS)}


def test_a_publication_remembers_what_it_changed_and_why(shop: MakeShop) -> None:
    till = shop()
    published(till, *FIRST)
    number = published(
        till, "ada | ada@till.example |\ncy | |", "1 | ada | bread | 5\n3 | cy | cake | 1"
    )

    found = till.query(
        "select key ->> 'customer_id' as key, operation, before ->> 'amount' as before,"
        f" after ->> 'amount' as after from layers.differences where publication = {number}"
        " order by key"
    )
    assert [(row.key, row.operation, row.before, row.after) for row in found] == [
        ("ada", "update", "2.00", "5.00"),
        ("bob", "delete", "3.00", None),
        ("cy", "insert", None, None),
    ]
    (told,) = till.query(f"select * from layers.publications where publication = {number}")
    assert told.cause == {"moved": ["dmn_customers", "dmn_sales"]}
    change = {"inserted": 1, "updated": 1, "deleted": 1, "is_recorded": True}
    assert told.changes == {TAKINGS: change}


MANY = 20_000


def many_customers(till: Shop, referred: int) -> None:
    """Candidates of many customers, of whom the first are referred by another, and one sale each.

    Every hundredth customer comes and goes with who is referred.
    """
    till.admin.execute("truncate stg_till.stg_till_customers, stg_till.stg_till_sales")
    there = f"n % 100 > 0 or {referred} > 0"
    people = f"generate_series(1, {MANY}) n where {there}"
    till.admin.execute(
        "insert into stg_till.stg_till_customers (customer_id, referrer_id, layers_load_id,"
        f" layers_ordinal) select n, case when n <= {referred} then '99' end, 0, n from {people}"
    )
    till.admin.execute(
        "insert into stg_till.stg_till_sales (sale_id, customer_id, amount, layers_load_id,"
        f" layers_ordinal) select n, n, 1, 0, n from {people}"
    )
    for name in ("customers", "sales"):
        record.moved(till.admin, f"stg_till_{name}")
    till.build()
    till.only_settle()


@pytest.mark.parametrize("plan", [SERIAL, PARALLEL], ids=["alone", "by workers"])
def test_differences_are_the_same_whoever_finds_them(shop: MakeShop, plan: dict[str, str]) -> None:
    till = shop()
    set_plan(till.connect("modeller"), plan)
    many_customers(till, 0)
    till.only_publish()

    many_customers(till, 300)
    come = till.only_publish().changes["dmn_customers"]
    many_customers(till, 0)
    gone = till.only_publish().changes["dmn_customers"]

    assert (come.inserted, come.updated, come.deleted) == (200, 297, 0)
    assert (gone.inserted, gone.updated, gone.deleted) == (0, 297, 200)


def test_workers_find_differences_though_each_row_might_be_one(shop: MakeShop) -> None:
    """Postgres reckons with a difference in every row, and with what it costs to hand them over."""
    till = shop()
    many_customers(till, 0)
    till.only_publish()
    relation, modeller = till.project.relation("dmn_sales"), till.connect("modeller")
    for cheap in ("parallel_setup_cost", "min_parallel_table_scan_size"):
        modeller.execute(f"set {cheap} = 0")
    build_id = (record.latest_build(modeller, relation) or {})["build_id"]
    kept = kept_rows(till.project, relation, build_id)

    before = workers(modeller)
    with modeller.transaction():
        assert not difference.compute(modeller, relation, kept, 1)

    assert workers(modeller) > before
    assert modeller.execute("show parallel_tuple_cost").fetchone() == ("0.1",)


def workers(modeller: Connection) -> int:
    """How many workers were ever begun for us, this session's told."""
    modeller.execute("select pg_stat_force_next_flush()")
    asked = "select parallel_workers_launched from pg_stat_database where datname = %s"
    (found,) = one(modeller, asked, modeller.info.dbname)
    return int(found)


def test_what_publishing_would_change_is_told_and_nothing_is_published(shop: MakeShop) -> None:
    till = shop()
    published(till, *FIRST)
    till.staged("ada | ada@till.example |\nbob | |", "1 | ada | bread | 9\n2 | bob | cake | 3")
    before = till.rows("dmn_sales")

    with connect("modeller") as modeller:
        (would,) = preview.preview(modeller, till.project, "dmn", "test")

    assert (would.relation, would.change.updated) == ("dmn_sales", 1)
    (row,) = would.sample
    assert (row.key, row.cells) == ({"sale_id": "1"}, {"amount": (2.0, 9.0)})
    assert till.rows("dmn_sales") == before
    assert till.publish("dmn").changes["dmn_sales"].updated == 1


TILL_NO: dict[str, Change] = {
    "sql/dmn/dmn_sales.yaml": {
        "criteria:": "  till_no: {type: bigint, optional: true}\n        criteria:"
    },
    "sql/dmn/dmn_sales.sql": {"sold_at\n": "sold_at,\n            amount::bigint as till_no\n"},
}


def test_what_a_new_column_would_be_filled_with_is_told_before_any_table_has_it(
    shop: MakeShop,
) -> None:
    till = shop()
    published(till, *FIRST)
    till.change(TILL_NO)

    with connect("modeller") as modeller:
        (would,) = preview.preview(modeller, till.project, "dmn", "test")

    assert (would.relation, would.change.updated) == ("dmn_sales", 2)
    assert [row.cells for row in would.sample] == [{"till_no": (None, 2)}, {"till_no": (None, 3)}]
    assert not hasattr(till.rows("dmn_sales")[0], "till_no")
    assert till.publish("dmn").changes["dmn_sales"].updated == 2


def test_what_publishing_would_refuse_is_refused_before(shop: MakeShop) -> None:
    till = shop()
    published(till, *FIRST)
    till.change({"sql/dmn/dmn_sales.yaml": {'{type: "numeric(18,2)"}': "{type: numeric}"}})

    with connect("modeller") as modeller, pytest.raises(WarehouseError) as raised:
        preview.preview(modeller, till.project, "dmn", "test")

    assert "column 'amount' is numeric, but numeric(18,2) in the warehouse" in str(raised.value)


def test_a_use_case_is_as_a_publication_left_it_and_stays_so_until_it_is_released(
    shop: MakeShop,
) -> None:
    till = shop()
    good = published(till, *FIRST)
    first = till.rows(TAKINGS)
    published(till, "ada | ada@till.example |\ncy | |", "1 | ada | bread | 5\n3 | cy | cake | 1")
    published(till, "ada | ada@till.example |\ncy | |", "1 | ada | bread | 7\n3 | cy | cake | 1")
    wrong = till.rows(TAKINGS)

    presenter = till.connect("presenter")
    number = rollback.rollback(presenter, till.project, "prs_takings", good, "test")
    taken_back = till.rows(TAKINGS)
    again = publish.publish(presenter, till.project, "prs_takings", "test")
    while_held = till.rows(TAKINGS)
    behind = record.someone_behind(presenter, till.project, "dmn")
    was_held = rollback.release(presenter, "prs_takings")
    till.publish("prs_takings")

    assert taken_back == while_held == first
    assert again.number is None
    assert behind == []
    assert was_held
    assert till.rows(TAKINGS) == wrong
    (told,) = till.query(f"select * from layers.publications where publication = {number}")
    assert told.cause == {"rolled_back_to": good}
    change = {"inserted": 1, "updated": 1, "deleted": 1, "is_recorded": True}
    assert told.changes == {TAKINGS: change}


def test_what_was_taken_back_can_be_taken_back_too(shop: MakeShop) -> None:
    till = shop()
    first = published(till, *FIRST)
    second = published(till, "ada | |", "1 | ada | bread | 5")
    presenter = till.connect("presenter")

    rollback.rollback(presenter, till.project, "prs_takings", first, "test")
    rollback.rollback(presenter, till.project, "prs_takings", second, "test")

    assert takings(till) == {"ada": 5}


def test_a_publication_that_remembers_nothing_cannot_be_passed(shop: MakeShop) -> None:
    till = shop(
        {"sql/project.yaml": {"project: shop": "project: shop\n        keep_differences: 1"}}
    )
    first = published(till, *FIRST)
    second = published(till, "ada | |\ncy | |", "1 | ada | bread | 5\n3 | cy | cake | 1")
    presenter = till.connect("presenter")

    with pytest.raises(
        WarehouseError,
        match=f"publication {second} changed rows of {TAKINGS} that are not remembered",
    ):
        rollback.rollback(presenter, till.project, "prs_takings", first, "test")

    assert takings(till) == {"ada": 5, "cy": 1}


def test_what_cannot_be_taken_back_is_said(shop: MakeShop) -> None:
    till = shop()
    number = published(till, *FIRST)
    presenter = till.connect("presenter")

    with pytest.raises(ProjectError, match="'dmn' is no use case that could be taken back"):
        rollback.rollback(presenter, till.project, "dmn", number, "test")
    with pytest.raises(WarehouseError, match=f"has no publication 99; its last are {number}"):
        rollback.rollback(presenter, till.project, "prs_takings", 99, "test")


def test_rows_that_break_what_is_promised_since_cannot_come_back(shop: MakeShop) -> None:
    till = shop()
    first = published(till, *FIRST)
    published(till, "ada | ada@till.example |\nbob | |", "1 | ada | bread | 7\n2 | bob | cake | 9")
    name = "sql/prs/takings/prs_takings_by_customer.yaml"
    stricter = "criteria: {nobody takes little: amount > 5}\n        columns:"
    till.change({name: {"columns:": stricter}})
    till.publish("prs_takings")
    presenter = till.connect("presenter")

    with pytest.raises(DataError, match=f"rows that were published then break what {name} prom"):
        rollback.rollback(presenter, till.project, "prs_takings", first, "test")

    assert takings(till) == {"ada": 7, "bob": 9}
