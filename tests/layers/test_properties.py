"""Random small models and random rows: the engine holds and publishes what a naive judge does.

`LAYERS_EXAMPLES=2000 pytest tests/layers/test_properties.py` looks further than CI does.
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from layers import build, check, publish, reading, settle, warehouse
from layers.project import Project
from layers.warehouse import Connection, text
from tests.layers.naive import Bound, Entity, Key, Link, Row, Value, Verdict, judge
from tests.servers import OWNER, Postgres
from tests.warehouse import Warehouse

EXAMPLES = int(os.environ.get("LAYERS_EXAMPLES", "50"))
MOST_ROWS = 11  # all subsets of them are tried
SAME_EVERY_TIME = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
KEYS: dict[int, list[Key]] = {
    1: [(key,) for key in "abcdef"],
    2: [(key, other) for key in "abc" for other in "xy"],
}
NUMBERS = ("a", "b")
BOUNDS: list[tuple[str, ...]] = [("a",), ("t",), ("a", "b"), ("b", "t")]
Model = dict[str, Entity]


# --- a model, and rows for it --------------------------------------------------------------------


@st.composite
def links(draw: st.DrawFn, number: int, sizes: Mapping[str, int]) -> Link:
    to = draw(st.sampled_from(sorted(sizes)))
    each = draw(st.sampled_from(["1", "0..1"]))
    return Link(
        to=to,
        by=tuple(f"l{number}_{part}" for part in range(sizes[to])),
        each=each,
        inverse=draw(st.sampled_from(["0..*", "1..*", "0..*", "1..*", "0..1", "1"])),
        prefer=draw(st.sampled_from([None, ("a",), ("b", "a")])),
        holds=draw(st.sampled_from([True, True, True, False])),
        empties=each == "0..1" and draw(st.booleans()),
    )


@st.composite
def bounds(draw: st.DrawFn) -> Bound:
    columns = draw(st.sampled_from(BOUNDS))
    prefer = draw(st.sampled_from([None, None, ("a",), ("b",)]))
    return Bound(columns, prefer, draw(st.sampled_from([True, True, False])))


@st.composite
def entities(draw: st.DrawFn, size: int, sizes: Mapping[str, int], most: int) -> Entity:
    criterion = st.tuples(
        st.sampled_from(NUMBERS), st.sampled_from("> < <>".split()), st.just(1), st.booleans()
    )
    return Entity(
        key=tuple(f"k{part}" for part in range(size)),
        required=tuple(draw(st.sets(st.sampled_from(["a", "b", "t"]), max_size=1))),
        one_of=draw(st.sampled_from([None, None, ("on", "off")])),
        criteria=tuple(draw(st.lists(criterion, max_size=1))),
        bounds=tuple(draw(st.lists(bounds(), min_size=most // 3, max_size=most))),
        links=tuple(draw(links(n, sizes)) for n in range(draw(st.sampled_from([0, 1, 1, 2])))),
        holds=draw(st.sampled_from([True, True, False])),
    )


@st.composite
def businesses(draw: st.DrawFn, most: int, each: int) -> tuple[Model, list[Row]]:
    """Up to so many entities, whose relationships go anywhere, in circles too, and their rows.

    The fewer entities, the more of the rows, and of bounds on them, each has.
    """
    names = [f"dmn_{n}" for n in "apples boxes carts dates eggs figs".split()]
    sizes = {name: draw(st.sampled_from([1, 1, 2])) for name in names[: draw(st.integers(1, most))]}
    model = {name: draw(entities(size, sizes, each // 2)) for name, size in sizes.items()}
    places = draw(st.permutations([(name, at) for name in sorted(model) for at in range(each)]))
    places = places[: draw(st.integers(each - 1, MOST_ROWS))]
    return model, [draw(row(model, name, at, each)) for name, at in places]


@st.composite
def row(draw: st.DrawFn, model: Model, name: str, at: int, each: int) -> Row:
    key = KEYS[len(model[name].key)][at]
    cells: dict[str, Value] = dict(zip(model[name].key, key, strict=True))
    for column in NUMBERS:
        cells[column] = draw(st.sampled_from([2, 3, 0, 2, 3, 1, None]))
    cells["t"] = draw(st.sampled_from(["on", "off", "on", "off", "else", None]))
    for link in model[name].links:
        there: list[Key] = KEYS[len(link.by)][:each]
        nowhere: Key = (None,) * len(link.by)
        found = draw(
            st.sampled_from([*there, *there, *there, nowhere, ("a", None)[: len(link.by)]])
        )
        cells |= dict(zip(link.by, found, strict=True))
    return Row(name, cells)


# --- the same as a project -----------------------------------------------------------------------


def answer(*, holds: bool) -> str:
    return "hold" if holds else "warn"


def contract(entity: Entity) -> dict[str, Any]:
    columns: dict[str, Any] = {k: {"type": "text"} for k in entity.key}
    for name in (*NUMBERS, "t"):
        kind = "text" if name == "t" else "bigint"
        columns[name] = {"type": kind, "optional": name not in entity.required}
    if entity.one_of:
        columns["t"]["one_of"] = entity.one_of
    for link in entity.links:
        for name in link.by:
            columns[name] = {"type": "text", "optional": link.each == "0..1"}
    return {
        "entity": "Thing",
        "definition": "Any thing.",
        "grain": "one row per thing",
        "key": entity.key,
        "columns": columns,
        "on_violation": answer(holds=entity.holds),
        "hold_limit": "none",
        "criteria": {
            f"{column} {operator} {number}": {
                "holds": f"{column} {operator} {number}",
                "on_violation": answer(holds=holds),
            }
            for column, operator, number, holds in entity.criteria
        },
        "unique": {
            f"unique {number}": {
                "columns": bound.columns,
                "prefer": bound.prefer,
                "on_violation": answer(holds=bound.holds),
            }
            for number, bound in enumerate(entity.bounds)
        },
        "relationships": {
            f"link_{number}": {
                "to": link.to,
                "by": link.by,
                "each": link.each,
                "inverse": link.inverse,
                "prefer": link.prefer,
                "on_violation": answer(holds=link.holds),
                "on_missing": "empty" if link.empties else "hold",
            }
            for number, link in enumerate(entity.links)
        },
    }


def query(entity: Entity, own: list[Row]) -> str:
    """The rows as `values`, each cell with its type."""
    columns = contract(entity)["columns"]
    lines = [
        ", ".join(f"{_cell(row.cells[name])}::{said['type']}" for name, said in columns.items())
        for row in own
    ]
    none = ", ".join(f"null::{said['type']}" for said in columns.values())
    values = ",\n".join(f"({line})" for line in lines or [none])
    names = ", ".join(columns)
    only = "" if own else " where false"
    return f"select {names} from (values {values}) as v ({names}){only}"


def _cell(value: Value) -> str:
    return "null" if value is None else f"'{value}'" if isinstance(value, str) else str(value)


def write(folder: Path, model: Model, given_rows: list[Row]) -> Project:
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "sql" / "dmn").mkdir(parents=True)
    said = {"project": "invented", "time_zone": "UTC", "first_month": "2026-01"}
    (folder / "sql" / "project.yaml").write_text(json.dumps(said))
    for name, entity in model.items():
        path = folder / "sql" / "dmn" / f"{name}.yaml"
        path.write_text(json.dumps(contract(entity)))
        own = [row for row in given_rows if row.of == name]
        path.with_suffix(".sql").write_text(query(entity, own))
    project = reading.load(folder)
    assert not project.problems, "\n".join(map(str, project.problems))
    return project


# --- the warehouse, which is empty before every example ------------------------------------------


@pytest.fixture(scope="module")
def modeller(server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """A session of the modeller, in a warehouse of a project that has nothing yet."""
    name = f"properties_{os.getpid()}"
    server.create_database(name, owner=OWNER)
    made = Warehouse(server, name, write(tmp_path_factory.mktemp("nothing"), {}, []))
    with pytest.MonkeyPatch.context() as patch:
        made.connections(patch)
        made.migrate()
        with closing(warehouse.connect("modeller", "properties")) as connection:
            yield connection
    made.close()
    server.drop_database(name)


def forget(connection: Connection) -> None:
    """Leaves nothing of the example before."""
    tables = connection.execute(
        "select format('%I.%I', schemaname, tablename) from pg_tables"
        " where schemaname in ('dmn', 'dmn_candidates')"
    ).fetchall()
    with connection.transaction():
        if tables:
            named = ", ".join(name for (name,) in tables)
            connection.execute(text(f"drop table {named} cascade"))
        for name in "checks builds settlements held published differences publications".split():
            connection.execute(text(f"delete from layers.{name}"))


def engine(connection: Connection, project: Project, model: Model) -> Verdict:
    """What the engine makes of the project's rows."""
    forget(connection)
    for relation in project.units.get("dmn", []):
        build.build(connection, project, relation, "properties")
        check.check(connection, project, relation, "properties")
    settle.settle(connection, project, "dmn", "properties")
    publish.publish(connection, project, "dmn", "properties")
    held: dict[str, set[Key]] = {name: set() for name in model}
    for name, key in connection.execute("select relation, key from layers.held").fetchall():
        held[name].add(tuple(json.loads(key)) if len(model[name].key) > 1 else (key,))
    published = {}
    for name in model:
        cursor = connection.execute(text(f"select * from dmn.{name}"))
        names = [column.name for column in cursor.description or []]
        published[name] = [dict(zip(names, line, strict=True)) for line in cursor]
    return Verdict(held, published)


