"""A verb is killed between any two of its statements; run again, it leaves what it would have left.

The kill is a SIGKILL to a process of its own, which runs the verb as a task of Airflow would.
"""

import multiprocessing
import os
import random
import signal
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg import sql

import layers
from layers import announce, build, check, load, publish, record, settle, stage, warehouse
from layers import run as running
from layers.candidates import is_done, is_there, touched
from layers.project import Project
from layers.relation import Relation
from layers.warehouse import Connection, writer
from tests.layers.conftest import MakeShop
from tests.layers.shop import Change, Record, Shop

ENGINE = str(Path(layers.__file__).parent)
FORK = multiprocessing.get_context("fork")

Batches = dict[str, list[list[Record]]]
JANUARY, MARCH = {"sold_at": "2026-01-09T12:00:00Z"}, {"sold_at": "2026-03-09T12:00:00Z"}
# The first run fills an empty warehouse; the second one changes rows of every kind.
FIRST: Batches = {
    "customers": [
        [{"id": "ada", "version": 1, "email": "ada@"}, b"no JSON", {"id": "bob", "version": 1}],
        [{"id": "ada", "version": 2, "email": "a@"}, {"id": "cat", "version": 1, "email": "c@"}],
    ],
    "sales": [
        [{"id": "1", "customer": "ada", "amount": "1", **JANUARY}, {"id": "2", "customer": "bob"}],
        [{"id": "2", "customer": "bob", "amount": "2", **MARCH}, {"id": "3", "customer": "cat"}],
    ],
}
SECOND: Batches = {
    "customers": [
        [{"id": "ada", "version": 3, "email": "a@", "referrer": "bob"}, b"\xff"],
        [{"id": "bob", "version": 2, "state": "gone"}, {"id": "eve", "version": 1}],
    ],
    "sales": [
        [{"id": "4", "customer": "eve", "amount": "4", **MARCH}, {"id": "5", "amount": "free"}],
        [{"id": "3", "customer": "cat", "amount": "3", **MARCH}, {"id": "6", "customer": "ada"}],
    ],
}
# The shop whose sales are fed, and counted by months that are refreshed.
MONTHLY = "sql/prs/takings/prs_takings_monthly"
FED: dict[str, Change] = {
    "sql/dmn/dmn_sales.yaml": {
        "        criteria:\n": "        incremental: {by: stg_till_sales}\n        criteria:\n"
    },
    f"{MONTHLY}.yaml": """
        answers: What is taken in a month?
        grain: one row per month
        key: month
        columns:
          month:  {type: date}
          amount: {type: "numeric(18,2)", additivity: sum}
        refresh: {by: month, when: {dmn_sales: sold_at}}
    """,
    f"{MONTHLY}.sql": """
        select
            date_trunc('month', sold_at)::date as month,
            sum(amount) as amount
        from dmn.dmn_sales
        where sold_at is not null
        group by 1
    """,
}
FEEDING = {"feeding", "gathering", "refresh", "changes", "touching"}  # the modules that do it


@dataclass(frozen=True)
class Step:
    """One task of a run: a verb, of what, the role that does it, and what it does."""

    verb: str
    of: str
    role: str
    do: Callable[[Connection], object]


def steps(project: Project) -> Iterator[Step]:
    """What the DAGs do in one run, one after the other."""
    for name in project.sources["till"].objects:
        told = {"project": project, "source": "till", "object_name": name, "run": "kill"}
        yield Step("load", name, "loader", partial(load.load, **told))
    for relation in project.staged_from("till"):
        do = partial(stage.stage, relation=relation, run="kill")
        yield Step("stage", relation.name, "loader", do)
    do = partial(announce.announce, project=project, source="till")
    yield Step("announce", "till", "loader", do)
    for unit, relations in project.units.items():
        yield from steps_of_unit(project, unit, relations)


