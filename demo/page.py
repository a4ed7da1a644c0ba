"""A page of records before it is written, so that a fault can bend what an honest service says."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from demo.answer import Answer, written

Record = dict[str, Any]

EXTRA = 4_004_004  # the id of a record that only a fault has put into a page


@dataclass(frozen=True)
class Kind:
    """Where the records of one kind have what a fault changes; a dot goes a level down.

    `changed` are the places of the time by which the newest version is told: ISO 8601 or seconds
    since 1970.
    """

    text: str = "name"
    number: str = "id"
    changed: tuple[str, ...] = ("updated_at",)
    ids: tuple[str, ...] = ("id",)
    fields: str = ""  # the object that holds the fields, where it is not the record itself
    extra: int | str = EXTRA

    def with_field(self, record: Record, name: str, value: object) -> Record:
        """A copy with one more field, where such records have their fields."""
        return _with(record, f"{self.fields}.{name}".lstrip("."), value)

    def with_text(self, record: Record, value: object) -> Record:
        """A copy whose text says something else."""
        return _with(record, self.text, value)

    def with_number(self, record: Record, value: object) -> Record:
        """A copy whose number is another one, or none."""
        return _with(record, self.number, value)

    def number_of(self, record: Record) -> object:
        """The number, None where there is none."""
        return _value(record, self.number)

    def without_text(self, record: Record) -> Record:
        """A copy without the field that has the text."""
        changed = copy.deepcopy(record)
        _holder(changed, self.text).pop(self.text.split(".")[-1], None)
        return changed

    def as_extra(self, record: Record) -> Record:
        """A copy under an id that no record of a company has."""
        for path in self.ids:
            record = _with(record, path, self.extra)
        return record

    def moved(self, record: Record, hours: float) -> Record:
        """A copy that says it was changed so many hours later."""
        for path in self._times(record):
            record = _with(record, path, _later(_value(record, path), hours))
        return record

    def touch(self, record: Record, now: float) -> None:
        """Change a record at a moment, as somebody at the vendor's does."""
        for path in self._times(record):
            moment = _as(_value(record, path), datetime.fromtimestamp(now, UTC))
            _holder(record, path)[path.split(".")[-1]] = moment

    def _times(self, record: Record) -> list[str]:
        return [path for path in self.changed if _value(record, path) is not None]


@dataclass(frozen=True)
class Page:
    """Records, and what the body says beside them; `key` names their list, '' a bare array.

    `body` is the whole body in its order; its value under `key` is not looked at.
    """

    kind: Kind
    records: Sequence[Record | bytes]
    key: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def saying(self, **body: object) -> Self:
        """The same records, and something else beside them."""
        return replace(self, body={**self.body, **body})

    def answer(self) -> Answer:
        """The page as it goes over the wire."""
        records = b"[" + b", ".join(written(record) for record in self.records) + b"]"
        parts = (
            written(name) + b": " + (records if name == self.key else written(value))
            for name, value in self.body.items()
        )
        body = b"{" + b", ".join(parts) + b"}" if self.key else records
        return Answer(200, body, headers=self.headers)


def seconds(moment: str) -> float:
    """Seconds since 1970 of a time in ISO 8601, which is UTC where it does not say."""
    time = datetime.fromisoformat(moment)
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def _holder(record: Record, path: str) -> Record:
    """The object in which the last step of a path is; it is made where there is none."""
    for step in path.split(".")[:-1]:
        if not isinstance(record.get(step), dict):
            record[step] = {}
        record = record[step]
    return record


def _value(record: Record, path: str) -> Any:
    for step in path.split(".")[:-1]:
        record = record.get(step) or {}
    return record.get(path.split(".")[-1])


def _with(record: Record, path: str, value: object) -> Record:
    changed = copy.deepcopy(record)
    _holder(changed, path)[path.split(".")[-1]] = value
    return changed


def _later(moment: int | str, hours: float) -> int | str:
    if isinstance(moment, int):
        return moment + int(hours * 3600)
    return _as(moment, datetime.fromisoformat(moment) + timedelta(hours=hours))


def _as(like: object, moment: datetime) -> int | str:
    """A moment as another one is written: in seconds, or with or without a fraction of them."""
    if isinstance(like, int):
        return int(moment.timestamp())
    exactness = "milliseconds" if isinstance(like, str) and "." in like else "seconds"
    return moment.astimezone(UTC).isoformat(timespec=exactness).replace("+00:00", "Z")
