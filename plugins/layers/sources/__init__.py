"""Sources: what a company's tools hold, read page by page, and how far each reading got.

A kind of source is one module here. It declares what `sql/src/<name>.yaml` may say (`Declaration`)
and reads one object as batches; a batch is what one transaction of `load` keeps, cursor included.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any, Protocol, cast

from pydantic import field_validator

from layers.contract import Frozen, Span
from layers.declared import named, parse
from layers.errors import ProjectError

KINDS = ("files", "http", "postgres")


class Declaration(Frozen):
    """What every source declares: how to reach it, when, and how fresh it promises to be."""

    source: str
    kind: str
    connection: str
    schedule: str | None = None
    promised_freshness: Span
    keep_raw: Span | None = None
    objects: dict[str, Any]

    @field_validator("schedule")
    @classmethod
    def _cron(cls, value: str | None) -> str | None:
        from croniter import croniter

        if value is not None and not croniter.is_valid(value):
            raise ValueError("wanted a cron expression, like */15 * * * *")
        return value


@dataclass(frozen=True)
class Batch:
    """Records that are kept together, and the cursor that stands behind them.

    `records` are bytes, one JSON value each, as the source wrote them. `files` are the names that
    count as loaded with this batch. `loaded_until` is set where the source is known to be complete
    up to that moment (UTC).
    """

    records: Iterable[bytes]
    cursor: dict[str, Any]
    files: tuple[str, ...] = ()
    loaded_until: datetime | None = None


class Reader(Protocol):
    """Reads one object of a source from where its cursor stands."""

    def read(self, cursor: dict[str, Any], loaded_files: Collection[str]) -> Iterator[Batch]:
        """The batches after `cursor`; `loaded_files` are names that are not read again."""


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
