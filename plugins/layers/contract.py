"""A contract says what a relation promises before anybody has written its query.

The models here are the contract language: what `sql/**/*.yaml` may say. Anything else in a file
is an error that names the file, so a misspelt promise is never silently no promise.
"""

import re
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from layers.errors import ProjectError

TYPES = re.compile(
    r"text|boolean|smallint|integer|bigint|date|timestamptz|uuid|tstzrange|daterange|jsonb"
    r"|numeric(\(\d+,\d+\))?|(text|bigint|uuid|date)\[\]"
)
M = TypeVar("M", bound=BaseModel)
IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]*")

Violation = Literal["hold", "fail", "warn"]
Written = Literal["plain", "epoch_s", "epoch_ms", "empty_is_null"]


def _as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_as_tuple), Field(min_length=1)]
Limit = Annotated[
    str, BeforeValidator(_as_text), Field(pattern=r"^(none|\d+|\d+(\.\d+)?%)$", examples=["1%"])
]


class Frozen(BaseModel):
    """What is read from a file: immutable, and with nothing in it that nobody declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(Frozen):
    """One column and what it means."""

    type: str
    optional: bool = False
    means: str | None = None
    one_of: tuple[str, ...] | None = None
    unit: str | None = None
    additivity: Literal["sum", "balance", "distinct"] | dict[str, Any] | None = None
    pii: bool = False
    written: Written = "plain"


class Rule(Frozen):
    """How a broken promise is answered; empty fields take the contract's answer."""

    on_violation: Violation | None = None
    hold_limit: Limit | None = None


class Criterion(Rule):
    """A sentence about one row, and the expression that is true when the row keeps it."""

    holds: str

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"holds": value} if isinstance(value, str) else value


class Unique(Rule):
    """Columns of which no two rows have the same values; empty ones never clash."""

    columns: Names
    prefer: Names | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"columns": value} if isinstance(value, (str, list)) else value


class Relationship(Rule):
    """How many of another entity one row has, and how many rows one of the other has."""

    to: str
    by: Names
    each: Annotated[Literal["1", "0..1"], BeforeValidator(_as_text)]
    inverse: Annotated[Literal["0..*", "1..*", "0..1", "1"], BeforeValidator(_as_text)]
    prefer: Names | None = None
    on_missing: Literal["hold", "empty"] = "hold"


class Contract(Frozen):
    """What all relations promise: a grain, a key and typed columns."""

    grain: str
    key: Names
    columns: dict[str, Column] = Field(min_length=1)

    @property
    def types(self) -> dict[str, str]:
        """The column's types, in the order of the contract."""
        return {name: column.type for name, column in self.columns.items()}


class StagingContract(Contract):
    """A relation of `stg`: typed records of one object, the newest version of each key."""

    newest_by: str | None = None
    deleted_when: str | None = None
    reject_limit: Limit = "1%"


class CheckedContract(Contract):
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


class EntityContract(CheckedContract):
    """A relation of `dmn`: a piece of the domain model."""

    entity: str
    definition: str
    relationships: dict[str, Relationship] = {}

    @property
    def title(self) -> str:
        """The entity's name inside a sentence: `support ticket`."""
        return self.entity[:1].lower() + self.entity[1:]


class PresentationContract(CheckedContract):
    """A relation of `prs`: the answer to a question, ready for a dashboard."""

    answers: str
    on_violation: Violation = "fail"


KINDS: dict[str, type[Contract]] = {
    "stg": StagingContract,
    "dmn": EntityContract,
    "prs": PresentationContract,
}


def read_yaml(path: Path, shown: str) -> dict[str, Any]:
    """What a file says, as a mapping; `shown` is the file's name in messages."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ProjectError(f"{shown}: is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise ProjectError(f"{shown}: is {type(content).__name__}, wanted a mapping of keys")
    return content


def parse(model: type[M], content: dict[str, Any], shown: str) -> M:
    """A model made of a file's content; what is wrong with it names the file and the place."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        problems = [_told(problem) for problem in error.errors()]
        raise ProjectError("\n".join(f"{shown}: {problem}" for problem in problems)) from None


def _told(problem: Any) -> str:
    place = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        hint = "put a text with a comma into quotes" if " " in place else "remove or correct it"
        return f"'{place}' is not a word of the contract language; {hint}"
    if problem["type"] == "missing":
        return f"'{place}' is missing"
    return f"'{place}' is {problem['input']!r}: {problem['msg'][:1].lower()}{problem['msg'][1:]}"
