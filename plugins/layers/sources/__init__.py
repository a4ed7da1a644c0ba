"""Sources: what a company's tools hold, read page by page, and how far each reading got.

A kind of source is one module here. It declares what `sql/src/<name>.yaml` may say (`Declaration`)
and reads one object as batches; a batch is what one transaction of `load` keeps, cursor included.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any, Literal, Protocol, Self, cast

from pydantic import PrivateAttr, field_validator

from layers.declared import named, parse
from layers.errors import ProjectError
from layers.language import Frozen, Limit, Span

KINDS = ("dlt", "files", "http", "postgres")
Cursor = dict[str, Any]
LoadKind = Literal["records", "whole", "keys"]


class Object(Frozen):
    """What every object of a source may declare, whatever its kind.

    More lines that are no record than `reject_limit` fail the load; the others stay loaded. Where
    a declared field vanishes or changes its type, `drift` says whether that is an alarm.
    """

    reject_limit: Limit = "1%"
    drift: Literal["alarm", "note"] = "alarm"


class Declaration(Frozen):
    """What every source declares: how to reach it, when, and how fresh it promises to be.

    `role` is what it is to the company, `support_desk`; a use case that needs the role does not
    change when another tool takes it.
    """

    source: str
    role: str | None = None
    kind: str
    connection: str
    schedule: str | None = None
    promised_freshness: Span
    keep_raw: Span | None = None
    objects: dict[str, Any]  # of the kind's own `Object`
    _lives_elsewhere: bool = PrivateAttr(default=False)

    @property
    def has_its_own_time(self) -> bool:
        """Whether its clock is another one than everybody's, as that of an example company."""
        return False

    @property
    def is_our_time(self) -> bool:
        """Whether what it says of time is said in ours, so that nothing is of a time to come."""
        return not (self.has_its_own_time or self._lives_elsewhere)

    def in_the_time_of(self, clock: str | None) -> Self:
        """The same in a company that lives in the time of one of its sources, if it does."""
        made = self.model_copy()
        made._lives_elsewhere = clock is not None
        return made

    @field_validator("schedule")
    @classmethod
    def _cron(cls, value: str | None) -> str | None:
        from croniter import croniter

        if value is not None and not croniter.is_valid(value):
            raise ValueError("wanted a cron expression, like */15 * * * *")
        return value


@dataclass(frozen=True)
class Unreadable:
    """Something that is no record, whole, and why: it goes to the rejects.

    `file` is where it was found, if in a file; when that is read again, it is judged again.
    """

    record: bytes
    reason: str
    file: str | None = None


@dataclass(frozen=True)
class Lines:
    """A block of whole lines, one JSON value each; `is_clean` where Postgres wrote them."""

    text: bytes
    file: str | None = None
    is_clean: bool = False


@dataclass(frozen=True)
class File:
    """A file that is there: its name below the source's folder, and its size in bytes."""

    name: str
    size: int


@dataclass(frozen=True)
class Batch:
    """Records that are kept together, and the cursor that stands behind them.

    `records` are JSON values as the source wrote them, as bytes each or as blocks of lines. What
    they are, `kind` says: `records`, as they come; `whole`, all that the object has, so that what
    is not among them is gone; `keys`, lists of all keys that it has. `files` count as loaded with
    this batch. `loaded_until` is set where the source is known to be complete up to that moment
    (UTC); `by_its_clock` where that is the source's own present, so that whoever said more before
    was wrong. A batch without a cursor leaves the object's own where it is: a window read again.
    """

    records: Iterable[bytes | Lines | Unreadable]
    cursor: dict[str, Any] | None
    files: tuple[File, ...] = ()
    loaded_until: datetime | None = None
    kind: LoadKind = "records"
    by_its_clock: bool = False


Unseen = Callable[[list[File]], list[File]]
"""Of files that are there, those that no load has read, or not as long as they are now."""


class Reader(Protocol):
    """Reads one object of a source from where its cursor stands.

    The batches of an `independent` one may be taken and read before those that came earlier are.
    """

    independent: bool

    def read(self, cursor: dict[str, Any], unseen: Unseen) -> Iterator[Batch]:
        """The batches after `cursor`; of files, only those that are `unseen`."""

    def window(self, start: datetime, end: datetime, cursor: Cursor) -> Iterator[Batch]:
        """What changed from `start` up to `end`, once more, in batches without a cursor.

        `cursor` is where the object's own stands, and stays.
        """


def declare(content: dict[str, Any], shown: str) -> Declaration:
    """The declaration in a file's content, checked by the module of its kind."""
    kind = content.get("kind")
    if kind not in KINDS:
        raise ProjectError(f"{shown}: 'kind' is {kind!r}, wanted one of {', '.join(KINDS)}")
    declaration = cast("Declaration", parse(_module(kind).Source, content, shown))
    for name in declaration.objects:
        named(name, f"{shown}: object")
    return declaration


def reader(declaration: Declaration, object_name: str) -> Reader:
    """The reader of one object, with its connection looked up but not yet opened."""
    return cast("Reader", _module(declaration.kind).reader(declaration, object_name))


def _module(kind: str) -> Any:
    return import_module(f"layers.sources.{kind}")
