"""What the demo shows at its end: every table with its counts, and where to look further."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from demo import account
from demo.airflow import USER, Airflow
from demo.connections import Connections
from demo.layers import Status


def show_tables(status: Status, console: Console) -> None:
    """One line per table: what is published, kept back and unreadable, and how long it took."""
    table = Table("table")
    for heading in ("rows", "held", "rejected", "seconds"):
        table.add_column(heading, justify="right")
    for row in status.relations:
        counts = (f"{count:,}" for count in (row.rows, row.held, row.rejected))
        table.add_row(row.relation, *counts, "" if row.seconds is None else f"{row.seconds:.1f}")
    console.print(table)


def page(state: Path) -> Path:
    """The file in which everything that is published is drawn."""
    return state / "demo-report.html"


def show_addresses(
    airflow: Airflow, connections: Connections, state: Path, console: Console
) -> None:
    """The user interface, the warehouse and the report, each in a line that can be copied."""
    looker = connections.server.dsn("warehouse", "looker", connections.warehouse["looker"])
    psql = account.wheel_binaries() / "psql"
    lines = {
        "Airflow": f"{airflow.address}   user {USER}   password {airflow.password}",
        "warehouse": f"127.0.0.1:{connections.server.port}   database warehouse",
        "as looker": f"{psql} {looker}",
        "as postgres": f"{psql} {connections.server.dsn('warehouse')}",
    }
    if page(state).exists():
        lines["the report"] = page(state).as_uri()
    lines["a day later"] = "make demo ARGS=tick, in another terminal"
    for name, line in lines.items():
        console.print(f"{name:<12} {line}", highlight=False, markup=False, soft_wrap=True)


def show_failure(failure: Exception, console: Console) -> None:
    """What went wrong, as it was said."""
    text = f"\nFAILED: {failure}\n"
    console.print(text, style="red", highlight=False, markup=False, soft_wrap=True)
