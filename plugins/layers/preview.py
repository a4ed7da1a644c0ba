"""Preview: what would change if a unit were published now, without publishing it.

Candidates are built, checked and settled as for a publication; the differences are counted in a
transaction that is taken back.
"""

from dataclasses import dataclass
from typing import Any

from layers import altering, build, catalog, check, difference, evolve, publish, record
from layers.contract import Contract
from layers.ddl import table
from layers.difference import Difference
from layers.kept import kept_rows
from layers.project import Project
from layers.relation import Relation
from layers.warehouse import Connection, errors_told, locked, snapshot, text

SAMPLE = 5


class _TakenBackError(Exception):
    """Everything was looked at."""


@dataclass(frozen=True)
class Row:
    """A row that would change: its key, what would happen, and the cells, from what to what."""

    key: dict[str, Any]
    operation: str
    cells: dict[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Preview:
    """What a publication would change in a relation, and some of the rows."""

    relation: str
    change: Difference
    sample: list[Row]


def preview(connection: Connection, project: Project, unit: str, run: str) -> list[Preview]:
    """The relations of a unit that would change.

    Raises DataError and WarehouseError where publishing would fail, for the same reasons. A column
    that is new is told as filled, and made by nobody.
    """
    found: list[Preview] = []
    for relation in project.units[unit]:
        build.build(connection, project, relation, run)
        check.check(connection, project, relation, run)
    with errors_told(f"comparing {unit}"), locked(connection, unit):
        with connection.transaction():
            evolve.create(connection, project, unit)
            for relation in project.units[unit]:
                list(altering.changes(connection, project, relation))
        with publish.still(connection, project, unit):
            publish.settle_what_is_ready(connection, project, unit, run)
            try:
                with snapshot(connection):
                    publish.repair(connection, project, unit, run)
                    found = [_of(connection, project, one) for one in project.units[unit]]
                    raise _TakenBackError
            except _TakenBackError:
                return [one for one in found if one.change]


def _of(connection: Connection, project: Project, relation: Relation) -> Preview:
    build_id = (record.latest_build(connection, relation) or {})["build_id"]
    kept, most = kept_rows(project, relation, build_id), project.settings.keep_differences
    there = catalog.columns(connection, table(relation))
    missing = [name for name in relation.contract.columns if name not in there]
    change = difference.compute(connection, relation, kept, most, missing=missing)
    difference.ready(connection)
    remembering = difference.recorded(relation, kept, missing=missing)
    connection.execute(text(f"{remembering} limit {SAMPLE}"))
    rows = connection.execute(
        "select key, operation, before, after from pg_temp.recorded order by operation, key::text"
    ).fetchall()
    connection.execute("drop table pg_temp.changes")
    return Preview(relation.name, change, [_row(relation.contract, *row) for row in rows])


def _row(contract: Contract, key: Any, operation: str, before: Any, after: Any) -> Row:
    def shown(name: str, value: Any) -> Any:
        return "***" if contract.columns[name].pii else value

    cells = {
        name: (shown(name, before[name]), shown(name, after[name]))
        for name in (contract.columns if operation == "update" else ())
        if before.get(name) != after.get(name)
    }
    return Row({name: shown(name, value) for name, value in key.items()}, operation, cells)
