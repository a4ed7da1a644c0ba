"""Plan: what the contracts of the working tree would change in the warehouse, before they do.

Compatible changes are made by the next publication. Others are refused by it, until somebody names
the relation; and nothing is dropped because it is no longer declared.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from layers import altering, catalog, ddl, deprecation
from layers.contract import CheckedContract
from layers.ddl import table
from layers.deprecation import TooEarlyError
from layers.downstream import told, told_of_table, touched_by, with_columns
from layers.errors import WarehouseError
from layers.project import Project, kept_for
from layers.relation import Relation
from layers.rules import quoted
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
    """All changes, in the order in which relations are built.

    Queries may still name what is to go; nothing but that may be wrong with the project.
    """
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
    is_empty = catalog.is_empty(connection, table(relation))
    yield from _column_changes(project, relation, there, is_empty=is_empty)
    yield from _gone(project, relation, there, said)
    try:
        statements = tuple(altering.changes(connection, project, relation))
    except TooEarlyError as error:
        yield Planned(relation.name, str(error), False)
        return
    except WarehouseError as error:
        why, anew = str(error).splitlines()[0], _anew(connection, project, relation)
        yield Planned(relation.name, why, False, anew, told(project, relation))
        return
    later = altering.promised_later(connection, project, relation)
    statements += tuple(statement for several in later for statement in several)
    if statements:
        yield Planned(relation.name, "follows its contract", True, statements)


def _anew(connection: Connection, project: Project, relation: Relation) -> tuple[str, ...]:
    """What makes a table anew; keys and all that leads to it come back after its rows."""
    live = table(relation)
    led = catalog.referrers(connection, live)
    return (
        *(f"alter table {other} drop constraint {quoted(name)}" for other, name in led),
        f"drop table {live}",
        ddl.create(project, relation).as_string(),
    )


def _column_changes(
    project: Project, relation: Relation, there: dict[str, str], *, is_empty: bool
) -> Iterator[Planned]:
    """Columns that come or change, with what is made of them above."""
    for name, column in relation.contract.columns.items():
        if name not in there:
            is_safe, said = column.optional or is_empty, f"column {name} is new"
        elif there[name] != catalog.shown(column.type):
            is_safe, said = False, f"column {name} was {there[name]} and is {column.type}"
        else:
            continue
        yield Planned(relation.name, said, is_safe, (), told(project, relation, name))


def _gone(
    project: Project, relation: Relation, there: dict[str, str], comments: dict[str, str]
) -> Iterator[Planned]:
    """Columns that are no longer declared, with the queries that read them all the same."""
    ours = ddl.instant_periods(project, relation)
    gone = sorted(there.keys() - {*relation.contract.columns, *ours})
    before = with_columns(project, relation, {n: catalog.declared(there[n]) for n in gone})
    for name in gone:
        day = deprecation.until(comments.get(name))
        may_go = day is not None and day < deprecation.today()
        announced = f"; it was to stay until {day}" if day else ""
        unread = "" if touched_by(before, relation.name, name).any else ", and no query reads it"
        said = f"column {name} is no longer declared{unread}{announced}"
        touches = told(before, before.relations[relation.name], name)
        yield Planned(relation.name, said, may_go, (), touches)


def _undeclared(connection: Connection, project: Project) -> Iterator[Planned]:
    """Tables of the layers that no contract declares any more stay as they are.

    One that was announced to be published for longer is wanted back.
    """
    schemas = ["dmn", *(f"prs_{name}" for name in project.use_cases)]
    unread = {Path(problem.file).stem for problem in project.problems}
    found = connection.execute(
        "select n.nspname, c.relname, obj_description(c.oid, 'pg_class') from pg_class c"
        " join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname = any(%s) and c.relkind = 'r' order by 1, 2",
        [schemas],
    ).fetchall()
    ours = {name for case in project.use_cases for name in kept_for(case)}
    for schema, name, comment in found:
        day = deprecation.until(comment)
        if name in {*project.relations, *ours, *unread}:
            continue
        if day is not None and deprecation.today() <= day:
            too_early = deprecation.too_early(f"{schema}.{name}", day)
            yield Planned(name, too_early, False, (), told_of_table(project, schema, name))
        else:
            said = f"{schema}.{name} is no longer declared: it stays, and nobody fills it"
            yield Planned(name, said, True, (), told_of_table(project, schema, name))
