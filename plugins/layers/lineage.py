"""Lineage: where a column's values come from, column by column, down to the fields of a source.

It is read from the queries alone. What a query only joins, filters or groups by is not among it:
lineage is of values.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import cast

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.lineage import Node, lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from layers import query as queries
from layers.drift import written
from layers.errors import ProjectError
from layers.project import Project, columns_of
from layers.relation import Relation

Column = tuple[str, str]  # relation and column; of raw records, the object and the field


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
    means = said.means or ""
    return Step(depth, relation.name, column, said.type, means, is_repeated)


def sources_of(project: Project, relation: Relation, column: str) -> set[Column]:
    """The columns one step below that a column's values are made of."""
    if relation.query is None:
        return set()
    if relation.layer == "stg":
        raw = relation.references[0].name
        return {(raw, written(path)) for alias, path in relation.picks if alias == column}
    return _leaves(project, relation).get(column, set())


def touched_by(project: Project, relation_name: str, column: str) -> list[Column]:
    """The columns above, directly or not, whose values are made of a column's."""
    touched: list[Column] = []
    pending = [(relation_name, column)]
    while pending:
        below = pending.pop()
        for relation in project.relations.values():
            if below[0] in relation.reads:
                for name in relation.contract.columns:
                    above = (relation.name, name)
                    if above not in touched and below in sources_of(project, relation, name):
                        touched.append(above)
                        pending.append(above)
    return sorted(touched)


_CACHE: dict[tuple[str, str], dict[str, set[Column]]] = {}


def _leaves(project: Project, relation: Relation) -> dict[str, set[Column]]:
    """Of every column of a query, the columns of the tables it reads."""
    at = (relation.name, relation.fingerprint)
    if at not in _CACHE:
        _CACHE[at] = dict(_read(project, relation))
    return _CACHE[at]


def _read(project: Project, relation: Relation) -> Iterator[tuple[str, set[Column]]]:
    tree, scope = qualified(project, relation)
    try:
        for name in relation.contract.columns:
            yield name, set(_of_column(name, tree, scope))
    except SqlglotError as error:
        raise _unreadable(relation, error) from None


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


def _of_column(name: str, tree: exp.Expr, scope: Scope | None) -> Iterator[Column]:
    node = lineage(name, tree, {}, dialect="postgres", scope=scope)
    for leaf in _ends(node):
        if isinstance(leaf.source, exp.Table):
            yield leaf.source.name, leaf.name.split(".")[-1].strip('"')


def _ends(node: Node) -> Iterator[Node]:
    if not node.downstream:
        yield node
    for below in node.downstream:
        yield from _ends(below)
