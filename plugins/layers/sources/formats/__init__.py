"""How a file is written: lines of JSON, one JSON document, or CSV as people keep it.

Each format is a function from a file's name and bytes to its records. What cannot be read becomes
`Unreadable`, with its place, and never stops the file; the file itself may be `Broken`.
"""

from collections.abc import Callable, Iterator
from typing import IO

from layers.sources import Lines, Unreadable
from layers.sources.formats.blocks import Broken
from layers.sources.formats.documents import document, jsonl
from layers.sources.formats.sheets import table

__all__ = ["FORMATS", "Broken", "document", "jsonl", "table"]

FORMATS: dict[str, Callable[[str, IO[bytes]], Iterator[bytes | Lines | Unreadable]]] = {
    "jsonl": jsonl,
    "json": document,
    "csv": table,
}
