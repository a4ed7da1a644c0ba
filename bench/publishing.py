"""Publishing a million rows, against what a tool that swaps tables would do.

From a finished, settled candidate; theirs is `create table as` from that candidate, and its primary
key (and for the first publication with relationships, the foreign keys and the indexes under them).
"""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg

from bench import loaded
from bench.figures import Figure
from layers import build, check, publish, reading, record, settle, warehouse
from layers.migrate import migrate
from layers.project import Project
from layers.warehouse import text

ROWS = 1_000_000
TURNS = 3
LIMITS = {"text": {"same": 0.7, "changed": 1.0, "first": 1.5, "linked": 1.5}}
LIMITS["bigint"] = {"same": 1.3, "changed": 1.5, "first": 1.5, "linked": 1.5}
KEYS = {"text": "md5(n::text)", "bigint": "n"}
STAGED = (
    "item_id {kind}, name text, price numeric(18,4), sold_at timestamptz,"
    " left_id bigint, right_id bigint"
)
PARENTS = ("left", "right")


def figures(rows: int = ROWS) -> Iterator[Figure]:
    """The ratios for a key of 32 characters, then for a number."""
    for kind in ("text", "bigint"):
        with loaded.empty() as (home, connections):
            yield from _measured(home, connections.server.dsn("warehouse"), kind, rows)


def _measured(home: Path, dsn: str, kind: str, rows: int) -> Iterator[Figure]:
    for name, is_linked in (("first", False), ("linked", True)):
        project = _project(home / name, kind, is_linked=is_linked)
        with psycopg.connect(dsn, autocommit=True) as admin:
            _given(admin, project, kind, rows)
            ours = _published(project)
            theirs = _swapped(admin, is_linked=is_linked)
            yield _figure(kind, name, [ours], [theirs])
            if is_linked:
                return
            for change in ("same", "changed"):
                yield _figure(kind, change, *_again(admin, project, change))


def _again(
    admin: psycopg.Connection, project: Project, change: str
) -> tuple[list[float], list[float]]:
    ours, theirs = [], []
    for turn in range(TURNS):
        if change == "changed":
            every = f"where hashtext(item_id::text) % 100 = {turn}"
            admin.execute(text(f"update stg_till.stg_till_items set price = price + 1 {every}"))
        with warehouse.connect("loader") as loader:
            record.moved(loader, "stg_till_items")
        ours.append(_published(project))
        theirs.append(_swapped(admin, is_linked=False))
    return ours, theirs


def _figure(kind: str, what: str, ours: list[float], theirs: list[float]) -> Figure:
    print(f"{kind} {what}: ours {ours} s, create table as with its key {theirs} s")
    said = f"publishing, {kind} key, {what} / swapping"
    return Figure(said, min(ours) / min(theirs), LIMITS[kind][what])


def _published(project: Project) -> float:
    """Seconds of the publication alone; its candidate is built, checked and settled before."""
    with warehouse.connect("modeller") as modeller:
        for relation in project.units["dmn"]:
            build.build(modeller, project, relation, "bench")
            check.check(modeller, project, relation, "bench")
        settle.settle(modeller, project, "dmn", "bench")
        modeller.execute("select pg_stat_clear_snapshot()")
        began = time.monotonic()
        publish.publish(modeller, project, "dmn", "bench")
        return round(time.monotonic() - began, 2)


def _swapped(admin: psycopg.Connection, *, is_linked: bool) -> float:
    admin.execute("drop table if exists public.swapped")
    began = time.monotonic()
    with admin.transaction():
        admin.execute("create table public.swapped as select * from dmn_candidates.dmn_items")
        admin.execute("alter table public.swapped add primary key (item_id)")
        for name in PARENTS if is_linked else ():
            admin.execute(text(f"create index on public.swapped ({name}_id)"))
            to = f"dmn.dmn_{name}s deferrable initially deferred"
            link = f"add foreign key ({name}_id) references {to}"
            admin.execute(text(f"alter table public.swapped {link}"))
    return round(time.monotonic() - began, 2)


