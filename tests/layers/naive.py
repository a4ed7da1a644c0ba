"""DESIGN's three steps once more, without SQL and without wit: what a layer holds and publishes.

The third step tries every subset of the rows that the first two left. Nothing here is the engine's:
that both say the same is the test.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Value = str | int | None
Key = tuple[Value, ...]


@dataclass(frozen=True)
class Bound:
    """At most one row has the same values in `columns`; the first by `prefer` and key may stay."""

    columns: tuple[str, ...]
    prefer: tuple[str, ...] | None
    holds: bool


@dataclass(frozen=True)
class Link:
    """A relationship: `by` has the key of a row of `to`."""

    to: str
    by: tuple[str, ...]
    each: str
    inverse: str
    prefer: tuple[str, ...] | None
    holds: bool
    empties: bool


@dataclass(frozen=True)
class Entity:
    """What rows of an entity promise. A criterion is a column, an operator and a number."""

    key: tuple[str, ...]
    required: tuple[str, ...]
    one_of: tuple[str, ...] | None
    criteria: tuple[tuple[str, str, int, bool], ...]
    bounds: tuple[Bound, ...]
    links: tuple[Link, ...]
    holds: bool  # on_violation, where a rule says nothing


@dataclass(frozen=True)
class Row:
    """A row of an entity."""

    of: str
    cells: Mapping[str, Value] = field(hash=False)

    def at(self, columns: tuple[str, ...]) -> Key:
        return tuple(self.cells[name] for name in columns)


OPERATORS = {">": int.__gt__, "<": int.__lt__, "<>": int.__ne__}


@dataclass(frozen=True)
class Verdict:
    """Keys that are held, and rows as they are published, by entity."""

    held: dict[str, set[Key]]
    published: dict[str, list[dict[str, Value]]]


def judge(model: Mapping[str, Entity], rows: list[Row]) -> Verdict:
    """What becomes of rows: steps one, two and three, and what is emptied after them."""
    left = [row for row in rows if not breaks_by_itself(model[row.of], row)]
    clashing = {id(row) for name in model for row in too_many(name, model[name], left)}
    left = [row for row in left if id(row) not in clashing]
    kept = largest(left, [list(_needs(model, row, left)) for row in left])
    there = {(row.of, row.at(model[row.of].key)) for row in kept}
    return Verdict(
        held={
            name: {
                row.at(entity.key)
                for row in rows
                if row.of == name and (name, row.at(entity.key)) not in there
            }
            for name, entity in model.items()
        },
        published={
            name: [emptied(entity, row, there) for row in kept if row.of == name]
            for name, entity in model.items()
        },
    )


def breaks_by_itself(entity: Entity, row: Row) -> bool:
    """Step 1. Null meets every criterion; what is only warned of is not held."""
    if entity.holds:
        if None in row.at(entity.required):
            return True
        if entity.one_of and row.cells["t"] is not None and row.cells["t"] not in entity.one_of:
            return True
    for column, operator, number, holds in entity.criteria:
        value = row.cells[column]
        if holds and isinstance(value, int) and not OPERATORS[operator](value, number):
            return True
    return any(link.each == "1" and link.holds and None in row.at(link.by) for link in entity.links)


def too_many(name: str, entity: Entity, left: list[Row]) -> Iterator[Row]:
    """Step 2, judged once: each bound looks at all that step 1 left."""
    inverse = [
        Bound(link.by, link.prefer, link.holds)
        for link in entity.links
        if link.inverse in ("0..1", "1")
    ]
    for bound in (*entity.bounds, *inverse):
        alike: dict[Key, list[Row]] = {}
        for row in left:
            if row.of == name and None not in row.at(bound.columns):
                alike.setdefault(row.at(bound.columns), []).append(row)
        for found in alike.values():
            ranked = sorted((_rank(entity, bound, row), at) for at, row in enumerate(found))
            several = [found[at] for _, at in ranked]
            if bound.holds and len(several) > 1:
                yield from several[1:] if bound.prefer else several


def _rank(entity: Entity, bound: Bound, row: Row) -> list[tuple[bool, Value]]:
    """As `order by` has it: what is empty comes last."""
    return [(value is None, value or 0) for value in row.at((*(bound.prefer or ()), *entity.key))]


def largest(left: list[Any], needs: list[list[int]]) -> list[Any]:
    """Step 3, by brute force: of all sets of rows that break nothing, the one with all others.

    A row needs, for each rule, one row of a set of others; both are numbers, a bit for each row.
    """
    fine = [
        subset
        for subset in range(2 ** len(left))
        if all(need & subset for at in range(len(left)) if subset >> at & 1 for need in needs[at])
    ]
    best = max(fine, key=int.bit_count)
    assert all(subset & best == subset for subset in fine), "there is no largest"
    return [row for at, row in enumerate(left) if best >> at & 1]


def _needs(model: Mapping[str, Entity], row: Row, left: list[Row]) -> Iterator[int]:
    for link in model[row.of].links:
        if link.holds and not link.empties and None not in row.at(link.by):
            yield sum(
                1 << at
                for at, other in enumerate(left)
                if other.of == link.to and other.at(model[link.to].key) == row.at(link.by)
            )
    for name, entity in model.items():
        for link in entity.links:
            if link.to == row.of and link.inverse in ("1", "1..*") and link.holds:
                yield sum(
                    1 << at
                    for at, other in enumerate(left)
                    if other.of == name and other.at(link.by) == row.at(model[row.of].key)
                )


def emptied(entity: Entity, row: Row, there: set[tuple[str, Key]]) -> dict[str, Value]:
    """A row as it is published: without the references that it may lose and that lead nowhere."""
    cells = dict(row.cells)
    for link in entity.links:
        if link.empties and None not in row.at(link.by) and (link.to, row.at(link.by)) not in there:
            cells |= dict.fromkeys(link.by)
    return cells
