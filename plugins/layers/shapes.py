"""Shapes: what the records of a load look like, field by field."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from layers.sources.pages import Number, Page

Path = tuple[str, ...]
Declared = Mapping[Path, tuple[str, ...]]

ALL_UP_TO, ONE_OF = 10_000, 50  # records of a load: the first are looked at, then some of them
MOST_PATHS = 1_000  # an object whose keys are data, as ids, would never be known


@dataclass
class Shapes:
    """What the records of a load look like, seen against the fields that are declared."""

    declared: Declared
    records: int = 0
    present: Counter[Path] = field(default_factory=Counter)
    types: defaultdict[Path, set[str]] = field(default_factory=lambda: defaultdict(set))
    inside: set[Path] = field(default_factory=set)
    lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        """Declared fields are found inside of these."""
        self.inside = {path[:end] for path in self.declared for end in range(1, len(path))}

    def look(self, text: bytes) -> None:
        """Looks at the records of a chunk, a line each, or at some of them."""
        count = text.count(b"\n") + 1
        is_small = self.records + count <= ALL_UP_TO
        lines = text.splitlines() if is_small else _some(text, -(-count // ONE_OF))
        found = [Page.object(line) for line in lines]
        with self.lock:
            for record in filter(None, found):
                self.records += 1
                self._walk(record, ())

    def _is_counted(self, path: Path) -> bool:
        """Names without end are ids, and not fields."""
        return path in self.present or len(self.present) < MOST_PATHS

    def _walk(self, found: dict[str, Any], above: Path) -> None:
        for name, value in found.items():
            path = (*above, name)
            is_declared = path in self.declared
            if is_declared or (path not in self.inside and self._is_counted(path)):
                self.present[path] += 1
                if value is not None:
                    self.types[path].add(_type(value))
            if path in self.inside and isinstance(value, dict):
                self._walk(value, path)


def _some(text: bytes, count: int) -> Iterator[bytes]:
    """Some lines from all over a chunk."""
    for number in range(count):
        start = text.find(b"\n", number * len(text) // count) + 1
        yield text[start : text.find(b"\n", start) % (len(text) + 1)]


def written(path: Iterable[str]) -> str:
    """A path as people read it: names with dots between, in quotes where they hold one."""
    return ".".join(f'"{name}"' if "." in name or not name else name for name in path)


def _type(value: Any) -> str:
    kinds = {bool: "boolean", dict: "object", list: "array", Number: "number"}
    return kinds.get(type(value), "text")
