"""A contract changes after its table was filled: readers keep what they read, or we say no."""

from collections.abc import Mapping

import psycopg
import pytest

from layers.errors import WarehouseError
from tests.layers.conftest import MakeShop
from tests.layers.evolving import SOLD_AT, filled, reader, shape
from tests.layers.shop import Change, Shop

SALES = "sql/dmn/dmn_sales"
CUSTOMERS = "sql/dmn/dmn_customers"
TAKINGS = "sql/prs/takings/prs_takings_by_customer"


def checks(till: Shop, table: str = "dmn.dmn_sales") -> dict[str, bool]:
    """The native checks of a table, and whether its old rows were asked too."""
    found = till.query(
        "select pg_get_constraintdef(oid) as said, convalidated as asked from pg_constraint"
        f" where conrelid = '{table}'::regclass and contype = 'c'"
    )
    return {row.said.removesuffix(" NOT VALID"): row.asked for row in found}


def publications(till: Shop) -> list[int]:
    found = till.query("select publication from layers.publications order by publication")
    return [row.publication for row in found]


def refused(till: Shop, changes: Mapping[str, Change]) -> str:
    """Publishes with these changes, which is refused and changes nothing; returns what is said."""
    before = (shape(till), till.rows("dmn_sales"), publications(till))
    columns = till.project.relation("dmn_sales").contract.columns

    till.change(changes)
    with pytest.raises(WarehouseError) as raised:
        till.publish()

    live = till.query(f"select {', '.join(columns)} from dmn.dmn_sales order by sale_id")
    assert (shape(till), live, publications(till)) == before
    message = str(raised.value)
    assert message.startswith(f"{SALES}.yaml: ")
    assert "layers run --relation dmn_sales --allow-breaking dmn_sales" in message
    return message


# --- what fits -----------------------------------------------------------------------------------


def test_a_new_optional_column_reaches_a_filled_table_and_is_filled_at_the_next_publication(
    shop: MakeShop,
) -> None:
    till = filled(shop)

    till.change(
        {
            f"{SALES}.yaml": {
                SOLD_AT: f"{SOLD_AT}\n          till_no:     {{type: bigint, optional: true}}"
            },
            f"{SALES}.sql": {"sold_at\n": "sold_at,\n            amount::bigint as till_no\n"},
        }
    )
    published = till.publish()

    # 2.50, 4.00 and 1.00 to the nearest, halves away from zero
    assert {row.sale_id: row.till_no for row in till.rows("dmn_sales")} == {"1": 3, "2": 4, "3": 1}
    assert published.changes["dmn_sales"].updated == 3
    assert published.changes["dmn_sales"].deleted == 0


def test_a_new_optional_column_that_nothing_fills_yet_makes_no_publication(shop: MakeShop) -> None:
    till = filled(shop)
    before = publications(till)

    till.change(
        {
            f"{SALES}.yaml": {
                SOLD_AT: f"{SOLD_AT}\n          note:        {{type: text, optional: true}}"
            },
            f"{SALES}.sql": {"sold_at\n": "sold_at,\n            null::text as note\n"},
        }
    )
    published = till.publish()

    assert [row.note for row in till.rows("dmn_sales")] == [None] * 3
    assert published.number is None
    assert publications(till) == before


def test_looker_reads_a_column_that_is_new(shop: MakeShop) -> None:
    till = filled(shop)
    till.publish("prs_takings")

    till.change(
        {
            f"{TAKINGS}.yaml": {
                "email:       {type: text, optional: true}": "email: {type: text, optional: true}\n"
                "          mean:        {type: numeric, optional: true, additivity: distinct}"
            },
            f"{TAKINGS}.sql": {
                "count(*) as sales": "avg(sales.amount)::numeric as mean,\n"
                "            count(*) as sales"
            },
        }
    )
    till.publish("prs_takings")

    with reader() as looker:
        found = looker.execute(
            "select customer_id, mean from prs_takings.prs_takings_by_customer order by customer_id"
        ).fetchall()
    assert found == [("ada", 3.25), ("bob", 1)]  # (2.50 + 4.00) / 2; 1.00


def test_a_new_criterion_becomes_a_check_after_the_rows_that_break_it_have_left(
    shop: MakeShop,
) -> None:
    till = filled(shop)
    assert {row.sale_id for row in till.rows("dmn_sales")} == {"1", "2", "3"}

    till.change(
        {
            f"{SALES}.yaml": {
                "taking something: amount >= 0": "taking something: amount >= 0\n"
                "          nothing costs more than three: amount <= 3"
            }
        }
    )
    till.publish()

    assert {row.sale_id for row in till.rows("dmn_sales")} == {"1", "3"}  # 2 costs 4
    assert till.held("dmn_sales") == {"2": "nothing costs more than three"}
    assert checks(till)["CHECK ((amount <= (3)::numeric))"] is True
    assert all(checks(till).values())
    with pytest.raises(psycopg.errors.CheckViolation):
        till.admin.execute("update dmn.dmn_sales set amount = 4 where sale_id = '1'")


