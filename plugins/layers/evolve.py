"""Evolve: live tables follow their contracts, without ever taking a table from its readers.

A compatible change (a new optional column, a new promise, another comment) is applied before a
publication, in short transactions that rather give up than make readers wait. Any other change is
refused with what to do.
"""

import time
from collections.abc import Iterator

import psycopg

from layers import ddl
from layers.ddl import Constraint, table
from layers.errors import TemporaryError, WarehouseError
from layers.project import Project
from layers.relation import Relation
from layers.rules import literal, quoted
from layers.warehouse import Connection, one, text

LOCK_SECONDS = 1
ATTEMPTS = 20


def create(connection: Connection, project: Project, unit: str) -> None:
    """Makes the live tables of a unit that are not there, in the caller's transaction."""
    for relation in project.units[unit]:
        if not _columns(connection, relation):
            _create(connection, project, relation)


def prepare(connection: Connection, project: Project, unit: str) -> None:
    """Makes the live tables of a unit fit for what is published next."""
    with connection.transaction():
        create(connection, project, unit)
    for relation in project.units[unit]:
        there = _columns(connection, relation)
        if statements := list(_changes(connection, project, relation, there)):
            _patiently(connection, relation, statements)


def complete(connection: Connection, project: Project, unit: str) -> None:
    """Adds keys, indexes and foreign keys to tables that were just filled for the first time.

    Runs in the publishing transaction, after the rows: constraints that stand before queue a
    trigger per row.
    """
    filled = {r.name for r in project.units[unit] if not is_empty(connection, r)}
    missing = [
        (relation, constraint)
        for relation in project.units[unit]
        if relation.name in filled
        for constraint in _missing(connection, project, relation)
        if constraint.to is None or constraint.to in filled
    ]
    order = ("primary", "unique", "check", "index", "foreign")
    for relation, constraint in sorted(missing, key=lambda pair: order.index(pair[1].kind)):
        connection.execute(constraint.add(table(relation)))
    for name in {relation.name for relation, one_of in missing if one_of.kind == "primary"}:
        connection.execute(text(f"analyze {table(project.relations[name])}"))


def validate(connection: Connection, project: Project, unit: str) -> None:
    """Validates constraints that were added to a live table, now that its rows keep them."""
    for relation in project.units[unit]:
        found = connection.execute(
            "select conname from pg_constraint where conrelid = to_regclass(%s)"
            " and not convalidated and conenforced",
            [table(relation)],
        ).fetchall()
        for (name,) in found:
            statement = f"alter table {table(relation)} validate constraint {quoted(name)}"
            connection.execute(text(statement))


def is_empty(connection: Connection, relation: Relation) -> bool:
    """Whether a live table has no rows."""
    return bool(one(connection, text(f"select not exists (select from {table(relation)})"))[0])


def _create(connection: Connection, project: Project, relation: Relation) -> None:
    connection.execute(ddl.create(project, relation))


def _columns(connection: Connection, relation: Relation) -> dict[str, str]:
    return dict(
        connection.execute(
            "select attname, format_type(atttypid, atttypmod) from pg_attribute"
            " where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped",
            [table(relation)],
        ).fetchall()
    )


def _changes(
    connection: Connection, project: Project, relation: Relation, there: dict[str, str]
) -> Iterator[str]:
    yield from _column_changes(connection, relation, there)
    yield from _required_changes(connection, relation)
    yield from _constraint_changes(connection, project, relation)
    said = _comments(connection, relation)
    for place, comment in ddl.comments(relation).items():
        if said.get(place) != comment:
            on = (
                f"column {table(relation)}.{quoted(place)}" if place else f"table {table(relation)}"
            )
            yield f"comment on {on} is {literal(comment)}"


def _column_changes(
    connection: Connection, relation: Relation, there: dict[str, str]
) -> Iterator[str]:
    for name, column in relation.contract.columns.items():
        if name not in there:
            if not column.optional and not is_empty(connection, relation):
                raise _incompatible(relation, f"column '{name}' is new and not optional")
            yield f"alter table {table(relation)} add column {quoted(name)} {column.type}"
        elif there[name] != _SHOWN.get(column.type, column.type):
            said = f"column '{name}' is {column.type}, but {there[name]} in the warehouse"
            raise _incompatible(relation, said)
    if gone := [name for name in there if name not in relation.contract.columns]:
        raise _incompatible(relation, f"column '{gone[0]}' is in the warehouse and not in it")


