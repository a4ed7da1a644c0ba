"""Tables for the terminal."""

from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

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


def print_preview(found: list[Preview]) -> None:
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