def test_a_criterion_that_is_dropped_loses_its_check_and_the_rows_come_back(
    shop: MakeShop,
) -> None:
    till = shop()
    till.staged("ada | |", "1 | ada | | 1\n2 | ada | | -1")
    till.publish()
    assert "CHECK ((amount >= (0)::numeric))" in checks(till)

    till.change(
        {
            f"{SALES}.yaml": {
                "        criteria:\n"
                "          nobody is paid for taking something: amount >= 0\n": ""
            }
        }
    )
    till.publish()

    assert "CHECK ((amount >= (0)::numeric))" not in checks(till)
    assert [row.sale_id for row in till.rows("dmn_sales")] == ["1", "2"]
    assert till.held("dmn_sales") == {}


def test_a_criterion_that_only_warns_now_loses_its_check(shop: MakeShop) -> None:
    till = shop()
    till.staged("ada | |", "1 | ada | | 1\n2 | ada | | -1")
    till.publish()

    warns = "something: {holds: amount >= 0, on_violation: warn}"
    till.change({f"{SALES}.yaml": {"something: amount >= 0": warns}})
    till.publish()

    assert "CHECK ((amount >= (0)::numeric))" not in checks(till)
    assert [row.sale_id for row in till.rows("dmn_sales")] == ["1", "2"]


def test_a_column_that_must_be_filled_now_is_so_after_the_rows_without_it_have_left(
    shop: MakeShop,
) -> None:
    till = filled(shop)

    till.change(
        {f"{SALES}.yaml": {"shelf:       {type: text, optional: true,": "shelf: {type: text,"}}
    )
    till.publish()

    assert [row.sale_id for row in till.rows("dmn_sales")] == ["1", "2"]  # 3 has no shelf
    with pytest.raises(psycopg.errors.NotNullViolation):
        till.admin.execute("update dmn.dmn_sales set shelf = null where sale_id = '1'")
    asked = till.query(
        "select convalidated from pg_constraint where conrelid = 'dmn.dmn_sales'::regclass"
    )
    assert all(row.convalidated for row in asked)


def test_a_column_that_may_be_empty_now_takes_the_rows_that_were_held(shop: MakeShop) -> None:
    till = shop()
    till.staged("ada | |", "1 | ada | | 1\n2 | ada | | ")
    till.publish()
    assert [row.sale_id for row in till.rows("dmn_sales")] == ["1"]

    amount = 'amount:      {type: "numeric(18,2)"'
    till.change({f"{SALES}.yaml": {amount: f"{amount}, optional: true"}})
    till.publish()

    assert {row.sale_id: row.amount for row in till.rows("dmn_sales")} == {"1": 1, "2": None}


def test_a_new_relationship_becomes_a_foreign_key_after_the_rows_that_lead_nowhere_have_left(
    shop: MakeShop,
) -> None:
    without = {
        f"{SALES}.yaml": {
            '        relationships:\n          customer: {to: dmn_customers, by: customer_id, each: "1", inverse: "1..*"}\n': ""  # noqa: E501
        }
    }
    till = shop(without)
    till.staged("ada | |", "1 | ada | | 1\n2 | nobody | | 1")
    till.publish()
    assert [row.sale_id for row in till.rows("dmn_sales")] == ["1", "2"]

    till.change({})
    till.publish()

    assert [row.sale_id for row in till.rows("dmn_sales")] == ["1"]
    keys = till.query(
        "select convalidated from pg_constraint where conrelid = 'dmn.dmn_sales'::regclass"
        " and contype = 'f'"
    )
    assert [row.convalidated for row in keys] == [True]


def test_a_new_unique_promise_is_native_after_the_rows_that_clash_have_left(
    shop: MakeShop,
) -> None:
    till = shop(
        {f"{CUSTOMERS}.yaml": {"        unique:\n          one customer per address: email\n": ""}}
    )
    till.staged(
        "ada | same@ |\nbob | same@ |\neve | eve@ |", "1 | ada | | 1\n2 | bob | | 1\n3 | eve | | 1"
    )
    till.publish()
    assert len(till.rows("dmn_customers")) == 3

    till.change({})
    till.publish()

    assert [row.customer_id for row in till.rows("dmn_customers")] == ["eve"]
    with pytest.raises(psycopg.errors.UniqueViolation):
        till.admin.execute("insert into dmn.dmn_customers values ('x', 'eve@', null)")
    (unique,) = till.query(
        "select pg_get_constraintdef(oid) as said from pg_constraint"
        " where conrelid = 'dmn.dmn_customers'::regclass and contype = 'u'"
    )
    assert unique.said == "UNIQUE (email) DEFERRABLE"  # values may change places


