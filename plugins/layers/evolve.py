"""Evolve: live tables follow their contracts, without ever taking a table from its readers.

A compatible change (a new optional column, a new promise, another comment) is applied before a
publication, in short transactions that rather give up than make readers wait. Any other change is
refused with what to do.
"""

import time
from collections.abc import Collection

import psycopg

from layers import altering, catalog, ddl
from layers.ddl import Constraint, table
from layers.deprecation import TooEarlyError
from layers.errors import TemporaryError, WarehouseError
from layers.project import Project
from layers.relation import Relation
from layers.rules import quoted
from layers.warehouse import Connection, text

LOCK_SECONDS = 1
ATTEMPTS = 20


def create(connection: Connection, project: Project, unit: str) -> None:
    """Makes the live tables of a unit that are not there, in the caller's transaction."""
    for relation in project.units[unit]:
        if not catalog.columns(connection, table(relation)):
            connection.execute(ddl.create(project, relation))


def prepare(
    connection: Connection, project: Project, unit: str, allow_breaking: Collection[str] = ()
) -> list[Relation]:
    """Makes the live tables of a unit fit for what is published next.

    Gives the relations whose tables have to be made anew. Raises WarehouseError where that is not
    allowed, as it never is for what was announced to stay longer.
    """
    with connection.transaction():
        create(connection, project, unit)
    anew = []
    for relation in project.units[unit]:
        try:
            statements = list(altering.changes(connection, project, relation))
        except TooEarlyError:
            raise
        except WarehouseError:
            if relation.name not in allow_breaking:
                raise
            anew.append(relation)
            continue
        for statement in statements:
            # on its own: readers would wait for an index, too, that is made behind a new column
            _patiently(connection, relation, statement)
    return anew


def make_anew(connection: Connection, project: Project, anew: list[Relation]) -> None:
    """Drops the tables of relations and makes them empty, in the publishing transaction.

    Views and other things that are not ours keep a table from being dropped, and say so.
    """
    if not anew:
        return
    connection.execute(f"set local lock_timeout = '{LOCK_SECONDS}s'")
    for relation in anew:
        for other, constraint in catalog.referrers(connection, table(relation)):
            connection.execute(text(f"alter table {other} drop constraint {quoted(constraint)}"))
        connection.execute(text(f"drop table {table(relation)}"))
        connection.execute(ddl.create(project, relation))
        for comment in altering.comment_changes(connection, relation):
            connection.execute(text(comment))


def complete(connection: Connection, project: Project, unit: str) -> None:
    """Adds keys, indexes and foreign keys to tables that were just filled for the first time.

    Runs in the publishing transaction, after the rows: constraints that stand before queue a
    trigger per row.
    """
    filled = {r.name for r in project.units[unit] if not catalog.is_empty(connection, table(r))}
    fresh = {name for name in filled if not _has_key(connection, project.relations[name])}
    if not fresh:
        return
    missing = [
        (relation, constraint)
        for relation in project.units[unit]
        if relation.name in filled
        for constraint in _missing(connection, project, relation)
        if (relation.name in fresh and constraint.to is None)
        or (constraint.to in filled and {relation.name, constraint.to} & fresh)
    ]
    # a reader that has seen the empty table and holds on to it must not hold up all after it
    connection.execute(f"set local lock_timeout = '{LOCK_SECONDS}s'")
    order = ("primary", "unique", "check", "index", "foreign")
    for relation, constraint in sorted(missing, key=lambda pair: order.index(pair[1].kind)):
        connection.execute(constraint.add(table(relation)))
    for name in sorted(fresh):
        connection.execute(text(f"analyze {table(project.relations[name])}"))


def validate(connection: Connection, project: Project, unit: str) -> None:
    """Asks a live table's rows, which are right now, what was promised of new ones before."""
    for relation in project.units[unit]:
        live = table(relation)
        for name in catalog.not_validated(connection, live):
            statement = f"alter table {live} validate constraint {quoted(name)}"
            connection.execute(text(statement))
        for statements in altering.promised_later(connection, project, relation):
            _patiently(connection, relation, *statements)


def _has_key(connection: Connection, relation: Relation) -> bool:
    return "p" in catalog.constraints(connection, table(relation)).values()


def _missing(connection: Connection, project: Project, relation: Relation) -> list[Constraint]:
    live = table(relation)
    there = catalog.constraints(connection, live).keys() | catalog.indexes(connection, live)
    return [c for c in ddl.constraints(project, relation) if c.name not in there]


def _patiently(connection: Connection, relation: Relation, *statements: str) -> None:
    """Applies DDL, all of it or none, and lets readers wait for `LOCK_SECONDS` at most."""
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
