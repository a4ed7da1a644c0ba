"""What may be done with a number over the rows of its table: summed, kept at one time, or neither.

A sum may be added over any rows. A balance stands at one time and may be added over everything
else. A distinct count may not be added at all. A ratio is made of sums and differences of columns,
and is as additive as the least additive of them. `within` names columns of which there must be
one value in what is added, because their values overlap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, model_validator

from layers.declared import unknown

if TYPE_CHECKING:
    from layers.contract import Contract

Kind = Literal["sum", "balance", "distinct", "ratio"]
# From what may be added anywhere to what may be added nowhere.
KINDS = ("sum", "balance", "distinct")
TIMES = ("date", "timestamptz")
NUMBERS = re.compile(r"smallint|integer|bigint|numeric.*")
_TERMS = re.compile(r"\s*[+-]?\s*\w+(\s*[+-]\s*\w+)*\s*")
_TERM = re.compile(r"([+-]?)\s*(\w+)")
WANTED = (
    "wanted sum, balance, distinct, {sum: {within: [a column]}}, {balance: {within: [a column]}} "
    "or {ratio: {of: columns added and subtracted, by: the same}}"
)


class Additivity(BaseModel):
    """How a column's values add up; `of` and `by` are the sides of a ratio as they are written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    within: tuple[str, ...] = ()
    of: str = ""
    by: str = ""

    @model_validator(mode="before")
    @classmethod
    def _written(cls, value: Any) -> Any:
        if isinstance(value, str) and value in KINDS:
            return {"kind": value}
        if not isinstance(value, dict) or len(value) != 1:
            raise ValueError(WANTED)
        ((kind, said),) = value.items()
        words = {"sum": {"within"}, "balance": {"within"}, "ratio": {"of", "by"}}.get(kind)
        if words is None or not isinstance(said, dict):
            raise ValueError(WANTED)
        if not words <= said.keys() <= {*words, "within"}:
            raise ValueError(f"has {kind} with {', '.join(map(str, said)) or 'nothing'}; {WANTED}")
        return {"kind": kind, **said, "within": _names(said.get("within", ()))}

    @model_validator(mode="after")
    def _sides_are_sums(self) -> Additivity:
        for side in (self.of, self.by) if self.kind == "ratio" else ():
            if not _TERMS.fullmatch(side):
                raise ValueError(f"has a ratio with '{side}'; wanted columns with + and - between")
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, _core: Any, _handler: Any) -> dict[str, Any]:
        """Editors are told of the forms in which it is written."""
        names = {"type": "array", "items": {"type": "string"}, "minItems": 1}
        columns = {"anyOf": [{"type": "string"}, names]}
        side = {"type": "string", "pattern": "^[\\s\\w+-]+$"}
        only = _closed({"within": columns}, ["within"])
        ratio = _closed({"of": side, "by": side, "within": columns}, ["of", "by"])
        kinds = {"sum": only, "balance": only, "ratio": ratio}
        forms = [_closed({kind: said}, [kind]) for kind, said in kinds.items()]
        return {"anyOf": [{"enum": list(KINDS)}, *forms]}

    @property
    def parts(self) -> tuple[str, ...]:
        """The columns that a ratio is made of, each once."""
        return tuple(dict.fromkeys(name for side in (self.of, self.by) for _, name in terms(side)))


def _closed(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _names(value: Any) -> Any:
    if value in ([], "") or not isinstance(value, (str, list, tuple)):
        raise ValueError("has a within that names no column; wanted a column, or a list of them")
    return (value,) if isinstance(value, str) else tuple(value)


def terms(side: str) -> list[tuple[str, str]]:
    """The signs and columns of one side of a ratio: `a - b` is [('+', 'a'), ('-', 'b')]."""
    return [(sign or "+", name) for sign, name in _TERM.findall(side)]


def times(contract: Contract) -> list[str]:
    """The columns of a key that say for when a row is, of which a balance wants one value."""
    columns = contract.columns
    return [key for key in contract.key if key in columns and columns[key].type in TIMES]


def resolved(contract: Contract, name: str) -> Additivity | None:
    """How a column adds up in the end: a ratio as the least additive of what it is made of."""
    said = contract.columns[name].additivity
    if said is None or said.kind != "ratio":
        return said
    parts = [contract.columns[part].additivity for part in said.parts]
    known = [part for part in parts if part is not None]
    kind = max((part.kind for part in known), key=KINDS.index)
    within = {*said.within, *(column for part in known for column in part.within)}
    ordered = tuple(column for column in contract.columns if column in within)
    return said.model_copy(update={"kind": kind, "within": ordered})


def problems(contract: Contract) -> Iterator[str]:
    """What is wrong with how a contract's columns add up."""
    for name, column in contract.columns.items():
        if column.additivity is not None:
            yield from _problems(contract, name, column.additivity)


def _problems(contract: Contract, name: str, said: Additivity) -> Iterator[str]:
    kind = contract.columns[name].type
    if not NUMBERS.fullmatch(kind):
        yield f"column '{name}' has an additivity and type {kind}; wanted a number, or none"
    where = f"column '{name}' has within, which"
    yield from unknown(contract.columns, where, said.within)
    for column in said.within:
        if column in contract.columns and contract.columns[column].optional:
            yield f"{where} names '{column}', which may be empty; wanted one that never is"
    if said.kind == "balance" and not times(contract):
        yield (
            f"column '{name}' is a balance, and no column of the key is a date or a time at which "
            "it stands; wanted sum, or one in the key"
        )
    if said.kind == "ratio":
        yield from _wrong_parts(contract, name, said)


def _wrong_parts(contract: Contract, name: str, said: Additivity) -> Iterator[str]:
    where = f"column '{name}' is a ratio, which"
    yield from unknown(contract.columns, where, said.parts)
    for part in said.parts:
        if part in contract.columns:
            of = contract.columns[part].additivity
            if of is None or of.kind == "ratio":
                found = "is a ratio itself" if of else "does not say how it adds up"
                yield f"{where} names '{part}', which {found}; wanted sums, balances or counts"
