"""What must hold between a relationship and the entity that it leads to: keys, periods, counts."""

from collections.abc import Collection, Iterable, Iterator, Mapping

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from layers.contract import EntityContract
from layers.declared import hint, unknown
from layers.promises import Relationship
from layers.relation import Relation

# Periods, and the instants that are part of one.
RANGES = {"tstzrange": "timestamptz", "daterange": "date"}


def problems(
    contract: EntityContract,
    name: str,
    link: Relationship,
    relations: Mapping[str, Relation],
    broken: Collection[str],
) -> Iterator[str]:
    """What is wrong with a relationship of an entity, in words that stand by themselves."""
    where = f"relationship '{name}'"
    yield from unknown(contract.columns, where, (*link.by, *(link.prefer or ())))
    yield from _wrong_emptying(contract, where, link)
    target = relations.get(link.to)
    if target is None or target.layer != "dmn":
        entities = [other for other, found in relations.items() if found.layer == "dmn"]
        yield f"{where} goes to {link.to}, {not_there(link.to, entities, broken)}"
        return
    yield from _wrong_period(contract, where, link, target)
    ours = [contract.columns[by].type for by in link.by if by in contract.columns]
    keys = [key for key in target.contract.key if key != target.contract.overlaps_never]
    theirs = [target.contract.columns[key].type for key in keys if key in target.contract.columns]
    if len(ours) == len(link.by) and ours != theirs:
        yield (
            f"{where} goes by {', '.join(link.by)} ({', '.join(ours)}), but the key of {link.to} "
            f"is {', '.join(keys)} ({', '.join(theirs)})"
        )
    if link.each == "1" and link.on_missing == "empty":
        yield f"{where} has each 1, so on_missing: empty would leave '{link.by[0]}' empty"
    for by in link.by:
        if by in contract.columns and contract.columns[by].optional != (link.each == "0..1"):
            wanted = "optional: true" if link.each == "0..1" else "a column that is not optional"
            yield f"{where} has each {link.each}, so '{by}' wants {wanted}"


def _wrong_period(
    contract: EntityContract, where: str, link: Relationship, target: Relation
) -> Iterator[str]:
    """A reference to something that is there for a time says for which time it must be."""
    theirs = target.contract.overlaps_never
    if theirs is None:
        if link.period is not None:
            yield f"{where} has a period, but {link.to} is not temporal; wanted none"
        return
    if link.period is None:
        yield f"{where} goes to {link.to}, which is temporal; wanted 'period', a column with a time"
        return
    yield from unknown(contract.columns, where, [link.period])
    kind, wanted = contract.columns.get(link.period), target.contract.columns.get(theirs)
    if kind and wanted and kind.type not in (wanted.type, RANGES.get(wanted.type)):
        yield (
            f"{where} has the period '{link.period}', which is {kind.type}; "
            f"wanted {wanted.type} or {RANGES.get(wanted.type)}"
        )
    if link.inverse != "0..*":
        yield f'{where} goes to {link.to}, which is temporal; wanted inverse "0..*"'


def _wrong_emptying(contract: EntityContract, where: str, link: Relationship) -> Iterator[str]:
    """A reference that is emptied after the row rules were asked must not be part of one."""
    if link.on_missing != "empty":
        return
    for sentence, criterion in contract.criteria.items():
        for by in link.by:
            if by in _named(criterion.holds):
                yield (
                    f"{where} may empty '{by}' (on_missing: empty), which criterion '{sentence}' "
                    "reads; wanted on_missing: hold, or a criterion without it"
                )
    for by in link.by:
        if by in contract.key:
            yield f"{where} may empty '{by}' (on_missing: empty), which is part of the key"


def _named(text: str) -> set[str]:
    try:
        tree = sqlglot.parse_one(text.replace(":first_instant", "''"), read="postgres")
    except (ParseError, TokenError):
        return set()
    return {column.name for column in tree.find_all(exp.Column)}


def not_there(name: str, known: Iterable[str], broken: Collection[str]) -> str:
    """Why a name leads nowhere, as the end of a sentence."""
    if name in broken:
        return "whose own files are wrong"
    return f"which no contract declares{hint(name, known)}"
