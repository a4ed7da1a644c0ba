"""Copying raw records into the warehouse: whole batches, and what cannot be kept, line by line.

Postgres itself skips what is no JSON (`on_error ignore`) and says at which line. What stops it, as
bytes that are no UTF-8, a NUL, or nesting without end, is taken out when it has stopped.
"""

import re
from collections.abc import Callable, Iterable
from itertools import chain

import psycopg
from psycopg import sql
from psycopg.errors import Diagnostic

from layers.chunks import (
    CONTROL,
    Chunk,
    Copied,
    Refuse,
    chunks,
    depth,
    has_control,
    needs_a_look,
    screened,
)
from layers.errors import DataError
from layers.sources import Lines, Unreadable
from layers.warehouse import Connection

RAW_LINES = "format csv, quote E'\\x01', delimiter E'\\x02'"
Look = Callable[[bytes], None]


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
    for chunk in chunks(chain([first], found), copied):
        kept = screened(chunk, copied) if needs_a_look(chunk.text) else chunk
        if kept.text:
            look(kept.text)
            _copy_chunk(connection, table, kept, copied)
        copied.hand_on()
    copied.hand_on()
    return copied


def _copy_chunk(
    connection: Connection,
    table: sql.Composable,
    chunk: Chunk,
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
        chunk = screened(chunk, copied)
        _copy_chunk(connection, table, chunk, copied, is_screened=True)
    except psycopg.errors.StatementTooComplex:
        _copy_halves(connection, table, chunk, copied)


def _copy_halves(
    connection: Connection, table: sql.Composable, chunk: Chunk, copied: Copied
) -> None:
    """Copies a chunk with a line that is too deep for Postgres; only Postgres knows which."""
    lines = list(enumerate(chunk.lines()))
    if len(lines) == 1:
        line = chunk.text
        said = f"is nested {depth(line):,} deep, more than Postgres bears"
        copied.reject(chunk.unreadable(0, line, said))
        return
    middle = len(lines) // 2
    for half in (lines[:middle], lines[middle:]):
        _copy_chunk(connection, table, chunk.only(half), copied)


_UNREADABLE = (psycopg.errors.CharacterNotInRepertoire, psycopg.errors.BadCopyFileFormat)


def _copy_lines(
    connection: Connection, table: sql.Composable, chunk: Chunk, copied: Copied
) -> None:
    if skipped := _copy(connection, table, [chunk.text], copied):
        lines = chunk.lines()
        for at in sorted(skipped):
            line = lines[at - 1]
            said = CONTROL if has_control(line) else "is not JSON that Postgres can hold"
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