# --- what is only said ---------------------------------------------------------------------------


def comments(till: Shop) -> dict[str, str]:
    found = till.query(
        "select coalesce(attname, '') as name, description from pg_description"
        " left join pg_attribute on attrelid = objoid and attnum = objsubid and objsubid > 0"
        " where objoid = 'dmn.dmn_sales'::regclass"
    )
    return {row.name: row.description for row in found}


def test_a_changed_meaning_is_on_the_column_and_makes_no_publication(shop: MakeShop) -> None:
    till = filled(shop)
    before = publications(till)
    assert comments(till) == {"": "Something that a customer paid for. Grain: one row per sale."}

    till.change(
        {
            f"{SALES}.yaml": {
                "shelf:       {type: text,": "shelf: {means: Where it's kept, type: text,",
                "definition: Something that": "definition: Anything that",
            }
        }
    )
    published = till.publish()

    assert published.number is None
    assert publications(till) == before
    assert comments(till) == {
        "": "Anything that a customer paid for. Grain: one row per sale.",
        "shelf": "Where it's kept",
    }


def test_a_meaning_that_is_taken_back_is_taken_from_the_column(shop: MakeShop) -> None:
    till = filled(shop)
    till.change({f"{SALES}.yaml": {"shelf:       {type:": "shelf: {means: Where it was, type:"}})
    till.publish()
    assert comments(till)["shelf"] == "Where it was"

    till.change({})
    till.publish()

    assert "shelf" not in comments(till)


# --- what is refused -----------------------------------------------------------------------------


def test_a_new_mandatory_column_is_refused(shop: MakeShop) -> None:
    message = refused(
        filled(shop),
        {
            f"{SALES}.yaml": {SOLD_AT: f"{SOLD_AT}\n          till_no:     {{type: bigint}}"},
            f"{SALES}.sql": {"sold_at\n": "sold_at,\n            1::bigint as till_no\n"},
        },
    )

    assert "column 'till_no' is new and not optional" in message
    assert "Add a new optional column beside it" in message


def test_a_new_mandatory_column_is_taken_by_an_empty_table(shop: MakeShop) -> None:
    till = shop()
    till.change(
        {
            f"{SALES}.yaml": {SOLD_AT: f"{SOLD_AT}\n          till_no:     {{type: bigint}}"},
            f"{SALES}.sql": {"sold_at\n": "sold_at,\n            1::bigint as till_no\n"},
        }
    )
    till.staged("ada | |", "1 | ada | | 1")

    till.publish()

    assert [row.till_no for row in till.rows("dmn_sales")] == [1]
    required = till.query(
        "select attnotnull from pg_attribute where attrelid = 'dmn.dmn_sales'::regclass"
        " and attname = 'till_no'"
    )
    assert [row.attnotnull for row in required] == [True]


def test_a_column_that_is_taken_away_is_refused(shop: MakeShop) -> None:
    message = refused(
        filled(shop),
        {
            f"{SALES}.yaml": {f"          {SOLD_AT}\n": ""},
            f"{SALES}.sql": {"amount,\n            sold_at": "amount"},
        },
    )

    assert "column 'sold_at' is in the warehouse and not in it" in message


@pytest.mark.parametrize(
    ("old", "new", "cast", "said"),
    [
        (SOLD_AT, "sold_at: {type: date, optional: true}", "sold_at::date as sold_at", "sold_at"),
        ("numeric(18,2)", "numeric(18,4)", "sold_at", "amount"),
    ],
    ids=["another type", "more digits"],
)
def test_a_column_of_another_type_is_refused(
    shop: MakeShop, old: str, new: str, cast: str, said: str
) -> None:
    changes = {f"{SALES}.yaml": {old: new}, f"{SALES}.sql": {"sold_at\n": f"{cast}\n"}}

    message = refused(filled(shop), changes)

    assert f"column '{said}' is " in message
    assert "in the warehouse" in message


def test_another_key_is_refused(shop: MakeShop) -> None:
    message = refused(
        filled(shop), {f"{SALES}.yaml": {"key: sale_id": "key: [sale_id, customer_id]"}}
    )

    assert "its key is another one than in the warehouse" in message


def test_a_refused_table_that_somebody_drops_is_published_anew(shop: MakeShop) -> None:
    till = filled(shop)
    refused(
        till,
        {
            f"{SALES}.yaml": {f"          {SOLD_AT}\n": ""},
            f"{SALES}.sql": {"amount,\n            sold_at": "amount"},
        },
    )

    till.connect("modeller").execute("drop table dmn.dmn_sales")
    till.publish()

    assert [row.sale_id for row in till.rows("dmn_sales")] == ["1", "2", "3"]
    with_key = [row.name for row in shape(till) if row.said == "PRIMARY KEY (sale_id)"]
    assert len(with_key) == 1
