"""A page is one answer of an HTTP source, taken apart without touching its records.

Records stay the text the vendor wrote: a parse and a dump would round long numbers and swallow
repeated keys, and the raw record is what staging is replayed from.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from json.decoder import JSONDecoder
from typing import Any

# Numbers stay text: nothing here counts with them, and one of 5,000 digits must not stop a page.
_DECODER = JSONDecoder(parse_int=str, parse_float=str)


@dataclass(frozen=True)
class Page:
    """Records as the vendor wrote them, what else the page says, and the server's time (UTC)."""

    url: str
    records: list[bytes]
    rest: dict[str, Any]
    date: datetime


def split(text: str, key: str) -> tuple[list[bytes], dict[str, Any]]:
    """The elements of the list under `key`, byte for byte, and the page's other values.

    Raises ValueError where the text is no JSON object with a list under `key`.
    """
    records: list[bytes] | None = None
    rest: dict[str, Any] = {}
    at = _expect(text, _space(text, 0), "{")
    while text[at : at + 1] != "}":
        name, at = _DECODER.raw_decode(text, at)
        at = _space(text, _expect(text, _space(text, at), ":"))
        if name == key:
            records, at = _elements(text, at)
        else:
            rest[name], at = _DECODER.raw_decode(text, at)
        at = _next(text, at, "}")
    if records is None:
        raise ValueError(f"it has no list '{key}', only {', '.join(sorted(rest)) or 'nothing'}")
    return records, rest


def _elements(text: str, at: int) -> tuple[list[bytes], int]:
    records = []
    at = _space(text, _expect(text, at, "["))
    while text[at : at + 1] != "]":
        start = at
        _, at = _DECODER.raw_decode(text, at)
        records.append(text[start:at].encode("utf-8", "surrogateescape"))
        at = _next(text, at, "]")
    return records, at + 1


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
