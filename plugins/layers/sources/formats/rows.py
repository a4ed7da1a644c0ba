"""Rows of a sheet are lines, and several where a quoted cell goes on; a stray quote is one line's.

A row of several lines is one only where its quotes close as CSV wants it, and where it then has as
many cells as the header. Else its first line is no row, and the next is read for itself.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from layers.sources.formats.blocks import LARGEST_LINE, Broken, Growing, too_long

MOST_LINES = 1_000  # of one row
MOST_BYTES = 2**20
NOT_CLOSED = "has a quote that is not closed where its row ends"


@dataclass(frozen=True)
class Line:
    """A line and its number, with its end; `size` is greater where only its beginning is kept."""

    number: int
    text: bytes
    size: int


@dataclass(frozen=True)
class Row:
    """The lines of one row as they stand in the file, and its cells, or why it has none."""

    lines: tuple[Line, ...]
    cells: list[str]
    problem: str | None = None

    @property
    def number(self) -> int:
        """The number of its first line."""
        return self.lines[0].number

    @property
    def text(self) -> bytes:
        """As it stands in the file."""
        return b"".join(line.text for line in self.lines)

    @property
    def filled(self) -> int:
        """How many of its cells say something."""
        return sum(1 for cell in self.cells if cell.strip())


class Rows:
    """The rows of a sheet, taken one after the other; `broken` is set where the file is cut off."""

    def __init__(self, name: str, found: Iterable[bytes | Broken]) -> None:
        self.delimiter = ","
        self.broken: Broken | None = None
        self._name = name
        self._lines = self._read(found)
        self._ahead: deque[Line] = deque()

    def peek(self) -> Line | None:
        """The next line, which stays where it is."""
        line = self.line()
        if line:
            self.give_back([line])
        return line

    def line(self) -> Line | None:
        """The next line, if there is one."""
        return self._ahead.popleft() if self._ahead else next(self._lines, None)

    def give_back(self, lines: Iterable[Line]) -> None:
        """These lines come next, once more."""
        self._ahead.extendleft(reversed(list(lines)))

    def row(self, width: int | None = None) -> Row | None:
        """The next row; one of several lines has `width` cells, if that is known."""
        first = self.line()
        if first is None:
            return None
        if first.size > LARGEST_LINE:
            return Row((first,), [], too_long(first.size))
        taken = _Taken(self, first)
        try:
            cells = next(csv.reader(taken, delimiter=self.delimiter))
            if len(taken.lines) == 1 and not taken.is_at_end:
                return Row((first,), cells)
            if not taken.is_at_end and width in (None, len(cells)) and self._is_strict(taken):
                return Row(tuple(taken.lines), cells)
            problem = NOT_CLOSED
        except csv.Error as error:
            problem = f"is no CSV: {error}"
        self.give_back(taken.lines[1:])
        return Row((first,), [], problem)

    def _is_strict(self, taken: "_Taken") -> bool:
        try:
            next(csv.reader(map(_text, taken.lines), delimiter=self.delimiter, strict=True))
        except csv.Error:
            return False
        return True

    def _read(self, found: Iterable[bytes | Broken]) -> Iterator[Line]:
        number, line, held = 1, Growing(LARGEST_LINE), b""
        for block in found:
            if isinstance(block, Broken):
                self.broken = Broken(line.beginning(), block.reason, self._name)
                return
            text = held + block
            held = b"\r" if text.endswith(b"\r") else b""  # a line feed may follow
            for part in text.removesuffix(held).splitlines(keepends=True):
                line.add(part)
                if part.endswith((b"\n", b"\r")):
                    yield Line(number, line.text(), line.size)
                    number, line = number + 1, Growing(LARGEST_LINE)
        line.add(held)
        if line.size:
            yield Line(number, line.text(), line.size)


class _Taken:
    """Lines for the CSV reader, which takes more than the first while a quote is open."""

    def __init__(self, rows: Rows, first: Line) -> None:
        self._rows, self._bytes = rows, 0
        self.lines = [first]
        self.is_at_end = False

    def __iter__(self) -> Iterator[str]:
        yield _text(self.lines[0])
        while len(self.lines) < MOST_LINES and self._bytes < MOST_BYTES:
            line = self._rows.line()
            if line is None:
                break
            self.lines.append(line)
            self._bytes += len(line.text)
            yield _text(line)
        self.is_at_end = True


def _text(line: Line) -> str:
    return line.text.decode("utf-8", "surrogateescape")
