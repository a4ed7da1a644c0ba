"""Abreast: batches that do not depend on each other, copied by two pairs of hands at once.

They are committed in their order, and the numbers of their loads are taken in it too. So a cursor
never stands behind a batch that is not there, nor a mark of staging behind a load still to come.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from threading import Condition, Thread

from layers.errors import TemporaryError
from layers.sources import Batch, Cursor
from layers.warehouse import Connection, connect, one


class NotKeptError(TemporaryError):
    """The other pair of hands failed; it knows why."""


@dataclass(frozen=True)
class Taken:
    """A batch, its place in the order, and the number of its load."""

    number: int
    batch: Batch
    load_id: int


class Queue:
    """Hands batches out, and lets them be finished in the order in which they were."""

    def __init__(self, batches: Iterator[Batch], cursor: Cursor | None) -> None:
        self._batches, self._cursor = batches, cursor
        self._taken = self._finished = 0
        self._closed = False
        self._changed = Condition()

    def take(self, connection: Connection) -> Taken | None:
        """The next batch, if there is one; numbers of loads grow with the order."""
        with self._changed:
            batch = None if self._closed else next(self._batches, None)
            if batch is None:
                return None
            (load_id,) = one(
                connection, "select nextval(pg_get_serial_sequence('layers.loads', 'load_id'))"
            )
            taken = Taken(self._taken, batch, load_id)
            self._taken += 1
            return taken

    def turn(self, taken: Taken) -> Cursor | None:
        """Waits until all batches before are committed; gives the cursor that they left."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._finished == taken.number)
            if self._finished != taken.number:
                raise NotKeptError("a batch before this one was not kept")
            return self._cursor

    def done(self, taken: Taken) -> None:
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


class Helper(Thread):
    """A second pair of hands, with a connection of its own."""

    def __init__(self, doing: str, work: Callable[[Connection], None]) -> None:
        super().__init__(name=doing, daemon=True)
        self.work = work
        self.error: BaseException | None = None

    def run(self) -> None:
        """Takes batches until there are none."""
        try:
            with closing(connect("loader", self.name)) as connection:
                self.work(connection)
        except BaseException as error:
            self.error = error
