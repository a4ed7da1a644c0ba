"""Readings: how the text of a raw value becomes a typed one, without ever raising.

A reading is a test and a cast. The cast stands inside the `case` that asked the test, so a value
that is none of its type is rejected with its record and never stops a batch. Words that Postgres
would read as a value but no tool means as one (`now`, `infinity`, `NaN`) are none.
"""

from layers.contract import Column
from layers.rules import literal

_DAY = r"\d{4}-\d\d-\d\d"
_INSTANT = rf"{_DAY}([T ]\d\d:\d\d(:\d\d([.]\d+)?)?\s?([Zz]|[+-]\d\d(:?\d\d)?)?)?"
_WHOLE = r"[+-]?\d+"
_SHAPES = {
    "timestamptz": _INSTANT,
    "date": _DAY,
    "tstzrange": rf'empty|[\[(]("?{_INSTANT}"?)?,("?{_INSTANT}"?)?[\])]',
    "daterange": rf"empty|[\[(]({_DAY})?,({_DAY})?[\])]",
    "date[]": rf"\{{({_DAY}(,{_DAY})*)?\}}",
    "numeric": r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?",
    "bigint": _WHOLE,
    "integer": _WHOLE,
    "smallint": _WHOLE,
}
# Lists and objects in one value; some 14,000 of them in each other are more than Postgres bears,
# which it says by an error that nobody can ask about before.
MOST = 10_000
_EPOCH = {"epoch_s": (r"^\d{1,12}(\.\d+)?$", ""), "epoch_ms": (r"^\d{1,15}(\.\d+)?$", " / 1000")}


def text_of(column: Column, value: str) -> str:
    """The SQL of the text that is read: `value`, or null where the source writes empty for it."""
    return f"nullif({value}, '')" if column.written == "empty_is_null" else value


def typed(column: Column, value: str) -> str:
    """The SQL of the typed value; null where the text in `value` is none."""
    if column.type == "text":
        return value
    if column.written in _EPOCH:
        shape, unit = _EPOCH[column.written]
        instant = f"to_timestamp({value}::double precision{unit})"
        cast = instant if column.type == "timestamptz" else f"({instant})::{column.type}"
        return f"case when {value} ~ {literal(shape)} then {cast} end"
    shape = _SHAPES.get(column.type.split("(")[0], "")
    shaped = f"{value} ~ {literal(f'^({shape})$')} and " if shape else ""
    if column.type == "jsonb":
        shaped = f"length({value}) - length(translate({value}, '[{{', '')) <= {MOST} and "
    valid = f"{shaped}pg_input_is_valid({value}, {literal(column.type)})"
    return f"case when {valid} then {value}::{column.type} end"
