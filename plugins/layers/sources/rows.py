"""The queries over a table of a PostgreSQL source: what changed, what may have been missed, keys.

Pure functions from a table's declaration and a cursor to SQL; `postgres` runs them. A cursor is
`{"updated", "id"}` of the last row read, and `keys_at`, when all keys were compared; ISO 8601.
"""

from datetime import datetime
from typing import Any, Literal

from psycopg import sql

from layers.sources import Object

KEYS_PER_RECORD = 1_000


class PostgresObject(Object):
    """A table of the source database."""

    table: str
    updated: str = "updated_at"
    id: str = "id"

    @property
    def names(self) -> dict[str, sql.Identifier]:
        """The table and its columns, as a query names them."""
        return {
            "table": sql.Identifier(*self.table.split(".")),
            "updated": sql.Identifier(self.updated),
            "id": sql.Identifier(self.id),
        }


def changed(table: PostgresObject, cursor: dict[str, Any], until: datetime) -> sql.Composed:
    """The rows behind the cursor, up to a moment.

    In no order: they are kept all at once, and to sort them would take the time of reading them.
    """
    return sql.SQL("select to_jsonb(t) {rows}").format(rows=_changed(table, cursor, until))


def last(table: PostgresObject, cursor: dict[str, Any], until: datetime) -> sql.Composed:
    """Time and id of the last of the rows that changed."""
    return sql.SQL(
        "select t.{updated}::text, t.{id}::text {rows} order by t.{updated} desc, t.{id} desc"
        " limit 1"
    ).format(**table.names, rows=_changed(table, cursor, until))


def _changed(table: PostgresObject, cursor: dict[str, Any], until: datetime) -> sql.Composed:
    since = sql.Composed([])
    if "updated" in cursor:  # else the table was empty so far
        since = sql.SQL("and {place}").format(place=_place(table, cursor, ">"))
    return sql.SQL("from {table} t where t.{updated} <= {until} {since}").format(
        **table.names, until=sql.Literal(until), since=since
    )


def _place(table: PostgresObject, cursor: dict[str, Any], than: Literal[">", "<="]) -> sql.Composed:
    return sql.SQL("(t.{updated}, t.{id}) {than} ({at}::timestamptz, {last})").format(
        **table.names,
        than=sql.SQL(than),
        at=sql.Literal(cursor["updated"]),
        last=sql.Literal(cursor["id"]),
    )


def passed_by(table: PostgresObject, cursor: dict[str, Any], now: sql.Composable) -> sql.Composed:
    """The rows that no cursor finds: without a time, of a time to come, committed behind it.

    The last are read again from a day before the keys were last compared; most are known.
    """
    behind = sql.Composed([])
    if "updated" in cursor and "keys_at" in cursor:
        behind = sql.SQL(
            "or t.{updated} >= {at}::timestamptz - interval '1 day' and {place}"
        ).format(
            **table.names,
            at=sql.Literal(cursor["keys_at"]),
            place=_place(table, cursor, "<="),
        )
    return sql.SQL(
        "select to_jsonb(t) from {table} t"
        " where t.{updated} is null or t.{updated} > {now} {behind}"
    ).format(**table.names, now=now, behind=behind)


def between(table: PostgresObject, start: datetime, end: datetime) -> sql.Composed:
    """The rows that say they were changed in a time."""
    return sql.SQL(
        "select to_jsonb(t) from {table} t where t.{updated} >= {start} and t.{updated} < {end}"
    ).format(**table.names, start=sql.Literal(start), end=sql.Literal(end))


def keys(table: PostgresObject) -> sql.Composed:
    """All keys as text, so many to a record."""
    return sql.SQL(
        "select jsonb_build_object('layers_keys', jsonb_agg(t.key)) from (select {id}::text as"
        " key, row_number() over () / {many} as part from {table}) t group by t.part"
    ).format(**table.names, many=KEYS_PER_RECORD)
