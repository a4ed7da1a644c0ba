"""Altering: the statements by which a live table follows its contract.

What cannot follow without taking something from its readers is refused, with what to do.
"""

from collections.abc import Collection, Iterator

from layers import catalog, ddl, deprecation
from layers.ddl import table
from layers.errors import WarehouseError
from layers.project import Project
from layers.relation import Relation
from layers.rules import literal, quoted
from layers.warehouse import Connection


def changes(connection: Connection, project: Project, relation: Relation) -> Iterator[str]:
    """The statements by which a live table follows its contract.

    Raises WarehouseError where it cannot without taking something from its readers.
    """
    there = catalog.columns(connection, table(relation))
    gone = _gone(connection, project, relation, there)
    yield from _column_changes(connection, project, relation, there)
    yield from _required_changes(connection, relation)
    yield from _constraint_changes(connection, project, relation)
    yield from comment_changes(connection, relation)
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


def comment_changes(connection: Connection, relation: Relation) -> Iterator[str]:
    """The statements by which a live table says what its contract says."""
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


def promised_later(
    connection: Connection, project: Project, relation: Relation
) -> Iterator[tuple[str, ...]]:
    """What becomes native only once rows that break it have left: what is new and unique."""
    unique = [c for c in ddl.constraints(project, relation) if c.kind == "unique"]
    live = table(relation)
    if unique and "p" in catalog.constraints(connection, live).values():
        made = catalog.indexes(connection, live)
        yield from (c.add_beside_readers(live) for c in unique if c.name not in made)


def _incompatible(relation: Relation, found: str) -> WarehouseError:
    return WarehouseError(
        f"{relation.file}: {found}; readers would lose what they read. Add a new optional column "
        f"beside it, or make the table anew, which readers will notice:\n"
        f"    layers run --relation {relation.name} --allow-breaking {relation.name}"
    )
