"""Any verb again, alone, in any order, beside another: the same tables, and never half of them."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from layers import build, check, publish, record, settle, warehouse
from layers.errors import DataError
from layers.publish import Published
from tests.layers.conftest import MakeShop
from tests.layers.shop import Change, Shop

SALES = "sql/dmn/dmn_sales"
CUSTOMERS = "sql/dmn/dmn_customers"
RUN = "again"


def build_one(shop: Shop, name: str) -> None:
    relation = shop.project.relation(name)
    build.build(shop.connect(warehouse.writer(relation.unit)), shop.project, relation, RUN)


def check_one(shop: Shop, name: str) -> None:
    relation = shop.project.relation(name)
    check.check(shop.connect(warehouse.writer(relation.unit)), shop.project, relation, RUN)


def settle_unit(shop: Shop, unit: str = "dmn") -> dict[str, int]:
    return settle.settle(shop.connect(warehouse.writer(unit)), shop.project, unit, RUN)


def publish_unit(shop: Shop, unit: str = "dmn") -> Published:
    return publish.publish(shop.connect(warehouse.writer(unit)), shop.project, unit, RUN)


def given(shop: Shop, customers: str, sales: str) -> None:
    """Makes staging hold these rows, and nothing else."""
    shop.admin.execute("truncate stg_till.stg_till_customers, stg_till.stg_till_sales")
    shop.given("stg_till.stg_till_customers", f"customer_id | email | referrer_id\n{customers}")
    shop.given("stg_till.stg_till_sales", f"sale_id | customer_id | shelf | amount\n{sales}")


def three_sales(shop: Shop) -> None:
    given(
        shop,
        """
        ada | ada@ |
        bob |      | ada
        eve | eve@ |         -- bought nothing, so she is held
        """,
        """
        1 | ada | bread | 2.50
        2 | ada | cake  | 4.00
        3 | bob |       | 1.00
        4 | bob | bread | -1    -- breaks the criterion, so it is held
        """,
    )


LIVE = ("dmn_customers", "dmn_sales", "prs_takings_by_customer")


def stored(shop: Shop) -> dict[str, list[Any]]:
    """Live rows as they lie there: a row that was written again has another transaction."""
    found = {}
    for name in LIVE:
        relation = shop.project.relation(name)
        key = relation.contract.key[0]
        statement = f"select xmin::text, * from {relation.schema}.{name} order by {key}"
        found[name] = shop.query(statement)
    return found


def publications(shop: Shop) -> list[Any]:
    return shop.query("select unit, changes from layers.publications order by publication")


# --- again, alone --------------------------------------------------------------------------------

UNITS = ("dmn", "prs_takings")
VERBS: dict[str, Callable[[Shop], object]] = {
    **{
        f"build {name}": lambda shop, name=name: build_one(shop, name)  # type: ignore[misc]
        for name in LIVE
    },
    **{
        f"check {name}": lambda shop, name=name: check_one(shop, name)  # type: ignore[misc]
        for name in LIVE
    },
    **{f"settle {u}": lambda shop, u=u: settle_unit(shop, u) for u in UNITS},  # type: ignore[misc]
    **{f"publish {u}": lambda shop, u=u: publish_unit(shop, u) for u in UNITS},  # type: ignore[misc]
}


def test_each_verb_again_alone_and_then_a_publication_writes_nothing(shop: MakeShop) -> None:
    till = shop()
    three_sales(till)
    till.run(*LIVE)
    rows, published, held = stored(till), publications(till), till.held("dmn_sales")

    for verb in VERBS.values():
        verb(till)
        for unit in UNITS:
            assert publish_unit(till, unit).number is None
            assert not record.is_behind(till.admin, till.project, unit)

    assert [row.customer_id for row in rows["dmn_customers"]] == ["ada", "bob"]
    assert stored(till) == rows
    assert publications(till) == published
    assert till.held("dmn_sales") == held == {"4": "nobody is paid for taking something"}


# dmn_loyal reads dmn_spenders reads dmn_sales: three candidates on top of each other
CHAIN: Mapping[str, Change] = {
    "sql/dmn/dmn_spenders.yaml": """
        entity: Spender
        definition: A customer with a sale.
        grain: one row per customer
        key: customer_id
        columns:
          customer_id: {type: text}
          sales:       {type: bigint}
    """,
    "sql/dmn/dmn_spenders.sql": """
        select customer_id, count(*) as sales from dmn.dmn_sales
        where customer_id is not null
        group by customer_id
    """,
    "sql/dmn/dmn_loyal.yaml": """
        entity: Loyal customer
        definition: A customer with a second sale.
        grain: one row per customer
        key: customer_id
        columns:
          customer_id: {type: text}
    """,
    "sql/dmn/dmn_loyal.sql": "select customer_id from dmn.dmn_spenders where sales > 1",
}
CANDIDATES = "dmn_candidates"


def tables(shop: Shop, like: str) -> list[str]:
    found = shop.query(
        "select relname from pg_class where relkind = 'r' and relnamespace = 'dmn_candidates'"
        f"::regnamespace and relname ~ '{like}' order by relname"
    )
    return [f"{CANDIDATES}.{row.relname}" for row in found]


DAMAGE = {
    "candidates dropped": ("^dmn_", "drop table {}"),
    # what a crash of the server does to tables that are not logged
    "candidates and held rows emptied": (".", "truncate {}"),
    "held rows dropped": ("^held_", "drop table {}"),
    "everything dropped": (".", "drop table {}"),
}
ALONE: dict[str, Callable[[Shop], object]] = {
    "build": lambda shop: build_one(shop, "dmn_loyal"),
    "check": lambda shop: check_one(shop, "dmn_loyal"),
    "settle": settle_unit,
    "publish": publish_unit,
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("verb", ALONE)
def test_what_is_not_there_any_more_is_made_again_by_whoever_wants_it(
    shop: MakeShop, damage: str, verb: str
) -> None:
    till = shop(CHAIN)
    three_sales(till)
    till.publish()
    rows, published, held = stored(till), publications(till), till.held("dmn_sales")
    like, statement = DAMAGE[damage]
    there = tables(till, ".")

    till.admin.execute(statement.format(", ".join(tables(till, like))))
    ALONE[verb](till)
    publish_unit(till)

    assert [row.customer_id for row in till.rows("dmn_loyal")] == ["ada", "bob"]
    assert stored(till) == rows
    assert publications(till) == published
    assert till.held("dmn_sales") == held == {"4": "nobody is paid for taking something"}
    # nothing is left behind: a candidate and its held rows for each relation
    assert len(tables(till, ".")) == len(there) == 8


def test_a_query_that_changed_is_built_again_by_a_publication_alone(shop: MakeShop) -> None:
    till = shop()
    three_sales(till)
    till.publish()

    till.change({f"{SALES}.sql": {"amount,": "amount * 2 as amount,"}})
    changes = publish_unit(till).changes

    assert {row.sale_id: float(row.amount) for row in till.rows("dmn_sales")} == {
        "1": 5.0,
        "2": 8.0,
        "3": 2.0,
    }
    assert changes["dmn_sales"].updated == 3


# --- only differences ----------------------------------------------------------------------------


def test_a_publication_writes_the_rows_that_differ_and_no_other(shop: MakeShop) -> None:
    till = shop()
    three_sales(till)
    till.publish()
    before = {row.sale_id: row.xmin for row in stored(till)["dmn_sales"]}

    given(till, "ada | ada@ |\nbob | |", "1 | ada | bread | 3\n2 | ada | cake | 4\n5 | bob | | 1")
    published = till.publish()
    after = {row.sale_id: row.xmin for row in stored(till)["dmn_sales"]}

    assert vars(published.changes["dmn_sales"]) == {"inserted": 1, "updated": 1, "deleted": 1}
    assert {sale for sale in after if after[sale] == before.get(sale)} == {"2"}
    assert publications(till)[-1].changes == {
        "dmn_customers": {"inserted": 0, "updated": 1, "deleted": 0},
        "dmn_sales": {"inserted": 1, "updated": 1, "deleted": 1},
    }


def test_values_of_a_unique_promise_change_places_in_one_publication(shop: MakeShop) -> None:
    till = shop()
    given(till, "ada | a@ |\nbob | b@ |", "1 | ada | | 1\n2 | bob | | 1")
    till.publish()

    given(till, "ada | b@ |\nbob | a@ |", "1 | ada | | 1\n2 | bob | | 1")
    till.publish()

    assert [row.email for row in till.rows("dmn_customers")] == ["b@", "a@"]
    assert till.held("dmn_customers") == {}


# --- limits --------------------------------------------------------------------------------------


def many(shop: Shop, customers: int, bad: int = 0) -> None:
    """Customers with a sale each, of which the first `bad` break the criterion."""
    shop.admin.execute("truncate stg_till.stg_till_customers, stg_till.stg_till_sales")
    shop.admin.execute(
        "insert into stg_till.stg_till_customers (customer_id, layers_load_id, layers_ordinal)"
        " select n, 0, n from generate_series(1, %s) n",
        [customers],
    )
    shop.admin.execute(
        "insert into stg_till.stg_till_sales (sale_id, customer_id, amount, layers_load_id,"
        " layers_ordinal) select n, n, case when n <= %s then -1 else 1 end, 0, n"
        " from generate_series(1, %s) n",
        [bad, customers],
    )
    record.moved(shop.admin, "stg_till_customers")
    record.moved(shop.admin, "stg_till_sales")


def test_a_publication_that_would_shrink_a_table_too_far_writes_nothing_anywhere(
    shop: MakeShop,
) -> None:
    till = shop()
    many(till, 600)
    till.publish()
    rows, published = stored(till), publications(till)

    many(till, 479)
    till.admin.execute("update stg_till.stg_till_customers set email = customer_id || '@'")
    with pytest.raises(DataError) as raised:
        till.publish()

    assert "publishing would delete 121 of 600 rows, more than shrink_limit 20%" in str(
        raised.value
    )
    assert "raise shrink_limit in sql/dmn/dmn_" in str(raised.value)
    assert stored(till) == rows
    assert publications(till) == published
    assert record.is_behind(till.admin, till.project, "dmn")


def test_a_table_may_shrink_by_its_limit_and_a_small_one_by_a_hundred_rows(shop: MakeShop) -> None:
    till = shop()
    many(till, 600)
    till.publish()

    many(till, 480)  # a fifth of them go
    till.publish()
    many(till, 100)
    with pytest.raises(DataError, match="would delete 380 of 480"):
        till.publish()
    till.change({f"{name}.yaml": {"key:": "shrink_limit: none\\nkey:"} for name in ()} or {})
    many(till, 380)  # a hundred are never too many
    till.publish()

    assert len(till.rows("dmn_sales")) == 380


def test_more_held_than_the_limit_fails_the_layer_and_tells_the_engineer_on_call(
    shop: MakeShop,
) -> None:
    till = shop({f"{SALES}.yaml": {"key:": "hold_limit: 10%\n        key:"}})
    many(till, 200)
    till.publish()
    rows = stored(till)

    many(till, 200, bad=21)
    for _ in range(2):  # the second time by the publication that nothing was settled for
        with pytest.raises(DataError) as raised:
            till.build()
            settle_unit(till)
        with pytest.raises(DataError):
            publish_unit(till)

    first, sample, query, advice = str(raised.value).splitlines()[:4]
    assert first == (
        "dmn_sales: 21 rows break 'nobody is paid for taking something'"
        " (21 held of 200, more than hold_limit 10%)."
    )
    assert len(sample.removeprefix("    some of them: ").split(", ")) == 10
    shown = till.query(query.removeprefix("    all of them:  "))
    assert sorted(int(row.sale_id) for row in shown) == list(range(1, 22))
    assert advice.startswith(
        "    mend them at their source, or the promise in sql/dmn/dmn_sales.yaml"
    )
    assert stored(till) == rows
    assert len(till.held("dmn_sales")) == 21


def test_ten_held_rows_are_never_too_many(shop: MakeShop) -> None:
    till = shop()
    many(till, 12, bad=10)

    till.publish()

    assert len(till.rows("dmn_sales")) == 2


def test_a_limit_of_one_rule_counts_its_rows_alone(shop: MakeShop) -> None:
    till = shop(
        {
            f"{SALES}.yaml": {
                "nobody is paid for taking something: amount >= 0": "nobody is paid: "
                "{holds: amount >= 0, hold_limit: none}"
            },
            f"{CUSTOMERS}.yaml": {"key:": "hold_limit: none\n        key:"},
        }
    )
    many(till, 200, bad=150)

    till.publish()

    assert len(till.rows("dmn_sales")) == len(till.rows("dmn_customers")) == 50
