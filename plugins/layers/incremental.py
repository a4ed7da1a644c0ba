"""Incremental: whether an entity's query gives the same when it is fed only some rows.

It does where each of its rows comes of one row of a relation that `by` names, whatever other rows
that relation has. This is read from the query; that it is true on data, `layers verify` proves.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from layers.contract import StagingContract
from layers.errors import ProjectError
from layers.lineage import qualified
from layers.project import Project
from layers.promises import Incremental
from layers.relation import Relation
from layers.rules import quoted

FED = "b"  # the alias of the relation whose columns an expression is made of


def problems(project: Project, relation: Relation) -> Iterator[str]:
    """Why an entity cannot be built incrementally, as messages without the file's name."""
    said = getattr(relation.contract, "incremental", None)
    if said is None:
        return
    for problem in _problems(project, relation, said):
        yield f"is incremental, but {problem}; say so no more, or write the query otherwise"


def _problems(project: Project, relation: Relation, said: Incremental) -> Iterator[str]:
    missing = [name for name in (*said.by, *said.also) if name not in relation.reads]
    if relation.query is None or missing:
        yield f"its query does not read {', '.join(missing) or 'anything'}"
        return
    if relation.contract.overlaps_never:
        yield "its key is temporal"
        return
    yield from _wrong_by(project, relation, said)
    for name, column in said.also.items():
        yield from _wrong_also(project, relation, said, name, column)


def _wrong_by(project: Project, relation: Relation, said: Incremental) -> Iterator[str]:
    for name in said.by:
        contract = project.relations[name].contract
        if not isinstance(contract, StagingContract):
            yield f"{name} is no relation of staging, which alone knows what is new"
        elif contract.history:
            yield f"{name} keeps a history, whose periods change behind its back"
    tree = qualified(project, relation)[1]
    walk = _Walk(frozenset(said.by))
    walk.down(tree)
    yield from dict.fromkeys(walk.reasons)
    yield from (f"{n} is read more than once" for n in said.by if walk.met.count(n) > 1)
    if walk.reasons or len(walk.met) != len(said.by):
        return
    for name in said.by:
        wanted = project.relations[name].contract.key
        found = tuple(_sql(_made_of(project, relation, name, key)) for key in relation.contract.key)
        if found != tuple(f'"{FED}".{quoted(key)}' for key in wanted):
            yield f"its key is not {', '.join(wanted)}, the key of {name}"


def _wrong_also(
    project: Project, relation: Relation, said: Incremental, name: str, column: str
) -> Iterator[str]:
    other = project.relations[name]
    for owner in (relation, other):
        if column not in owner.contract.columns:
            yield f"{owner.name} has no column '{column}' by which its rows and {name}'s agree"
            return
    if other.layer == "stg" and other.contract.key != (column,):
        yield f"'{column}' is not the key of {name}, so nobody knows what it was before a change"
    if any(_made_of(project, relation, by, column) is None for by in said.by):
        yield f"its column '{column}' is not made of columns of {', '.join(said.by)} alone"


def agreeing(project: Project, relation: Relation, by: str, column: str) -> str:
    """An entity's column as an expression over a row `b` of the relation that it is fed from."""
    found = _made_of(project, relation, by, column)
    if found is None:
        raise ProjectError(f"{relation.file}: column '{column}' is not made of {by} alone")
    return _sql(found)


def _sql(found: exp.Expr | None) -> str:
    return found.sql("postgres") if found is not None else ""


def _made_of(project: Project, relation: Relation, by: str, column: str) -> exp.Expr | None:
    """The expression over columns of one relation that gives a column; none over those of others.

    Of several branches of a union, it is the one that reads the relation.
    """
    scope = qualified(project, relation)[1]
    found = list(_expressions(scope, _named(scope).index(column), by))
    if len(found) != 1 or not found[0][1] <= {by} or not _is_written_back(found[0][0]):
        return None
    return found[0][0]


def _is_written_back(made: exp.Expr) -> bool:
    """Whether it is made of what is read and written in the same words."""
    return all(isinstance(node, _PLAIN) for node in made.walk())


def _named(scope: Scope) -> list[str]:
    assert isinstance(scope.expression, exp.Query)
    return list(scope.expression.named_selects)