def _given(admin: psycopg.Connection, project: Project, kind: str, rows: int) -> None:
    """Staging that holds the rows; nothing is published yet."""
    admin.execute("drop schema if exists layers, stg_till, src_till, dmn, dmn_candidates cascade")
    with warehouse.connect("owner") as owner:
        migrate(owner, project)
    for name in PARENTS:
        admin.execute(
            text(
                f"insert into stg_till.stg_till_{name}s (id, layers_load_id, layers_ordinal)"
                " select n, 0, n from generate_series(1, 1000) n"
            )
        )
    admin.execute(
        text(
            "insert into stg_till.stg_till_items (item_id, name, price, sold_at, left_id, right_id,"
            f" layers_load_id, layers_ordinal) select {KEYS[kind]}, 'item ' || n, n * 0.25,"
            " timestamptz '2026-01-01' + n * interval '1 second', 1 + n % 1000, 1 + n % 1000, 0, n"
            f" from generate_series(1, {rows}) n"
        )
    )
    admin.execute("vacuum analyze stg_till.stg_till_items")
    with warehouse.connect("loader") as loader:
        for name in ("items", "lefts", "rights"):
            record.moved(loader, f"stg_till_{name}")


def _project(folder: Path, kind: str, *, is_linked: bool) -> Project:
    return written(folder, _files(kind, is_linked))


def written(folder: Path, files: Mapping[str, str]) -> Project:
    """A project of some files."""
    for name, said in files.items():
        path = folder / "sql" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(said)
    project = reading.load(folder)
    assert not project.problems, project.problems
    return project


def _files(kind: str, is_linked: bool) -> dict[str, str]:
    columns = dict(one.split() for one in STAGED.format(kind=kind).split(", "))
    columns = {name: f'{{type: "{type_}"}}' for name, type_ in columns.items()}
    shown = "".join(f"  {name}: {type_}\n" for name, type_ in columns.items())
    links = "".join(
        f"  {n}: {{to: dmn_{n}s, by: {n}_id, each: '1', inverse: '0..*'}}\n" for n in PARENTS
    )
    parent = "key: id\ngrain: one row each\ncolumns:\n  id: {type: bigint}\n"
    files = {
        "project.yaml": "project: bench\ntime_zone: UTC\nfirst_month: 2026-01\n",
        "src/till.yaml": "source: Till\nkind: files\nconnection: till\npromised_freshness: 1 hour\n"
        "objects: {items: {files: i}, lefts: {files: l}, rights: {files: r}}\n",
        "stg/till/stg_till_items.yaml": f"grain: one row each\nkey: item_id\ncolumns:\n{shown}",
        "stg/till/stg_till_items.sql": _picked("items", columns),
        "dmn/dmn_items.yaml": "entity: Item\ndefinition: A thing.\ngrain: one row each\n"
        f"key: item_id\ncolumns:\n{shown}{'relationships:' if is_linked else ''}\n"
        f"{links if is_linked else ''}",
        "dmn/dmn_items.sql": f"select {', '.join(columns)} from stg_till.stg_till_items\n",
    }
    for name in PARENTS:
        files |= {
            f"stg/till/stg_till_{name}s.yaml": parent,
            f"stg/till/stg_till_{name}s.sql": _picked(f"{name}s", {"id": ""}),
            f"dmn/dmn_{name}s.yaml": f"entity: {name.title()}\ndefinition: A parent.\n{parent}",
            f"dmn/dmn_{name}s.sql": f"select id from stg_till.stg_till_{name}s\n",
        }
    return files


def _picked(object_name: str, columns: dict[str, str]) -> str:
    picks = ", ".join(f"record ->> '{name}' as {name}" for name in columns)
    return f"select {picks} from src_till.{object_name}\n"
