"""A product's own PostgreSQL, read from one snapshot, row after row as JSON.

Incremental by `(updated_at, id)`. Transactions that are open while we read may commit rows with an
earlier `updated_at`; so a reading stops `lag` before its own time, and before the oldest of those
that have written. Once in a while all keys are read, for rows that were deleted without a trace,
and again all that was committed behind the cursor since: a clock may be wrong, a time missing.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal, cast

import psycopg
from psycopg import sql

from layers.errors import SourceError
from layers.language import Span
from layers.sources import Batch, Cursor, Declaration, Lines, Unseen, rows
from layers.sources.database import as_it_is, block, connected, knows_no_encoding
from layers.sources.rows import PostgresObject
from layers.warehouse import errors_told

# Raw lines: JSON as Postgres writes it holds neither of these characters, so nothing is escaped.
COPY_LINES = "(format csv, quote E'\\x01', delimiter E'\\x02')"

JUST_BEFORE = timedelta(microseconds=1)
SERVERS_OWN = "select now()"
# Without pg_read_all_stats a role sees that there are others, and not since when.
OLDEST = """
    select min(xact_start) from pg_stat_activity
    where backend_xid is not null and datname = current_database()
"""


class Source(Declaration):
    """A PostgreSQL database.

    `clock` is a query for the source's own time, where that is not its server's. All keys are
    compared, and what was committed late is read, when `compare_keys` has passed since the last
    time; `none` is never.
    """

    lag: Span = "5 minutes"
    compare_keys: Span | Literal["none"] = "1 day"
    clock: str = SERVERS_OWN
    objects: dict[str, PostgresObject]

    @property
    def has_its_own_time(self) -> bool:
        """Whether it declares a clock."""
        return self.clock != SERVERS_OWN


@dataclass(frozen=True)
class PostgresReader:
    """Reads the rows of one table that changed since the cursor."""

    declaration: Source
    table: PostgresObject
    independent: ClassVar[bool] = False

    def read(self, cursor: dict[str, Any], unseen: Unseen) -> Iterator[Batch]:
        """Everything between the cursor and the time up to which the snapshot is complete.

        Then, where they are due, what was passed by, and all keys.
        """
        with self._told(), self._snapshot() as (connection, oldest):
            until, are_due = self._known_until(connection, cursor, oldest)
            last = self._last(connection, cursor, until)
            after = {**cursor, **(last or {})}
            is_last = not are_due and "keys_at" in cursor
            read = self._copied(connection, rows.changed(self.table, cursor, until))
            yield Batch(read if last else (), after, loaded_until=until if is_last else None)
            if not is_last:
                yield from self._completed(connection, cursor, after, until)

    def _completed(
        self,
        connection: psycopg.Connection[Any],
        cursor: dict[str, Any],
        after: dict[str, Any],
        until: datetime,
    ) -> Iterator[Batch]:
        """What the cursor passed by, and all keys, but at the first reading."""
        now = sql.SQL(cast("Any", f"({self.declaration.clock})"))
        missed = self._copied(connection, rows.passed_by(self.table, cursor, now))
        compared = after | {"keys_at": until.isoformat()}
        if "keys_at" not in cursor:
            yield Batch(missed, compared, loaded_until=until)
            return
        yield Batch(missed, after)
        keys = self._copied(connection, rows.keys(self.table))
        yield Batch(keys, compared, loaded_until=until, kind="keys")

    def window(self, start: datetime, end: datetime, cursor: Cursor) -> Iterator[Batch]:
        """The rows that say they were changed in that time."""
        with self._told(), self._snapshot() as (connection, _):
            wanted = rows.between(self.table, start, end)
            yield Batch(self._copied(connection, wanted), None)

    @contextmanager
    def _snapshot(self) -> Iterator[tuple[psycopg.Connection[Any], datetime | None]]:
        """A snapshot, and since when somebody writes who had not committed before it was made."""
        with connected(self.declaration.connection) as connection:
            connection.autocommit = True  # or it would be asked within the snapshot: too late
            (oldest,) = connection.execute(OLDEST).fetchone() or (None,)
            connection.autocommit = False
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            yield connection, oldest

    def _known_until(
        self, connection: psycopg.Connection[Any], cursor: dict[str, Any], oldest: datetime | None
    ) -> tuple[datetime, bool]:
        """Up to when the snapshot is complete, and whether keys are to be compared again."""
        is_servers = self.declaration.clock == SERVERS_OWN
        clock = sql.SQL("select least(({clock}), {oldest}::timestamptz) - {lag}::interval").format(
            clock=sql.SQL(cast("Any", self.declaration.clock)),
            lag=self.declaration.lag,
            oldest=oldest - JUST_BEFORE if oldest and is_servers else None,
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

    def _last(
        self, connection: psycopg.Connection[Any], cursor: dict[str, Any], until: datetime
    ) -> dict[str, Any] | None:
        query = rows.last(self.table, cursor, until).as_bytes(connection)
        with as_it_is(connection):
            found = connection.execute(query).fetchone()
        return {"updated": _told_as(found[0]), "id": _told_as(found[1])} if found else None

    def _copied(
        self, connection: psycopg.Connection[Any], query: sql.Composable
    ) -> Iterator[Lines]:
        """A query's only column, copied out and handed on in blocks."""
        copy = sql.SQL("copy ({query}) to stdout " + COPY_LINES).format(query=query)
        written, is_clean = copy.as_bytes(connection), not knows_no_encoding(connection)
        with (
            self._told(),
            as_it_is(connection),
            connection.cursor() as cursor,
            cursor.copy(written),
        ):
            is_last = False
            while not is_last:
                rows_read, is_last = connection.wait(block(connection.pgconn))
                yield Lines(rows_read, is_clean=is_clean)

    def _told(self) -> AbstractContextManager[None]:
        """The source's refusals, which are not the warehouse's although both are Postgres."""
        who = f"connection '{self.declaration.connection}'"
        return errors_told(f"reading {self.table.table}", who, SourceError)


def _told_as(value: str | bytes) -> str:
    r"""A text that a cursor can keep; a byte that is not UTF-8 as `\xff`, which sorts before it."""
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value


def reader(declaration: Declaration, object_name: str) -> PostgresReader:
    """The reader of one table of a PostgreSQL source."""
    assert isinstance(declaration, Source)
    return PostgresReader(declaration, declaration.objects[object_name])
