"""Rules are a contract's promises in the form in which they are checked.

Row rules look at one row, upper bounds at rows of one relation, references and lower bounds at two
relations. `check` runs them in that order; nothing else decides what is held.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from layers.contract import CheckedContract, EntityContract
from layers.language import Violation
from layers.project import Project, Settings
from layers.promises import Relationship
from layers.promises import Rule as Answer
from layers.relation import Relation


@dataclass(frozen=True)
class Rule:
    """A promise, the sentence that says it, and what happens to a row that breaks it.

    `limit` is empty where the contract's own limit counts the row.
    """

    name: str
    sentence: str
    on_violation: Violation
    limit: str | None


@dataclass(frozen=True)
class RowRule(Rule):
    """True, or empty, in SQL where a row keeps it.

    One that only wants columns filled is `not null` in the live table, and no check.
    """

    holds: str
    is_not_null: bool = False


@dataclass(frozen=True)
class UpperBound(Rule):
    """No two rows have the same values in `columns`; the first by `prefer` stays, if it says so."""

    columns: tuple[str, ...]
    prefer: tuple[str, ...] | None


@dataclass(frozen=True)
class ReferenceRule(Rule):
    """The values in `by` are the key of a row of `to`.

    Of a temporal one: of rows whose times, `to_period`, cover all of `period`, a range or, as
    `is_instant`, a moment.
    """

    to: str
    by: tuple[str, ...]
    empties: bool
    to_key: tuple[str, ...] = ()
    period: str | None = None
    to_period: str | None = None
    is_instant: bool = False


@dataclass(frozen=True)
class LowerBound(Rule):
    """Some row of `child` names this row in its columns `by`."""

    child: str
    by: tuple[str, ...]


def of(project: Project, relation: Relation) -> list[Rule]:
    """All rules that rows of a relation must keep, in the order of its contract."""
    return list(_rules(project, relation))


def _rules(project: Project, relation: Relation) -> Iterator[Rule]:
    contract = relation.contract
    assert isinstance(contract, CheckedContract)
    yield from _row_rules(contract, project.settings)
    for name, unique in contract.unique.items():
        yield UpperBound(name, name, *_answer(contract, unique), unique.columns, unique.prefer)
    if isinstance(contract, EntityContract):
        for name, link in contract.relationships.items():
            yield from _upwards(contract, name, link, project)
    for other in project.units.get(relation.unit, []):
        if isinstance(other.contract, EntityContract):
            yield from _downwards(relation, other, other.contract)


def _row_rules(contract: CheckedContract, settings: Settings) -> Iterator[Rule]:
    links = contract.relationships.values() if isinstance(contract, EntityContract) else ()
    linked = {column for link in links if link.each == "1" for column in link.by}
    default = _answer(contract, Answer())
    for name, column in contract.columns.items():
        if not column.optional and name not in contract.key and name not in linked:
            yield RowRule(
                name, f"{name} is never empty", *default, f"{quoted(name)} is not null", True
            )
        if column.one_of is not None:
            allowed = ", ".join(literal(value) for value in column.one_of)
            said = f"{name} is one of {', '.join(column.one_of)}"
            yield RowRule(f"{name} values", said, *default, f"{quoted(name)} in ({allowed})")
    for sentence, criterion in contract.criteria.items():
        holds = expression(criterion.holds, settings)
        yield RowRule(sentence, sentence, *_answer(contract, criterion), holds)


def _upwards(
    contract: EntityContract, name: str, link: Relationship, project: Project
) -> Iterator[Rule]:
    answer = _answer(contract, link)
    said = f"each {contract.title} has {link.each} {name.replace('_', ' ')}"
    if link.each == "1":
        there = " and ".join(f"{quoted(column)} is not null" for column in link.by)
        yield RowRule(name, said, *answer, there, True)
    if link.inverse in ("0..1", "1"):
        other = _title(project.relations[link.to])
        upper = f"each {other} has {link.inverse} {contract.title}"
        yield UpperBound(f"{name} inverse", upper, *answer, link.by, link.prefer)
    yield _reference(contract, name, said, link, project)


def _reference(
    contract: EntityContract, name: str, said: str, link: Relationship, project: Project
) -> ReferenceRule:
    target = project.relations[link.to].contract
    kind = contract.columns[link.period].type if link.period else ""
    return ReferenceRule(
        *(name, said, *_answer(contract, link), link.to, link.by, link.on_missing == "empty"),
        to_key=tuple(key for key in target.key if key != target.overlaps_never),
        period=link.period,
        to_period=target.overlaps_never,
        is_instant=bool(link.period) and not kind.endswith("range"),
    )


def _downwards(
    relation: Relation, other: Relation, contract: EntityContract
) -> Iterator[LowerBound]:
    for name, link in contract.relationships.items():
        if link.to == relation.name and link.inverse in ("1", "1..*"):
            said = f"each {_title(relation)} has {link.inverse} {contract.title}"
            answer = _answer(contract, link)
            yield LowerBound(f"{other.name} {name}", said, *answer, other.name, link.by)


def _answer(contract: CheckedContract, answer: Answer) -> tuple[Violation, str | None]:
    return answer.on_violation or contract.on_violation, answer.hold_limit


def _title(relation: Relation) -> str:
    assert isinstance(relation.contract, CheckedContract)
    return relation.contract.title


def expression(holds: str, settings: Settings) -> str:
    """A criterion as Postgres reads it: `:first_instant` is the midnight of the first month."""
    return holds.replace(":first_instant", f"timestamptz {literal(str(settings.first_instant))}")


def allowed(limit: str, rows: int) -> float:
    """How many of `rows` a limit lets pass: its number or share, and 10 in any case."""
    if limit == "none":
        return float("inf")
    share = float(limit.rstrip("%"))
    return max(10.0, rows * share / 100 if limit.endswith("%") else share)


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def columns(names: Iterable[str], alias: str = "") -> str:
    """Names as a list of SQL identifiers, each with the alias in front."""
    return ", ".join(f"{alias}.{quoted(name)}" if alias else quoted(name) for name in names)
