"""Raising: rules that cannot be asked of every row, and the first row of which they cannot."""

from dataclasses import replace

import psycopg

from layers.broken import Broken, key_text
from layers.candidates import candidate
from layers.relation import Relation
from layers.rules import RowRule, literal
from layers.warehouse import Connection, one, text

# The bytes of a page of Postgres, and more rows than one ever has.
PAGE, PER_PAGE = 8192, 512


def raised(connection: Connection, statement: str) -> psycopg.Error | None:
    """Runs a statement, wholly or not at all; gives what it raised where a value made it raise."""
    try:
        with connection.transaction():
            connection.execute(text(statement))
    except (psycopg.errors.DataError, psycopg.errors.ProgrammingError) as error:
        return error
    return None


def broken(
    connection: Connection, relation: Relation, rule: RowRule, error: psycopg.Error
) -> Broken:
    """A rule that raises, as one that fails its layer, with the first row of which it does."""
    row = f"from {candidate(relation)} c where ctid = {_first(connection, relation, rule)}"
    key = one(connection, text(f"select {key_text(relation)} {row}"))
    return Broken(
        rule=replace(rule, on_violation="fail"),
        rows=1,
        sample=[str(key[0])] if key else [],
        query=f"select * {row}".replace('"', ""),
        raises=error.diag.message_primary,
    )


def _first(connection: Connection, relation: Relation, rule: RowRule) -> str:
    """The place of the first row for which a rule raises, found by halving."""
    (size,) = one(connection, "select pg_relation_size(%s)", candidate(relation))
    low, high = 0, size // PAGE * PER_PAGE
    while high - low > 1:
        middle = (low + high) // 2
        asking = (
            f"select count(*) filter (where {rule.holds}) from {candidate(relation)}"
            f" where ctid > {_place(low)} and ctid <= {_place(middle)}"
        )
        low, high = (low, middle) if raised(connection, asking) else (middle, high)
    return _place(high)


def _place(number: int) -> str:
    return literal(f"({number // PER_PAGE},{number % PER_PAGE})")
