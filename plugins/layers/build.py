"""Build: a relation's query runs into a candidate, a table that no reader sees.

Everything a build reads, it reads in one snapshot, and it remembers the versions it saw. So a
publication can tell whether its candidates stand for one state of the layer below.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from psycopg.types.json import Jsonb

from layers import changes, feeding, record, watermarks
from layers.candidates import candidate, count, is_there
from layers.errors import ProjectError, TemporaryError
from layers.feeding import Feed
from layers.project import Project
from layers.relation import Relation
from layers.rules import literal, quoted
from layers.warehouse import Connection, errors_told, locked, one, snapshot, text

ATTEMPTS = 10


@dataclass(frozen=True)
class Built:
    """A candidate: its build number, rows, the seconds it took, and how many rows were fed.

    `fed` is empty where it was made in full.
    """

    relation: str
    build_id: int
    rows: int
    seconds: float
    fed: int | None = None


def build(
    connection: Connection, project: Project, relation: Relation, run: str, *, in_full: bool = False
) -> Built:
    """Builds a relation's candidate in a transaction of its own.

    A candidate of the same layer that it reads and that is not there (a crash empties them) is
    built first. An incremental entity's is built `in_full` where that is asked for. Raises
    ProjectError where the query gives another type than the contract says.
    """
    with errors_told(f"building {relation.name}"):
        for _ in range(ATTEMPTS):
            for other in project.same_layer(relation):
                ensure(connection, project, other, run)
            # the snapshot is taken when it is our turn, not when we begin to wait for it
            with locked(connection, relation.name), snapshot(connection):
                # one that somebody has built since is another table, empty as we see it
                if all(is_there(connection, other) for other in project.same_layer(relation)):
                    return build_here(connection, project, relation, run, in_full=in_full)
    raise TemporaryError(
        f"{relation.name}: what it reads is being built again and again; run it later"
    )


def ensure(connection: Connection, project: Project, relation: Relation, run: str) -> None:
    """Builds a relation's candidate, in a transaction of its own, where it is not there."""
    if not is_there(connection, relation):
        build(connection, project, relation, run)


def build_here(
    connection: Connection, project: Project, relation: Relation, run: str, *, in_full: bool = False
) -> Built:
    """Builds a relation's candidate in the transaction that the caller has begun."""
    began = time.monotonic()
    _check_types(connection, relation, _query(project, relation, {}))
    query = partial(_selected, project, relation)
    asked = "it was asked for" if in_full else None
    feed = asked or feeding.prepare(connection, project, relation, query)
    aside = changes.set_aside(connection, project, relation) if isinstance(feed, str) else None
    build_id = _begin(connection, project, relation, run, feed)
    if isinstance(feed, Feed):
        rows, fed = feeding.replace(connection, relation, feed)
        feeding.touch(connection, relation, build_id)
        changed: int | None = changes.note_fed(connection, project, relation, build_id)
    else:
        rows, fed = _fill(connection, project, relation), None
        changed = changes.compare(connection, project, relation, build_id, aside) if aside else None
    seconds = time.monotonic() - began
    connection.execute(
        "update layers.builds set rows = %s, fed = %s, changed = %s, seconds = %s"
        " where build_id = %s",
        [rows, fed, changed, seconds, build_id],
    )
    return Built(relation.name, build_id, rows, seconds, fed)


def _fill(connection: Connection, project: Project, relation: Relation) -> int:
    """Makes a candidate in full; its rows."""
    connection.execute(text(f"drop table if exists {candidate(relation)}"))
    selected = _selected(project, relation, {})
    connection.execute(text(f"create unlogged table {candidate(relation)} as {selected}"))
    if relation.is_incremental:
        feeding.index(connection, relation)
    connection.execute(text(f"analyze {candidate(relation)}"))
    return count(connection, relation)


def _selected(project: Project, relation: Relation, stands_in: Mapping[str, str]) -> str:
    """The query with its columns in the types and the order of the contract."""
    given = ", ".join(
        f"q.{quoted(name)}::{column.type} as {quoted(name)}"
        for name, column in relation.contract.columns.items()
    )
    return f"select {given} from (\n{_query(project, relation, stands_in)}\n) q"


def _query(project: Project, relation: Relation, stands_in: Mapping[str, str]) -> str:
    """The query over candidates of its own layer; no rows while nobody has written one."""
    if relation.query is None:
        types = relation.contract.types.items()
        nothing = ", ".join(f"null::{type_} as {quoted(name)}" for name, type_ in types)
        return f"select {nothing} where false"
    beside = {other.name: candidate(other) for other in project.same_layer(relation)}
    return relation.query_with({**beside, **stands_in})


def _begin(
    connection: Connection, project: Project, relation: Relation, run: str, feed: Feed | str
) -> int:
    """Takes a number for a build; notes what it reads, and which it follows or why it does not."""
    beside = {
        other.name: (record.latest_build(connection, other) or {})["build_id"]
        for other in project.same_layer(relation)
    }
    versions = record.versions(connection, project.lower(relation.unit))
    known = watermarks.below(connection, relation.unit)
    (build_id,) = one(
        connection,
        "insert into layers.builds (relation, unit, run, rows, versions, candidates, fingerprint,"
        " seconds, marks, before, because, watermarks, below)"
        " values (%s, %s, %s, 0, %s, %s, %s, 0, %s, %s, %s, %s, %s) returning build_id",
        *(relation.name, relation.unit, run, Jsonb(versions), Jsonb(beside)),
        *(relation.fingerprint, Jsonb(feeding.marks(connection, project, relation, feed))),
        *((None, feed) if isinstance(feed, str) else (feed.before["build_id"], None)),
        *(Jsonb(known.watermarks), known.below),
    )
    return int(build_id)


def _check_types(connection: Connection, relation: Relation, query: str) -> None:
    """Refuses a query whose types would have to be bent to those of the contract."""
    given = connection.execute(text(f"select * from (\n{query}\n) q limit 0")).description or []
    types = {column.name: column.type_code for column in given}
    wanted = relation.contract.types
    pairs = ", ".join(
        f"({literal(name)}, {types[name]}::oid, {literal(wanted[name])}::regtype::oid)"
        for name in wanted
        if name in types
    )
    if missing := [name for name in wanted if name not in types]:
        said = ", ".join(missing)
        raise ProjectError(f"{relation.file}: the query does not give {said}; wanted all columns")
    bent = connection.execute(
        text(
            "select name, format_type(given, null), format_type(wanted, null)"
            f" from (values {pairs}) as pairs (name, given, wanted) where given <> wanted"
            " and not exists (select from pg_cast where castsource = given"
            " and casttarget = wanted and castcontext = 'i' and (castmethod = 'b'"
            " or wanted in ('int8'::regtype, 'int4'::regtype, 'numeric'::regtype)))"
        )
    ).fetchall()
    if bent:
        said = "; ".join(f"'{name}' is {given}, wanted {type_}" for name, given, type_ in bent)
        raise ProjectError(
            f"{relation.file.removesuffix('.yaml')}.sql: gives other types than its contract: "
            f"{said}; cast it in the query, or correct the contract"
        )
