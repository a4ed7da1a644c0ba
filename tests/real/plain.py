"""A second, plain reading of recorded files, which knows nothing of the engine's."""

import csv
import gzip
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

Row = dict[str, str]


def text(file: Path) -> str:
    """What a file says, unpacked where it is packed, without a byte-order mark."""
    found = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return found.decode("utf-8-sig")


def rows(file: Path) -> list[Row]:
    """The rows of a CSV file, whatever their width; missing cells are None."""
    return list(csv.DictReader(text(file).splitlines(keepends=True)))


def lines(file: Path) -> list[Any]:
    """The values of a file of JSON lines."""
    return [json.loads(line) for line in text(file).splitlines() if line.strip()]


def document(file: Path) -> Any:
    """The value of a file of one JSON document."""
    return json.loads(text(file))


def newest(records: Iterable[dict[str, Any]], by: str) -> dict[Any, dict[str, Any]]:
    """The newest version of each id; of several of one time the last, and one without a time never.

    Times are compared as they are written, so all of `by` must be of one zone.
    """
    found: dict[Any, dict[str, Any]] = {}
    for record in records:
        other = found.get(record["id"])
        if other is None or _time(record, by) >= _time(other, by):
            found[record["id"]] = record
    return found


def _time(record: dict[str, Any], by: str) -> tuple[bool, Any]:
    return record.get(by) is not None, record.get(by)


def instant(written: str | None) -> datetime | None:
    """An ISO time; one without a zone is UTC."""
    if not written:
        return None
    found = datetime.fromisoformat(written)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def day(written: str) -> date | None:
    """A day, or none."""
    return date.fromisoformat(written) if written else None


def number(written: str) -> float | None:
    """A number, or none."""
    return float(written) if written else None
