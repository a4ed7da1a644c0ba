"""What is gone is said by what is there: lists of keys, loads of everything, rows taken over."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest

from layers import load, stage
from layers.raw import drop_expired
from layers.sources import Batch, Declaration, LoadKind, Unseen
from tests.layers.conftest import MakeShop
from tests.layers.shop import Shop

CUSTOMERS = "sql/stg/till/stg_till_customers"
NAME = "stg_till_customers"


@dataclass
class Said:
    """A source that says what it is told to, one batch at a reading."""

    patch: pytest.MonkeyPatch
    independent: ClassVar[bool] = False
    batches: list[tuple[LoadKind, list[Any]]] = field(default_factory=list)

    def reader(self, _declaration: Declaration, _object_name: str) -> "Said":
        return self

    def read(self, cursor: dict[str, Any], _unseen: Unseen) -> Iterator[Batch]:
        for number in range(cursor.get("read", 0), len(self.batches)):
            kind, records = self.batches[number]
            lines = [json.dumps(record).encode() for record in records]
            yield Batch(lines, {"read": number + 1}, kind=kind)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Said:
    return Said(monkeypatch)


def says(till: Shop, said: Said, kind: LoadKind, *records: Any) -> stage.Staged:
    said.batches.append((kind, list(records)))
    said.patch.setattr(load, "reader", said.reader)
    load.load(till.connect("loader"), till.project, "till", "customers", "test")
    return till.stage(NAME)


def gone(till: Shop) -> dict[str, bool]:
    return {row.customer_id: row.is_deleted for row in till.rows(NAME)}


def noticed(till: Shop) -> dict[str, Any]:
    return {row.customer_id: row.deletion_noticed_at for row in till.rows(NAME)}


def customer(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "email": f"{name}@", "version": 1, **more}


def keys(*names: str) -> dict[str, Any]:
    return {"layers_keys": list(names)}


def test_a_key_that_is_not_named_is_gone_and_one_that_is_named_again_is_back(
    shop: MakeShop, said: Said
) -> None:
    till = shop()
    says(till, said, "records", customer("ada"), customer("bob"))
    without = says(till, said, "keys", keys("ada"))
    first = gone(till), noticed(till)
    says(till, said, "keys", keys("ada", "bob"))

    assert without.deleted == 1
    assert first[0] == {"ada": False, "bob": True}
    assert first[1]["bob"] is not None
    assert gone(till) == {"ada": False, "bob": False}
    assert noticed(till) == {"ada": None, "bob": None}


def test_keys_that_are_none_of_their_type_name_nothing_and_stop_nothing(
    shop: MakeShop, said: Said
) -> None:
    number = {"customer_id: {type: text}": "customer_id: {type: bigint}"}
    till = shop(
        {
            f"{CUSTOMERS}.yaml": number,
            "sql/dmn/dmn_customers.sql": {
                "            customer_id,": "            customer_id::text,"
            },
        }
    )
    says(till, said, "records", customer("1"), customer("2"))
    says(till, said, "keys", keys("1", "no number"))

    assert gone(till) == {1: False, 2: True}


def test_a_key_that_the_query_shapes_is_not_compared_with_what_the_source_says(
    shop: MakeShop, said: Said
) -> None:
    till = shop({f"{CUSTOMERS}.sql": {"record ->> 'id' as": "'c' || (record ->> 'id') as"}})
    says(till, said, "records", customer("1"))
    says(till, said, "keys", keys("1"))

    assert gone(till) == {"c1": False}


@pytest.mark.parametrize(
    ("kind", "there"),
    [("keys", [keys("ada", "bob")]), ("whole", [customer("ada"), customer("bob")])],
)
def test_a_replay_after_raw_records_have_expired_takes_nobody_away(
    shop: MakeShop, said: Said, kind: LoadKind, there: list[Any]
) -> None:
    till = shop()
    says(till, said, "records", customer("ada"), customer("bob"))
    says(till, said, kind, *there)
    grow_old(till, 200)
    says(till, said, "records", customer("cy"))
    drop_expired(till.connect("loader"), "till", "customers", "90 days", [NAME])

    stage.replay(till.connect("loader"), till.project.relation(NAME), "test")

    assert gone(till) == {"ada": False, "bob": False, "cy": False}


def test_the_last_load_of_everything_does_not_expire(shop: MakeShop, said: Said) -> None:
    till = shop()
    says(till, said, "whole", customer("ada"))
    says(till, said, "whole", customer("ada"), customer("bob"))
    grow_old(till, 200)
    drop_expired(till.connect("loader"), "till", "customers", "90 days", [NAME])

    assert [row["id"] for row in till.raw("customers")] == ["ada", "ada", "bob"]


def grow_old(till: Shop, days: int) -> None:
    """Makes everything that is loaded as old as that, as if nobody had come for so long."""
    for row in till.query(
        "select c.oid::regclass::text as name from pg_inherits i join pg_class c on c.oid ="
        " i.inhrelid where i.inhparent = 'src_till.customers'::regclass"
    ):
        till.admin.execute(f"alter table src_till.customers detach partition {row.name}")
        till.admin.execute(f"update {row.name} set loaded_on = loaded_on - {days}")
        till.admin.execute(f"alter table {row.name} rename to aged_{days}")
        till.admin.execute(
            f"alter table src_till.customers attach partition src_till.aged_{days} for values from"
            f" (current_date - {days}) to (current_date - {days} + 1)"
        )


def test_a_sheet_that_nobody_can_read_deletes_nothing(shop: MakeShop, said: Said) -> None:
    till = shop({f"{CUSTOMERS}.yaml": {"key:": "reject_limit: 1%\n        key:"}})
    says(till, said, "whole", *(customer(f"c{n}") for n in range(8)))
    with_nonsense = [{"id": f"c{n}", "version": "?"} for n in range(6)]
    says(till, said, "whole", customer("c6"), *with_nonsense)

    assert not any(gone(till).values())


def test_a_row_is_taken_over_as_long_as_another_says_so(shop: MakeShop, said: Said) -> None:
    swallows = {
        f"{CUSTOMERS}.yaml": {
            "state:       {type: text, optional: true}": "state: {type: text, optional: true}\n"
            '          others: {type: "text[]", optional: true, written: list}',
            "deleted_when": "swallows: others\n        deleted_when",
        },
        f"{CUSTOMERS}.sql": {
            "record ->> 'state'": "record ->> 'others' as others,\n record ->> 'state'"
        },
    }
    till = shop(swallows)
    says(till, said, "records", customer("ada"), customer("bob"), customer("cy", others="ada;bob"))
    taken = gone(till)
    again = says(till, said, "records", customer("ada"))
    says(till, said, "records", customer("cy", others="bob", version=2))

    assert taken == {"ada": True, "bob": True, "cy": False}
    assert (again.updated, again.deleted) == (0, 0)
    assert gone(till) == {"ada": False, "bob": True, "cy": False}


def test_when_it_was_noticed_is_known_of_rows_that_a_changed_contract_calls_deleted(
    shop: MakeShop, said: Said
) -> None:
    till = shop({f"{CUSTOMERS}.yaml": {"deleted_when: state = 'gone'": "# nobody leaves"}})
    says(till, said, "records", customer("ada", state="gone"))
    before = noticed(till)
    till.change({})
    till.stage(NAME)

    assert before == {"ada": None}
    assert gone(till) == {"ada": True}
    assert noticed(till)["ada"] is not None


def test_a_key_too_long_for_an_index_is_a_reject_and_stops_nobody(
    shop: MakeShop, said: Said
) -> None:
    till = shop()
    staged = says(till, said, "records", customer("x" * 12_000), customer("ada"))

    (row,) = till.query("select column_name, reason from layers.rejects")
    assert staged.rejected == 1
    assert (row.column_name, row.reason) == ("customer_id", "is too long for a key")
    assert gone(till) == {"ada": False}


def test_a_bad_record_that_is_read_again_is_one_reject(shop: MakeShop, said: Said) -> None:
    till = shop()
    for _ in range(3):
        says(till, said, "records", customer("ada", version="?"))

    assert len(till.query("select from layers.rejects where relation is not null")) == 1


@pytest.mark.parametrize("odd", [["_line"], "_line", {"_line": None, "version": "?"}])
def test_a_record_that_only_looks_like_a_line_of_a_sheet_stops_nobody(
    shop: MakeShop, said: Said, odd: Any
) -> None:
    till = shop()
    staged = says(till, said, "records", odd, customer("ada"))

    assert staged.rejected == 1
    assert gone(till) == {"ada": False}
