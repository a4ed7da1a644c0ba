"""What tests of the numbers of METRICS.md stand on: what is known, and rows as they are read."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from tests.warehouse import Warehouse

Rows = dict[tuple[str, str], SimpleNamespace]


def known(warehouse: Warehouse, until: Mapping[str, str]) -> None:
    """Says up to when each source is known; one that is not named is unknown."""
    lines = "\n".join(f"{source} | {moment}" for source, moment in until.items())
    warehouse.given("stg_layers.stg_layers_watermarks", f"source | loaded_until\n{lines}")


def by(rows: list[SimpleNamespace], part: str) -> Rows:
    return {(row.month_key, getattr(row, part)): row for row in rows}


def each(rows: Rows, group: str, column: str) -> dict[str, Any]:
    """One column of one group of rows, month by month."""
    return {month: getattr(row, column) for (month, of), row in rows.items() if of == group}
