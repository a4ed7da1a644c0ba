"""Copying raw records into the warehouse: whole batches, and what cannot be kept, line by line.

Postgres itself skips what is no JSON (`on_error ignore`) and says at which line. What it cannot
skip, bytes that are no UTF-8, raw control characters, nesting without end, is taken out before.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import psycopg
from psycopg import sql
from psycopg.errors import Diagnostic

from layers.warehouse import Connection

CHUNK_LINES = 5_000
CHUNK_BYTES = 4 * 2**20
DEEPEST = 1_000
# JSON has none of these outside its escapes; the tab, which it may have, parts the lines below.
_CONTROL = bytes(code for code in range(32) if code != 9)
_BREAKS = bytes.maketrans(b"\r\n", b"  ")
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)


@dataclass(frozen=True)
class Rejected:
    """A line that is not kept, whole, and why."""

    record: bytes
    reason: str


@dataclass
class Copied:
    """How many records a copy kept, and the lines it did not."""

    records: int = 0
    rejected: list[Rejected] = field(default_factory=list)


def copy_records(connection: Connection, table: sql.Composable, lines: Iterable[bytes]) -> Copied:
    """Copies lines, one JSON value each, into the column `record` of a table.

    Runs inside the caller's transaction; memory does not grow with the number of lines.
    """
    copied = Copied()
    for chunk in _chunks(lines):
        kept = _screened(chunk, copied.rejected)
        try:
            with connection.transaction():
                _copy(connection, table, kept, copied)
        except psycopg.errors.StatementTooComplex:
            shallow = [line for line in kept if not _too_deep(line, copied.rejected)]
            with connection.transaction():
                _copy(connection, table, shallow, copied)
    return copied


def _chunks(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    chunk: list[bytes] = []
    size = 0
    for line in lines:
        chunk.append(line)
        size += len(line)
        if len(chunk) >= CHUNK_LINES or size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _screened(chunk: list[bytes], rejected: list[Rejected]) -> list[bytes]:
    whole = b"\t".join(chunk)
    if not _has_control(whole) and _is_utf8(whole):
        return chunk
    kept = []
    for line in chunk:
        if not _is_utf8(line):
            rejected.append(Rejected(line, "is not UTF-8"))
        elif _has_control(one_line := _on_one_line(line)):
            rejected.append(
                Rejected(line, "has a raw control character, which JSON does not allow")
            )
        else:
            kept.append(one_line)
    return kept


def _on_one_line(line: bytes) -> bytes:
    """A record without the line breaks that it is laid out with; those in a text stay."""
    return line if _has_control(b"".join(_TEXT.findall(line))) else line.translate(_BREAKS)


def _has_control(text: bytes) -> bool:
    return len(text.translate(None, _CONTROL)) != len(text)


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _too_deep(line: bytes, rejected: list[Rejected]) -> bool:
    depth = deepest = 0
    for bracket in re.findall(rb"[\[\]{}]", _TEXT.sub(b"", line)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    if deepest > DEEPEST:
        rejected.append(Rejected(line, f"is nested {deepest} deep, more than {DEEPEST}"))
    return deepest > DEEPEST


def _copy(
    connection: Connection, table: sql.Composable, lines: list[bytes], copied: Copied
) -> None:
    skipped: dict[int, str] = {}

    def notice(said: Diagnostic) -> None:
        # a notice about a line has the copy as its context; the one that counts them has none
        if said.context and (at := re.search(r"\d+", said.message_primary or "")):
            skipped[int(at.group())] = said.message_detail or "is not JSON"

    statement = sql.SQL(
        "copy {} (record) from stdin (format csv, quote E'\\x01', delimiter E'\\x02',"
        " on_error ignore, log_verbosity verbose)"
    ).format(table)
    connection.add_notice_handler(notice)
    try:
        with connection.cursor() as cursor:
            with cursor.copy(statement) as copy:
                copy.write(b"\n".join(lines))
            copied.records += cursor.rowcount
    finally:
        connection.remove_notice_handler(notice)
    for at in sorted(skipped):
        copied.rejected.append(Rejected(lines[at - 1], "is not JSON that Postgres can hold"))
