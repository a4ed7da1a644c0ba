"""A generated company, read as plainly as possible and with none of the generator's code."""

import gzip
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

OF_ARRIVAL = ("sentAt", "receivedAt", "timestamp", "request_ip")
NAME = re.compile(
    r"rudderstack/rudder-logs/(\w+)/(\d{4}-\d\d-\d\d)/(\d+)\.\1\.[0-9a-f-]{36}\.json\.gz"
)


@dataclass(frozen=True)
class Line:
    """A line of an event file."""

    source: str
    file: str
    uploaded_at: datetime
    text: str

    @cached_property
    def event(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(self.text)
        return event

    @cached_property
    def is_json(self) -> bool:
        try:
            return isinstance(self.event, dict)
        except json.JSONDecodeError:
            return False

    @cached_property
    def identity(self) -> str:
        return json.dumps({k: v for k, v in self.event.items() if k not in OF_ARRIVAL})

    def at(self, field: str) -> datetime:
        return datetime.fromisoformat(self.event[field])


@dataclass(frozen=True)
class Company:
    """A generated directory."""

    directory: Path
    until: datetime
    events: int

    @cached_property
    def truth(self) -> dict[str, Any]:
        truth: dict[str, Any] = json.loads((self.directory / "truth.json").read_text())
        return truth

    @cached_property
    def accounts(self) -> list[dict[str, Any]]:
        return rows_of(self.directory, "backend/users.jsonl")

    @cached_property
    def desk(self) -> dict[str, Any]:
        desk: dict[str, Any] = json.loads((self.directory / "zendesk.json").read_text())
        return desk

    @cached_property
    def lines(self) -> list[Line]:
        return [line for path in self.files for line in lines_of(self.directory, path)]

    @property
    def files(self) -> list[Path]:
        return sorted((self.directory / "rudderstack").rglob("*.gz"))

    @cached_property
    def whole(self) -> list[Line]:
        return [line for line in self.lines if line.is_json]

    @cached_property
    def distinct(self) -> dict[tuple[str, str], list[Line]]:
        found = defaultdict(list)
        for line in self.whole:
            found[line.source, line.identity].append(line)
        return found

    @cached_property
    def product(self) -> str:
        return next(line.source for line in self.whole if line.event.get("event") == "app_opened")

    @cached_property
    def website(self) -> str:
        return next(line.source for line in self.whole if line.event["type"] == "page")


def rows_of(directory: Path, path: str) -> list[dict[str, Any]]:
    return [json.loads(row) for row in (directory / path).read_text().splitlines()]


def table_of(directory: Path, table: str) -> dict[Any, dict[str, Any]]:
    rows = rows_of(directory, f"backend/{table}.jsonl")
    found = {row["id"]: row for row in rows}
    assert len(found) == len(rows), f"{table}: an id twice"
    return found


def lines_of(directory: Path, path: Path) -> Iterator[Line]:
    name = NAME.fullmatch(path.relative_to(directory).as_posix())
    assert name is not None, path
    uploaded_at = datetime.fromtimestamp(int(name[3]), UTC)
    for text in gzip.decompress(path.read_bytes()).decode().splitlines():
        yield Line(name[1], path.name, uploaded_at, text)


def month_of(at: datetime) -> str:
    return at.astimezone(ZoneInfo("Europe/London")).strftime("%Y-%m")


def filled(counts: Counter[str], months: list[str]) -> dict[str, int]:
    return {month: counts[month] for month in months}