def agree(connection: Connection, folder: Path, model: Model, given_rows: list[Row]) -> Verdict:
    wanted = judge(model, given_rows)
    found = engine(connection, write(folder, model, given_rows), model)

    assert found.held == wanted.held
    assert by_key(model, found) == by_key(model, wanted)
    return wanted


def tell(given_rows: list[Row], wanted: Verdict) -> None:
    """For `--hypothesis-show-statistics`: how much there was to disagree about."""
    held = sum(map(len, wanted.held.values()))
    event(f"held: {'none' if not held else 'some' if held < len(given_rows) else 'all'}")
    before = [row.cells for row in given_rows]
    is_emptied = any(row not in before for rows in wanted.published.values() for row in rows)
    event(f"emptied: {is_emptied}")


def by_key(model: Model, verdict: Verdict) -> dict[str, list[list[tuple[str, Value]]]]:
    """Published rows in an order that does not depend on who gives them."""
    return {
        name: sorted((sorted(row.items()) for row in verdict.published[name]), key=repr)
        for name in model
    }


# --- the claims ----------------------------------------------------------------------------------

_PLAIN = {"required": (), "one_of": None, "criteria": (), "bounds": (), "holds": True}
_REFERS = {"by": ("l0_0",), "each": "1", "prefer": None, "holds": True, "empties": False}


