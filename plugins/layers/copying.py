"""Copying raw records into the warehouse: whole batches, and what cannot be kept, line by line.

Postgres itself skips what is no JSON (`on_error ignore`) and says at which line. What stops it, as
bytes that are no UTF-8, a NUL, or nesting without end, is taken out when it has stopped.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from operator import itemgetter

import psycopg
from psycopg import sql
from psycopg.errors import Diagnostic

from layers.errors import DataError
from layers.sources import Lines, Unreadable
from layers.warehouse import Connection

CHUNK_LINES = 5_000
CHUNK_BYTES = 2 * 2**20
CONTROL = "has a raw control character, which JSON does not allow"
# JSON has none of these outside its escapes; the tab, which it may have, parts the lines below.
_CONTROL = bytes(code for code in range(32) if code != 9)
_BREAKS = bytes.maketrans(b"\r\n", b"  ")
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)


RAW_LINES = "format csv, quote E'\\x01', delimiter E'\\x02'"
Look = Callable[[bytes], None]
Refuse = Callable[[list[Unreadable]], None]


@dataclass
class Copied:
    """How many records a copy kept, and how many it did not: those it hands on, in their order."""

    refuse: Refuse
    records: int = 0
    rejected: int = 0
    _waiting: list[Unreadable] = field(default_factory=list)
    _size: int = 0

    def reject(self, line: Unreadable) -> None:
        """What is no record waits for others, as long as they are not many."""
        self.rejected += 1
        self._waiting.append(line)
        self._size += len(line.record)
        if self._size >= CHUNK_BYTES or len(self._waiting) >= CHUNK_LINES:
            self.hand_on()

    def hand_on(self) -> None:
        """Those that wait are kept."""
        if self._waiting:
            self.refuse(self._waiting)
            self._waiting, self._size = [], 0


@dataclass(frozen=True)
class _Chunk:
    """Lines that are copied by one statement; `places` are where the lines of a file begin."""

    text: bytes
    places: tuple[tuple[int, str | None], ...] = ()

    def lines(self) -> list[bytes]:
        return self.text.split(b"\n")

    def unreadable(self, at: int, line: bytes, reason: str) -> Unreadable:
        """The line that is number `at`, from 0, as a reject."""
        found = bisect_right(self.places, at, key=itemgetter(0))
        return Unreadable(line, reason, self.places[found - 1][1] if found else None)

    def only(self, kept: list[tuple[int, bytes]]) -> "_Chunk":
        """The chunk with some of its lines, by their old numbers."""
        places: list[tuple[int, str | None]] = []
        for number, (at, _) in enumerate(kept):
            file = self.unreadable(at, b"", "").file
            if not places or places[-1][1] != file:
                places.append((number, file))
        return _Chunk(b"\n".join(line for _, line in kept), tuple(places))


def copy_records(
    connection: Connection,
    table: sql.Composable,
    records: Iterable[bytes | Lines | Unreadable],
    look: Look,
    refuse: Refuse,
) -> Copied:
    """Copies records, one JSON value each, into the column `record` of a table.

    `look` is shown each chunk, `refuse` keeps what is no record. Runs inside the caller's
    transaction; memory grows neither with the number of records nor with that of the others.
    """
    copied = Copied(refuse)
    found = iter(records)
    first = next(found, None)
    if first is None:
        return copied
    if isinstance(first, Lines) and first.is_clean:
        look(first.text)
        blocks = (record.text for record in chain([first], found) if isinstance(record, Lines))
        _copy_clean(connection, table, blocks, copied)
        return copied
    for chunk in _chunks(chain([first], found), copied):
        kept = _screened(chunk, copied) if _needs_a_look(chunk.text) else chunk
        if kept.text:
            look(kept.text)
            _copy_chunk(connection, table, kept, copied)
        copied.hand_on()
    copied.hand_on()
    return copied


def _chunks(records: Iterable[bytes | Lines | Unreadable], copied: Copied) -> Iterator[_Chunk]:
    """Records gathered to chunks that are worth a statement."""
    gathered: list[bytes] = []
    places: list[tuple[int, str | None]] = []
    size = count = 0
    for record in records:
        if isinstance(record, Unreadable):
            copied.reject(record)
            continue
        file = record.file if isinstance(record, Lines) else None
        if isinstance(record, Lines):
            text = record.text
        elif (line := _on_one_line(record)) is not None:
            text = line
        else:
            copied.reject(Unreadable(record, CONTROL))
            continue
        if not places or places[-1][1] != file:
            places.append((count, file))
        gathered.append(text)
        size += len(text)
        count += text.count(b"\n")
        if size >= CHUNK_BYTES or count >= CHUNK_LINES:
            yield _Chunk(b"".join(gathered).removesuffix(b"\n"), tuple(places))
            gathered, places, size, count = [], [], 0, 0
    if gathered:
        yield _Chunk(b"".join(gathered).removesuffix(b"\n"), tuple(places))


def _needs_a_look(text: bytes) -> bool:
    """Whether something is in it that a copy would read as something else, and say nothing of."""
    return b"\x01" in text or b"\n\n" in text or text.startswith(b"\n")


def _screened(chunk: _Chunk, copied: Copied) -> _Chunk:
    """The chunk without lines that would stop the copy, or that are empty."""
    kept = []
    for at, line in enumerate(map(bytes.strip, chunk.lines())):
        if not line:
            continue
        if not _is_utf8(line):
            copied.reject(chunk.unreadable(at, line, "is not UTF-8"))
        elif (plain := _on_one_line(line)) is None or _has_control(plain.strip()):
            copied.reject(chunk.unreadable(at, line, CONTROL))
        else:
            kept.append((at, plain.strip()))
    return chunk.only(kept)


def _on_one_line(record: bytes) -> bytes | None:
    """A record as a line, without the breaks of its layout; none where a text has one in it."""
    if b"\n" not in record and b"\r" not in record:
        return record + b"\n"
    if _has_control(b"".join(_TEXT.findall(record))):
        return None
    return record.translate(_BREAKS) + b"\n"


def _has_control(text: bytes) -> bool:
    return len(text.translate(None, _CONTROL)) != len(text)


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _depth(line: bytes) -> int:
    """How many lists and objects are in each other."""
    depth = deepest = 0
    for bracket in re.findall(rb"[\[\]{}]", _TEXT.sub(b"", line)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _copy_chunk(
    connection: Connection,
    table: sql.Composable,
    chunk: _Chunk,
    copied: Copied,
    *,
    is_screened: bool = False,
) -> None:
    """Copies a chunk; where some of its lines stop the copy, without those that would."""
    try:
        with connection.transaction():
            _copy_lines(connection, table, chunk, copied)
    except _UNREADABLE:
        if is_screened:
            raise
        chunk = _screened(chunk, copied)
        _copy_chunk(connection, table, chunk, copied, is_screened=True)
    except psycopg.errors.StatementTooComplex:
        _copy_halves(connection, table, chunk, copied)


def _copy_halves(
    connection: Connection, table: sql.Composable, chunk: _Chunk, copied: Copied
) -> None:
    """Copies a chunk with a line that is too deep for Postgres; only Postgres knows which."""
    lines = list(enumerate(chunk.lines()))
    if len(lines) == 1:
        line = chunk.text
        said = f"is nested {_depth(line):,} deep, more than Postgres bears"
        copied.reject(chunk.unreadable(0, line, said))
        return
    middle = len(lines) // 2
    for half in (lines[:middle], lines[middle:]):
        _copy_chunk(connection, table, chunk.only(half), copied)


_UNREADABLE = (psycopg.errors.CharacterNotInRepertoire, psycopg.errors.BadCopyFileFormat)


def _copy_lines(
    connection: Connection, table: sql.Composable, chunk: _Chunk, copied: Copied
) -> None:
    if skipped := _copy(connection, table, [chunk.text], copied):
        lines = chunk.lines()
        for at in sorted(skipped):
            line = lines[at - 1]
            said = CONTROL if _has_control(line) else "is not JSON that Postgres can hold"
            copied.reject(chunk.unreadable(at - 1, line, said))


def _copy_clean(
    connection: Connection, table: sql.Composable, blocks: Iterable[bytes], copied: Copied
) -> None:
    """Copies what another Postgres wrote as JSON; to be ready for errors costs a fifth more."""
    statement = sql.SQL("copy {} (record) from stdin {}").format(table, sql.SQL(f"({RAW_LINES})"))
    try:
        with connection.cursor() as cursor:
            with cursor.copy(statement) as copy:
                for block in blocks:
                    copy.write(block)
            copied.records += cursor.rowcount
    except psycopg.DataError as error:
        said = "what another Postgres wrote as JSON is none to this one"
        raise DataError(f"{said}: {error.diag.message_detail or error}") from None


def _copy(
    connection: Connection, table: sql.Composable, blocks: Iterable[bytes], copied: Copied
) -> list[int]:
    """Copies blocks by one statement, and gives the numbers of the lines that it skipped."""
    skipped: list[int] = []

    def notice(said: Diagnostic) -> None:
        # a notice about a line has the copy as its context; the one that counts them has none
        if said.context and (at := re.search(r"\d+", said.message_primary or "")):
            skipped.append(int(at.group()))

    statement = sql.SQL(
        "copy {} (record) from stdin ({}, on_error ignore, log_verbosity verbose)"
    ).format(table, sql.SQL(RAW_LINES))
    connection.add_notice_handler(notice)
    try:
        with connection.cursor() as cursor:
            with cursor.copy(statement) as copy:
                for block in blocks:
                    copy.write(block)
            copied.records += cursor.rowcount
    finally:
        connection.remove_notice_handler(notice)
    return skipped