def _required_changes(connection: Connection, relation: Relation) -> Iterator[str]:
    """What must not be empty any more is validated later, as every new promise is."""
    live, wanted = table(relation), ddl.required(relation)
    now = {
        name
        for (name,) in connection.execute(
            "select a.attname from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid"
            " and a.attnum = c.conkey[1] where c.conrelid = to_regclass(%s) and c.contype = 'n'",
            [live],
        )
    }
    for name in relation.contract.columns:
        if name in now - wanted:
            yield f"alter table {live} alter column {quoted(name)} drop not null"
        elif name in wanted - now:
            yield f"alter table {live} add not null {quoted(name)} not valid"


# The one type of the contract language that Postgres shows under another name.
_SHOWN = {"timestamptz": "timestamp with time zone"}


def _constraint_changes(
    connection: Connection, project: Project, relation: Relation
) -> Iterator[str]:
    """Drops what the contract no longer says and adds what it says now, validated later."""
    live, empty = table(relation), is_empty(connection, relation)
    wanted = {one_of.name for one_of in ddl.constraints(project, relation)}
    for name, kind in _constraints(connection, relation).items():
        if name not in wanted:
            if kind == "p":
                raise _incompatible(relation, "its key is another one than in the warehouse")
            yield f"alter table {live} drop constraint {quoted(name)}"
    for constraint in _missing(connection, project, relation):
        fits = constraint.kind == "check" or not empty
        leads = constraint.to is None or not is_empty(connection, project.relations[constraint.to])
        if fits and leads and constraint.kind != "primary":
            yield constraint.add(live, validated=False).as_string()


def _comments(connection: Connection, relation: Relation) -> dict[str, str]:
    """The comments of a live table: its own under the empty name, and its columns'."""
    return dict(
        connection.execute(
            "select coalesce(a.attname, ''), d.description from pg_description d"
            " left join pg_attribute a on a.attrelid = d.objoid and a.attnum = d.objsubid"
            " and d.objsubid > 0 where d.objoid = to_regclass(%s)"
            " and d.classoid = 'pg_class'::regclass",
            [table(relation)],
        ).fetchall()
    )


def _constraints(connection: Connection, relation: Relation) -> dict[str, str]:
    return dict(
        connection.execute(
            "select conname, contype::text from pg_constraint where conrelid = to_regclass(%s)"
            " and contype in ('p', 'u', 'c', 'f')",
            [table(relation)],
        ).fetchall()
    )


def _missing(connection: Connection, project: Project, relation: Relation) -> list[Constraint]:
    there = set(_constraints(connection, relation)) | {
        name
        for (name,) in connection.execute(
            "select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid"
            " where i.indrelid = to_regclass(%s)",
            [table(relation)],
        )
    }
    return [c for c in ddl.constraints(project, relation) if c.name not in there]


def _patiently(connection: Connection, relation: Relation, statements: list[str]) -> None:
    """Applies DDL without keeping readers behind it for longer than `LOCK_SECONDS`."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with connection.transaction():
                connection.execute(f"set local lock_timeout = '{LOCK_SECONDS}s'")
                for statement in statements:
                    connection.execute(text(statement))
            return
        except psycopg.errors.LockNotAvailable:
            if attempt == ATTEMPTS:
                raise TemporaryError(
                    f"{relation.name}: its contract changed, and a long-running reader did not let "
                    f"go of the table in {ATTEMPTS} attempts; the next run tries again"
                ) from None
            time.sleep(0.1 * attempt)


def _incompatible(relation: Relation, found: str) -> WarehouseError:
    return WarehouseError(
        f"{relation.file}: {found}; readers would lose what they read. Add a new optional column "
        f"beside it, or drop {relation.schema}.{relation.name} yourself and publish it anew"
    )
