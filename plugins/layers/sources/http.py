"""Tools with an HTTP interface, read page by page through Airflow's own connection and hook.

How a vendor pages and how often it may be asked is a small class in `pagers`; how it is asked, and
asked again, is in `session`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from layers.sources import Batch, Cursor, Declaration, Unseen
from layers.sources.http_source import Source
from layers.sources.listed import Listed
from layers.sources.pagers import Pager, Step, pagers
from layers.sources.pages import Page
from layers.sources.session import Session


@dataclass(frozen=True)
class HttpReader:
    """Reads one object's pages from where its cursor stands to the end of the stream."""

    connection: str
    pager: Pager
    requests_per_second: float | None = None
    independent: ClassVar[bool] = False

    def read(self, cursor: dict[str, Any], unseen: Unseen) -> Iterator[Batch]:
        """One batch per page; the last one knows up to when the source is complete."""
        if self.pager.lists_all and self.pager.object.compare_keys:
            yield from self._read_list(cursor)
            return
        known: datetime | None = None
        for step, page in self._steps(cursor):
            known = self._known(page, known)
            until = known if step.is_done else None
            yield Batch(step.records, step.cursor, loaded_until=until, by_its_clock=True)

    def _read_list(self, cursor: dict[str, Any]) -> Iterator[Batch]:
        """A list, and behind it all ids that there are; only then the reading is done."""
        listed, known = Listed.behind(self.pager.object.id, cursor), None
        for step, page in self._steps(cursor):
            listed.see(page)
            known = self._known(page, known)
            keys = list(listed.keys()) if step.is_done else []
            is_last = step.is_done and not keys
            after = listed.cursor() if is_last else step.cursor
            until = known if is_last else None
            yield Batch(step.records, after, loaded_until=until, by_its_clock=True)
            if keys:
                yield Batch(keys, listed.cursor(), (), known, "keys", by_its_clock=True)

    def _known(self, page: Page, before: datetime | None) -> datetime:
        """Up to when a reading has all: its earliest page, less what the vendor shows late."""
        until = page.date - max(self.pager.object.overlapping, self.pager.lag)
        return min(before, until) if before else until

    def window(self, start: datetime, end: datetime, cursor: Cursor) -> Iterator[Batch]:
        """The pages of a window, in batches without a cursor."""
        for step, _ in self._steps(self.pager.window(start, end)):
            yield Batch(step.records, None)

    def _steps(self, cursor: dict[str, Any]) -> Iterator[tuple[Step, Page]]:
        with Session(self.connection, self.requests_per_second) as session:
            while True:
                step, page = session.step(self.pager, cursor)
                yield step, page
                if step.is_done:
                    return
                cursor = step.cursor


def reader(declaration: Declaration, object_name: str) -> HttpReader:
    """The reader of one object of an HTTP source."""
    assert isinstance(declaration, Source)
    wanted = declaration.objects[object_name]
    pager = pagers()[wanted.pager or declaration.pager](wanted)
    rate = declaration.requests_per_second or pager.requests_per_second
    # each is a task of its own, and they know nothing of each other
    share = rate / len(declaration.objects) if rate else None
    return HttpReader(declaration.connection, pager, share)
