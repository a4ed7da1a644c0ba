"""A contract says what a relation promises before anybody has written its query.

The models here are the contract language: what `sql/**/*.yaml` may say. Anything else in a file
is an error that names the file, so a misspelt promise is never silently no promise.
"""

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

from layers.additivity import Additivity
from layers.declared import matching

TYPES = re.compile(
    r"text|boolean|smallint|integer|bigint|date|timestamptz|uuid|tstzrange|daterange|jsonb"
    r"|numeric(\(\d+,\d+\))?|(text|bigint|uuid|date)\[\]"
)

Violation = Literal["hold", "fail", "warn"]
Written = Literal["plain", "epoch_s", "epoch_ms", "empty_is_null", "amount", "month", "list"]


# The types that a way of writing can be read as.
_READ_AS = {
    "epoch_s": "timestamptz|date",
    "epoch_ms": "timestamptz|date",
    "amount": "numeric.*",
    "month": "date",
    "list": r"text\[\]",
}


def _as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


_TEXTS = {"type": "array", "items": {"type": "string"}, "minItems": 1}


def _also(*others: dict[str, Any]) -> WithJsonSchema:
    """What editors are told of a field that may be written in several ways."""
    return WithJsonSchema({"anyOf": list(others)})


Names = Annotated[
    tuple[str, ...],
    BeforeValidator(_as_tuple),
    Field(min_length=1),
    _also({"type": "string"}, _TEXTS),
]
Limit = Annotated[
    str,
    BeforeValidator(_as_text),
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


class Deprecated(Frozen):
    """What may be said of a column or a table that is to go; it stays published until then."""

    replaced_by: str | None = None
    remove_after: date | None = None

    @model_validator(mode="after")
    def _says_both(self) -> "Deprecated":
        if (self.replaced_by is None) != (self.remove_after is None):
            said, missing = ("replaced_by", "remove_after")[:: 1 if self.replaced_by else -1]
            raise ValueError(
                f"has {said} without {missing}; wanted both: what to read instead, and the day "
                "until which this stays"
            )
        return self


class Column(Deprecated):
    """One column and what it means; `label` is what its readers call it, if not by its name."""

    type: str
    optional: bool = False
    means: str | None = None
    label: str | None = None
    one_of: tuple[str, ...] | None = None
    unit: str | None = None
    additivity: Additivity | None = None
    pii: bool = False
    written: Written = "plain"

    @model_validator(mode="after")
    def _reading_fits_the_type(self) -> "Column":
        wanted = _READ_AS.get(self.written)
        if wanted and not re.fullmatch(wanted, self.type):
            named = wanted.replace("|", " or ").replace(".*", "").replace("\\", "")
            raise ValueError(f"is written {self.written} and {self.type}; wanted {named}")
        return self


class _ShortForm(Frozen):
    """What may be written as one value where nothing else is to be said of it."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: Any) -> dict[str, Any]:
        """Editors are told of both forms."""
        return {"anyOf": [{"type": "string"}, _TEXTS, handler(core)]}


class Rule(Frozen):
    """How a broken promise is answered; empty fields take the contract's answer."""

    on_violation: Violation | None = None
    hold_limit: Limit | None = None


class Criterion(Rule, _ShortForm):
    """A sentence about one row, and the expression that is true when the row keeps it."""

    holds: str

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"holds": value} if isinstance(value, str) else value


class Unique(Rule, _ShortForm):
    """Columns of which no two rows have the same values; empty ones never clash."""

    columns: Names
    prefer: Names | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"columns": value} if isinstance(value, (str, list)) else value


class Relationship(Rule):
    """How many of another entity one row has, and how many rows one of the other has.

    Where the other is temporal, `period` is the column with the time, a range or an instant, for
    which it must be there.
    """

    to: str
    by: Names
    period: str | None = None
    each: Annotated[
        Literal["1", "0..1"], BeforeValidator(_as_text), WithJsonSchema({"enum": ["1", 1, "0..1"]})
    ]
    inverse: Annotated[
        Literal["0..*", "1..*", "0..1", "1"],
        BeforeValidator(_as_text),
        WithJsonSchema({"enum": ["0..*", "1..*", "0..1", "1", 1]}),
    ]
    prefer: Names | None = None
    on_missing: Literal["hold", "empty"] = "hold"