def chain(*followers: str) -> tuple[Model, list[Row]]:
    """Two entities that each need one of the other: of two circles of rows, one is not closed."""
    model = {
        name: Entity(key=("k0",), links=(Link(to=other, inverse="1..*", **_REFERS),), **_PLAIN)  # type: ignore[arg-type]
        for name, other in (("dmn_apples", "dmn_boxes"), ("dmn_boxes", "dmn_apples"))
    }
    cells = {"a": None, "b": None, "t": None}
    return model, [
        Row(of, {"k0": key, "l0_0": to, **cells})
        for of, key, to in (line.split() for line in followers)
    ]


CLOSED = ("dmn_apples a a", "dmn_boxes a a", "dmn_apples b b", "dmn_boxes b c", "dmn_boxes c b")


@SAME_EVERY_TIME
@example(chain(*CLOSED))
@given(businesses(6, 3))
def test_of_up_to_six_entities_the_engine_and_the_naive_judge_keep_the_same(
    modeller: Connection, tmp_path_factory: pytest.TempPathFactory, business: Any
) -> None:
    wanted = agree(modeller, tmp_path_factory.getbasetemp() / "invented", *business)
    tell(business[1], wanted)


@SAME_EVERY_TIME
@given(businesses(2, 6))
def test_of_many_rows_of_few_entities_the_engine_and_the_naive_judge_keep_the_same(
    modeller: Connection, tmp_path_factory: pytest.TempPathFactory, business: Any
) -> None:
    wanted = agree(modeller, tmp_path_factory.getbasetemp() / "invented", *business)
    tell(business[1], wanted)


def test_a_circle_of_relationships_that_need_each_other_ends_and_keeps_what_is_closed(
    modeller: Connection, tmp_path: Path
) -> None:
    """Rows a stand for each other; b has lost its end, and takes all with it, one by one."""
    model, given_rows = chain(*CLOSED)

    wanted = agree(modeller, tmp_path, model, given_rows)

    assert wanted.held == {"dmn_apples": {("b",)}, "dmn_boxes": {("b",), ("c",)}}


def test_a_long_chain_that_comes_undone_at_its_end_is_held_to_its_beginning(
    modeller: Connection, tmp_path: Path
) -> None:
    """Forty steps, each of which only the one before makes necessary: it ends, with nothing."""
    steps = [(f"dmn_apples {n} {n}", f"dmn_boxes {n} {n + 1}") for n in range(40)]
    model, given_rows = chain(*(line for pair in steps for line in pair))

    found = engine(modeller, write(tmp_path, model, given_rows), model)

    assert found.published == {"dmn_apples": [], "dmn_boxes": []}
