"""Readings: how the text of a raw value becomes a typed one.

A guarded reading is a test and a cast: the cast stands inside the `case` that asked the test, so a
value that is none of its type gives null and never raises. A plain one, a third faster, raises
instead, and everything is read again by the guarded ones. Words that Postgres would read as a value
but no tool means as one (`now`, `infinity`, `NaN`) are none in either.
"""

from layers.promises import Column
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
# As people write amounts: a currency sign, blanks, and commas or points between thousands.
_SIGNS = "€$£ \u00a0\u202f'"
_ENGLISH = r"^[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?$"
_CONTINENTAL = r"^[+-]?(\d+|\d{1,3}(\.\d{3})+),\d+$"
# What a plain cast may be tried on: tests that cost a tenth of a regular expression.
_PLAIN = {
    "timestamptz": (
        "({0} like '____-__-__T__:__%' or {0} like '____-__-__ __:__%' or {0} like '____-__-__')"
        " and translate({0}, '0123456789-:.+TZ ', '') = ''"
    ),
    "date": "{0} like '____-__-__' and translate({0}, '0123456789-', '') = ''",
    "numeric": "translate({0}, '0123456789.-', '') = ''",
    "bigint": "translate({0}, '0123456789-', '') = ''",
    "integer": "translate({0}, '0123456789-', '') = ''",
    "smallint": "translate({0}, '0123456789-', '') = ''",
    "boolean": "{0} in ('true', 'false')",
    "uuid": "length({0}) = 36",
}


def text_of(column: Column, value: str) -> str:
    """The SQL of the text that is read: `value`, or null where the source writes empty for it."""
    return f"nullif({value}, '')" if column.written != "plain" else value


def guarded(column: Column, value: str) -> str:
    """The SQL of the typed value; null where the text in `value` is none."""
    if column.type == "text":
        return value
    if column.written in _EPOCH:
        return _epoch(column, value)
    if column.written == "amount":
        return _amount(column, value)
    if column.written == "list":
        return f"string_to_array({value}, ';')"
    if column.written == "month":
        shape = literal(r"^(?!0000)\d{4}-(0[1-9]|1[0-2])$")  # Postgres has no year 0
        return f"case when {value} ~ {shape} then ({value} || '-01')::date end"
    shape = _SHAPES.get(column.type.split("(")[0], "")
    shaped = f"{value} ~ {literal(f'^({shape})$')} and " if shape else ""
    if column.type == "jsonb":
        shaped = f"length({value}) - length(translate({value}, '[{{', '')) <= {MOST} and "
    valid = f"{shaped}pg_input_is_valid({value}, {literal(column.type)})"
    return f"case when {valid} then {value}::{column.type} end"


def plain(column: Column, value: str) -> str:
    """The SQL of the typed value; raises where the text in `value` is none, or may be none."""
    if column.type == "text":
        return value
    refused = f"('!' || {value})::{column.type}"
    test = _PLAIN.get(column.type.split("(")[0])
    if test is None or column.written not in ("plain", "empty_is_null"):
        return f"coalesce({guarded(column, value)}, {refused})"
    cast = f"{value}::{column.type}"
    return f"case when {test.format(value)} then {cast} when {value} is not null then {refused} end"


def can_fail(column: Column) -> bool:
    """Whether a text may be none of the column's type."""
    return column.type != "text" and column.written != "list"


def _epoch(column: Column, value: str) -> str:
    shape, unit = _EPOCH[column.written]
    instant = f"to_timestamp({value}::double precision{unit})"
    cast = instant if column.type == "timestamptz" else f"({instant})::{column.type}"
    return f"case when {value} ~ {literal(shape)} then {cast} end"


def _amount(column: Column, value: str) -> str:
    bare = f"translate({value}, {literal(_SIGNS)}, '')"
    continental = f"replace(replace({bare}, '.', ''), ',', '.')"
    read = (
        f"case when {bare} ~ '{_ENGLISH}' then replace({bare}, ',', '')"
        f" when {bare} ~ '{_CONTINENTAL}' then {continental} end"
    )
    valid = f"pg_input_is_valid({read}, {literal(column.type)})"
    return f"case when {valid} then ({read})::{column.type} end"
