"""Measures: what a query may add up, and only as far as the contract says that it adds up.

A balance asks for its month. What has one meaning only within one month, or one value of a column,
is empty where a query has several of them together: in a row of totals too, which Looker makes by
another query that has no dimensions.
"""

from collections.abc import Iterator

from layers.additivity import NUMBERS, Additivity, resolved, terms, times
from layers.contract import Contract
from layers.lookml.dimensions import field_of_time, is_measured
from layers.lookml.words import LookML, goes, label, value_format
from layers.project import Settings
from layers.relation import Relation

_COMPARED = ("text", "date", "timestamptz")


def measures(relation: Relation, settings: Settings) -> Iterator[LookML]:
    """A measure for each column that may be added up somewhere, named like the column."""
    for name in relation.contract.columns:
        adds = resolved(relation.contract, name)
        if adds is not None and is_measured(relation.contract, name):
            yield _measure(relation.contract, name, adds, settings)


def _measure(contract: Contract, name: str, adds: Additivity, settings: Settings) -> LookML:
    column = contract.columns[name]
    at = times(contract) if adds.kind == "balance" else []
    required = [field_of_time(time, contract.columns[time]) for time in at]
    where = _where(contract, [*at, *adds.within], settings)
    said: LookML = {
        "name": name,
        "label": label(name, settings, column),
        "description": f"{goes(column)}{column.means}{where}",
        "type": "number",
        "value_format_name": value_format(column),
    }
    if required:
        said["required_fields"] = required
    if adds.of:
        only = [within for within in adds.within if within in (column.additivity or adds).within]
        return {**said, "sql": _guarded(contract, only, _ratio(adds))}
    alone = [*at, *adds.within]
    if not alone:
        return {**said, "type": "sum", "sql": f"${{TABLE}}.{name}"}
    return {**said, "sql": _guarded(contract, alone, f"sum(${{TABLE}}.{name})")}


def _where(contract: Contract, alone: list[str], settings: Settings) -> str:
    """What a query must have for there to be a value, as the end of a description."""
    named = " or ".join(f"'{label(name, settings, contract.columns[name])}'" for name in alone)
    return f". Empty where several values of {named} come together" if alone else ""


def _ratio(adds: Additivity) -> str:
    """The sum of the one side over the sum of the other; its parts know by themselves when."""
    return f"1.0 * {_side(adds.of)} / nullif({_side(adds.by)}, 0)"


def _side(said: str) -> str:
    first, *others = terms(said)
    text = f"{'- ' if first[0] == '-' else ''}${{{first[1]}}}"
    text += "".join(f" {sign} ${{{name}}}" for sign, name in others)
    return f"({text})" if others or first[0] == "-" else text


def _guarded(contract: Contract, alone: list[str], sql: str) -> str:
    """Empty where a group of rows has more than one value of one of these columns."""
    same = [_same(name, contract.columns[name].type) for name in alone]
    return f"case when {' and '.join(same)} then {sql} end" if same else sql


def _same(name: str, kind: str) -> str:
    is_compared = kind in _COMPARED or NUMBERS.fullmatch(kind)
    column = f"${{TABLE}}.{name}{'' if is_compared else '::text'}"
    return f"min({column}) = max({column})"