def steps_of_unit(project: Project, unit: str, relations: Sequence[Relation]) -> Iterator[Step]:
    role = writer(unit)
    for relation in relations:
        told = {"project": project, "relation": relation, "run": "kill"}
        yield Step("build", relation.name, role, partial(build.build, **told))
        yield Step("check", relation.name, role, partial(check.check, **told))
    told = {"project": project, "unit": unit, "run": "kill"}
    yield Step("settle", unit, role, partial(settle.settle, **told))
    yield Step("publish", unit, role, partial(publish.publish, **told))


def take(step: Step) -> None:
    with closing(warehouse.connect(step.role, step.verb)) as connection:
        step.do(connection)


# --- a process that dies -------------------------------------------------------------------------

Site = tuple[str, ...]


def site() -> Site:
    """Where the engine is, by the lines that called each other."""
    path = []
    frame = sys._getframe(1)
    while frame := frame.f_back:  # type: ignore[assignment]
        if frame.f_code.co_filename.startswith(ENGINE):
            path.append(f"{Path(frame.f_code.co_filename).stem}:{frame.f_lineno}")
    return tuple(path)


def after_each_statement(act: Callable[[int], None]) -> None:
    """Calls `act` whenever the warehouse has answered: a statement, a block of rows, a commit."""
    wait, numbers = psycopg.Connection.wait, count(1)

    def waiting(self: Connection, *arguments: Any, **more: Any) -> Any:
        answer = wait(self, *arguments, **more)
        act(next(numbers))
        return answer

    psycopg.Connection.wait = waiting  # type: ignore[method-assign, assignment]


def die(at: int, number: int) -> None:
    if number == at:
        os.kill(os.getpid(), signal.SIGKILL)


def killed(step: Step, at: int) -> bool:
    """Does a step in a process that is killed after a statement; false where it ends before."""

    def child() -> None:
        after_each_statement(partial(die, at))
        take(step)

    process = FORK.Process(target=child)
    process.start()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode == -signal.SIGKILL


def sites(step: Step) -> list[Site]:
    """Does a step undisturbed, and says from where each of its statements came."""
    ours, theirs = FORK.Pipe()

    def child() -> None:
        found: list[Site] = []
        after_each_statement(lambda _: found.append(site()))
        take(step)
        theirs.send(found)

    process = FORK.Process(target=child)
    process.start()
    theirs.close()
    found: list[Site] = ours.recv()
    process.join()
    return found


# --- what is there -------------------------------------------------------------------------------

RECORDED = {
    "loads": "select object, records, rejected from layers.loads",
    "cursors": "select object, cursor, loaded_until from layers.cursors",
    "rejects": "select object, relation, column_name, record from layers.rejects",
    "marks": "select relation, (select count(*) from layers.loads l where l.load_id <= s.load_id)"
    " from layers.staged s",
    "stagings": "select relation, read, inserted, updated, superseded, repeated, rejected"
    " from layers.stagings",
    "versions": "select relation, version from layers.versions",
    "settlements": "select unit, (select count(*) from jsonb_object_keys(builds))"
    " from layers.settlements",
    "held": "select relation, key, rules, follows from layers.held",
    "publications": "select unit, versions, changes from layers.publications",
    "published": "select unit, versions, fingerprint, watermarks, data_as_of from layers.published",
    "watermarks": "select * from stg_layers.stg_layers_watermarks",
    "held tables": "select relname ~ '^held_', count(*) from pg_class where relkind = 'r' and"
    " relnamespace::regnamespace::text like '%_candidates' group by 1",
    "comments": "select objoid::regclass, objsubid, description from pg_description"
    " join pg_class c on c.oid = objoid where classoid = 'pg_class'::regclass"
    " and relnamespace::regnamespace::text in ('dmn', 'prs_takings')",
    "constraints": "select conrelid::regclass, conname, convalidated from pg_constraint"
    " where connamespace::regnamespace::text in ('dmn', 'prs_takings')",
    "raw customers": "select record from src_till.customers",
    "raw sales": "select record from src_till.sales",
}


