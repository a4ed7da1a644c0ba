"""Keeping: what one transaction of a load writes, and how batches are kept side by side.

Batches that do not depend on each other are copied by two connections at once; they are committed
in their order, so the cursor never stands behind a batch that is not there.
"""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from threading import Condition, Thread
from typing import Any

from psycopg.sql import Identifier
from psycopg.types.json import Jsonb

from layers import drift
from layers.copying import Copied, copy_records
from layers.errors import TemporaryError
from layers.project import Project
from layers.raw import ensure_partition
from layers.sources import Batch, File
from layers.warehouse import Connection, connect, errors_told, lock_relation, one

Cursor = dict[str, Any]


@dataclass
class Loaded:
    """What one run read of an object: records kept, lines rejected, batches, and seconds."""

    source: str
    object: str
    records: int = 0
    rejected: int = 0
    batches: int = 0
    seconds: float = 0.0


@dataclass
class Loading:
    """One run of one object's load."""

    connection: Connection
    project: Project
    source: str
    object: str
    run: str
    loaded: Loaded = field(init=False)
    alarms: list[drift.Alarm] = field(init=False, default_factory=list)
    shapes: drift.Shapes = field(init=False)

    def __post_init__(self) -> None:
        """Nothing is loaded yet, and nothing seen."""
        self.loaded = Loaded(self.source, self.object)
        self.shapes = drift.Shapes(self.project.picked(self.source, self.object))

    @property
    def name(self) -> str:
        """Source and object, as messages name them."""
        return f"{self.source}.{self.object}"

    @property
    def doing(self) -> str:
        """What an error interrupted."""
        return f"loading {self.name}"

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Remembers what the records looked like, also where the source gave out on the way."""
        try:
            yield
        finally:
            if self.shapes.records and not self.connection.closed:
                with errors_told(self.doing), self.connection.transaction():
                    self.alarms = drift.note(self.connection, self.source, self.object, self.shapes)

    def keep_all(
        self, batches: Iterator[Batch], cursor: Cursor | None, *, side_by_side: bool
    ) -> None:
        """Keeps batches in their order; `cursor` is the one before the first."""
        first = list(islice(batches, 2)) if side_by_side else []
        queue = _Queue(chain(first, batches), cursor)
        helper = _Helper(self, queue) if len(first) > 1 else None
        if helper:
            helper.start()
        try:
            self._work(queue, self.connection)
        except _NotKeptError:
            if helper is None or helper.error is None:
                raise
        finally:
            queue.close()
            if helper:
                helper.join()
        if helper and helper.error:
            raise helper.error

    def _work(self, queue: "_Queue", connection: Connection) -> None:
        with errors_told(self.doing):
            while taken := queue.take(connection):
                self._keep(queue, connection, taken)

    def _keep(self, queue: "_Queue", connection: Connection, taken: "_Taken") -> None:
        try:
            self._make_room(connection)
            with connection.transaction():
                copied = self._copied(connection, taken)
                before = queue.turn(taken)
                self._move_cursor(connection, taken.batch, before)
        except BaseException:
            queue.close()
            raise
        self.loaded.records += copied.records
        self.loaded.rejected += len(copied.rejected)
        self.loaded.batches += 1
        queue.done(taken)

    def _make_room(self, connection: Connection) -> None:
        """Makes today's partition in a transaction of its own.

        In that of a batch, one that waits for its turn would keep the one before it waiting.
        """
        with connection.transaction():
            connection.execute("set local lock_timeout = '1min'")
            lock_relation(connection, f"partitions of src_{self.name}")
            ensure_partition(connection, f"src_{self.source}", self.object)

    def _copied(self, connection: Connection, taken: "_Taken") -> Copied:
        batch, load_id, began = taken.batch, taken.load_id, time.monotonic()
        connection.execute(
            "insert into layers.loads (load_id, source, object, run, kind)"
            " overriding system value values (%s, %s, %s, %s, %s)",
            [load_id, self.source, self.object, self.run, batch.kind],
        )
        connection.execute("select set_config('layers.load_id', %s, true)", [str(load_id)])
        self._count_files(connection, batch, load_id)
        table = Identifier(f"src_{self.source}", self.object)
        look = self.shapes.look if batch.kind != "keys" else _nothing
        copied = copy_records(connection, table, batch.records, look)
        self._reject(connection, copied, load_id)
        connection.execute(
            "update layers.loads set records = %s, rejected = %s, seconds = %s where load_id = %s",
            [copied.records, len(copied.rejected), time.monotonic() - began, load_id],
        )
        return copied

    def _reject(self, connection: Connection, copied: Copied, load_id: int) -> None:
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into layers.rejects (source, object, load_id, record, reason, file, wanted)"
                " values (%s, %s, %s, %s, %s, %s, 'json')",
                [
                    (self.source, self.object, load_id, line.record, line.reason, line.file)
                    for line in copied.rejected
                ],
            )

    def _count_files(self, connection: Connection, batch: Batch, load_id: int) -> None:
        """These count as loaded; what was rejected of them before is judged again."""
        if not batch.files:
            return
        names = [file.name for file in batch.files]
        connection.execute(
            "delete from layers.rejects where source = %s and object = %s and file = any(%s)"
            " and relation is null",
            [self.source, self.object, names],
        )
        connection.execute(
            "insert into layers.files (source, object, file, load_id, size)"
            " select %s, %s, name, %s, size from unnest(%s::text[], %s::bigint[]) as f (name, size)"
            " on conflict (source, object, file) do update set load_id = excluded.load_id,"
            " size = excluded.size",
            [self.source, self.object, load_id, names, [file.size for file in batch.files]],
        )

    def _move_cursor(self, connection: Connection, batch: Batch, before: Cursor | None) -> None:
        if batch.cursor is None:
            return
        if cursor_of(connection, self.source, self.object) != before:
            raise TemporaryError(f"{self.name}: another load moved the cursor; run it again")
        connection.execute(
            "insert into layers.cursors (source, object, cursor, loaded_until)"
            " values (%s, %s, %s, %s) on conflict (source, object) do update"
            " set cursor = excluded.cursor,"
            " loaded_until = greatest(excluded.loaded_until, cursors.loaded_until),"
            " moved_at = clock_timestamp()",
            [self.source, self.object, Jsonb(batch.cursor), batch.loaded_until],
        )


class _NotKeptError(TemporaryError):
    """The other pair of hands failed; it knows why."""


@dataclass(frozen=True)
class _Taken:
    """A batch, its place in the order, and the number of its load."""

    number: int
    batch: Batch
    load_id: int


class _Queue:
    """Hands batches out, and lets them be finished in the order in which they were."""

    def __init__(self, batches: Iterator[Batch], cursor: Cursor | None) -> None:
        self._batches, self._cursor = batches, cursor
        self._taken = self._finished = 0
        self._closed = False
        self._changed = Condition()

    def take(self, connection: Connection) -> _Taken | None:
        """The next batch, if there is one; numbers of loads grow with the order."""
        with self._changed:
            batch = None if self._closed else next(self._batches, None)
            if batch is None:
                return None
            (load_id,) = one(
                connection, "select nextval(pg_get_serial_sequence('layers.loads', 'load_id'))"
            )
            taken = _Taken(self._taken, batch, load_id)
            self._taken += 1
            return taken

    def turn(self, taken: _Taken) -> Cursor | None:
        """Waits until all batches before are committed; gives the cursor that they left."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._finished == taken.number)
            if self._finished != taken.number:
                raise _NotKeptError("a batch before this one was not kept")
            return self._cursor

    def done(self, taken: _Taken) -> None:
        """The batch is committed."""
        with self._changed:
            self._cursor = taken.batch.cursor
            self._finished += 1
            self._changed.notify_all()

    def close(self) -> None:
        """Nothing more is handed out, and nobody waits."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


class _Helper(Thread):
    """A second pair of hands, with a connection of its own."""

    def __init__(self, loading: Loading, queue: _Queue) -> None:
        super().__init__(name=loading.doing, daemon=True)
        self.loading, self.queue = loading, queue
        self.error: BaseException | None = None

    def run(self) -> None:
        """Takes batches until there are none."""
        try:
            with closing(connect("loader", self.loading.doing)) as connection:
                self.loading._work(self.queue, connection)
        except BaseException as error:
            self.error = error


def _nothing(text: bytes) -> None:
    """Keys are no records."""


def cursor_of(connection: Connection, source: str, object_name: str) -> Cursor:
    """How far an object is read; empty where it never was."""
    found = one(
        connection,
        "select cursor from layers.cursors where source = %s and object = %s",
        *(source, object_name),
    )
    return dict(found[0]) if found else {}


def unseen(connection: Connection, source: str, object_name: str, files: list[File]) -> list[File]:
    """Of files that are there, those that are not loaded, or not as long as they are now."""
    found = connection.execute(
        "select f.place from unnest(%s::text[], %s::bigint[]) with ordinality as f (name, size,"
        " place) left join layers.files l on l.source = %s and l.object = %s and l.file = f.name"
        " where l.file is null or l.size <> f.size",
        [[file.name for file in files], [file.size for file in files], source, object_name],
    )
    return [files[place - 1] for (place,) in found]
