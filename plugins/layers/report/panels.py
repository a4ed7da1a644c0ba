"""Which numbers are drawn together: one unit, one way of adding up, of a size that can be compared.

Sums that a criterion puts together (`opening + new - churned = mrr`) are stacked, those that it
subtracts below the line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from layers.additivity import resolved, terms
from layers.contract import CheckedContract, Contract
from layers.report.shape import Shape

Kind = Literal["line", "bar", "stack", "heat"]
APART = 6  # times as large: a panel of its own
HEATS = 2
MOST_BARS = 2
_SUM = re.compile(r"[\s\w+-]+")


@dataclass(frozen=True)
class Panel:
    """One chart: its numbers, and which of them are below the line or the sum of the others."""

    kind: Kind
    measures: tuple[str, ...]
    below: frozenset[str] = frozenset()
    total: str | None = None


def panels(shape: Shape, sizes: dict[str, float], lines: int) -> list[Panel]:
    """The charts of a table; `sizes` are the greatest values, `lines` how many each number has."""
    if shape.step:
        return list(_of_steps(shape))
    made: list[Panel] = []
    for names in _groups(shape):
        if shape.time is None:
            made += [Panel("bar", part) for part in _of_a_size(names, sizes)]
        elif lines > 1:
            made += [Panel("line", (name,)) for name in names]
        elif shape.is_flow(names[0]):
            made += _flows(shape.contract, names, sizes)
        else:
            made += [Panel("line", part) for part in _of_a_size(names, sizes)]
    return made


def _of_steps(shape: Shape) -> Iterator[Panel]:
    """How far all have come together, and each beginning by itself."""
    if shape.by_step:
        yield Panel("line", shape.by_step)
    yield from (Panel("heat", (name,)) for name in shape.by_step[:HEATS])


def _groups(shape: Shape) -> Iterator[tuple[str, ...]]:
    """Numbers of one unit that add up alike, in the order of the contract."""
    groups: dict[tuple[object, ...], list[str]] = {}
    for name in shape.measures:
        column, adds = shape.contract.columns[name], resolved(shape.contract, name)
        is_level = adds is not None and adds.kind != "sum"
        said = (column.unit, shape.is_flow(name), is_level and not shape.is_ratio(name))
        groups.setdefault(said, []).append(name)
    yield from (tuple(names) for names in groups.values())


def _flows(said: Contract, names: tuple[str, ...], sizes: dict[str, float]) -> Iterator[Panel]:
    left = names
    stack = _stack(said, names)
    if stack:
        yield stack
        left = tuple(name for name in names if name not in (*stack.measures, stack.total))
    for part in _of_a_size(left, sizes):
        yield Panel("bar" if len(part) <= MOST_BARS else "line", part)


def _stack(said: Contract, names: tuple[str, ...]) -> Panel | None:
    for total, parts in _identities(said):
        own = {name: sign for sign, name in parts if name in names}
        if len(own) > 1:
            below = frozenset(name for name, sign in own.items() if sign == "-")
            return Panel("stack", tuple(own), below, total if total in names else None)
    return None


def _identities(said: Contract) -> Iterator[tuple[str | None, list[tuple[str, str]]]]:
    """The criteria that say that columns added and subtracted are another column."""
    criteria = said.criteria.values() if isinstance(said, CheckedContract) else ()
    for criterion in criteria:
        sides = criterion.holds.split("=")
        if len(sides) == 2 and all(_SUM.fullmatch(side) for side in sides):
            few, many = sorted((terms(side) for side in sides), key=len)
            yield (few[0][1] if len(few) == 1 else None), many


def _of_a_size(names: tuple[str, ...], sizes: dict[str, float]) -> list[tuple[str, ...]]:
    """Numbers that can be read off one axis: the greatest is not many times the least."""
    parts, left = [], list(names)
    while left:
        greatest = max(sizes[name] for name in left)
        part = tuple(name for name in left if sizes[name] * APART >= greatest)
        parts.append(part)
        left = [name for name in left if name not in part]
    return sorted(parts, key=lambda part: names.index(part[0]))
