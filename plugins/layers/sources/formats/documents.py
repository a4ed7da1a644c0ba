"""JSON in files: lines of it, as tools write them, or one document with all records."""

from collections import deque
from collections.abc import Iterator
from typing import IO

from layers.sources import Lines, Unreadable
from layers.sources.formats.blocks import (
    BLOCK,
    LARGEST_LINE,
    Broken,
    Growing,
    blocks,
    too_long,
)
from layers.sources.pages import elements

LARGEST_DOCUMENT = 64 * 2**20


def jsonl(name: str, stream: IO[bytes]) -> Iterator[Lines | Unreadable]:
    """Lines of JSON, in blocks of about a megabyte."""
    line = Growing(LARGEST_LINE)  # one that is not at its end yet
    for block in blocks(name, stream):
        if isinstance(block, Broken):
            yield Broken(line.beginning(), block.reason, name)
            return
        rest = block
        if line.size:
            end, newline, rest = block.partition(b"\n")
            line.add(end)
            if not newline:
                continue
            yield _line(name, line)
            line = Growing(LARGEST_LINE)
        whole, newline, rest = rest.rpartition(b"\n")
        if whole:
            yield Lines(whole + newline, name)
        line.add(rest)
    if line.size:
        yield _line(name, line)


def _line(name: str, line: Growing) -> Lines | Unreadable:
    if line.is_too_long:
        return Unreadable(line.text(), too_long(line.size), name)
    return Lines(line.text() + b"\n", name)


def document(name: str, stream: IO[bytes]) -> Iterator[bytes | Unreadable]:
    """One JSON document: a list of records, or a record."""
    whole = _whole(name, stream)
    if isinstance(whole, Broken):
        yield whole
        return
    try:
        deque(elements(whole), maxlen=0)  # all of it is JSON, or none of it counts
        yield from elements(whole)
    except ValueError as error:
        beginning = whole[:BLOCK].encode("utf-8", "surrogateescape")
        yield Broken(beginning, f"{name}: is no JSON: {error}", name)


def _whole(name: str, stream: IO[bytes]) -> str | Broken:
    text = Growing(LARGEST_DOCUMENT)
    for block in blocks(name, stream):
        if isinstance(block, Broken):
            return Broken(text.beginning(), block.reason, name)
        text.add(block)
    if text.is_too_long:
        said = (
            f"{name}: is a document of {text.size:,} bytes, more than {LARGEST_DOCUMENT:,}; "
            "let it be written in lines (format: jsonl)"
        )
        return Broken(text.beginning(), said, name)
    return text.text().decode("utf-8", "surrogateescape")
