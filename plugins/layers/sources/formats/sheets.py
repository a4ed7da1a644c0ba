"""CSV as people keep it: titles, notes, several programs and their habits, and a header.

The header is the first line that has more than one filled cell; of a sheet of one column, the
first. Where most lines below it have another number of cells, nobody knows what they say.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from layers.sources import Unreadable
from layers.sources.formats.blocks import BLOCK, Broken, blocks
from layers.sources.formats.rows import Line, Row, Rows

LOOKED_AT = 20  # rows, to know which is the header
DELIMITERS = ",;\t|"
OURS = "_line"
_SEP = re.compile(rb'"?sep=([,;\t|])"?', re.IGNORECASE)


def table(name: str, stream: IO[bytes]) -> Iterator[bytes | Unreadable]:
    """Each row under the header as an object of texts, with its line as `_line`.

    Understands UTF-16, a byte-order mark, `sep=;`, `;` and tabs for commas, empty lines, lines
    above the header, and the header once more. Columns without a name are left out.
    """
    rows = Rows(name, blocks(name, stream))
    _find_delimiter(rows)
    head = _head(rows)
    if isinstance(head, str):
        first = rows.peek()
        yield Broken(first.text[:BLOCK] if first else b"", f"{name}: {head}", name)
        return
    if head:
        for title in head.above:
            yield _unreadable(name, title, "is above the header")
        yield from _records(name, rows, head)
    if rows.broken:
        yield rows.broken


@dataclass(frozen=True)
class _Head:
    """The names of the columns, and the lines above them."""

    names: list[str]
    above: list[Row]


def _find_delimiter(rows: Rows) -> None:
    """What parts the cells: `sep=` says it, or the first line that has something that does."""
    looked: list[Line] = []
    size = 0
    while len(looked) < LOOKED_AT and size < BLOCK and (line := rows.line()):
        said = None if any(map(_filled, looked)) else _SEP.fullmatch(line.text.strip(b" \r\n"))
        if said:
            rows.delimiter = said.group(1).decode()
            return
        looked.append(line)
        size += len(line.text)
    rows.give_back(looked)
    for line in looked:
        counts = {parted: line.text.count(parted.encode()) for parted in DELIMITERS}
        if any(counts.values()):
            rows.delimiter = max(DELIMITERS, key=lambda parted: counts[parted])
            return


def _filled(line: Line) -> bool:
    return bool(line.text.strip())


def _head(rows: Rows) -> _Head | str | None:
    """The header, with which the rows stand behind it; or why there is none, or nothing at all."""
    looked = _looked_at(rows)
    filled = [row for row in looked if row.filled or row.problem]
    if not filled:
        return None
    at = next((at for at, row in enumerate(filled) if row.filled > 1), 0)
    # a line above that cannot be read may have been the header
    header = next((row for row in filled[:at] if row.problem), filled[at])
    if problem := _problem(header, filled[at:]):
        rows.give_back(header.lines)
        return f"line {header.number}: {problem}"
    below = looked[looked.index(header) + 1 :]
    rows.give_back([line for row in below for line in row.lines])
    return _Head([cell.strip() for cell in header.cells], filled[:at])


def _looked_at(rows: Rows) -> list[Row]:
    looked: list[Row] = []
    size = 0
    while len(looked) < LOOKED_AT and size < BLOCK and (row := rows.row()):
        looked.append(row)
        size += len(row.text)
    return looked


def _problem(header: Row, rows: list[Row]) -> str | None:
    """Why a line can be no header of itself and of the rows below it."""
    if problem := header.problem or _not_text(header.text):
        return f"is the header, and {problem}"
    names = Counter(cell.strip() for cell in header.cells)
    if twice := [name for name, times in names.items() if name and times > 1]:
        return f"is the header, and has two columns '{twice[0]}'; give each a name of its own"
    if OURS in names:
        return f"is the header, and has a column '{OURS}', as we call a row's line; rename it"
    widths = Counter(len(row.cells) for row in rows if not row.problem)
    width, times = widths.most_common(1)[0]
    if times > widths[len(header.cells)]:
        return f"is the header, and has {len(header.cells)} cells, and most lines below it {width}"
    return None


def _records(name: str, rows: Rows, head: _Head) -> Iterator[bytes | Unreadable]:
    names = head.names
    while row := rows.row(len(names)):
        if problem := row.problem or (_not_text(row.text) if row.filled else None):
            yield _unreadable(name, row, problem)
        elif not row.filled or [cell.strip() for cell in row.cells] == names:
            continue
        elif len(row.cells) != len(names):
            said = f"has {len(row.cells)} values, and the header {len(names)} names"
            yield _unreadable(name, row, said)
        else:
            cells = zip(names, row.cells, strict=True)
            record = {**{name: cell for name, cell in cells if name}, OURS: row.number}
            yield json.dumps(record, ensure_ascii=False).encode()


def _unreadable(name: str, row: Row, problem: str) -> Unreadable:
    return Unreadable(row.text[:BLOCK], f"{name}: line {row.number}: {problem}", name)


def _not_text(text: bytes) -> str | None:
    if b"\0" in text:
        return "holds a NUL"
    try:
        text.decode()
    except UnicodeDecodeError:
        return "is not UTF-8"
    return None
