"""A presentation table in the terminal: months down, each number in its unit.

What is wider than the terminal goes on below, with the key again. On a terminal that has room for
it, the first number of a row is drawn as a bar.
"""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rich.bar import Bar
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from layers.additivity import NUMBERS
from layers.contract import Contract
from layers.promises import Column
from layers.published import Freshness, Published
from layers.relation import Relation

BAR = 16
_BETWEEN = 3  # columns of the terminal from one column to the next
_TIME = "%Y-%m-%d %H:%M UTC"


def print_table(
    relation: Relation, found: Published, fresh: Freshness | None, console: Console | None = None
) -> None:
    """Prints the rows of a table, and what is to be known of them."""
    console = console or Console()
    said = relation.contract
    title = f"{relation.schema}.{relation.name}: {said.grain}"
    console.print(title, style="bold", markup=False, highlight=False)
    if found.rows:
        widths = _widths(said, found)
        for names in _blocks(said, widths, console.width):
            room = console.width - _taken(widths, names)
            has_bars = console.is_terminal and room >= BAR + _BETWEEN
            bars = _bars(said, found, names) if has_bars else None
            console.print(_drawn(said, found, names, bars), "", sep="\n")
    for line in _facts(relation, found, fresh):
        console.print(line, markup=False, highlight=False)


def _widths(said: Contract, found: Published) -> dict[str, int]:
    """How wide each column is, if nothing in it is folded."""
    widths = {}
    for place, (name, column) in enumerate(said.columns.items()):
        lines = [*_heading(name), unit(column), *(cell(column, row[place]) for row in found.rows)]
        widths[name] = max(map(cell_len, lines))
    return widths


def _taken(widths: dict[str, int], names: list[str]) -> int:
    return sum(widths[name] + _BETWEEN for name in names) - _BETWEEN


def _blocks(said: Contract, widths: dict[str, int], width: int) -> Iterator[list[str]]:
    """The columns, key first, in as many parts as fit a width side by side."""
    key = list(said.key)
    block = list(key)
    for name in (name for name in said.columns if name not in key):
        if _taken(widths, [*block, name]) > width and len(block) > len(key):
            yield block
            block = list(key)
        block.append(name)
    yield block


def _drawn(
    said: Contract, found: Published, names: list[str], bars: list[RenderableType] | None
) -> Table:
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="none")
    places = [list(said.columns).index(name) for name in names]
    for name in names:
        column = said.columns[name]
        heading = Text("\n".join(_heading(name)), "bold") + Text(f"\n{unit(column)}", "dim")
        is_number = NUMBERS.fullmatch(column.type)
        table.add_column(heading, justify="right" if is_number else "left", overflow="fold")
    if bars:
        table.add_column("")
    columns = [said.columns[name] for name in names]
    for number, row in enumerate(found.rows):
        shown = [cell(column, row[place]) for column, place in zip(columns, places, strict=True)]
        table.add_row(*map(Text, shown), *(bars[number : number + 1] if bars else []))
    return table


def _bars(said: Contract, found: Published, names: list[str]) -> list[RenderableType] | None:
    """The first number among some columns, as bars from nothing to the greatest."""
    first = next((name for name in names if said.columns[name].additivity), None)
    if first is None:
        return None
    place = list(said.columns).index(first)
    values = [max(float(row[place] or 0), 0) for row in found.rows]
    return [Bar(size=max(values) or 1, begin=0, end=value, width=BAR) for value in values]


def _heading(name: str) -> list[str]:
    """A column's name, broken where a long one may be."""
    lines = [""]
    for word in (f"{part}_" for part in name.split("_")):
        if len(lines[-1]) + len(word) > 14 and lines[-1]:
            lines.append("")
        lines[-1] += word
    return [*lines[:-1], lines[-1].removesuffix("_")]


def unit(column: Column) -> str:
    """What a column's numbers are of, as a reader sees it."""
    return "%" if column.unit == "ratio" else column.unit or ""


def cell(column: Column, value: Any) -> str:
    """A value as people read it: ratios in percent, amounts with two digits."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, (Decimal, float)):
        return f"{value * 100:,.1f}" if column.unit == "ratio" else f"{value:,.2f}"
    if isinstance(value, int):
        return f"{value:,}" if column.additivity else str(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _facts(relation: Relation, found: Published, fresh: Freshness | None) -> Iterator[str]:
    yield _counted(found)
    if fresh is not None:
        known = f"{fresh.data_as_of:{_TIME}}" if fresh.data_as_of else "nobody knows when"
        yield f"{relation.schema} is {fresh.freshness}: data as of {known}"


def _counted(found: Published) -> str:
    if not found.is_there:
        return "nobody has made it yet; run layers run"
    shown = len(found.rows)
    if shown < found.count:
        return f"the last {shown:,} of {found.count:,} rows; --rows N shows another number"
    return f"{found.count:,} row{'' if found.count == 1 else 's'}"
