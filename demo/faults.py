"""How a service misbehaves: each fault by name, and what it does to the answer that it hits.

A fault that spoils a record spoils one that was not there before: a copy of the page's first
record under the id `EXTRA`. So a reading is honest where, but for that id, it equals a reading
without the fault. A page without records is bent by none of the faults that work on records.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import cast

from demo.answer import HTML, Answer, html_answer
from demo.page import Kind, Page, Record

HOURS = 5  # by which a clock is wrong
DEPTH = 50_000
LONG = 123_456_789 * (10**78 // 999_999_999)  # 78 digits
LONG_NAME = "a_field_whose_name_goes_on_" + "and_on_" * 7

FAULTS: Mapping[str, str] = {
    # in place of the answer
    "429": "too many requests, with Retry-After: 1",
    "429_bare": "too many requests, in the vendor's words, without Retry-After",
    "500": "a page of HTML with status 500",
    "502": "a gateway's page of HTML with status 502",
    "503": "a page of HTML with status 503",
    "401": "the token has expired, for this request",
    "401_for_good": "the token has expired, for this and every later request",
    "cut": "the connection ends in mid-body",
    "not_json": "status 200, and a page of HTML",
    "empty": "status 200, and no body at all",
    "repeat": "the answer before, once again",
    # paging
    "no_successor": "the page is not the last and does not say where the next one is",
    "stands_still": "the next page is said to be where this one was",
    "shift": "before the answer, a record at the edge of what is read changes: pages by time shift",
    # a spoilt record beside those of the page
    "latin1": "an extra record has a text with bytes that are not UTF-8",
    "nul": "an extra record has a text with \\u0000",
    "surrogate": "an extra record has a text with half of a surrogate pair",
    "long_number": "an extra record has a number of 78 digits",
    "deep": f"an extra record has a field of lists nested {DEPTH:,} deep",
    "type_change": "an extra record has an object where there was a number (HubSpot: a text)",
    "field_vanishes": "an extra record lacks the field that has the text",
    "future_record": f"an extra record was changed {HOURS} hours from now",
    # the records themselves
    "field_appears": "every record has one more field, `x_appeared`",
    "long_name": "every record has one more field, its name more than 70 characters long",
    "out_of_order": "the records come last first",
    "twins": "an older version of the page's first record comes after all others",
    # the header
    "wrong_clock": f"the header `Date` is {HOURS} hours ahead",
}

INSTEAD: Mapping[str, Answer] = {
    "500": html_answer(500),
    "502": html_answer(502),
    "503": html_answer(503),
    "not_json": html_answer(200),
    "empty": Answer(200, b"", HTML),
}

_MARK = "the place of what json.dumps does not write"
_DEEP = b"[" * DEPTH + b"]" * DEPTH


def _replaced(record: Record, mark: bytes, by: bytes) -> bytes:
    """A record that no Python object can be: written, with one place written over."""
    return Page(Kind(), [record]).answer().body[1:-1].replace(mark, by)


def _extra(spoil: Callable[[Kind, Record], Record | bytes]) -> Callable[[Page], Page]:
    def bend(page: Page) -> Page:
        first = page.kind.as_extra(cast("Record", page.records[0]))
        return replace(page, records=[spoil(page.kind, first), *page.records])

    return bend


def _every(change: Callable[[Kind, Record], Record]) -> Callable[[Page], Page]:
    def bend(page: Page) -> Page:
        records = [change(page.kind, cast("Record", record)) for record in page.records]
        return replace(page, records=records)

    return bend


def _twins(page: Page) -> Page:
    first = cast("Record", page.records[0])
    older = page.kind.with_text(page.kind.moved(first, -24), "an older version")
    return replace(page, records=[*page.records, older])


def _from_the_future(page: Page, now: float) -> Page:
    extra = page.kind.as_extra(cast("Record", page.records[0]))
    page.kind.touch(extra, now + HOURS * 3600)
    return replace(page, records=[*page.records, extra])


BENDS: Mapping[str, Callable[[Page], Page]] = {
    "latin1": _extra(
        lambda kind, one: _replaced(kind.with_text(one, _MARK), _MARK.encode(), b"caf\xe9")
    ),
    "nul": _extra(lambda kind, one: kind.with_text(one, "nothing \x00 here")),
    "surrogate": _extra(lambda kind, one: kind.with_text(one, "half \ud800 a pair")),
    "long_number": _extra(lambda kind, one: kind.with_number(one, LONG)),
    "deep": _extra(
        lambda kind, one: _replaced(
            kind.with_field(one, "x_deep", _MARK), f'"{_MARK}"'.encode(), _DEEP
        )
    ),
    "type_change": _extra(
        lambda kind, one: kind.with_number(one, {"value": kind.number_of(one)}),
    ),
    "field_vanishes": _extra(lambda kind, one: kind.without_text(one)),
    "field_appears": _every(lambda kind, one: kind.with_field(one, "x_appeared", "new")),
    "long_name": _every(lambda kind, one: kind.with_field(one, LONG_NAME, "long")),
    "out_of_order": lambda page: replace(page, records=page.records[::-1]),
    "twins": _twins,
}


def bent(fault: str, page: Page, now: float) -> Page:
    """The page as the fault leaves it; `now` is the company's, in seconds since 1970."""
    if not page.records:
        return page
    if fault == "future_record":
        return _from_the_future(page, now)
    return BENDS[fault](page) if fault in BENDS else page


def checked(faults: Mapping[int, str | int] | None) -> Mapping[int, str]:
    """A fault for each of some requests, the first being 1; ValueError names those there are."""
    named = {number: str(fault) for number, fault in (faults or {}).items()}
    for number, fault in named.items():
        if fault not in FAULTS:
            raise ValueError(
                f"request {number}: unknown fault {fault!r}; wanted one of {', '.join(FAULTS)}"
            )
    return named
