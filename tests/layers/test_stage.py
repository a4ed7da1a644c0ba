"""Staging: every record is staged or superseded, and staged again by another contract."""

import json
import random
from collections.abc import Mapping
from typing import Any

import pytest

from layers import record
from layers.errors import WarehouseError
from tests.layers.conftest import MakeShop
from tests.layers.shop import ALONE, Change, Shop, rejected

SALES = "sql/stg/till/stg_till_sales"
CUSTOMERS = "sql/stg/till/stg_till_customers"


# --- the newest version of each key --------------------------------------------------------------


def customers(shop: Shop) -> dict[str, Any]:
    return {row.customer_id: row.email for row in shop.rows("stg_till_customers")}


def test_the_newest_version_wins_whatever_came_last(shop: MakeShop) -> None:
    till = shop()
    till.load("customers", {"id": "a", "version": 2, "email": "second"})
    till.stage("stg_till_customers")

    # an older one that comes late, alone, changes nothing
    till.load("customers", {"id": "a", "version": 1, "email": "first"})
    late = till.stage("stg_till_customers")
    # out of order inside one batch, and over batches that are staged together
    till.load("customers", {"id": "a", "version": 4, "email": "fourth"})
    till.load("customers", {"id": "a", "version": 3, "email": "third"})
    newer = till.stage("stg_till_customers")

    assert (late.inserted, late.updated, late.superseded) == (0, 0, 1)
    assert (newer.inserted, newer.updated, newer.superseded) == (0, 1, 2)
    assert customers(till) == {"a": "fourth"}


def test_of_equal_versions_the_one_loaded_last_wins_and_any_version_beats_none(
    shop: MakeShop,
) -> None:
    till = shop()
    till.load("customers", {"id": "same", "version": 1, "email": "earlier"})
    till.load("customers", {"id": "known", "version": 0, "email": "known"})
    till.load("customers", {"id": "unknown", "email": "earlier"})
    till.stage("stg_till_customers")
    till.load("customers", {"id": "same", "version": 1, "email": "later"})
    till.load("customers", {"id": "known", "email": "unversioned"})
    till.load("customers", {"id": "unknown", "email": "l"}, {"id": "unknown", "email": "later"})

    till.stage("stg_till_customers")

    assert customers(till) == {"same": "later", "known": "known", "unknown": "later"}


def test_without_a_version_what_was_loaded_last_wins(shop: MakeShop) -> None:
    till = shop()
    till.load("sales", {"id": "1", "shelf": "bread"}, {"id": "1", "shelf": "cake"})
    till.load("sales", {"id": "1", "shelf": "bread"})

    till.stage("stg_till_sales")

    assert [row.shelf for row in till.rows("stg_till_sales")] == ["bread"]


def test_a_deleted_row_stays_and_says_so_until_a_newer_version_takes_it_back(
    shop: MakeShop,
) -> None:
    till = shop()
    till.load("customers", {"id": "left", "version": 1, "state": "gone"}, {"id": "here"})
    till.load("customers", {"id": "back", "version": 1, "state": "gone"})
    till.load("customers", {"id": "back", "version": 2, "state": "regular"})

    till.stage("stg_till_customers")

    found = {row.customer_id: row.is_deleted for row in till.rows("stg_till_customers")}
    assert found == {"left": True, "here": False, "back": False}


# --- staging again -------------------------------------------------------------------------------


def stored(shop: Shop, relation: str) -> list[Any]:
    """The rows as they lie there: a row that was written again has another transaction."""
    return shop.query(f"select xmin::text, * from stg_till.{relation} order by 2")


def set_back(shop: Shop, relation: str, to: int = 0) -> None:
    shop.admin.execute("update layers.staged set load_id = %s where relation = %s", [to, relation])


@pytest.mark.parametrize("mark", [0, 1])
def test_staging_records_twice_writes_nothing_and_moves_no_version(
    shop: MakeShop, mark: int
) -> None:
    till = shop()
    till.load("customers", {"id": "a", "version": 2, "email": "a2"}, {"id": "b"})
    till.load("customers", {"id": "a", "version": 1, "email": "a1"}, {"id": "b"})
    till.stage("stg_till_customers")
    before = stored(till, "stg_till_customers")

    set_back(till, "stg_till_customers", mark)
    again = till.stage("stg_till_customers")

    assert (again.read, again.inserted, again.updated) == (4 - 2 * mark, 0, 0)
    assert stored(till, "stg_till_customers") == before
    assert record.versions(till.admin, ["stg_till_customers"]) == {"stg_till_customers": 1}


