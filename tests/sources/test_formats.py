"""Files that are larger than anybody expects, or were made to be: little of them is ever held."""

import gzip
import json
import tracemalloc
from collections.abc import Iterator
from io import BytesIO, RawIOBase
from typing import Any

import pytest

from layers.sources import Lines, Unreadable
from layers.sources.formats import FORMATS, Broken, table
from layers.sources.formats.blocks import BLOCK, LARGEST_LINE
from layers.sources.formats.documents import LARGEST_DOCUMENT

MEGABYTES = 80
LONG = 128 * 2**20
HEAD = b"name,note\n"


class Long(RawIOBase):
    """A file of one line that nobody has to hold."""

    def __init__(self, before: bytes, size: int, after: bytes) -> None:
        self.parts = filter(None, [before, *[b"x" * BLOCK] * (size // BLOCK), after])

    def read(self, size: int = -1) -> bytes:
        return next(self.parts, b"")


def bomb(before: bytes, size: int, after: bytes) -> BytesIO:
    """The same, packed a thousand times smaller."""
    packed = BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as file:
        long = Long(before, size, after)
        while block := long.read():
            file.write(block)
    packed.seek(0)
    return packed


@pytest.fixture
def megabytes() -> Iterator[Any]:
    """The megabytes that were held at most."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()


@pytest.mark.parametrize("packed", [False, True], ids=["a file", "a bomb"])
@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_a_line_without_end_is_one_reject_that_says_how_long_it_is_and_the_next_is_read(
    megabytes: Any, kind: str, packed: bool
) -> None:
    before, after = (HEAD, b"\na,b\n") if kind == "csv" else (b"", b'\n{"name": "a"}\n')
    stream: Any = (bomb if packed else Long)(before, LONG, after)

    *rejects, last = FORMATS[kind]("long.gz" if packed else "long", stream)

    (reject,) = rejects
    assert isinstance(reject, Unreadable)
    assert f"is a line of {LONG + (kind == 'csv'):,} bytes, more than 16,777,216" in reject.reason
    assert reject.record == b"x" * BLOCK
    assert json.loads(last.text if isinstance(last, Lines) else last)["name"] == "a"  # type: ignore[arg-type]
    assert megabytes() < MEGABYTES


@pytest.mark.parametrize("packed", [False, True], ids=["a file", "a bomb"])
def test_a_document_without_end_is_one_reject(megabytes: Any, packed: bool) -> None:
    stream: Any = (bomb if packed else Long)(b'["', LONG, b'"]')
    (reject,) = FORMATS["json"]("long.gz" if packed else "long", stream)
    assert isinstance(reject, Broken)
    assert f"is a document of {LONG + 4:,} bytes, more than {LARGEST_DOCUMENT:,}" in reject.reason
    assert len(reject.record) == BLOCK
    assert megabytes() < MEGABYTES


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_the_longest_line_that_is_one_fits_too(megabytes: Any, kind: str) -> None:
    for _ in FORMATS[kind]("long", Long(b"", LARGEST_LINE, b"")):  # type: ignore[arg-type]
        pass
    assert megabytes() < MEGABYTES


def rows(text: bytes) -> list[str]:
    """The rows of a sheet in JSON, and the reasons of its rejects."""
    return [
        found.reason if isinstance(found, Unreadable) else str(found, "utf-8")  # type: ignore[arg-type]
        for found in table("s.csv", BytesIO(text))
    ]


def test_a_cell_that_python_does_not_read_is_told_and_is_no_question_mark() -> None:
    assert rows(b'name\nok\n"' + b"x" * 140_000 + b'"\nz\n') == [
        '{"name": "ok", "_line": 2}',
        "s.csv: line 3: is no CSV: field larger than field limit (131072)",
        '{"name": "z", "_line": 4}',
    ]


def test_a_cell_of_several_lines_is_one_where_its_row_then_has_its_width() -> None:
    assert rows(b'a,b\r\n1,"x\r\ny"\r\n"2\n\n",z\n3,"x\n4,y\n') == [
        json.dumps({"a": "1", "b": "x\r\ny", "_line": 2}),
        json.dumps({"a": "2\n\n", "b": "z", "_line": 4}),
        "s.csv: line 7: has a quote that is not closed where its row ends",
        json.dumps({"a": "4", "b": "y", "_line": 8}),
    ]


def test_stray_quotes_in_every_line_cost_no_more_than_their_lines() -> None:
    line = b'"a","b\n'  # each leaves a cell open, also where one is open already
    found = rows(HEAD + b"a,b\n" * 30 + line * 3_000 + b"y,z\n")
    assert found[-1] == '{"name": "y", "note": "z", "_line": 3032}'
    assert len(found) == 3_031


@pytest.mark.parametrize("over", [-1, 0, 1])
def test_a_line_end_of_two_bytes_is_one_also_where_a_block_ends_in_it(over: int) -> None:
    text = HEAD + (b"a," + b"x" * 100_000 + b"\r\n") * 10
    text += b"a," + b"y" * (BLOCK + over - len(text) - 3) + b"\r\nb,c"
    assert text[BLOCK + over - 1 : BLOCK + over + 1] == b"\r\n"
    assert rows(text)[-1] == '{"name": "b", "note": "c", "_line": 13}'


def test_half_a_character_at_the_end_of_a_utf_16_file_is_a_reject() -> None:
    assert rows("a,b\n1,2\n3,é".encode("utf-16")[:-1]) == [
        '{"a": "1", "b": "2", "_line": 2}',
        "s.csv: line 3: is not UTF-8",
    ]
