"""Lineage: where a column's values come from, column by column, down to the fields of a source.

It is read from the queries alone, and walks values; what a query only joins, filters or groups by
decides about its rows and is told apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import cast

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from layers import query as queries
from layers.errors import ProjectError
from layers.project import Project, columns_of
from layers.relation import Relation
from layers.shapes import written
from layers.tracing import Column, Trace, trace


@dataclass(frozen=True)
class Step:
    """A column on the way, how deep below the one that was asked for, and what it means."""

    depth: int
    relation: str
    column: str
    kind: str
    means: str
    is_repeated: bool = False


def explain(project: Project, relation_name: str, column: str) -> Iterator[Step]:
    """The way from a column to the fields of its sources; what was told before is told once.

    Raises ProjectError where there is no such column.
    """
    relation = project.relation(relation_name)
    if column not in columns_of(relation):
        near = get_close_matches(column, relation.contract.columns, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ProjectError(f"{relation_name} has no column '{column}'{hint}")
    yield from _explained(project, relation, column, 0, set())


def deciding(project: Project, relation_name: str) -> dict[str, list[str]]:
    """The columns that decide which rows a relation has, or counts: by relation that it reads."""
    relation = project.relation(relation_name)
    if relation.query is None or relation.layer == "stg":
        return {}
    found: dict[str, list[str]] = {}
    for name, column in sorted(traced(project, relation).rows):
        found.setdefault(name, []).append(column)
    return found


def _explained(
    project: Project, relation: Relation, column: str, depth: int, told: set[Column]
) -> Iterator[Step]:
    is_repeated = (relation.name, column) in told
    told.add((relation.name, column))
    yield _step(relation, column, depth, is_repeated)
    if is_repeated:
        return
    below = sources_of(project, relation, column)
    if not below and relation.query is not None:  # a number of rows, or a word of the query's own
        for name in sorted(relation.reads):
            yield Step(depth + 1, name, "*", "", "its rows")
    for name, field in sorted(below):
        if name in project.relations:
            yield from _explained(project, project.relations[name], field, depth + 1, told)
        else:
            yield Step(depth + 1, name, field, "", "as the source wrote it")


def _step(relation: Relation, column: str, depth: int, is_repeated: bool) -> Step:
    said = relation.contract.columns.get(column)
    if said is None:
        return Step(depth, relation.name, column, "", "kept by the engine", is_repeated)
    means = said.means or _picked(relation, column)
    return Step(depth, relation.name, column, said.type, means, is_repeated)


def _picked(relation: Relation, column: str) -> str:
    """Of a staging column that explains itself: the fields of the source that it is."""
    if relation.layer != "stg" or relation.query is None:
        return ""
    paths = sorted({written(path) for alias, path in relation.picks if alias == column})
    return f"the source's {' and '.join(paths)}" if paths else ""


def sources_of(project: Project, relation: Relation, column: str) -> frozenset[Column]:
    """The columns one step below that a column's values are made of."""
    if relation.query is None:
        return frozenset()
    if relation.layer == "stg":
        raw = relation.references[0].name
        return frozenset((raw, written(path)) for alias, path in relation.picks if alias == column)
    return traced(project, relation).values.get(column, frozenset())


_CACHE: dict[tuple[object, ...], Trace] = {}


def traced(project: Project, relation: Relation) -> Trace:
    """What a relation's query makes of the columns that it reads; of staging, use `picks`.

    Raises ProjectError where it names what is not there.
    """
    for missing in sorted(relation.reads - project.relations.keys()):
        raise ProjectError(f"{relation.file}: reads {missing}, which no contract declares")
    read = [(name, *columns_of(project.relations[name])) for name in sorted(relation.reads)]
    at = (relation.name, relation.fingerprint, *read)
    if at not in _CACHE:
        try:
            _CACHE[at] = trace(qualified(project, relation)[1])
        except SqlglotError as error:
            raise _unreadable(relation, error) from None
    return _CACHE[at]


def qualified(project: Project, relation: Relation) -> tuple[exp.Expr, Scope]:
    """A query with every column's table written out, and its scopes.

    Raises ProjectError where it names what is not there.
    """
    assert relation.query is not None
    schema: dict[str, object] = {}
    for reference in relation.references:
        read = project.relations[reference.table]
        beside = cast("dict[str, object]", schema.setdefault(reference.schema, {}))
        beside[reference.table] = dict(columns_of(read))
    tree = queries.read(relation.query, relation.file)
    try:
        found = qualify(
            tree,
            schema=schema,
            dialect="postgres",
            quote_identifiers=False,
            identify=False,
        )
        scope = build_scope(found)
    except SqlglotError as error:
        raise _unreadable(relation, error) from None
    assert scope is not None, relation.file
    return found, scope


def _unreadable(relation: Relation, error: SqlglotError) -> ProjectError:
    return ProjectError(f"{relation.file}: its lineage cannot be read: {error}")
