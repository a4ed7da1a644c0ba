"""Chunks: records gathered into lines that one statement copies, and what is no record."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter

from layers.sources import Lines, Unreadable

CHUNK_LINES = 5_000
CHUNK_BYTES = 2 * 2**20
CONTROL = "has a raw control character, which JSON does not allow"
# JSON has none of these outside its escapes; the tab, which it may have, parts the lines below.
_CONTROL = bytes(code for code in range(32) if code != 9)
_BREAKS = bytes.maketrans(b"\r\n", b"  ")
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)

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
class Chunk:
    """Lines that are copied by one statement; `places` are where the lines of a file begin."""

    text: bytes
    places: tuple[tuple[int, str | None], ...] = ()

    def lines(self) -> list[bytes]:
        """Its lines, without their breaks."""
        return self.text.split(b"\n")

    def unreadable(self, at: int, line: bytes, reason: str) -> Unreadable:
        """The line that is number `at`, from 0, as a reject."""
        found = bisect_right(self.places, at, key=itemgetter(0))
        return Unreadable(line, reason, self.places[found - 1][1] if found else None)

    def only(self, kept: list[tuple[int, bytes]]) -> "Chunk":
        """The chunk with some of its lines, by their old numbers."""
        places: list[tuple[int, str | None]] = []
        for number, (at, _) in enumerate(kept):
            file = self.unreadable(at, b"", "").file
            if not places or places[-1][1] != file:
                places.append((number, file))
        return Chunk(b"\n".join(line for _, line in kept), tuple(places))


def chunks(records: Iterable[bytes | Lines | Unreadable], copied: Copied) -> Iterator[Chunk]:
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
            yield Chunk(b"".join(gathered).removesuffix(b"\n"), tuple(places))
            gathered, places, size, count = [], [], 0, 0
    if gathered:
        yield Chunk(b"".join(gathered).removesuffix(b"\n"), tuple(places))


def needs_a_look(text: bytes) -> bool:
    """Whether something is in it that a copy would read as something else, and say nothing of."""
    return b"\x01" in text or b"\n\n" in text or text.startswith(b"\n")


def screened(chunk: Chunk, copied: Copied) -> Chunk:
    """The chunk without lines that would stop the copy, or that are empty."""
    kept = []
    for at, line in enumerate(map(bytes.strip, chunk.lines())):
        if not line:
            continue
        if not _is_utf8(line):
            copied.reject(chunk.unreadable(at, line, "is not UTF-8"))
        elif (plain := _on_one_line(line)) is None or has_control(plain.strip()):
            copied.reject(chunk.unreadable(at, line, CONTROL))
        else:
            kept.append((at, plain.strip()))
    return chunk.only(kept)


def _on_one_line(record: bytes) -> bytes | None:
    """A record as a line, without the breaks of its layout; none where a text has one in it."""
    if b"\n" not in record and b"\r" not in record:
        return record + b"\n"
    if has_control(b"".join(_TEXT.findall(record))):
        return None
    return record.translate(_BREAKS) + b"\n"


def has_control(text: bytes) -> bool:
    """Whether a character is in it that JSON wants escaped."""
    return len(text.translate(None, _CONTROL)) != len(text)


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def depth(line: bytes) -> int:
    """How many lists and objects are in each other."""
    level = deepest = 0
    for bracket in re.findall(rb"[\[\]{}]", _TEXT.sub(b"", line)):
        level += 1 if bracket in b"[{" else -1
        deepest = max(deepest, level)
    return deepest