WITHOUT_OVERLAPS = " without overlaps"


class Contract(Frozen):
    """What all relations promise: a grain, a key and typed columns.

    The last column of a key may be a range `without overlaps`; then the table is temporal, and
    `overlaps_never` names that column.
    """

    grain: str
    key: Names
    overlaps_never: str | None = Field(default=None, init=False)
    columns: dict[str, Column] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _temporal_key(cls, value: Any) -> Any:
        if not isinstance(value, dict) or "overlaps_never" in value:
            raise ValueError("'overlaps_never' is not a word of the contract language")
        key = value.get("key")
        if isinstance(key, list) and key and str(key[-1]).endswith(WITHOUT_OVERLAPS):
            period = str(key[-1]).removesuffix(WITHOUT_OVERLAPS)
            return {**value, "key": [*key[:-1], period], "overlaps_never": period}
        return value

    @property
    def types(self) -> dict[str, str]:
        """The column's types, in the order of the contract."""
        return {name: column.type for name, column in self.columns.items()}


_OURS = ("layers_load_id", "layers_ordinal", "layers_gone")


class StagingContract(Contract):
    """A relation of `stg`: typed records of one object, the newest version of each key.

    `history` keeps every version, with the span of time in which it was the newest. `swallows` is
    a column with the keys of other rows that this one has taken over: they are deleted.
    `duplicates: reject` wants every key once in a load; of several, the last counts.
    """

    newest_by: str | None = None
    deleted_when: str | None = None
    swallows: str | None = None
    history: bool = False
    duplicates: Literal["keep_newest", "reject"] = "keep_newest"
    reject_limit: Limit = "1%"

    @property
    def row_key(self) -> tuple[str, ...]:
        """What tells the rows of the table apart: with a history, versions too."""
        return (*self.key, *([self.newest_by] if self.history and self.newest_by else []))

    @model_validator(mode="after")
    def _engine_keeps_its_names(self) -> "StagingContract":
        for name in ("is_deleted", "deletion_noticed_at", "valid_during", *_OURS):
            if name in self.columns:
                raise ValueError(f"has a column '{name}', which the engine itself keeps")
        return self

    @model_validator(mode="after")
    def _history_has_times(self) -> "StagingContract":
        column = self.columns.get(self.newest_by or "")
        if self.history and (column is None or column.type != "timestamptz" or column.optional):
            raise ValueError(
                "has history: true; wanted newest_by, a column of type timestamptz that is never "
                "empty, as versions are valid from it on"
            )
        return self


class CheckedContract(Contract, Deprecated):
    """A relation that is built, checked and published."""

    criteria: dict[str, Criterion] = {}
    unique: dict[str, Unique] = {}
    on_violation: Violation = "hold"
    hold_limit: Limit = "1%"
    shrink_limit: Limit = "20%"

    @property
    def title(self) -> str:
        """What one row is called in a sentence."""
        return "row"


class Incremental(Frozen):
    """What an entity is fed: the rows of `by` that are new, and those that agree with new others.

    `also` names, for another relation, the column in which its changed rows and the entity's agree.
    """

    by: Names
    also: dict[str, str] = {}


class EntityContract(CheckedContract):
    """A relation of `dmn`: a piece of the domain model."""

    entity: str
    definition: str
    relationships: dict[str, Relationship] = {}
    incremental: Incremental | None = None

    @property
    def title(self) -> str:
        """The entity's name inside a sentence: `support ticket`."""
        return self.entity[:1].lower() + self.entity[1:]


class Refresh(Frozen):
    """What lets a table be made anew for some months alone: what its rows rest on, and of when.

    `by` is the column with the first day of the month. `when` names, for a relation that is read,
    the span of time that one of its rows can influence: a column, or `[from, to]`.
    """

    by: str
    when: dict[str, str] = Field(min_length=1)


class PresentationContract(CheckedContract):
    """A relation of `prs`: the answer to a question, ready for a dashboard.

    `label` is what its readers call it, if not by its name.
    """

    answers: str
    label: str | None = None
    on_violation: Violation = "fail"
    refresh: Refresh | None = None


KINDS: dict[str, type[Contract]] = {
    "stg": StagingContract,
    "dmn": EntityContract,
    "prs": PresentationContract,
}
