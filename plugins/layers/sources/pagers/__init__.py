"""How vendors page: what to ask for next, and when the end is reached.

A vendor is one small module here: classes that are pure functions over a cursor, and `PAGERS`, the
names by which declarations call them. A page that cannot be, the one before once again or one
without its successor, raises OddPageError and is asked for once more.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, ClassVar

from layers.language import Span
from layers.sources import Cursor, Object
from layers.sources.pages import Page


class HttpObject(Object):
    """Where an object's pages are, and under which name a page lists its records, if under any.

    `changed` is the field of a record by which the vendor orders changes. `overlap` is how far a
    reading goes back behind the last one, where a vendor's clock or search index lags. Where a
    list is read whole each time, what is no longer in it is deleted, unless `compare_keys` is
    false; `id` is the field of a record that has what it is staged under.
    """

    path: str
    pager: str | None = None  # where it is not the source's
    records: str | None = None
    params: dict[str, str] = {}
    changed: str = "updated_at"
    overlap: Span = "0 seconds"
    id: str = "id"
    compare_keys: bool = True

    @property
    def overlapping(self) -> timedelta:
        """The overlap as a span of time."""
        count, unit = self.overlap.split()
        return timedelta(**{f"{unit.rstrip('s')}s": int(count)})


@dataclass(frozen=True)
class Ask:
    """What to ask next: parameters, a body where it is a POST, and what follows the path."""

    params: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    suffix: str = ""


@dataclass(frozen=True)
class Step:
    """What a page led to: the cursor behind it, whether the end is reached, records to keep."""

    cursor: Cursor
    is_done: bool
    records: list[bytes]


class Pager(ABC):
    """One vendor's way of paging through one object; `lists_all` where each reading has it all.

    `lag` is how far what the vendor shows of an object is behind the vendor's clock.
    """

    lists_all: ClassVar[bool] = False
    lag: ClassVar[timedelta] = timedelta(0)
    requests_per_second: ClassVar[float | None] = None

    def __init__(self, of: HttpObject) -> None:
        self.object = of

    @abstractmethod
    def request(self, cursor: Cursor) -> Ask:
        """What asks for the page after `cursor`."""

    @abstractmethod
    def after(self, page: Page, cursor: Cursor) -> Step:
        """Where `page`, the answer to what `cursor` asked, leads."""

    @abstractmethod
    def window(self, start: datetime, end: datetime) -> Cursor:
        """The cursor that reads from `start` until nothing is older than `end` any more."""


@cache
def pagers() -> Mapping[str, type[Pager]]:
    """All pagers by the names that declarations call them."""
    found: dict[str, type[Pager]] = {}
    for module in iter_modules(__path__):
        found |= import_module(f"{__name__}.{module.name}").PAGERS
    return found
