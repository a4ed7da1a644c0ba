"""Build: a relation's query runs into a candidate, a table that no reader sees.

Everything a build reads, it reads in one snapshot, and it remembers the versions it saw. So a
publication can tell whether its candidates stand for one state of the layer below.
"""

import time
from dataclasses import dataclass

from psycopg.types.json import Jsonb

from layers import record, watermarks
from layers.ddl import table
from layers.errors import ProjectError
from layers.project import Project
from layers.relation import Relation
from layers.rules import literal, quoted
from layers.warehouse import Connection, errors_told, locked, one, snapshot, text


@dataclass(frozen=True)
class Built:
    """A candidate: its build number, rows, and the seconds it took."""

    relation: str
    build_id: int
    rows: int
    seconds: float


def build(connection: Connection, project: Project, relation: Relation, run: str) -> Built:
    """Builds a relation's candidate in a transaction of its own.

    A candidate of the same layer that it reads and that is not there (a crash empties them) is
    built first. Raises ProjectError where the query gives another type than the contract says.
    """
    with errors_told(f"building {relation.name}"):
        for other in project.same_layer(relation):
            ensure(connection, project, other, run)
        # the snapshot is taken when it is our turn, not when we begin to wait for it
        with locked(connection, relation.name), snapshot(connection):
            return build_here(connection, project, relation, run)


def ensure(connection: Connection, project: Project, relation: Relation, run: str) -> None:
    """Builds a relation's candidate, in a transaction of its own, where it is not there."""
    if not is_there(connection, relation):
        build(connection, project, relation, run)


def build_here(connection: Connection, project: Project, relation: Relation, run: str) -> Built:
    """Builds a relation's candidate in the transaction that the caller has begun."""
    began = time.monotonic()
    query = _query(project, relation)
    _check_types(connection, relation, query)
    connection.execute(text(f"drop table if exists {candidate(relation)}"))
    given = ", ".join(
        f"q.{quoted(name)}::{column.type} as {quoted(name)}"
        for name, column in relation.contract.columns.items()
    )
    connection.execute(
        text(f"create unlogged table {candidate(relation)} as select {given} from (\n{query}\n) q")
    )
    connection.execute(text(f"analyze {candidate(relation)}"))
    rows = count(connection, relation)
    seconds = time.monotonic() - began
    return Built(
        relation.name, _remember(connection, project, relation, run, rows, seconds), rows, seconds
    )


def _query(project: Project, relation: Relation) -> str:
    """The query over candidates of its own layer; no rows while nobody has written one."""
    if relation.query is None:
        types = relation.contract.types.items()
        nothing = ", ".join(f"null::{type_} as {quoted(name)}" for name, type_ in types)
        return f"select {nothing} where false"
    beside = {other.name: candidate(other) for other in project.same_layer(relation)}
    return relation.query_with(beside)


def candidate(relation: Relation) -> str:
    """The qualified, quoted name of a relation's candidate."""
    return table(relation, f"{relation.layer}_candidates")


def count(connection: Connection, relation: Relation) -> int:
    """How many rows a candidate has."""
    return int(one(connection, text(f"select count(*) from {candidate(relation)}"))[0])


def is_there(connection: Connection, relation: Relation) -> bool:
    """Whether a relation's candidate is what its latest build made of its present query."""
    latest = record.latest_build(connection, relation)
    if latest is None or latest["fingerprint"] != relation.fingerprint:
        return False
    if one(connection, "select to_regclass(%s)", candidate(relation))[0] is None:
        return False
    return count(connection, relation) == int(latest["rows"])


def _remember(
    connection: Connection,
    project: Project,
    relation: Relation,
    run: str,
    rows: int,
    seconds: float,
) -> int:
    beside = {
        other.name: (record.latest_build(connection, other) or {})["build_id"]
        for other in project.same_layer(relation)
    }
    versions = record.versions(connection, project.lower(relation.unit))
    known = watermarks.below(connection, relation.unit)
    (build_id,) = one(
        connection,
        "insert into layers.builds (relation, unit, run, rows, versions, candidates, fingerprint,"
        " watermarks, below, seconds) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " returning build_id",
        *(relation.name, relation.unit, run, rows, Jsonb(versions), Jsonb(beside)),
        *(relation.fingerprint, Jsonb(known.watermarks), known.below, seconds),
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
