"""Odd records at the first, a middle and the last place of files, tables and resources of dlt.

Everything that could be read is staged, the rest is rejected with its reason, and running again
changes nothing. What HTTP sources survive is in test_http_faults, what sheets do in test_sheets.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.servers import Postgres
from tests.sources.conftest import Connect
from tests.sources.events import Folder, event
from tests.sources.house import House
from tests.sources.test_backend import NOON, PLANS, STAGED, TABLES, Product, minutes
from tests.sources.test_dlt import ELSEWHERE, needs_dlt, ours

__all__ = ["ours"]
PLACES = pytest.mark.parametrize("place", [0, 1, 2], ids=["first", "middle", "last"])
EVENTS, TRACKS = "rudderstack.events", "stg_rudderstack_tracks"


def nothing_changes(house: House, name: str, relation: str) -> None:
    before = house.moved(), house.whole(relation), house.rejects()
    assert house.read(name) == []
    assert (house.moved(), house.whole(relation), house.rejects()) == before


def without(name: str) -> bytes:
    return event(9).replace(f'"{name}"'.encode(), b'"was_here"')


# lines of a file, what is staged of each message among them, and the reject
ODD_EVENTS: dict[str, tuple[list[bytes], dict[str, Any], str | None]] = {
    "a field appears": ([event(9, never_heard_of=[1])], {"event": "Lesson Opened"}, None),
    "a field vanishes": ([without("event")], {"event": None}, None),
    "a type changes": ([event(9, event={"is": [1]})], {"event": '{"is": [1]}'}, None),
    "a time is none": (
        [event(9, timestamp=[17])],
        {},
        f"{TRACKS} event_at is no timestamptz",
    ),
    "a record is there twice": ([event(9), event(9)], {"event": "Lesson Opened"}, None),
    "records out of order": (
        [event(9, receivedAt="2026-10-30T12:00:00Z"), event(9, receivedAt="2026-10-30T11:00:00Z")],
        {"received_at": datetime.fromisoformat("2026-10-30T12:00:00Z")},
        None,
    ),
    "a clock ahead by hours": (
        [event(9, timestamp="2026-10-30T15:00:01Z")],
        {"event_at": datetime.fromisoformat("2026-10-30T15:00:01Z")},
        None,
    ),
    "a clock behind by years": (
        [event(9, timestamp="1970-01-01T00:00:00Z")],
        {"event_at": datetime.fromisoformat("1970-01-01T00:00:00Z")},
        None,
    ),
}


@PLACES
@pytest.mark.parametrize("odd", ODD_EVENTS)
def test_an_odd_event_in_any_file_is_staged_once_or_rejected_with_its_reason(
    house: House, tmp_path: Path, connect: Connect, odd: str, place: int
) -> None:
    lines, staged, reject = ODD_EVENTS[odd]
    folder = Folder(tmp_path, connect)
    for file in range(3):
        folder.drop(file, [event(100 + file), *(lines if file == place else []), event(200 + file)])

    assert house.read(EVENTS) == []

    rows = {row.message_id: row for row in house.rows(TRACKS)}
    others = {f"m{number + file}" for number in (100, 200) for file in range(3)}
    assert set(rows) == others | ({"m9"} if not reject else set())
    assert len(house.rows(TRACKS)) == len(rows)
    assert {name: getattr(rows["m9"], name) for name in staged} == staged
    assert [said.split(":")[0] for said in house.rejects()] == ([reject] if reject else [])
    nothing_changes(house, EVENTS, TRACKS)


@pytest.fixture
def loose_product(server: Postgres, house: House, connect: Connect) -> Iterator[Product]:
    """A product whose tables have no keys, so that it may hold anything."""
    name = f"loose_{house.name}"
    server.create_database(name)
    made = Product(server, name)
    made.admin.execute(TABLES.replace("primary key", ""))
    made.at(NOON)
    connect("backend", **made.said())
    yield made
    made.admin.close()
    server.drop_database(name)


def _insert(product: Product, number: int, name: str | None, changed: datetime | None) -> None:
    product.admin.execute(
        "insert into plans values (%s, %s, 'month', 2, 'EUR', false, %s, %s)",
        [number, name, NOON, changed],
    )


def _twins(product: Product) -> None:
    _insert(product, 9, "Newer", minutes(-50))
    _insert(product, 9, "Older", minutes(-55))


def _equals(product: Product) -> None:
    for _ in range(2):
        _insert(product, 9, "Same", minutes(-55))


ODD_ROWS: dict[str, tuple[Callable[[Product], None], str | None, str | None]] = {
    "two rows with one id": (_twins, "Newer", None),
    "one row twice": (_equals, "Same", None),
    "a value that must be there is not": (
        lambda product: _insert(product, 9, None, minutes(-50)),
        None,
        f"{STAGED} name is missing",
    ),
    "a row changed in five hours": (
        lambda product: _insert(product, 9, "Ahead", NOON + timedelta(hours=5)),
        "Ahead",
        None,
    ),
    "a row changed in ten years": (
        lambda product: _insert(product, 9, "Far", NOON + timedelta(days=3650)),
        "Far",
        None,
    ),
    "a row changed in 1970": (
        lambda product: _insert(product, 9, "Old", datetime.fromisoformat("1970-01-01T00:00Z")),
        "Old",
        None,
    ),
}


@PLACES
@pytest.mark.parametrize("odd", ODD_ROWS)
def test_an_odd_row_of_the_product_is_staged_once_or_rejected_with_its_reason(
    house: House, loose_product: Product, odd: str, place: int
) -> None:
    write, name, reject = ODD_ROWS[odd]
    for number in range(3):
        if number == place:
            write(loose_product)
        _insert(loose_product, number, "Basic", minutes(-60 + number))

    assert house.read(PLANS) == []

    wanted = {0: "Basic", 1: "Basic", 2: "Basic"} | ({9: name} if name else {})
    assert {row.id: row.name for row in house.rows(STAGED)} == wanted
    assert house.rejects() == ([reject] if reject else [])
    nothing_changes(house, PLANS, STAGED)


def test_columns_of_the_product_that_appear_vanish_and_change_their_type_are_said_once(
    house: House, loose_product: Product
) -> None:
    for number in range(12):
        _insert(loose_product, number, "Basic", minutes(-60 + number))
    assert house.read(PLANS) == []
    loose_product.admin.execute(
        "alter table plans add colour text default 'red', drop currency,"
        " alter is_free type text using case when is_free then 'yes' else 'no' end"
    )
    loose_product.admin.execute("update plans set updated_at = %s", [minutes(30)])
    loose_product.at(minutes(60))

    loaded, staged = house.read(PLANS)

    assert "currency (stg_backend_plans.currency) was in every record and is in none" in loaded
    assert "is_free (stg_backend_plans.is_free) was boolean and comes as text" in loaded
    assert "more than reject_limit 1%" in staged
    assert {row.id: row.currency for row in house.rows(STAGED)} == dict.fromkeys(range(12), "EUR")
    assert set(house.rejects()) == {f"{STAGED} currency is missing"}
    seen = house.query("select path from layers.drift where not is_declared and object = 'plans'")
    assert [row.path for row in seen] == ["colour"]


COUNTED = {
    "sql/stg/elsewhere/stg_elsewhere_counted.yaml": """
        grain: one row per thing
        key: thing_id
        newest_by: n
        columns:
          thing_id: {type: text}
          n:        {type: bigint}
          name:     {type: text}
    """,
    "sql/stg/elsewhere/stg_elsewhere_counted.sql": """
        select
            record ->> 'id' as thing_id,
            record ->> 'n' as n,
            record ->> 'name' as name
        from src_elsewhere.counted
    """,
}
THINGS, STAGED_THINGS = "elsewhere.counted", "stg_elsewhere_counted"
ODD: dict[str, Any] = {"id": "odd", "n": 5, "name": "Odd"}


def _nested(depth: int) -> Any:
    found: Any = []
    for _ in range(depth):
        found = [found]
    return found


ODD_ITEMS: dict[str, tuple[list[Any], str | None, str | None]] = {
    "a field appears": ([ODD | {"never_heard_of": 1}], "Odd", None),
    "a field vanishes": ([{"id": "odd", "n": 5}], None, f"{STAGED_THINGS} name is missing"),
    "a type changes": ([ODD | {"name": {"is": 1}}], '{"is": 1}', None),
    "a record is there twice": ([ODD, ODD], "Odd", None),
    "records out of order": ([ODD, ODD | {"n": 4, "name": "Older"}], "Odd", None),
    "a NUL": ([ODD | {"name": "a\0b"}], None, f"{THINGS} is not JSON that Postgres can hold"),
    "half a surrogate pair": (
        [ODD | {"name": "\ud800"}],
        None,
        f"{THINGS} is not JSON that Postgres can hold",
    ),
    "78 digits": ([ODD | {"x": int("9" * 78)}], "Odd", None),
    "a long name": ([ODD | {"a_name_" * 20: 1}], "Odd", None),
    "500 deep": ([ODD | {"x": _nested(500)}], "Odd", None),
    "50,000 deep": ([ODD | {"x": _nested(50_000)}], None, f"{THINGS} cannot be written as JSON"),
    "no record": (["what is this?"], None, f"{STAGED_THINGS} thing_id is missing"),
}


@needs_dlt
@PLACES
@pytest.mark.parametrize("odd", ODD_ITEMS)
def test_an_odd_item_of_a_dlt_resource_is_staged_once_or_rejected_with_its_reason(
    house: House, ours: Any, monkeypatch: pytest.MonkeyPatch, odd: str, place: int
) -> None:
    house.change(ELSEWHERE | COUNTED)
    house.migrate()
    monkeypatch.setattr("layers.sources.dlt.ITEMS_PER_BATCH", 2)
    items, name, reject = ODD_ITEMS[odd]
    plain = [{"id": str(number), "n": number, "name": "Plain"} for number in range(6)]
    at = (0, 3, 6)[place]
    ours.counted = lambda **_: iter([*plain[:at], *items, *plain[at:]])

    assert house.read(THINGS) == []

    wanted = {str(number): "Plain" for number in range(6)} | ({"odd": name} if name else {})
    assert {row.thing_id: row.name for row in house.rows(STAGED_THINGS)} == wanted
    assert [said.split(":")[0] for said in house.rejects()] == ([reject] if reject else [])
    nothing_changes(house, THINGS, STAGED_THINGS)
