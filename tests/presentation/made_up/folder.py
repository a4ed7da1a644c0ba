"""Where a company that is drawn by lot is put: its rows and, in `truth/`, what is true of it."""

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.warehouse import Warehouse

Line = dict[str, Any]
LISTS = "accounts memberships terms assignments activity visits identifies tickets".split()


class Folder:
    """Rows and lines as they come; `write` puts them where they belong."""

    def __init__(self, warehouse: Warehouse, folder: Path) -> None:
        self._warehouse = warehouse
        self._folder = folder
        self._rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.lines: dict[str, list[Any]] = {name: [] for name in LISTS}
        self.told: dict[str, Any] = {}

    def row(self, table: str, **cells: Any) -> None:
        """A row of a staging table, named like `backend_users`."""
        self._rows[table].append(cells)

    def known(self, as_of: datetime) -> None:
        """The product's database is behind all others."""
        for source, later in (("backend", 0), ("rudderstack", 3), ("zendesk", 24), ("hubspot", 48)):
            until = as_of + timedelta(hours=later)
            self.row("layers_watermarks", source=source, loaded_until=until)

    def write(self) -> None:
        """All of it."""
        for table, rows in self._rows.items():
            lines = [" | ".join(rows[0]), *(" | ".join(map(cell, row.values())) for row in rows)]
            source = table.split("_")[0]
            self._warehouse.given(f"stg_{source}.stg_{table}", "\n".join(lines))
        (self._folder / "truth").mkdir(parents=True)
        for name, told in self.lines.items():
            text = "".join(json.dumps(line) + "\n" for line in told)
            (self._folder / "truth" / f"{name}.jsonl").write_text(text)
        (self._folder / "truth.json").write_text(json.dumps(self.told))


def cell(value: Any) -> str:
    """As a table that is drawn has it."""
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def written(at: datetime | None) -> str | None:
    """As the truth has it."""
    return None if at is None else at.isoformat()


def milliseconds(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
