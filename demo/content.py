"""What a company has in one tool: a file of its directory, or the content of such a file."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

from demo.page import Record, seconds

T = TypeVar("T")
Company = Mapping[str, Any]


class Content:
    """Lists of records and the company's present, `now`; a file is read again when it changes."""

    def __init__(self, company: Path | Company, name: str) -> None:
        self._file = company / name if isinstance(company, Path) else None
        self._company: Company = {} if isinstance(company, Path) else company
        self._read_at = 0
        self._made: dict[object, object] = {}
        self.refresh()

    @property
    def now(self) -> float:
        """In seconds since 1970."""
        return seconds(self._company["now"])

    def records(self, name: str) -> list[Record]:
        """All of one kind, none where the content does not have it."""
        return cast("list[Record]", self._company.get(name, []))

    def made(self, key: object, make: Callable[[], T]) -> T:
        """What was made of a file is made once; what a test passed in may have changed."""
        if self._file is None or key not in self._made:
            self._made[key] = make()
        return cast("T", self._made[key])

    def forget(self) -> None:
        """Records have changed: whatever was made of them is made anew."""
        self._made = {}

    def refresh(self) -> None:
        """Read the file where it is not the one that was read."""
        if self._file is None:
            return
        if not self._file.exists():
            raise FileNotFoundError(
                f"{self._file}: is not there, wanted what a company has in this tool; "
                f"run python -m demo.company --directory {self._file.parent}"
            )
        if self._file.stat().st_mtime_ns == self._read_at:
            return
        self._read_at = self._file.stat().st_mtime_ns
        self._company = json.loads(self._file.read_text(encoding="utf-8"))
        self.forget()
