"""Evolve: live tables follow their contracts, without ever taking a table from its readers.

A compatible change (a new optional column, a new promise, another comment) is applied before a
publication, in short transactions that rather give up than make readers wait. Any other change is
refused with what to do.
"""

import time
from collections.abc import Collection, Iterator

import psycopg

from layers import catalog, ddl, deprecation
from layers.ddl import Constraint, table
from layers.deprecation import TooEarlyError
from layers.errors import TemporaryError, WarehouseError
from layers.project import Project
from layers.relation import Relation
from layers.rules import literal, quoted
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
            statements = list(changes(connection, project, relation))
        except TooEarlyError:
            raise
        except WarehouseError:
            if relation.name not in allow_breaking:
                raise
            anew.append(relation)
            continue
        if statements:
            _patiently(connection, relation, statements)
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
        for comment in _comment_changes(connection, relation):
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
        has_unique = any(c.kind == "unique" for c in ddl.constraints(project, relation))
        if has_unique and _has_key(connection, relation):
            unique = [c for c in _missing(connection, project, relation) if c.kind == "unique"]
            _patiently(connection, relation, [c.add(live).as_string() for c in unique])


def _has_key(connection: Connection, relation: Relation) -> bool:
    return "p" in catalog.constraints(connection, table(relation)).values()


def changes(connection: Connection, project: Project, relation: Relation) -> Iterator[str]:
    """The statements by which a live table follows its contract.

    Raises WarehouseError where it cannot without taking something from its readers.
    """
    there = catalog.columns(connection, table(relation))
    gone = _gone(connection, project, relation, there)
    yield from _column_changes(connection, project, relation, there)
    yield from _required_changes(connection, relation)
    yield from _constraint_changes(connection, project, relation)
    yield from _comment_changes(connection, relation)
    # the last, as a column takes the constraints with it that name it
    for name in gone:
        yield f"alter table {table(relation)} drop column {quoted(name)}"


def _gone(
    connection: Connection, project: Project, relation: Relation, there: Collection[str]
) -> list[str]:
    """The columns of a live table that stayed as long as was announced, and are not declared now.

    Raises WarehouseError for one of which nothing was announced, or a later day.
    """
    declared = {*relation.contract.columns, *ddl.instant_periods(project, relation)}
    gone = [name for name in there if name not in declared]
    announced = catalog.comments(connection, table(relation)) if gone else {}
    unannounced = [
        name
        for name in gone
        if not deprecation.ensure_may_go(relation.file, f"column '{name}'", announced.get(name))
    ]
    if unannounced:
        said = f"column '{unannounced[0]}' is in the warehouse and not in it"
        raise _incompatible(relation, said)
    return gone


def _comment_changes(connection: Connection, relation: Relation) -> Iterator[str]:
    live, wanted = table(relation), ddl.comments(relation)
    said = catalog.comments(connection, live)
    for place in sorted(said.keys() | wanted.keys()):
        if said.get(place) != wanted.get(place):
            on = f"column {live}.{quoted(place)}" if place else f"table {live}"
            comment = literal(wanted[place]) if place in wanted else "null"
            yield f"comment on {on} is {comment}"


def _column_changes(
    connection: Connection, project: Project, relation: Relation, there: dict[str, str]
) -> Iterator[str]:
    for name, column in relation.contract.columns.items():
        if name not in there:
            if not column.optional and not catalog.is_empty(connection, table(relation)):
                raise _incompatible(relation, f"column '{name}' is new and not optional")
            yield f"alter table {table(relation)} add column {quoted(name)} {column.type}"
        elif there[name] != catalog.shown(column.type):
            said = f"column '{name}' is {column.type}, but {there[name]} in the warehouse"
            raise _incompatible(relation, said)
    ours = ddl.instant_periods(project, relation)
    for name in sorted(ours.keys() - there.keys()):
        instant = name.removeprefix("layers_")
        raise _incompatible(relation, f"a relationship at the instant '{instant}' is new")


def _required_changes(connection: Connection, relation: Relation) -> Iterator[str]:
    """What must not be empty any more is validated later, as every new promise is."""
    live, wanted = table(relation), ddl.required(relation)
    now = catalog.required(connection, live)
    for name in relation.contract.columns:
        if name in now - wanted:
            yield f"alter table {live} alter column {quoted(name)} drop not null"
        elif name in wanted - now and catalog.is_empty(connection, live):
            yield f"alter table {live} alter column {quoted(name)} set not null"
        elif name in wanted - now:
            yield f"alter table {live} add not null {quoted(name)} not valid"


def _constraint_changes(
    connection: Connection, project: Project, relation: Relation
) -> Iterator[str]:
    """Drops what the contract no longer says and adds what it says now, validated later."""
    live, empty = table(relation), catalog.is_empty(connection, table(relation))
    wanted, there = ddl.constraints(project, relation), catalog.constraints(connection, live)
    for name, kind in there.items():
        if name not in {one_of.name for one_of in wanted}:
            if kind == "p":
                raise _incompatible(relation, "its key is another one than in the warehouse")
            yield f"alter table {live} drop constraint {quoted(name)}"
    made = there.keys() | catalog.indexes(connection, live)
    for constraint in (one_of for one_of in wanted if one_of.name not in made):
        fits = constraint.kind == "check" or (not empty and constraint.kind in ("foreign", "index"))
        to = project.relations[constraint.to] if constraint.to else None
        if fits and (to is None or not catalog.is_empty(connection, table(to))):
            yield constraint.add(live, validated=False).as_string()


def _missing(connection: Connection, project: Project, relation: Relation) -> list[Constraint]:
    live = table(relation)
    there = catalog.constraints(connection, live).keys() | catalog.indexes(connection, live)
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
        f"beside it, or make the table anew, which readers will notice:\n"
        f"    layers run --relation {relation.name} --allow-breaking {relation.name}"
    )
