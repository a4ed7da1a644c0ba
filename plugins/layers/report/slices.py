"""The rows of a table as a reader chooses them: one agent, one attribution, all organisations.

A column of the key over which numbers add up begins with all its values together. One whose values
overlap, or over which nothing adds up, begins with its greatest value, as the greatest of
overlapping values is the one with the others in it.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from layers.report.shape import Row, Shape

FEW = 6  # values that are lines of one chart
SLICES = 400  # that one page has of a table
READABLE = 36  # times, or bars, side by side
ALL = None


@dataclass(frozen=True)
class Choice:
    """A column of which a reader chooses one value; `ALL` is all of them together."""

    column: str
    values: tuple[str | None, ...]
    default: str | None
    hidden: int  # values that are not offered


Slice = tuple[str | None, ...]


def series(shape: Shape, rows: list[Row]) -> tuple[str, ...]:
    """The values that are lines of one chart: few ones, of the only column there is."""
    if len(shape.categories) != 1 or shape.step or not shape.overlaps(shape.categories[0]):
        return ()
    found = _values(shape, shape.categories[0], rows)
    return tuple(found) if 1 < len(found) <= FEW else ()


def choices(shape: Shape, rows: list[Row]) -> list[Choice]:
    """What a reader may choose: each column of the key that is no line."""
    if series(shape, rows):
        return []
    several = max(len(shape.categories), 1)
    limit = max(int(SLICES ** (1 / several)), 1)
    return [_choice(shape, column, rows, min(limit, 40)) for column in shape.categories]


def largest(shape: Shape, rows: list[Row]) -> list[Row]:
    """The rows that can be read side by side where there is no time to go along."""
    if shape.time:
        return rows
    weights = _weighed(shape, shape.across, rows)
    kept = set(sorted(sorted(weights), key=lambda value: -weights[value])[:READABLE])
    return [row for row in rows if str(row[shape.across]) in kept]


def _choice(shape: Shape, column: str, rows: list[Row], limit: int) -> Choice:
    ordered = _values(shape, column, rows)
    weighed = _weighed(shape, column, rows)
    greatest = sorted(ordered, key=lambda value: -weighed[value])
    offered = set(greatest[:limit])
    values = [value for value in ordered if value in offered]
    hidden = len(ordered) - len(values)
    if not shape.overlaps(column):
        return Choice(column, (ALL, *values), ALL, hidden)
    first = _readable(shape, column, rows) if shape.step else None
    return Choice(column, tuple(values), first or next(iter(greatest), ALL), hidden)


def _values(shape: Shape, column: str, rows: list[Row]) -> list[str]:
    """As the contract names them, else by the alphabet."""
    found = {str(row[column]) for row in rows}
    named = shape.contract.columns[column].one_of or ()
    return [*(one for one in named if one in found), *sorted(found - set(named))]


def _weighed(shape: Shape, column: str, rows: list[Row]) -> dict[str, float]:
    """How much each value has of the table's first number."""
    weights: dict[str, float] = defaultdict(float)
    first = next(iter(shape.measures), None)
    for row in rows:
        weights[str(row[column])] += float(row[first] or 0) if first else 1
    return weights


def _readable(shape: Shape, column: str, rows: list[Row]) -> str | None:
    """The value with the most times that can still be read side by side."""
    found: dict[str, set[Any]] = defaultdict(set)
    for row in rows:
        found[str(row[column])].add(row[shape.time or ""])
    fitting = {value: len(seen) for value, seen in found.items() if len(seen) <= READABLE}
    return max(sorted(fitting), key=lambda value: fitting[value], default=None)


def sliced(chosen: list[Choice], rows: list[Row]) -> dict[Slice, list[Row]]:
    """The rows of each combination of choices."""
    found: dict[Slice, list[Row]] = {one: [] for one in product(*(c.values for c in chosen))}
    for row in rows:
        for one in product(*(_ways(choice, row) for choice in chosen)):
            found[one].append(row)
    return found


def _ways(choice: Choice, row: Row) -> Iterator[str | None]:
    """The options of a choice that a row is in."""
    value = str(row[choice.column])
    yield from (option for option in (ALL, value) if option in choice.values)
