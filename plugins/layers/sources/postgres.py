"""A product's own PostgreSQL, read from one snapshot, row after row as JSON.

Incremental by `(updated_at, id)`. Transactions that were open while we read may commit rows with
an earlier `updated_at`; so a reading stops `lag` before its own time, and goes on from there. Rows
that were deleted without a trace are found by their keys, all of which are read once in a while.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, ClassVar, Literal, cast

import psycopg
from psycopg import sql

from layers.contract import Span
from layers.errors import SourceError
from layers.sources import Batch, Declaration, Lines, Object, Unseen
from layers.warehouse import connection_parameters, errors_told, told

# Raw lines: JSON as Postgres writes it holds neither of these characters, so nothing is escaped.
COPY_LINES = "(format csv, quote E'\\x01', delimiter E'\\x02')"


ROWS_PER_BLOCK = 500
KEYS_PER_RECORD = 1_000


class PostgresObject(Object):
    """A table of the source database."""

    table: str
    updated: str = "updated_at"
    id: str = "id"


class Source(Declaration):
    """A PostgreSQL database.

    `clock` is a query for the source's own time, where that is not its server's. All keys are
    compared when `compare_keys` has passed since the last time; `none` is never.
    """

    lag: Span = "5 minutes"
    compare_keys: Span | Literal["none"] = "1 day"
    clock: str = "select now()"
    objects: dict[str, PostgresObject]


@dataclass(frozen=True)
class PostgresReader:
    """Reads the rows of one table that changed since the cursor."""

    declaration: Source
    table: PostgresObject
    independent: ClassVar[bool] = False

    def read(self, cursor: dict[str, Any], unseen: Unseen) -> Iterator[Batch]:
        """Everything between the cursor and the snapshot's time less the lag; then all keys."""
        with self._told(), self._snapshot() as connection:
            until, are_due = self._known_until(connection, cursor)
            last = self._last(connection, cursor, until)
            keys_at = {"keys_at": cursor.get("keys_at", until.isoformat())}
            rows = self._copied(connection, self._rows(cursor, until)) if last else ()
            after = (last or cursor) | keys_at
            yield Batch(rows, after, loaded_until=None if are_due else until)
            if are_due:
                keys = self._copied(connection, self._keys())
                compared = after | {"keys_at": until.isoformat()}
                yield Batch(keys, compared, loaded_until=until, kind="keys")

    def window(self, start: datetime, end: datetime) -> Iterator[Batch]:
        """The rows that say they were changed in that time."""
        between = sql.SQL("from {table} t where t.{updated} >= {start} and t.{updated} < {end}")
        with self._told(), self._snapshot() as connection:
            rows = between.format(
                table=sql.Identifier(*self.table.table.split(".")),
                updated=sql.Identifier(self.table.updated),
                start=sql.Literal(start),
                end=sql.Literal(end),
            )
            yield Batch(self._copied(connection, sql.SQL("select to_jsonb(t) ") + rows), None)

    @contextmanager
    def _snapshot(self) -> Iterator[psycopg.Connection[Any]]:
        with _connected(self.declaration.connection) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            yield connection

    def _known_until(
        self, connection: psycopg.Connection[Any], cursor: dict[str, Any]
    ) -> tuple[datetime, bool]:
        """Up to when the snapshot is complete, and whether keys are to be compared again."""
        clock = sql.SQL("select ({clock}) - {lag}::interval").format(
            clock=sql.SQL(cast("Any", self.declaration.clock)), lag=self.declaration.lag
        )
        (until,) = connection.execute(clock).fetchone() or (None,)
        assert until is not None
        if self.declaration.compare_keys == "none" or "keys_at" not in cursor:
            return until, False
        due = sql.SQL("select {at}::timestamptz + {span}::interval <= {until}").format(
            at=cursor["keys_at"], span=self.declaration.compare_keys, until=until
        )
        (are_due,) = connection.execute(due).fetchone() or (False,)
        return cast("datetime", until), are_due

    def _changed(self, cursor: dict[str, Any], until: datetime) -> sql.Composed:
        names = {
            "table": sql.Identifier(*self.table.table.split(".")),
            "updated": sql.Identifier(self.table.updated),
            "id": sql.Identifier(self.table.id),
            "until": sql.Literal(until),
        }
        since = sql.Composed([])
        if "updated" in cursor:  # else the table was empty so far
            since = sql.SQL("and (t.{updated}, t.{id}) > ({at}::timestamptz, {last})").format(
                **names, at=sql.Literal(cursor["updated"]), last=sql.Literal(cursor["id"])
            )
        return sql.SQL("from {table} t where t.{updated} <= {until} {since}").format(
            **names, since=since
        )

    def _last(
        self, connection: psycopg.Connection[Any], cursor: dict[str, Any], until: datetime
    ) -> dict[str, Any] | None:
        statement = sql.SQL(
            "select t.{updated}::text, t.{id}::text {changed}"
            " order by t.{updated} desc, t.{id} desc limit 1"
        ).format(
            updated=sql.Identifier(self.table.updated),
            id=sql.Identifier(self.table.id),
            changed=self._changed(cursor, until),
        )
        found = connection.execute(statement).fetchone()
        return {"updated": found[0], "id": found[1]} if found else None

    def _rows(self, cursor: dict[str, Any], until: datetime) -> sql.Composed:
        return sql.SQL("select to_jsonb(t) {changed} order by t.{updated}, t.{id}").format(
            changed=self._changed(cursor, until),
            updated=sql.Identifier(self.table.updated),
            id=sql.Identifier(self.table.id),
        )

    def _keys(self) -> sql.Composed:
        """All keys as text, so many to a record."""
        return sql.SQL(
            "select jsonb_build_object('layers_keys', jsonb_agg(t.key)) from (select {id}::text as"
            " key, row_number() over () / {many} as part from {table}) t group by t.part"
        ).format(
            id=sql.Identifier(self.table.id),
            many=KEYS_PER_RECORD,
            table=sql.Identifier(*self.table.table.split(".")),
        )

    def _copied(
        self, connection: psycopg.Connection[Any], query: sql.Composable
    ) -> Iterator[Lines]:
        """A query's only column, copied out and handed on in blocks."""
        copy = sql.SQL("copy ({query}) to stdout " + COPY_LINES).format(query=query)
        with self._told(), connection.cursor() as cursor, cursor.copy(copy) as copied:
            rows = iter(copied)
            while block := b"".join(islice(rows, ROWS_PER_BLOCK)):
                yield Lines(block, is_clean=True)

    def _told(self) -> AbstractContextManager[None]:
        """The source's refusals, which are not the warehouse's although both are Postgres."""
        who = f"connection '{self.declaration.connection}'"
        return errors_told(f"reading {self.table.table}", who, SourceError)


def reader(declaration: Declaration, object_name: str) -> PostgresReader:
    """The reader of one table of a PostgreSQL source."""
    assert isinstance(declaration, Source)
    return PostgresReader(declaration, declaration.objects[object_name])


def _connected(connection_id: str) -> psycopg.Connection[Any]:
    parameters = {"connect_timeout": 10} | connection_parameters(connection_id)
    ours = "-c TimeZone=UTC -c DateStyle=ISO"
    parameters["options"] = f"{parameters.get('options', '')} {ours}".strip()
    try:
        return psycopg.connect(**parameters)
    except psycopg.OperationalError as error:
        raise told(error, connection_id, SourceError) from None
