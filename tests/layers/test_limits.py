"""Limits: how many rows a table may lose, and how many may be held, before nobody publishes it."""

from collections.abc import Mapping

import pytest

from layers import record
from layers.errors import DataError
from tests.layers.conftest import MakeShop
from tests.layers.shop import CUSTOMERS, SALES, Change, Shop, publications, stored


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
    many(till, 380)  # a hundred are never too many
    till.publish()

    assert len(till.rows("dmn_sales")) == 380


NO_LIMIT_FOR_CUSTOMERS: Mapping[str, Change] = {
    f"{CUSTOMERS}.yaml": {"key:": "hold_limit: none\n        key:"}
}


def test_more_held_than_the_limit_fails_the_layer_and_tells_the_engineer_on_call(
    shop: MakeShop,
) -> None:
    limit: Change = {"key:": "hold_limit: 10%\n        key:"}
    till = shop({**NO_LIMIT_FOR_CUSTOMERS, f"{SALES}.yaml": limit})
    many(till, 200)
    till.publish()
    rows = stored(till)

    many(till, 200, bad=21)
    till.build()
    with pytest.raises(DataError) as raised:
        till.only_settle()
    with pytest.raises(DataError, match="21 held of 200"):  # nor is it published unsettled
        till.only_publish()

    first, sample, query, advice = str(raised.value).splitlines()
    assert first == (
        "dmn_sales: 21 rows break 'nobody is paid for taking something'"
        " (21 held of 200, more than hold_limit 10%)."
    )
    assert len(sample.removeprefix("    some of them: ").split(", ")) == 10
    shown = till.query(query.removeprefix("    all of them:  "))
    assert sorted(int(row.sale_id) for row in shown) == list(range(1, 22))
    assert advice == (
        "    mend them at their source, or the promise in sql/dmn/dmn_sales.yaml;"
        " then run this again"
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
            **NO_LIMIT_FOR_CUSTOMERS,
        }
    )
    many(till, 200, bad=150)

    till.publish()

    assert len(till.rows("dmn_sales")) == len(till.rows("dmn_customers")) == 50
