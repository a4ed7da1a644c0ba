"""Rows of a database over time: each begins, is changed, and perhaps is removed.

What is known at a moment is the sum of the changes until then; `updated_at` is the last of them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from demo.company.clock import iso

Row = dict[str, Any]
Change = tuple[int, Row]


@dataclass(slots=True)
class Record:
    """One row: the first change makes it, and has all its columns."""

    id: int | str
    created_at: int
    values: Row
    changes: list[Change] = field(default_factory=list)
    gone_at: int | None = None

    def change(self, at: int | None, **values: object) -> "Record":
        """From a moment on, some columns have other values; nothing where there is no moment."""
        if at is not None:
            self.changes.append((max(at, self.created_at), values))
        return self

    def row(self, now: int) -> Row | None:
        """The row as it stands, or nothing where it is not there."""
        if self.created_at >= now or (self.gone_at is not None and self.gone_at < now):
            return None
        row, updated_at = {"id": self.id, **self.values}, self.created_at
        for at, values in sorted(self.changes, key=lambda change: change[0]):
            if at < now:
                row |= values
                updated_at = at
        return row | {"created_at": iso(self.created_at), "updated_at": iso(updated_at)}


def rows(records: Iterable[Record], now: int) -> Iterator[Row]:
    """Those rows that are there."""
    for record in records:
        row = record.row(now)
        if row is not None:
            yield row


def written(at: int | None) -> str | None:
    """A moment, where there is one."""
    return None if at is None else iso(at)
