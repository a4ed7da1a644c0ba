"""What a query says of itself: the tables it reads, the columns it gives, what it must not do.

Queries are read with sqlglot and never rewritten by it: what Postgres runs is the author's text.
"""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import cast

import sqlglot
from sqlglot import exp
from sqlglot.errors import OptimizeError, ParseError, TokenError
from sqlglot.optimizer.qualify import qualify

from layers.errors import ProjectError
from layers.purity import impure, is_clock
from layers.relation import Reference, Relation

_MORE_THAN_READING = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Into, exp.Lock)


def read(query: str, file: str) -> exp.Query:
    """The query's tree; anything but one plain `select` is refused."""
    try:
        statements = sqlglot.parse(query, read="postgres")
    except (ParseError, TokenError, RecursionError) as error:
        raise ProjectError(f"{file}: cannot be read as SQL: {_first_line(error)}") from None
    found = [type(one).__name__.lower() for one in statements if one]
    if len(statements) == 1 and isinstance(statements[0], exp.Query):
        if not (writing := statements[0].find(*_MORE_THAN_READING)):
            return statements[0]
        found = [type(writing).__name__.lower()]
    raise ProjectError(f"{file}: has {', '.join(found) or 'nothing'}; wanted one plain select")


def references(tree: exp.Query, file: str) -> tuple[Reference, ...]:
    """The tables that the query reads, by the places of their names in its text."""
    return tuple(_references(tree, file))


def _references(tree: exp.Query, file: str) -> Iterator[Reference]:
    named = {cte.alias for cte in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier) or (not table.db and table.name in named):
            continue
        if not table.db:
            raise ProjectError(
                f"{file}: reads '{table.name}' without saying where it is; "
                f"wanted schema.table, like dmn.{table.name}"
            )
        start, end = table.args["db"].meta["start"], table.this.meta["end"] + 1
        yield Reference(table.db, table.name, start, end, table.alias or None)


def select_end(query: str) -> int:
    """The character behind a query's first `select`."""
    for token in sqlglot.tokenize(query, read="postgres"):
        if token.token_type.name == "SELECT":
            return int(token.end) + 1
    return 0


def picks(tree: exp.Query) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What a staging query picks out of the raw record: a column's name, or '', and the path."""
    found: list[tuple[str, tuple[str, ...]]] = []
    for node in tree.find_all(exp.JSONExtract, exp.JSONExtractScalar, *_BY_PATH):
        path = _path(node)
        if path and not isinstance(node.parent, (exp.JSONExtract, exp.JSONExtractScalar)):
            column = node.find_ancestor(exp.Alias)
            found.append((column.alias if column else "", path))
    return tuple(found)


def plain_picks(tree: exp.Query) -> tuple[str, ...]:
    """The columns of a staging query that are one field of the raw record, as it stands."""
    return tuple(column.alias for column in tree.selects if len(_path(column.unalias()) or ()) == 1)


_BY_PATH = (exp.JSONBExtract, exp.JSONBExtractScalar)


def _path(node: exp.Expr) -> tuple[str, ...] | None:
    """The path into the column `record`, by `->`, `->>`, `#>` and `#>>`; None for anything else."""
    if isinstance(node, exp.Column):
        return () if node.name == "record" else None
    if not isinstance(node, (exp.JSONExtract, exp.JSONExtractScalar, *_BY_PATH)):
        return None
    above = _path(node.this)
    if above is None:
        return None
    if isinstance(node, _BY_PATH):
        names = node.expression.name.strip("{}").split(",")
        return (*above, *(name.strip('"') for name in names))
    if isinstance(node.expression, exp.JSONPath):
        keys = [part.this for part in node.expression.find_all(exp.JSONPathKey)]
        return (*above, *map(str, keys))
    return (*above, node.expression.name)


def problems(relation: Relation, columns: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """What is wrong with a relation's query, as messages without the file's name.

    `columns` are the columns of every table that it reads: qualified name to column to type.
    """
    assert relation.query is not None
    tree = read(relation.query, relation.file)
    yield from _impure(tree, relation)
    if relation.layer == "stg":
        yield from _more_than_picking(tree, relation)
    yield from _columns_differ(tree, relation)
    if all(f"{ref.schema}.{ref.table}" in columns for ref in relation.references):
        yield from _unknown_columns(tree, columns)


def _impure(tree: exp.Query, relation: Relation) -> Iterator[str]:
    assert relation.query is not None
    for called in impure(relation.query, tree):
        twice = f"asks {called}, so that building it twice gives two answers"
        if relation.layer == "stg":
            yield f"{twice}; a staging query picks from one raw object and renames, nothing else"
        elif is_clock(called):
            yield f"{twice}; take the time from dmn_source_watermarks instead"
        else:
            yield f"{twice}; a query answers from the rows that it reads, and from nothing else"


def _more_than_picking(tree: exp.Query, relation: Relation) -> Iterator[str]:
    forbidden = ("with_", "joins", "group", "having", "distinct", "limit", "offset", "order")
    found = [part.strip("_") for part in forbidden if tree.args.get(part)]
    found += ["an aggregate"] if tree.find(exp.AggFunc, exp.Window) else []
    if len(relation.references) != 1:
        found.append(f"{len(relation.references) or 'no'} tables to read")
    if not isinstance(tree, exp.Select) or found:
        said = ", ".join(found) or "a set operation"
        yield f"has {said}; a staging query picks from one raw object and renames, nothing else"
        return
    for found_cast in tree.find_all(exp.Cast):
        if not found_cast.to.is_type("text", "array<text>"):
            kind = found_cast.to.sql("postgres").lower()
            yield (
                f"casts to {kind}, which one bad value would make raise for all; "
                "pick the text, the contract's type does the rest"
            )
    for column in tree.selects:
        if isinstance(column.unalias(), (exp.JSONExtract, exp.JSONBExtract)):
            yield f"gives {column.alias_or_name} as jsonb; wanted its text: ->> or #>>"


def _columns_differ(tree: exp.Query, relation: Relation) -> Iterator[str]:
    found, wanted = tree.named_selects, list(relation.contract.columns)
    if "*" in found:
        yield "ends in select *; the last select spells its columns out"
        return
    missing = [name for name in wanted if name not in found]
    surplus = [name for name in found if name not in wanted]
    twice = sorted({name for name in found if found.count(name) > 1})
    if missing:
        yield f"does not give {', '.join(missing)}, which its contract declares"
    if surplus:
        yield f"gives {', '.join(surplus)}, which its contract does not declare"
    if twice:
        yield f"gives {', '.join(twice)} more than once"


def _unknown_columns(tree: exp.Query, columns: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    schema: dict[str, object] = {}
    for qualified, types in columns.items():
        db, table = qualified.split(".")
        schema[db] = {**cast("dict[str, object]", schema.get(db, {})), table: dict(types)}
    try:
        qualify(tree.copy(), schema=schema, dialect="postgres", quote_identifiers=False)
    except OptimizeError as error:
        yield _unresolved(_first_line(error), columns)


def _unresolved(said: str, columns: Mapping[str, Mapping[str, str]]) -> str:
    """What the optimizer says of a column, with the one that was perhaps meant."""
    name = re.search(r"'([^']+)' could not be resolved|Unknown column: (\S+)", said)
    if name is None:
        return said[:1].lower() + said[1:]
    asked = name.group(1) or name.group(2)
    near = get_close_matches(asked, sorted({c for table in columns.values() for c in table}), 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"names column '{asked}', which no table that it reads there has{hint}"


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].replace("\x1b[4m", "").replace("\x1b[0m", "")
