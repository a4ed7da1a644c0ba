"""What a contract answers where a promise is broken: it fails its layer, or only warns."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from layers.errors import DataError
from tests.layers.conftest import MakeShop
from tests.layers.shop import CUSTOMERS, SALES, Change, publications, stored, three_sales


@dataclass(frozen=True)
class Promise:
    """A promise of the shop, how it is written with an answer, and rows that break it."""

    file: str
    old: str
    new: str
    sentence: str
    customers: str
    sales: str

    def answered(self, on_violation: str) -> Mapping[str, Change]:
        return {f"{self.file}.yaml": {self.old: self.new % on_violation}}


PROMISES = {
    "a criterion": Promise(
        SALES,
        "taking something: amount >= 0",
        "taking something: {holds: amount >= 0, on_violation: %s}",
        "nobody is paid for taking something",
        "ada | |",
        "1 | ada | | -1\n2 | ada | | 1",
    ),
    "a unique promise": Promise(
        CUSTOMERS,
        "one customer per address: email",
        "one customer per address: {columns: email, on_violation: %s}",
        "one customer per address",
        "ada | a@ |\nbob | a@ |",
        "1 | ada | | 1\n2 | bob | | 1",
    ),
    "a reference": Promise(
        SALES,
        'each: "1"',
        'on_violation: %s, each: "1"',
        "each sale has 1 customer",
        "ada | |",
        "1 | ada | | 1\n2 | nobody | | 1",
    ),
}


@pytest.mark.parametrize("promise", PROMISES.values(), ids=PROMISES)
def test_a_rule_that_fails_its_layer_fails_it_and_nothing_is_written(
    shop: MakeShop, promise: Promise
) -> None:
    till = shop(promise.answered("fail"))
    till.staged("eve | |", "7 | eve | | 1")
    till.publish()
    rows, published = stored(till), publications(till)

    till.staged(promise.customers, promise.sales)
    with pytest.raises(DataError) as raised:
        till.publish()
    with pytest.raises(DataError, match=promise.sentence):  # nor when it is run alone
        till.only_publish()

    assert f"'{promise.sentence}'" in str(raised.value)
    assert stored(till) == rows
    assert publications(till) == published


@pytest.mark.parametrize("promise", PROMISES.values(), ids=PROMISES)
def test_a_rule_that_warns_is_recorded_and_its_rows_are_published(
    shop: MakeShop, promise: Promise
) -> None:
    till = shop(promise.answered("warn"))
    till.staged("eve | |", "7 | eve | | 1")
    till.publish()

    till.staged(promise.customers, promise.sales)
    till.publish()

    assert [row.sale_id for row in till.rows("dmn_sales")] == ["1", "2"]
    assert till.query("select key from layers.held") == []
    warned = till.query("select sentence, outcome from layers.checks")
    assert [(row.sentence, row.outcome) for row in warned] == [(promise.sentence, "warned")]


def test_a_key_that_is_there_twice_fails_its_layer_whatever_the_contract_says(
    shop: MakeShop,
) -> None:
    doubled = "from stg_till.stg_till_customers cross join (values (1), (2)) as twice (n)"
    till = shop(
        {
            f"{CUSTOMERS}.yaml": {"key:": "on_violation: warn\n        key:"},
            f"{CUSTOMERS}.sql": {"from stg_till.stg_till_customers": doubled},
        }
    )
    three_sales(till)

    with pytest.raises(DataError) as raised:
        till.publish()

    first, sample, query, _ = str(raised.value).splitlines()
    assert first == (
        "dmn_customers: 6 rows break 'customer_id is the key: never empty, never twice'."
    )
    assert set(sample.removeprefix("    some of them: ").split(", ")) == {"ada", "bob", "eve"}
    shown = till.query(query.removeprefix("    all of them:  "))
    assert {row.customer_id: row.count for row in shown} == {"ada": 2, "bob": 2, "eve": 2}
    assert publications(till) == []
