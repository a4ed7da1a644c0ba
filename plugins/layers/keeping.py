"""Keeping: what one transaction of a load writes: records, rejects, files, and the cursor."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice

from psycopg.sql import Identifier

from layers import drift
from layers.abreast import Helper, NotKeptError, Queue, Taken
from layers.chunks import Copied
from layers.copying import copy_records
from layers.marks import count_files, move_cursor
from layers.project import Project
from layers.raw import ensure_partition
from layers.shapes import Shapes
from layers.sources import Batch, Cursor, Unreadable
from layers.warehouse import Connection, errors_told


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
    shapes: Shapes = field(init=False)

    def __post_init__(self) -> None:
        """Nothing is loaded yet, and nothing seen."""
        self.loaded = Loaded(self.source, self.object)
        self.shapes = Shapes(self.project.picked(self.source, self.object))

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
        is_whole = False
        try:
            yield
            is_whole = True
        finally:
            if self.shapes.records and not self.connection.closed:
                with errors_told(self.doing), self.connection.transaction():
                    self.alarms = drift.note(
                        self.connection, self.source, self.object, self.shapes, is_whole=is_whole
                    )

    def keep_all(
        self, batches: Iterator[Batch], cursor: Cursor | None, *, side_by_side: bool
    ) -> None:
        """Keeps batches in their order; `cursor` is the one before the first."""
        first = list(islice(batches, 2)) if side_by_side else []
        queue = Queue(chain(first, batches), cursor)
        hands = partial(self._work, queue)
        helper = Helper(self.doing, hands) if len(first) > 1 else None
        if helper:
            helper.start()
        try:
            self._work(queue, self.connection)
        except NotKeptError:
            if helper is None or helper.error is None:
                raise
        finally:
            queue.close()
            if helper:
                helper.join()
        if helper and helper.error:
            raise helper.error

    def _work(self, queue: Queue, connection: Connection) -> None:
        with errors_told(self.doing):
            while taken := queue.take(connection):
                self._keep(queue, connection, taken)

    def _keep(self, queue: Queue, connection: Connection, taken: Taken) -> None:
        try:
            ensure_partition(connection, f"src_{self.source}", self.object)
            with connection.transaction():
                copied = self._copied(connection, taken)
                before = queue.turn(taken)
                ours = self.project.clock is None
                here = (self.source, self.object, taken.batch, before)
                move_cursor(connection, *here, is_our_time=ours)
        except BaseException:
            queue.close()
            raise
        self.loaded.records += copied.records
        self.loaded.rejected += copied.rejected
        self.loaded.batches += 1
        queue.done(taken)

    def _copied(self, connection: Connection, taken: Taken) -> Copied:
        batch, load_id, began = taken.batch, taken.load_id, time.monotonic()
        connection.execute(
            "insert into layers.loads (load_id, source, object, run, kind)"
            " overriding system value values (%s, %s, %s, %s, %s)",
            [load_id, self.source, self.object, self.run, batch.kind],
        )
        connection.execute("select set_config('layers.load_id', %s, true)", [str(load_id)])
        count_files(connection, self.source, self.object, batch, load_id)
        table = Identifier(f"src_{self.source}", self.object)
        look = self.shapes.look if batch.kind != "keys" else _nothing
        refuse = partial(self._reject, connection, load_id)
        copied = copy_records(connection, table, batch.records, look, refuse)
        connection.execute(
            "update layers.loads set records = %s, rejected = %s, seconds = %s where load_id = %s",
            [copied.records, copied.rejected, time.monotonic() - began, load_id],
        )
        return copied

    def _reject(self, connection: Connection, load_id: int, lines: list[Unreadable]) -> None:
        """Keeps what is no record; one that is read again is the same reject."""
        with connection.cursor() as cursor:
            cursor.executemany(
                "delete from layers.rejects where source = %s and object = %s and load_id < %s"
                " and relation is null and file is null and md5(record) = md5(%s::bytea)",
                [
                    (self.source, self.object, load_id, line.record)
                    for line in lines
                    if line.file is None
                ],
            )
            cursor.executemany(
                "insert into layers.rejects (source, object, load_id, record, reason, file, wanted)"
                " values (%s, %s, %s, %s, %s, %s, 'json')",
                [
                    (self.source, self.object, load_id, line.record, line.reason, line.file)
                    for line in lines
                ],
            )


def _nothing(text: bytes) -> None:
    """Keys are no records."""
