"""The smallest words of the contract language: types, names, limits, spans of time.

Anything else in a file is an error that names the file, so a misspelt promise is never silently no
promise.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from layers.declared import matching

TYPES = re.compile(
    r"text|boolean|smallint|integer|bigint|date|timestamptz|uuid|tstzrange|daterange|jsonb"
    r"|numeric(\(\d+,\d+\))?|(text|bigint|uuid|date)\[\]"
)

Violation = Literal["hold", "fail", "warn"]
Written = Literal["plain", "epoch_s", "epoch_ms", "empty_is_null", "amount", "month", "list"]


def _as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def as_text(value: Any) -> Any:
    """A number as it would be written in quotes."""
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


TEXTS = {"type": "array", "items": {"type": "string"}, "minItems": 1}


def _also(*others: dict[str, Any]) -> WithJsonSchema:
    """What editors are told of a field that may be written in several ways."""
    return WithJsonSchema({"anyOf": list(others)})


Names = Annotated[
    tuple[str, ...],
    BeforeValidator(_as_tuple),
    Field(min_length=1),
    _also({"type": "string"}, TEXTS),
]
Limit = Annotated[
    str,
    BeforeValidator(as_text),
    matching(r"none|\d+|\d+(\.\d+)?%", "a number, a share like 5%, or none"),
    _also({"type": "string"}, {"type": "number"}),
]
# A span of time as both Postgres and people read it.
Span = Annotated[
    str, matching(r"\d+ (second|minute|hour|day|week)s?", "a number and its unit, like 90 minutes")
]


class Frozen(BaseModel):
    """What is read from a file: immutable, and with nothing in it that nobody declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")
