"""A file comes in blocks of UTF-8, unpacked, however long it is and whoever wrote it.

No more of it is held than one line or one document may have; of what is longer, the beginning.
"""

import codecs
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import chain
from typing import IO

from layers.sources import Unreadable

BLOCK = 2**20
LARGEST_LINE = 16 * 2**20
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Broken(Unreadable):
    """A file that cannot be read, or not to its end: what is not found in it may yet be there."""


class Growing:
    """A text that comes in pieces; where it is longer than `most`, its first megabyte is kept."""

    def __init__(self, most: int) -> None:
        self.most, self.size = most, 0
        self._kept = BytesIO()

    @property
    def is_too_long(self) -> bool:
        """Whether it is longer than it may be."""
        return self.size > self.most

    def add(self, piece: bytes) -> None:
        """The text goes on."""
        if not self.is_too_long:
            self._kept.write(piece)
            self.size += len(piece)
            if self.is_too_long:
                self._kept.truncate(BLOCK)
        else:
            self.size += len(piece)

    def text(self) -> bytes:
        """What is kept of it."""
        return self._kept.getvalue()

    def beginning(self) -> bytes:
        """A megabyte of it at most, as rejects are kept."""
        return self.text()[:BLOCK]


def too_long(size: int) -> str:
    """Why a line is a reject that is longer than a line may be."""
    return f"is a line of {size:,} bytes, more than {LARGEST_LINE:,}; its first {BLOCK:,} are kept"


def blocks(name: str, stream: IO[bytes]) -> Iterator[bytes | Broken]:
    """What a file says, as UTF-8 without its byte-order mark; one that is cut off says so last."""
    found = _unpacked(name, stream)
    first = next(found, None)
    if isinstance(first, bytes) and first.startswith(UTF16):
        yield from _from_utf16(chain([first], found))
    elif first is not None:
        yield first.removeprefix(codecs.BOM_UTF8) if isinstance(first, bytes) else first
        yield from found


def _from_utf16(found: Iterator[bytes | Broken]) -> Iterator[bytes | Broken]:
    """Halves of pairs, and half a character at the end, become bytes that are no UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-16")("surrogatepass")
    for block in found:
        if isinstance(block, Broken):
            yield block
        else:
            yield decoder.decode(block).encode("utf-8", "surrogatepass")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        yield b"\xff"


def _unpacked(name: str, stream: IO[bytes]) -> Iterator[bytes | Broken]:
    """Unpacks a file whose name ends in .gz."""
    if not name.endswith(".gz"):
        while block := stream.read(BLOCK):
            yield block
        return
    unpacked = gzip.GzipFile(fileobj=stream, mode="rb")
    try:
        while block := unpacked.read1(BLOCK):
            yield block
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        yield Broken(b"", f"{name}: is no whole gzip file: {error}", name)
