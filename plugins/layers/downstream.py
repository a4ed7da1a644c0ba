"""Downstream: what is touched above when a column or a relation becomes another.

Two ways lead up: a column's values may be made of it, and it may decide which rows a relation has
or counts. Who is touched in its rows is touched in every column, and hands that on to its readers.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from layers.errors import ProjectError
from layers.lineage import traced
from layers.lookml.tables import view
from layers.lookml.words import LookML
from layers.project import Project
from layers.promises import Column as Declared
from layers.relation import Relation
from layers.tracing import Column

ROWS = "*"  # in the place of a column: which rows there are, and with them every column


@dataclass(frozen=True)
class Touched:
    """Columns whose values are made of what changes, and relations whose rows depend on it."""

    columns: tuple[Column, ...]
    rows: tuple[str, ...]

    @property
    def any(self) -> bool:
        """Whether anything is touched."""
        return bool(self.columns or self.rows)


def touched_by(project: Project, relation_name: str, column: str = ROWS) -> Touched:
    """What is touched above, directly or not, by a column, or by all rows of a relation.

    A query that cannot be read, as it names what is no longer there, is touched in its rows.
    """
    found: set[Column] = set()
    pending = [(relation_name, column)]
    while pending:
        below = pending.pop()
        for relation in project.relations.values():
            if below[0] in relation.reads and relation.layer != "stg":
                new = set(_by_one(project, relation, below)) - found
                found |= new
                pending += new
    columns = sorted(one for one in found if one[1] != ROWS)
    return Touched(tuple(columns), tuple(sorted(name for name, what in found if what == ROWS)))


def _by_one(project: Project, relation: Relation, below: Column) -> Iterator[Column]:
    """What of a relation is touched by something that it reads itself."""
    try:
        trace = traced(project, relation)
    except ProjectError:
        yield relation.name, ROWS
        return
    if below[1] == ROWS or below in trace.rows:
        yield relation.name, ROWS
    yield from ((relation.name, name) for name, made in trace.values.items() if below in made)


def with_columns(project: Project, relation: Relation, types: Mapping[str, str]) -> Project:
    """A project in which a relation still has columns that are no longer declared."""
    more = {name: Declared(type=kind, optional=True) for name, kind in types.items()}
    columns = {**relation.contract.columns, **more}
    before = replace(relation, contract=relation.contract.model_copy(update={"columns": columns}))
    return replace(project, relations={**project.relations, relation.name: before})


def told(project: Project, relation: Relation, column: str = ROWS) -> tuple[str, ...]:
    """What a change of a relation touches, in words: columns, rows, and what Looker shows of both.

    What Looker shows of the relation itself is among it.
    """
    above = touched_by(project, relation.name, column)
    own = (relation.name, column)
    itself = Touched((), (relation.name,)) if column == ROWS else Touched((own,), ())
    return (*_above(above), *_shown(project, above), *_shown(project, itself))


def told_of_table(project: Project, schema: str, name: str) -> tuple[str, ...]:
    """What it touches, in words, that nobody fills a table any more which no contract declares."""
    above = touched_by(project, name)
    own = [_every_field(name)] if schema.startswith("prs_") else []
    return (*_above(above), *_shown(project, above), *own)


def _above(above: Touched) -> Iterator[str]:
    yield from (f"{name}.{field}" for name, field in above.columns)
    yield from (f"rows of {name}" for name in above.rows)


def _shown(project: Project, touched: Touched) -> Iterator[str]:
    """The fields of Looker that show touched columns, and the views that show touched rows."""
    for relation in project.relations.values():
        if relation.layer == "prs" and relation.name in touched.rows:
            yield _every_field(relation.name)
        elif relation.layer == "prs":
            names = {field for name, field in touched.columns if name == relation.name}
            for field in fields(view(relation, project.settings), names):
                yield f"Looker's field {relation.name}.{field}"


def _every_field(name: str) -> str:
    return f"every field of Looker's view {name}"


def fields(view: LookML, columns: set[str]) -> list[str]:
    """The fields of a view that show some columns, or are reckoned from a field that does."""
    kinds = ("dimensions", "dimension_groups", "measures")
    said = {f["name"]: f.get("sql", "") for kind in kinds for f in view.get(kind, ())}
    hidden = {f["name"] for kind in kinds for f in view.get(kind, ()) if f.get("hidden") == "yes"}
    found = {name for name, sql in said.items() if columns & set(_OF_TABLE.findall(sql))}
    while more := {n for n, sql in said.items() if found & set(_OF_FIELD.findall(sql))} - found:
        found |= more
    return sorted(found - hidden)


_OF_TABLE = re.compile(r"\$\{TABLE\}\.(\w+)")
_OF_FIELD = re.compile(r"\$\{(\w+)\}")
