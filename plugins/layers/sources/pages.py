"""A page is one answer of an HTTP source, taken apart without touching its records.

Records stay the text the vendor wrote: a parse and a dump would round long numbers and swallow
repeated keys, and the raw record is what staging is replayed from.
"""

import json
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import datetime
from json.decoder import JSONDecoder
from typing import Any


class Number(str):
    """A number as it stands in JSON: nothing here counts, and one of 5,000 digits stops no page."""

    __slots__ = ()


# a raw control character in a text spoils its record, as a copy of it finds, and not the page
_DECODER = JSONDecoder(parse_int=Number, parse_float=Number, strict=False)
_HALF = re.compile("[\ud800-\udfff]")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


class OddPageError(Exception):
    """A page that does not follow from what was asked; asking again may mend it."""


@dataclass(frozen=True)
class Page:
    """Records as the vendor wrote them, what else the page says, and the server's time (UTC).

    At the second look the same page was asked for once more, because the first was odd.
    """

    url: str
    records: list[bytes]
    rest: dict[str, Any]
    date: datetime
    is_second_look: bool = False

    def objects(self) -> Iterator[dict[str, Any]]:
        """The records that can be read as objects; pagers look for times and ids in them."""
        return filter(None, map(self.object, self.records))

    @staticmethod
    def object(record: bytes) -> dict[str, Any]:
        """A record as an object, empty where it is none."""
        try:
            found, _ = _DECODER.raw_decode(record.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


def can_be_kept(text: str) -> bool:
    """Whether a text can be in Postgres: with no NUL, and no half of a surrogate pair."""
    return "\0" not in text and not _HALF.search(text)


def split(text: str, key: str | None) -> tuple[list[bytes], dict[str, Any]]:
    """The elements of the list under `key`, byte for byte, and the page's other values.

    Without a key the page is the list. Raises ValueError where the text is no such JSON.
    """
    if key is None:
        if not text.lstrip().startswith("["):
            raise ValueError("it is no list")
        return list(elements(text)), {}
    records: list[bytes] | None = None
    rest: dict[str, Any] = {}
    at = _expect(text, _space(text, 0), "{")
    while text[at : at + 1] != "}":
        name, at = _DECODER.raw_decode(text, at)
        at = _space(text, _expect(text, _space(text, at), ":"))
        if name == key:
            records, at = _listed(text, at)
        else:
            rest[name], at = _value(text, at)
        at = _next(text, at, "}")
    if records is None:
        raise ValueError(f"it has no list '{key}', only {', '.join(sorted(rest)) or 'nothing'}")
    return records, rest


def elements(text: str) -> Iterator[bytes]:
    """The records of one JSON document, byte for byte: those of a list, or the one it is.

    Raises ValueError where the text is no JSON, after the records before that place.
    """
    at = _space(text, 0)
    if text[at : at + 1] == "[":
        end = yield from _elements(text, at)
    else:
        record, end = _element(text, at)
        yield record
    if text[end:].strip():
        raise json.JSONDecodeError("Extra data", text, end)


def _elements(text: str, at: int) -> Generator[bytes, None, int]:
    """The records of the list that begins there; gives where it ends."""
    at = _space(text, _expect(text, at, "["))
    while text[at : at + 1] != "]":
        record, at = _element(text, at)
        yield record
        at = _next(text, at, "]")
    return at + 1


def _listed(text: str, at: int) -> tuple[list[bytes], int]:
    """All records of the list that begins there, and where it ends."""
    found, records = _elements(text, at), []
    while True:
        try:
            records.append(next(found))
        except StopIteration as ended:
            return records, ended.value


def _element(text: str, at: int) -> tuple[bytes, int]:
    end = _end(text, at)
    return text[at:end].encode("utf-8", "surrogateescape"), end


def _end(text: str, at: int) -> int:
    """Where a value ends; one nested deeper than Python reads is followed by its brackets."""
    try:
        return _DECODER.raw_decode(text, at)[1]
    except RecursionError:
        depth = 0
        for token in _TOKEN.finditer(text, at):
            depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(token.group()[0], 0)
            if depth == 0:
                return token.end()
        raise json.JSONDecodeError("it does not end", text, at) from None


def _value(text: str, at: int) -> tuple[Any, int]:
    """A value beside the records; nobody asks for one that Python cannot read."""
    try:
        return _DECODER.raw_decode(text, at)
    except RecursionError:
        return None, _end(text, at)


def _next(text: str, at: int, close: str) -> int:
    at = _space(text, at)
    if text[at : at + 1] == close:
        return at
    return _space(text, _expect(text, at, ","))


def _expect(text: str, at: int, wanted: str) -> int:
    if text[at : at + 1] != wanted:
        raise json.JSONDecodeError(f"wanted '{wanted}'", text, at)
    return at + 1


def _space(text: str, at: int) -> int:
    while text[at : at + 1] in (" ", "\n", "\t", "\r") and at < len(text):
        at += 1
    return at
