"""A product's own PostgreSQL, read from one snapshot, row after row as JSON.

Incremental by `(updated_at, id)`. Transactions that were open while we read may commit rows with
an earlier `updated_at`; so a reading stops `lag` before its own time, and goes on from there.
"""

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import psycopg
from psycopg import sql

from layers.contract import Frozen, Span
from layers.errors import SourceError
from layers.sources import Batch, Declaration
from layers.warehouse import connection_parameters, errors_told, told

# Raw lines: JSON as Postgres writes it holds neither of these characters, so nothing is escaped.
COPY_LINES = "(format csv, quote E'\\x01', delimiter E'\\x02')"


class PostgresObject(Frozen):
    """A table of the source database."""

    table: str
    updated: str = "updated_at"
    id: str = "id"


class Source(Declaration):
    """A PostgreSQL database.

    `clock` is a query for the source's own time, where that is not its server's.
    """

    lag: Span = "5 minutes"
    clock: str = "select now()"
    objects: dict[str, PostgresObject]


@dataclass(frozen=True)
class PostgresReader:
    """Reads the rows of one table that changed since the cursor."""

    declaration: Source
    table: PostgresObject

    def read(self, cursor: dict[str, Any], loaded_files: Collection[str]) -> Iterator[Batch]:
        """One batch: everything between the cursor and the snapshot's time less the lag."""
        with self._told(), _connected(self.declaration.connection) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            until = self._known_until(connection)
            last = self._last(connection, cursor, until)
            if last is not None:
                yield Batch(self._rows(connection, cursor, until), last, loaded_until=until)
            else:
                yield Batch((), cursor, loaded_until=until)

    def _known_until(self, connection: psycopg.Connection[Any]) -> datetime:
        clock = sql.SQL("select ({clock}) - {lag}::interval").format(
            clock=sql.SQL(cast("Any", self.declaration.clock)), lag=self.declaration.lag
        )
        (until,) = connection.execute(clock).fetchone() or (None,)
        return cast("datetime", until)

    def _changed(self, cursor: dict[str, Any], until: datetime) -> sql.Composed:
        names = {
            "table": sql.Identifier(*self.table.table.split(".")),
            "updated": sql.Identifier(self.table.updated),
            "id": sql.Identifier(self.table.id),
            "until": sql.Literal(until),
        }
        since = sql.Composed([])
        if cursor:
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

    def _rows(
        self, connection: psycopg.Connection[Any], cursor: dict[str, Any], until: datetime
    ) -> Iterator[bytes]:
        statement = sql.SQL(
            "copy (select to_jsonb(t) {changed} order by t.{updated}, t.{id}) to stdout "
            + COPY_LINES
        ).format(
            changed=self._changed(cursor, until),
            updated=sql.Identifier(self.table.updated),
            id=sql.Identifier(self.table.id),
        )
        with self._told(), connection.cursor() as rows, rows.copy(statement) as copied:
            for block in copied:
                yield from bytes(block).splitlines()

    def _told(self) -> AbstractContextManager[None]:
        """The source's refusals, which are not the warehouse's although both are Postgres."""
        who = f"connection '{self.declaration.connection}'"
        return errors_told(f"reading {self.table.table}", who, SourceError)


def reader(declaration: Declaration, object_name: str) -> PostgresReader:
    """The reader of one table of a PostgreSQL source."""
    assert isinstance(declaration, Source)
    return PostgresReader(declaration, declaration.objects[object_name])


def _connected(connection_id: str) -> psycopg.Connection[Any]:
    parameters = connection_parameters(connection_id)
    try:
        return psycopg.connect(
            **parameters, options="-c TimeZone=UTC -c DateStyle=ISO", connect_timeout=10
        )
    except psycopg.OperationalError as error:
        raise told(error, connection_id, SourceError) from None