def _expressions(scope: Scope, place: int, by: str) -> Iterator[tuple[exp.Expr, frozenset[str]]]:
    """What a column is made of where a relation is read, and the relations these columns are of."""
    if isinstance(scope.expression, exp.SetOperation):
        for branch in scope.set_operation_scopes:
            if _Walk(frozenset({by})).down(branch):
                yield from _expressions(branch, place, by)
        return
    select = scope.expression
    assert isinstance(select, exp.Select)
    yield from _replaced(scope, select.selects[place].unalias().copy(), by)


def _replaced(scope: Scope, wanted: exp.Expr, by: str) -> Iterator[tuple[exp.Expr, frozenset[str]]]:
    """An expression with its columns written as what they are made of below."""
    holder = exp.Paren(this=wanted)
    mine = next((c for c in holder.find_all(exp.Column) if not c.meta.get("below")), None)
    if mine is None:
        columns = list(holder.find_all(exp.Column))
        yield holder.this, frozenset(column.meta["below"] for column in columns)
        return
    source = scope.sources.get(mine.table)
    if isinstance(source, exp.Table):
        plain = exp.column(mine.name, FED, quoted=True)
        plain.meta["below"] = source.name
        mine.replace(plain)
        yield from _replaced(scope, holder.this, by)
    elif isinstance(source, Scope):
        for made, _ in _expressions(source, _named(source).index(mine.name), by):
            again = holder.copy()
            same = next(c for c in again.find_all(exp.Column) if not c.meta.get("below"))
            below = made.copy()
            same.replace(below if isinstance(below, exp.Column) else exp.Paren(this=below))
            yield from _replaced(scope, again.this, by)


@dataclass
class _Walk:
    """From the end of a query down to the relations that feed it: what stands above them."""

    wanted: frozenset[str]
    met: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def down(self, scope: Scope) -> bool:
        """Whether rows of the wanted relations come through; notes what must not be above."""
        expression = scope.expression
        if isinstance(expression, exp.SetOperation):
            through = [self.down(branch) for branch in scope.set_operation_scopes]
            is_all = isinstance(expression, exp.Union) and not expression.args.get("distinct")
            if any(through) and not (is_all and all(through)):
                self._refuse("a set operation other than `union all` of fed rows")
            return any(through)
        here = [name for name, (_, source) in scope.selected_sources.items() if self._has(source)]
        if any(_Walk(self.wanted).down(inner) for inner in scope.subquery_scopes):
            self._refuse("a subquery of a condition or a column")
        if here:
            self._look_at(scope, here)
        return bool(here)

    def _has(self, source: exp.Expr | Scope) -> bool:
        if isinstance(source, Scope):
            return self.down(source)
        if source.name in self.wanted:
            self.met.append(source.name)
            return True
        return False

    def _refuse(self, what: str) -> None:
        self.reasons.append(f"{' and '.join(sorted(self.wanted))} is under {what}")

    def _look_at(self, scope: Scope, here: list[str]) -> None:
        select = scope.expression
        for part, what in _PARTS.items():
            if select.args.get(part):
                self._refuse(what)
        if any(one.find_ancestor(exp.Select) is select for one in select.find_all(exp.Window)):
            self._refuse("a window")
        elif any(one.find_ancestor(exp.Select) is select for one in select.find_all(exp.AggFunc)):
            self._refuse("an aggregate")
        for join in select.args.get("joins") or []:
            side, is_fed = join.side.upper(), join.alias_or_name in here
            if (is_fed and side == "LEFT") or side in ("RIGHT", "FULL"):
                self._refuse(f"a {side.lower()} join that gives rows without it")
        if any(table.args.get("joins") for table in select.find_all(exp.Table, exp.Paren)):
            self._refuse("a join inside of a join")
        if len(here) > 1:
            self._refuse("a join of fed rows with each other")


_PARTS = {
    "group": "an aggregate",
    "having": "an aggregate",
    "distinct": "a distinct",
    "limit": "a limit",
    "offset": "a limit",
    "laterals": "a lateral",
}
# Of these Postgres is told what the author wrote; other functions may come back by another name.
_PLAIN = (
    *(exp.Column, exp.Identifier, exp.Literal, exp.Null, exp.Paren, exp.Cast, exp.DataType),
    *(exp.DataTypeParam, exp.Lower, exp.Upper, exp.Trim, exp.Translate, exp.Coalesce, exp.Nullif),
    *(exp.DPipe, exp.Concat, exp.Replace, exp.MD5),
)