class Oracle:
    """What staging should hold, by going over all records one by one."""

    def __init__(self) -> None:
        self.newest: dict[str, tuple[tuple[bool, int], dict[str, Any]]] = {}
        self.refused: set[str] = set()

    def add(self, record: Mapping[str, Any] | bytes) -> None:
        if isinstance(record, bytes):
            return  # never came so far
        version = record.get("version")
        if "id" not in record or isinstance(version, str):
            self.refused.add(json.dumps(record, sort_keys=True))
            return
        rank = (version is not None, version or 0)
        if record["id"] not in self.newest or self.newest[record["id"]][0] <= rank:
            self.newest[record["id"]] = (rank, {**record, "email": record["email"] or None})

    def rows(self) -> set[tuple[Any, ...]]:
        return {(r["id"], r["email"], r.get("version")) for _, r in self.newest.values()}


def any_record(dice: random.Random) -> Mapping[str, Any] | bytes:
    """Few keys, versions and values, so that everything clashes; and one in six is wrong."""
    if dice.random() < 1 / 12:
        return dice.choice([b"no JSON", b"\xff", b'{"id": "\\u0000"}'])
    found = {"id": dice.choice("abcd"), "email": dice.choice(["x@", "y@", ""])}
    if dice.random() < 3 / 4:
        found["version"] = dice.choice([1, 2, 3, 3, 2**40])
    if dice.random() < 1 / 12:
        found = dice.choice([{"email": ""}, {**found, "version": "latest"}])
    return found


@pytest.mark.parametrize("seed", range(8))
def test_whatever_comes_every_record_is_read_and_accounted_for_and_the_newest_stands(
    shop: MakeShop, seed: int
) -> None:
    dice = random.Random(seed)
    till, oracle = (
        shop({f"{CUSTOMERS}.yaml": {"key:": "reject_limit: none\n        key:"}}),
        Oracle(),
    )
    read = inserted = rejected_lines = 0
    for _ in range(8):
        for _ in range(dice.randint(0, 3)):
            batch = [any_record(dice) for _ in range(dice.randint(0, 6))]
            rejected_lines += till.load("customers", *batch).rejected
            for one in batch:
                oracle.add(one)
        staged = till.stage("stg_till_customers")
        read, inserted = read + staged.read, inserted + staged.inserted
        assert staged.read == (
            staged.inserted + staged.superseded + staged.repeated + staged.rejected
        )
        assert found(till) == oracle.rows()

    assert inserted == len(oracle.newest)
    told = {json.dumps(json.loads(row.record), sort_keys=True) for row in rejected(till)}
    assert told == oracle.refused  # one that came twice is the same reject
    assert read + rejected_lines == sum(map(len, till.till.batches["customers"]))
    version = record.versions(till.admin, ["stg_till_customers"])

    for mark in (0, dice.randint(1, 5)):
        set_back(till, "stg_till_customers", mark)
        till.stage("stg_till_customers")
        assert found(till) == oracle.rows()
    assert record.versions(till.admin, ["stg_till_customers"]) == version


def found(shop: Shop) -> set[tuple[Any, ...]]:
    rows = shop.rows("stg_till_customers")
    return {(row.customer_id, row.email, row.version) for row in rows}


def test_an_age_old_raw_record_can_go_and_its_row_stays(shop: MakeShop) -> None:
    till = shop()
    till.load("customers", {"id": "old", "email": "old"})
    till.load("customers", {"id": "new", "email": "new"})
    till.stage("stg_till_customers")
    till.admin.execute("delete from src_till.customers where record ->> 'id' = 'old'")

    set_back(till, "stg_till_customers")
    again = till.stage("stg_till_customers")

    assert (again.read, again.repeated, again.gone) == (1, 1, 0)
    assert customers(till) == {"old": "old", "new": "new"}


# --- another contract ----------------------------------------------------------------------------

TILL = "          till_id: {type: text}"
TILL_ID: Change = {"record ->> 'shelf'": "record ->> 'till' as till_id, record ->> 'shelf'"}


def test_a_column_that_the_contract_wins_is_filled_from_the_raw_records_and_nothing_is_asked_again(
    shop: MakeShop,
) -> None:
    till = shop()
    till.load("sales", {"id": "1", "clerk": "Ada"}, {"id": "2"}, {"id": "3", "amount": "free"})
    till.stage("stg_till_sales")

    till.change(
        {
            f"{SALES}.yaml": {
                "columns:": "columns:\n          clerk: {type: text, optional: true}",
            },
            f"{SALES}.sql": {
                "record ->> 'shelf'": "record ->> 'clerk' as clerk,\n            record ->> 'shelf'"
            },
        }
    )
    staged = till.stage("stg_till_sales")

    assert {row.sale_id: row.clerk for row in till.rows("stg_till_sales")} == {
        "1": "Ada",
        "2": None,
    }
    # only the row that says more than before was written; the reject is there once
    assert (staged.read, staged.updated, staged.repeated, staged.rejected) == (3, 1, 1, 1)
    assert len(rejected(till)) == 1
    assert record.versions(till.admin, ["stg_till_sales"]) == {"stg_till_sales": 2}