def everything(shop: Shop) -> dict[str, Any]:
    """All rows of all tables, but for numbers and times that another attempt may change."""
    found: dict[str, Any] = {
        what: sorted(map(repr, shop.query(query))) for what, query in RECORDED.items()
    }
    for relation in shop.project.relations.values():
        tables = [f"{relation.schema}.{relation.name}"]
        if relation.layer != "stg":
            there = is_there(shop.admin, relation) and is_done(shop.admin, relation)
            found[f"{relation.name} is built and checked"] = there
            tables.append(f"{relation.layer}_candidates.{relation.name}")
        for table in tables:
            if shop.admin.execute("select to_regclass(%s)", [table]).fetchone() != (None,):
                names = ", ".join(relation.contract.columns)
                found[table] = sorted(map(repr, shop.query(f"select {names} from {table}")))
        if relation.is_incremental and is_there(shop.admin, relation):
            key = ", ".join(relation.contract.key)
            query = f"select layers_build_id = 0, {key} from {touched(relation)}"
            found[f"touched of {relation.name}"] = sorted(map(repr, shop.query(query)))
    return found


# --- the warehouses that it happens in -----------------------------------------------------------


class Scene:
    """A shop's warehouse, and copies of it to kill verbs in."""

    def __init__(self, shop: Shop, patch: pytest.MonkeyPatch) -> None:
        self.shop = shop
        self.patch = patch
        self.numbers = count(1)

    @contextmanager
    def copied(self, of: Shop) -> Iterator[Shop]:
        """A copy of a warehouse; whoever connects to the warehouse now, connects to the copy."""
        of.close()
        made = Shop(of.server, f"{self.shop.name}_{next(self.numbers)}", of.project)
        make = "create database {} template {} owner warehouse_owner strategy file_copy"
        self._admin(make, sql.Identifier(made.name), sql.Identifier(of.name))
        made.connections(self.patch)
        try:
            yield made
        finally:
            made.close()
            self._admin("drop database {} with (force)", sql.Identifier(made.name))
            of.connections(self.patch)

    def _admin(self, statement: LiteralString, *names: sql.Identifier) -> None:
        with psycopg.connect(self.shop.server.dsn(), autocommit=True) as admin:
            admin.execute(sql.SQL(statement).format(*names))


