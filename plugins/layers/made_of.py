"""Made of: the expression over one relation's columns that gives a column of a query.

So the engine can ask rows of staging for what an entity would say of them.
"""

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from layers.descent import Descent
from layers.errors import ProjectError
from layers.lineage import qualified
from layers.project import Project
from layers.relation import Relation

FED = "b"  # the alias of the relation whose columns an expression is made of


def agreeing(project: Project, relation: Relation, by: str, column: str) -> str:
    """An entity's column as an expression over a row `b` of the relation that it is fed from."""
    found = made_of(project, relation, by, column)
    if found is None:
        raise ProjectError(f"{relation.file}: column '{column}' is not made of {by} alone")
    return written(found)


def written(found: exp.Expr | None) -> str:
    """An expression as Postgres reads it; nothing where there is none."""
    return found.sql("postgres") if found is not None else ""


def made_of(project: Project, relation: Relation, by: str, column: str) -> exp.Expr | None:
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
            if Descent(frozenset({by})).down(branch):
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


# Of these Postgres is told what the author wrote; other functions may come back by another name.
_PLAIN = (
    *(exp.Column, exp.Identifier, exp.Literal, exp.Null, exp.Paren, exp.Cast, exp.DataType),
    *(exp.DataTypeParam, exp.Lower, exp.Upper, exp.Trim, exp.Translate, exp.Coalesce, exp.Nullif),
    *(exp.DPipe, exp.Concat, exp.Replace, exp.MD5),
)
