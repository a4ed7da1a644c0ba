"""What a contract promises of its columns and rows, each with how a breach is answered."""

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from layers.additivity import Additivity
from layers.language import TEXTS, Frozen, Limit, Names, Violation, Written, as_text

# The types that a way of writing can be read as.
_READ_AS = {
    "epoch_s": "timestamptz|date",
    "epoch_ms": "timestamptz|date",
    "amount": "numeric.*",
    "month": "date",
    "list": r"text\[\]",
}


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
        return {"anyOf": [{"type": "string"}, TEXTS, handler(core)]}


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
        Literal["1", "0..1"], BeforeValidator(as_text), WithJsonSchema({"enum": ["1", 1, "0..1"]})
    ]
    inverse: Annotated[
        Literal["0..*", "1..*", "0..1", "1"],
        BeforeValidator(as_text),
        WithJsonSchema({"enum": ["0..*", "1..*", "0..1", "1", 1]}),
    ]
    prefer: Names | None = None
    on_missing: Literal["hold", "empty"] = "hold"


class Incremental(Frozen):
    """What an entity is fed: the rows of `by` that are new, and those that agree with new others.

    `also` names, for another relation, the column in which its changed rows and the entity's agree.
    """

    by: Names
    also: dict[str, str] = {}


class Refresh(Frozen):
    """What lets a table be made anew for some months alone: what its rows rest on, and of when.

    `by` is the column with the first day of the month. `when` names, for a relation that is read,
    the span of time that one of its rows can influence: a column, or `[from, to]`.
    """

    by: str
    when: dict[str, str] = Field(min_length=1)
