"""Tables for the terminal."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from layers.lineage import Step
    from layers.plan import Planned
    from layers.preview import Preview


def print_status(found: dict[str, Any]) -> None:
    """Prints what `status` found."""
    console = Console()
    console.print(_table("Sources", found["sources"]))
    console.print(_table("Relations", found["relations"]))
    console.print(_table("Publications", found["publications"]))
    behind = ", ".join(found["behind"])
    console.print(f"Behind: {behind}" if behind else "Nobody is behind.")


def print_rows(title: str, rows: list[dict[str, Any]]) -> None:
    """Prints rows that have the same names."""
    Console().print(_table(title, rows))


def print_preview(found: "list[Preview]") -> None:
    """Prints what a publication would change, and some of the rows."""
    print_rows(
        "What publishing now would change",
        [
            {
                "relation": one.relation,
                "inserted": one.change.inserted,
                "updated": one.change.updated,
                "deleted": one.change.deleted,
            }
            for one in found
        ],
    )
    for one in found:
        for row in one.sample:
            key = ", ".join(f"{name} {value}" for name, value in row.key.items())
            cells = "; ".join(f"{n}: {was} -> {now}" for n, (was, now) in row.cells.items())
            print(f"{one.relation}  {row.operation}  {key}{'  ' if cells else ''}{cells}")


def print_restatements(rows: list[dict[str, Any]]) -> None:
    """Prints which cells changed after they were complete, a line each, and what caused it."""
    if not rows:
        print("nothing that was complete has changed")
    for row in rows:
        key = ", ".join(f"{name} {value}" for name, value in row["key"].items())
        cell = f"{row['column_name']}: {_empty(row['old_value'])} -> {_empty(row['new_value'])}"
        gone = "  (the row is gone)" if row["is_row_gone"] else ""
        print(f"{row['published_at']:%Y-%m-%d %H:%M}  {row['relation']}  {key}  {cell}{gone}")
        said = "; ".join(f"{what} {_listed(names)}" for what, names in row["cause"].items())
        print(f"    publication {row['publication']}: {said or 'nobody knows why'}")


def _empty(value: str | None) -> str:
    return "nothing" if value is None else value


def _listed(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)


def print_steps(steps: "list[Step]", deciding: dict[str, list[str]]) -> None:
    """Prints the way from a column down, further right each step, and what decides about rows."""
    for step in steps:
        said = "  ".join(filter(None, [step.kind, step.means]))
        above = "  (as above)" if step.is_repeated else ""
        print(f"{'    ' * step.depth}{step.relation}.{step.column}  {said}{above}".rstrip())
    if deciding:
        print(f"which rows {steps[0].relation} has, or counts, is decided by")
    for name, columns in deciding.items():
        print(f"    {name}: {', '.join(columns)}")


def print_plan(found: "list[Planned]") -> None:
    """Prints what contracts would change, statement by statement."""
    if not found:
        print("the warehouse is as the contracts say")
    for one in found:
        sign = "compatible" if one.is_compatible else "INCOMPATIBLE"
        print(f"{one.relation}: {one.what}  ({sign})")
        for touched in one.touches:
            print(f"    touches {touched}")
        for statement in one.statements:
            print(f"    {statement};")


def _table(title: str, rows: list[dict[str, Any]]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for name in rows[0] if rows else ("nothing yet",):
        is_number = any(isinstance(row[name], (int, float)) for row in rows)
        table.add_column(name.replace("_", " "), justify="right" if is_number else "left")
    for row in rows:
        table.add_row(*(_shown(value) for value in row.values()))
    return table


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