def test_rows_follow_a_contract_that_reads_the_same_records_in_another_way(
    shop: MakeShop,
) -> None:
    def written(how: str) -> Mapping[str, Change]:
        instant = f"version: {{written: {how}, type: timestamptz"
        return {f"{CUSTOMERS}.yaml": {"version:     {type: bigint": instant}}

    till = shop(written("epoch_s"))
    # milliseconds: taken for seconds they are later than all that they will be then
    till.load("customers", {"id": "a", "version": 946684800000}, {"id": "gone", "version": "never"})
    till.stage("stg_till_customers")

    till.change(written("epoch_ms"))
    till.stage("stg_till_customers")

    assert [row.version.year for row in till.rows("stg_till_customers")] == [2000]
    assert [row.wanted for row in rejected(till)] == ["timestamptz written epoch_ms"]


def test_a_row_that_no_record_says_any_more_goes_and_moves_the_version(shop: MakeShop) -> None:
    till = shop()
    till.load("sales", {"id": "1", "shelf": "bread"}, {"id": "2"}, {"id": "3", "shelf": "tools"})
    till.stage("stg_till_sales")

    till.change(
        {
            f"{SALES}.sql": {
                "src_till.sales": "src_till.sales where record ->> 'shelf' <> 'tools'"
            },
            f"{SALES}.yaml": {"key: sale_id": "key: sale_id  # the till sells tools no longer"},
        }
    )
    staged = till.stage("stg_till_sales")

    assert (staged.repeated, staged.gone) == (1, 2)
    assert [row.sale_id for row in till.rows("stg_till_sales")] == ["1"]
    assert record.versions(till.admin, ["stg_till_sales"]) == {"stg_till_sales": 2}


def test_another_idea_of_what_is_deleted_holds_for_rows_that_are_there(shop: MakeShop) -> None:
    till = shop()
    till.load("customers", {"id": "gone", "state": "gone"}, {"id": "dead", "state": "dead"})
    till.stage("stg_till_customers")

    till.change({f"{CUSTOMERS}.yaml": {"state = 'gone'": "state = 'dead'"}})
    till.stage("stg_till_customers")
    of_another = {row.customer_id: row.is_deleted for row in till.rows("stg_till_customers")}
    till.change({**ALONE, f"{CUSTOMERS}.yaml": {"deleted_when": "# deleted_when"}})
    till.stage("stg_till_customers")
    of_none = till.rows("stg_till_customers")
    till.change({})
    till.stage("stg_till_customers")
    of_the_first = {row.customer_id: row.is_deleted for row in till.rows("stg_till_customers")}

    assert of_another == {"gone": False, "dead": True}
    assert not any(row.is_deleted for row in of_none)
    assert of_the_first == {"gone": True, "dead": False}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            '"numeric(10,2)"',
            '"numeric(18,4)"',
            "column 'amount' is numeric(18,4), but numeric(10,2) in the warehouse",
        ),
        ("key: sale_id", "key: [sale_id, till_id]", "the key is sale_id, till_id, but sale_id in"),
    ],
    ids=["type", "key"],
)
def test_a_contract_that_its_table_cannot_follow_says_what_to_do_and_that_works(
    shop: MakeShop, old: str, new: str, said: str
) -> None:
    till = shop({f"{SALES}.yaml": {"columns:": f"columns:\n{TILL}"}, f"{SALES}.sql": TILL_ID})
    till.load("sales", {"id": "1", "till": "a", "amount": "1.005"})
    till.stage("stg_till_sales")

    yaml_of_now = {"columns:": f"columns:\n{TILL}", old: new}
    till.change({f"{SALES}.yaml": yaml_of_now, f"{SALES}.sql": TILL_ID})
    with pytest.raises(WarehouseError) as raised:
        till.stage("stg_till_sales")
    assert said in str(raised.value)
    assert "drop table stg_till.stg_till_sales, then stage it again" in str(raised.value)
    till.admin.execute("drop table stg_till.stg_till_sales")
    till.stage("stg_till_sales")

    assert [row.sale_id for row in till.rows("stg_till_sales")] == ["1"]


def test_a_staging_table_that_somebody_dropped_is_filled_again(shop: MakeShop) -> None:
    till = shop()
    till.load("sales", {"id": "1"})
    till.stage("stg_till_sales")

    till.admin.execute("drop table stg_till.stg_till_sales")
    till.migrate()  # makes it again, empty, behind the back of its mark
    till.stage("stg_till_sales")

    assert [row.sale_id for row in till.rows("stg_till_sales")] == ["1"]