@pytest.fixture
def scene(shop: MakeShop, monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(shop(), monkeypatch)


def arrive(shop: Shop, batches: Batches) -> None:
    for object_name, several in batches.items():
        for batch in several:
            shop.till.add(object_name, *batch)


VERBS = ("load", "stage", "announce", "build", "check", "settle", "publish")


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("run", ["first", "second"])
def test_a_verb_killed_after_any_statement_and_run_again_leaves_what_it_would_have_left(
    scene: Scene, verb: str, run: str
) -> None:
    shop = scene.shop
    arrive(shop, FIRST)
    if run == "second":
        for step in steps(shop.project):
            take(step)
        arrive(shop, SECOND)

    assert kills_of(scene, verb) > 10, "the verb was hardly killed at all"


@pytest.mark.parametrize("verb", ["build", "check", "settle", "publish"])
def test_a_verb_killed_while_it_feeds_leaves_what_it_would_have_left(
    shop: MakeShop, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    scene = Scene(shop(FED), monkeypatch)
    arrive(scene.shop, FIRST)
    for step in steps(scene.shop.project):
        take(step)
    arrive(scene.shop, SECOND)

    within = FEEDING if verb != "check" else ()  # that asks nothing else, but of fewer rows
    assert kills_of(scene, verb, within) > 3, "the verb was hardly killed at all"
    for name in ("dmn_sales", "prs_takings_monthly"):
        latest = record.latest_build(scene.shop.admin, scene.shop.project.relation(name))
        assert latest is not None
        assert latest["fed"], name


def kills_of(scene: Scene, verb: str, within: Collection[str] = ()) -> int:
    """Goes through a run, and kills one of its verbs at each of its statements; how often.

    Or at those alone that one of some modules has a hand in.
    """
    kills = 0
    seen: set[Site] = set()
    for step in steps(scene.shop.project):
        if step.verb != verb:
            take(step)
            continue
        with scene.copied(scene.shop) as before:
            scene.shop.connections(scene.patch)
            numbers = {place: number for number, place in enumerate(sites(step), start=1)}
            new = sorted(
                number
                for place, number in numbers.items()
                if place not in seen and (not within or _is_within(place, within))
            )
            seen.update(numbers)
            kill_and_do_again(scene, before, step, new, everything(scene.shop))
            kills += len(new)
    return kills


def _is_within(place: Site, modules: Collection[str]) -> bool:
    return any(line.split(":")[0] in modules for line in place)


def kill_and_do_again(
    scene: Scene, before: Shop, step: Step, numbers: list[int], wanted: dict[str, Any]
) -> None:
    """Kills a step after each of these statements, and lets it end.

    Where a kill left everything as it was, the next one comes on top of it; else the step is run
    again, and the next kill is in another copy of the warehouse.
    """
    untouched = everything(before)
    left = list(numbers)
    while left:
        with scene.copied(before) as copy:
            now, kills = untouched, []
            while left and now == untouched:
                kills.append(left.pop(0))
                assert killed(step, kills[-1])
                now = everything(copy)
            take(step)
            assert everything(copy) == wanted, f"killed after its statements {kills}"


@pytest.mark.parametrize(
    ("verb", "of", "schema", "reader"),
    [
        ("stage", "stg_till_sales", "stg_till", "dmn"),
        ("announce", "till", "stg_till", "dmn"),
        ("publish", "dmn", "dmn", "prs_takings"),
    ],
)
def test_who_was_killed_before_it_could_wake_its_readers_wakes_them_when_it_is_run_again(
    scene: Scene, verb: str, of: str, schema: str, reader: str
) -> None:
    shop = scene.shop
    arrive(shop, FIRST)
    for step in steps(shop.project):
        take(step)
    arrive(shop, SECOND)
    todo = list(steps(shop.project))
    at = next(n for n, step in enumerate(todo) if (step.verb, step.of) == (verb, of))
    for step in todo[:at]:
        take(step)

    def woken() -> list[str]:
        return record.someone_behind(shop.admin, shop.project, schema)

    with scene.copied(shop):
        last = len(sites(todo[at]))
    # by its last statement all is committed, and Airflow will never hear of it
    assert killed(todo[at], last)
    assert woken() == [reader]
    take(todo[at])
    assert woken() == [reader]
    for step in todo[at + 1 :]:
        take(step)
    assert woken() == []


@pytest.mark.parametrize("seed", range(3))
def test_a_run_that_is_killed_again_and_again_gets_there_and_all_is_there_once(
    scene: Scene, seed: int
) -> None:
    dice = random.Random(seed)
    shop = scene.shop
    for batches in (FIRST, SECOND):
        arrive(shop, batches)
        with scene.copied(shop) as undisturbed:
            whole_run(shop)
            wanted = rows(undisturbed)
        whole = Step("run", "everything", "loader", lambda _: whole_run(shop))
        kills = 0
        while killed(whole, dice.randint(1, 600)):  # it takes more than 400
            kills += 1

        assert kills > 0
        assert rows(shop) == wanted
        assert not any(record.is_behind(shop.admin, shop.project, u) for u in shop.project.units)


def whole_run(shop: Shop) -> None:
    """What `layers run` does."""
    run = running.start(shop.project, lambda _what, _told: None)
    running.everything(run)
    assert run.failures == []


def rows(shop: Shop) -> dict[str, Any]:
    """What is there but for how it came there, which interrupted runs do in smaller steps."""
    ways = ("stagings", "versions", "publications", "published")
    return {what: found for what, found in everything(shop).items() if what not in ways}
