"""A contract says what a relation promises before anybody has written its query.

The models here, with `promises` and `language`, are the contract language: what `sql/**/*.yaml` may
say of a relation.
"""

from typing import Any, Literal

from pydantic import Field, model_validator

from layers.language import Frozen, Limit, Names, Violation
from layers.promises import (
    Column,
    Criterion,
    Deprecated,
    Incremental,
    Refresh,
    Relationship,
    Unique,
)

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
