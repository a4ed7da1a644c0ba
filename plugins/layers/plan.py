"""Plan: what the contracts of the working tree would change in the warehouse, before they do.

Compatible changes are made by the next publication. Others are refused by it, until somebody names
the relation; and nothing is dropped because it is no longer declared.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from layers import catalog, ddl, deprecation, evolve
from layers.contract import CheckedContract
from layers.ddl import table
from layers.deprecation import TooEarlyError
from layers.errors import WarehouseError
from layers.lineage import touched_by
from layers.project import Project, kept_for
from layers.relation import Relation
from layers.warehouse import Connection, errors_told


@dataclass(frozen=True)
class Planned:
    """A change of one relation: in words, as statements, and the columns above that it touches."""

    relation: str
    what: str
    is_compatible: bool
    statements: tuple[str, ...] = ()
    touches: tuple[str, ...] = ()


def plan(connection: Connection, project: Project) -> list[Planned]:
    """All changes, in the order in which relations are built."""
    with errors_told("planning"):
        found = [
            change
            for relation in project.relations.values()
            if isinstance(relation.contract, CheckedContract)
            for change in _of(connection, project, relation)
        ]
        return [*found, *_undeclared(connection, project)]


def _of(connection: Connection, project: Project, relation: Relation) -> Iterator[Planned]:
    there = catalog.columns(connection, table(relation))
    if not there:
        made = ddl.create(project, relation).as_string()
        yield Planned(relation.name, "new relation", True, (made,))
        return
    said = catalog.comments(connection, table(relation))
    yield from _column_changes(project, relation, there, said)
    try:
        statements = tuple(evolve.changes(connection, project, relation))
    except TooEarlyError as error:
        yield Planned(relation.name, str(error), False)
        return
    except WarehouseError as error:
        anew = (f"drop table {table(relation)}", ddl.create(project, relation).as_string())
        yield Planned(relation.name, str(error).splitlines()[0], False, anew)
        return
    if statements:
        yield Planned(relation.name, "follows its contract", True, statements)


def _column_changes(
    project: Project, relation: Relation, there: dict[str, str], comments: dict[str, str]
) -> Iterator[Planned]:
    """Columns that come, change or go, with what is made of them above."""
    for name, column in relation.contract.columns.items():
        if name not in there:
            is_safe = column.optional
            yield Planned(relation.name, f"column {name} is new", is_safe)
        elif there[name] != evolve.shown(column.type):
            said = f"column {name} was {there[name]} and is {column.type}"
            yield Planned(relation.name, said, False, (), _touched(project, relation, name))
    ours = ddl.instant_periods(project, relation)
    for name in sorted(there.keys() - {*relation.contract.columns, *ours}):
        day = deprecation.until(comments.get(name))
        may_go = day is not None and day < deprecation.today()
        announced = f"; it was to stay until {day}" if day else ""
        said = f"column {name} is no longer declared{announced}"
        yield Planned(relation.name, said, may_go)


def _touched(project: Project, relation: Relation, column: str) -> tuple[str, ...]:
    return tuple(f"{name}.{field}" for name, field in touched_by(project, relation.name, column))


def _undeclared(connection: Connection, project: Project) -> Iterator[Planned]:
    """Tables of the layers that no contract declares any more stay as they are.

    One that was announced to be published for longer is wanted back.
    """
    schemas = ["dmn", *(f"prs_{name}" for name in project.use_cases)]
    found = connection.execute(
        "select n.nspname, c.relname, obj_description(c.oid, 'pg_class') from pg_class c"
        " join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname = any(%s) and c.relkind = 'r' order by 1, 2",
        [schemas],
    ).fetchall()
    ours = {name for case in project.use_cases for name in kept_for(case)}
    for schema, name, comment in found:
        day = deprecation.until(comment)
        if name in {*project.relations, *ours}:
            continue
        if day is not None and deprecation.today() <= day:
            yield Planned(name, deprecation.too_early(f"{schema}.{name}", day), False)
        else:
            said = f"{schema}.{name} is no longer declared: it stays, and nobody fills it"
            yield Planned(name, said, True)
