"""How a file is written: lines of JSON, one JSON document, or CSV as people keep it.

Each format is a function from a file's name and bytes to its records. What cannot be read becomes
`Unreadable`, with its place, and never stops the file.
"""

import codecs
import csv
import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

from layers.sources import Lines, Unreadable
from layers.sources.pages import elements

Found = Iterator[bytes | Lines | Unreadable]
BLOCK = 2**20
LARGEST_DOCUMENT = 2**28
BOM = codecs.BOM_UTF8


def jsonl(name: str, stream: IO[bytes]) -> Found:
    """Lines of JSON, in blocks of about a megabyte."""
    rest, is_start = b"", True
    for block in _unpacked(name, stream):
        if isinstance(block, Unreadable):  # with the beginning of a line that does not go on
            yield Unreadable(rest + block.record, block.reason, name)
            return
        rest += block.removeprefix(BOM) if is_start else block
        is_start = False
        whole, newline, rest = rest.rpartition(b"\n")
        if whole:
            yield Lines(whole + newline, name)
    if rest:
        yield Lines(rest + b"\n", name)


def document(name: str, stream: IO[bytes]) -> Found:
    """One JSON document: a list of records, or a record."""
    text = b""
    for block in _unpacked(name, stream):
        if isinstance(block, Unreadable) or len(text) > LARGEST_DOCUMENT:
            said = (
                block.reason if isinstance(block, Unreadable) else "is too large for one document"
            )
            yield Unreadable(text[:BLOCK], f"{name}: {said}", name)
            return
        text += block
    try:
        yield from elements(text.removeprefix(BOM).decode("utf-8", "surrogateescape").strip())
    except ValueError as error:
        yield Unreadable(text, f"{name}: is no JSON: {error}", name)


def table(name: str, stream: IO[bytes]) -> Found:
    """CSV under a header, each row as an object of texts, and its line as `_line`.

    Understands a byte-order mark, `;` and tabs for commas, empty lines, and the header once more.
    """
    lines = _Lines(name, _unpacked(name, stream))
    try:
        header, rows = _header_and_rows(lines)
    except StopIteration:
        return
    names = [name.strip() for name in header]
    for row in rows:
        at = lines.row()
        if not any(cell.strip() for cell in row) or [cell.strip() for cell in row] == names:
            continue
        if len(row) != len(names):
            said = f"has {len(row)} values, and the header {len(names)} names"
            yield Unreadable(at.text, f"{name}: line {at.number}: {said}", name)
        elif problem := _not_text(at.text):
            yield Unreadable(at.text, f"{name}: line {at.number}: {problem}", name)
        else:
            record = {**dict(zip(names, row, strict=True)), "_line": at.number}
            yield json.dumps(record, ensure_ascii=False).encode()
    if lines.broken:
        yield lines.broken


def _header_and_rows(lines: "_Lines") -> tuple[list[str], Iterator[list[str]]]:
    first = next(line for line in lines if line.strip())
    delimiter = max(",;\t|", key=first.count)
    header = next(csv.reader([first], delimiter=delimiter))
    lines.row()
    return header, _rows(csv.reader(lines, delimiter=delimiter))


def _rows(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """Rows; one that the reader refuses is one without values."""
    while True:
        try:
            yield next(reader)
        except csv.Error:
            yield ["?"]
        except StopIteration:
            return


@dataclass(frozen=True)
class _Row:
    """The lines of one row as they stand in the file, and the number of the first."""

    number: int
    text: bytes


class _Lines:
    """A file's lines as text for the CSV reader; remembers which of them made the last row."""

    def __init__(self, name: str, blocks: Iterator[bytes | Unreadable]) -> None:
        self.broken: Unreadable | None = None
        self._name, self._blocks = name, blocks
        self._since: list[bytes] = []
        self._number = 1
        self._lines = self._decoded()

    def __iter__(self) -> Iterator[str]:
        """The lines that nobody has taken yet."""
        return self._lines

    def _decoded(self) -> Iterator[str]:
        rest, start = b"", True
        for block in self._blocks:
            if isinstance(block, Unreadable):
                self.broken = Unreadable(rest + block.record, block.reason, self._name)
                return
            found = (rest + (block.removeprefix(BOM) if start else block)).splitlines(keepends=True)
            start, rest = False, found.pop() if found else b""
            yield from map(self._noted, found)
        if rest:
            yield self._noted(rest)

    def _noted(self, line: bytes) -> str:
        self._since.append(line)
        return line.decode("utf-8", "surrogateescape")

    def row(self) -> _Row:
        """The lines given since the last row."""
        row = _Row(self._number, b"".join(self._since))
        self._number += len(self._since)
        self._since.clear()
        return row


def _not_text(text: bytes) -> str | None:
    if b"\0" in text:
        return "holds a NUL"
    try:
        text.decode()
    except UnicodeDecodeError:
        return "is not UTF-8"
    return None


def _unpacked(name: str, stream: IO[bytes]) -> Iterator[bytes | Unreadable]:
    """Blocks of what a file says, unpacked where its name ends in .gz; one cut off says so last."""
    if not name.endswith(".gz"):
        while block := stream.read(BLOCK):
            yield block
        return
    unpacked = gzip.GzipFile(fileobj=stream, mode="rb")
    try:
        while block := unpacked.read1(BLOCK):
            yield block
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        yield Unreadable(b"", f"{name}: is no whole gzip file: {error}", name)


FORMATS: dict[str, Callable[[str, IO[bytes]], Found]] = {
    "jsonl": jsonl,
    "json": document,
    "csv": table,
}
