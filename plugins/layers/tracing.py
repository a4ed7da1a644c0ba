"""Tracing: of which columns below a query's columns are made, and which decide about its rows.

A column decides about rows where it is filtered, joined or grouped by, made distinct, or put in an
order of which only the first are taken. What is decided so is also what a `count(*)` counts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

Column = tuple[str, str]  # relation and column; of raw records, the object and the field

# The functions of Postgres that give rows and that a query may call.
SETS = frozenset(
    "generate_series generate_subscripts json_array_elements json_array_elements_text json_each "
    "json_each_text json_object_keys json_populate_recordset json_to_recordset "
    "jsonb_array_elements jsonb_array_elements_text jsonb_each jsonb_each_text jsonb_object_keys "
    "jsonb_path_query jsonb_path_query_tz jsonb_populate_recordset jsonb_to_recordset "
    "pg_snapshot_xip regexp_matches regexp_split_to_table string_to_table ts_debug ts_parse "
    "ts_token_type txid_snapshot_xip unnest".split()
)


@dataclass(frozen=True)
class Trace:
    """Of every column of a query, what its values are made of; and what decides about its rows."""

    values: Mapping[str, frozenset[Column]]
    rows: frozenset[Column]


def trace(root: Scope) -> Trace:
    """What a query does with the columns that it reads; `root` is of a qualified tree."""
    walk = _Walk(root)
    assert isinstance(root.expression, exp.Query)
    values = {name: walk.value(root, name) for name in root.expression.named_selects}
    return Trace(values, frozenset(walk.deciding(root)))


class _Walk:
    """One walk down a query's scopes; what was found of a column is kept."""

    def __init__(self, root: Scope) -> None:
        self.scopes = {id(scope.expression): scope for scope in root.traverse()}
        self.found: dict[tuple[int, str], frozenset[Column]] = {}

    def value(self, scope: Scope, name: str) -> frozenset[Column]:
        """The columns of tables that a column of a scope is made of."""
        at = (id(scope), name)
        if at not in self.found:
            self.found[at] = frozenset()  # a recursive query adds nothing to itself
            self.found[at] = frozenset(self._value(scope, name))
        return self.found[at]

    def _value(self, scope: Scope, name: str) -> Iterator[Column]:
        query = scope.expression
        if isinstance(query, exp.SetOperation):
            place = query.named_selects.index(name)
            for branch in scope.set_operation_scopes:
                assert isinstance(branch.expression, exp.Query)
                yield from self.value(branch, branch.expression.named_selects[place])
        elif isinstance(query, exp.Select):
            for made in query.selects:
                if made.alias_or_name == name:
                    yield from self._named_in(made)
        elif inner := self._inside(query):
            yield from self.value(inner, _named_below(query, inner.expression, name))
        else:  # a function that gives rows: each of its columns is made of all that it is given
            yield from self._named_in(query)

    def _inside(self, source: exp.Expr) -> Scope | None:
        """The query of a lateral, where it is one."""
        inner = _lateral_query(source)
        return self.scopes.get(id(inner)) if inner is not None else None

    def _named_in(self, node: exp.Expr) -> Iterator[Column]:
        for column in node.find_all(exp.Column):
            query = column.find_ancestor(exp.Select, exp.SetOperation)
            if query is not None and id(query) in self.scopes:
                yield from self._resolved(self.scopes[id(query)], column)

    def _resolved(self, scope: Scope, column: exp.Column) -> Iterator[Column]:
        at: Scope | None = scope
        while at is not None and column.table not in at.selected_sources:
            at = at.parent
        if at is None:  # an order by the name that a column was given
            query = scope.expression
            if isinstance(query, exp.Query) and column.name in query.named_selects:
                yield from self.value(scope, column.name)
            return
        source = at.selected_sources[column.table][1]
        if isinstance(source, Scope):
            yield from self.value(source, column.name)
        elif _is_read(source):
            yield source.name, column.name
        else:
            yield from self._named_in(source)

    def deciding(self, scope: Scope) -> Iterator[Column]:
        """The columns of tables that decide about a scope's rows, or about rows that it reads."""
        query = scope.expression
        if isinstance(query, exp.SetOperation):
            if not isinstance(query, exp.Union) or query.args.get("distinct"):
                yield from self._all_of(scope)
        elif isinstance(query, exp.Select):
            for node in _deciding(query):
                yield from self._named_in(node)
            distinct = query.args.get("distinct")
            if distinct and not distinct.args.get("on"):
                yield from self._all_of(scope)
        laterals = filter(None, (self._inside(one.expression) for one in scope.udtf_scopes))
        for inner in (*scope.subquery_scopes, *_below(scope), *laterals):
            if not (inner.is_subquery and _is_in_a_column(inner.expression, query)):
                yield from self.deciding(inner)

    def _all_of(self, scope: Scope) -> Iterator[Column]:
        assert isinstance(scope.expression, exp.Query)
        for name in scope.expression.named_selects:
            yield from self.value(scope, name)


def _below(scope: Scope) -> Iterator[Scope]:
    yield from scope.cte_scopes
    yield from scope.derived_table_scopes
    yield from scope.set_operation_scopes


def _deciding(query: exp.Select) -> Iterator[exp.Expr]:
    """The parts of a select that say which rows there are; a mere order says nothing of it."""
    args = query.args
    distinct = args.get("distinct")
    yield from filter(None, (args.get(part) for part in ("where", "group", "having", "qualify")))
    for join in args.get("joins") or []:
        yield from filter(None, [join.args.get("on"), _of_rows(join.this)])
    yield from filter(None, map(_of_rows, args.get("laterals") or []))
    yield from (one for column in query.selects for one in _sets_in(column, query))
    if from_ := args.get("from_"):
        yield from filter(None, [_of_rows(from_.this)])
    if distinct and distinct.args.get("on"):
        yield distinct.args["on"]
    if args.get("order") and (args.get("limit") or distinct):
        yield args["order"]


def _of_rows(source: exp.Expr) -> exp.Expr | None:
    """A function that gives rows, which so decides how many there are."""
    is_query = isinstance(source, exp.Subquery) or _lateral_query(source) is not None
    return None if is_query or _is_read(source) else source


def _sets_in(column: exp.Expr, query: exp.Select) -> Iterator[exp.Expr]:
    """The functions in a column that make several rows of one."""
    for node in column.find_all(exp.Func):
        name = node.name if isinstance(node, exp.Anonymous) else node.sql("postgres").split("(")[0]
        if name.lower() in SETS and node.find_ancestor(exp.Select) is query:
            yield node


def _lateral_query(source: exp.Expr) -> exp.Query | None:
    inner = source.this.unnest() if isinstance(source, exp.Lateral) else None
    return inner if isinstance(inner, (exp.Select, exp.SetOperation)) else None


def _named_below(lateral: exp.Expr, inner: exp.Expr, name: str) -> str:
    """What a column of a lateral is called inside; it may have got another name."""
    assert isinstance(inner, exp.Query)
    names = lateral.alias_column_names
    return inner.named_selects[names.index(name)] if name in names else name


def _is_read(source: exp.Expr) -> bool:
    """Whether it is a table, or a query by its name; functions stand where tables do."""
    return isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier)


def _is_in_a_column(inner: exp.Expr, query: exp.Expr) -> bool:
    """Whether a subquery is a part of a column, whose value it is."""
    return isinstance(query, exp.Select) and any(
        inner is node for column in query.selects for node in column.walk()
    )
