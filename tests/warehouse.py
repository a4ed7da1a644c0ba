"""A warehouse in a test: rows are given as tables a reader can see, and read back as objects."""

import json
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from layers import build, check, migrate, publish, record, settle, stage, warehouse
from layers.project import Project
from layers.publish import Published
from layers.stage import Staged
from layers.warehouse import Connection, text
from tests.servers import OWNER, PASSWORD, Postgres

LOGINS = {
    "warehouse_owner": OWNER,
    "warehouse_loader": "layers_loader",
    "warehouse_modeller": "layers_modeller",
    "warehouse_presenter": "layers_presenter",
    "looker": "looker",
}


class Warehouse:
    """One database of the test server, a project, and the verbs on both."""

    def __init__(self, server: Postgres, name: str, project: Project) -> None:
        self.server = server
        self.name = name
        self.project = project
        self._admin: psycopg.Connection[Any] | None = None
        self._roles: dict[str, Connection] = {}

    def connections(self, patch: pytest.MonkeyPatch) -> None:
        """Lets every part of the product find this warehouse, as it would in production."""
        for connection_id, login in LOGINS.items():
            made = {
                "conn_type": "postgres",
                "host": self.server.host,
                "port": self.server.port,
                "schema": self.name,
                "login": login,
                "password": PASSWORD,
            }
            patch.setenv(f"AIRFLOW_CONN_{connection_id.upper()}", json.dumps(made))

    def sources(
        self, patch: pytest.MonkeyPatch, *, tools: dict[str, str], company: Path, product: str
    ) -> None:
        """The example's sources: its tools' URLs, its folder, and the product's database."""
        agent = {"login": "agent@example.com/token", "password": PASSWORD}
        parts = conninfo_to_dict(self.server.dsn(product))
        names = {"host": "host", "port": "port", "user": "login", "password": "password"}
        made: dict[str, dict[str, Any]] = {
            "ZENDESK": {"conn_type": "http", "host": tools.get("zendesk"), **agent},
            "HUBSPOT": {"conn_type": "http", "host": tools.get("hubspot"), "password": PASSWORD},
            "FRESHDESK": {"conn_type": "http", "host": tools.get("freshdesk"), "login": PASSWORD},
            **{
                name.upper(): {"conn_type": "generic", "extra": {"path": (company / name).as_uri()}}
                for name in ("rudderstack", "finance")
            },
            "BACKEND": {
                "conn_type": "postgres",
                "schema": product,
                **{ours: parts[name] for name, ours in names.items() if name in parts},
            },
        }
        for name, said in made.items():
            patch.setenv(f"AIRFLOW_CONN_{name}", json.dumps(said))

    def migrate(self) -> list[str]:
        with warehouse.connect("owner") as owner:
            return migrate.migrate(owner, self.project)

    @property
    def admin(self) -> psycopg.Connection[Any]:
        """A superuser's connection, for looking at everything."""
        if self._admin is None or self._admin.closed:
            self._admin = psycopg.connect(self.server.dsn(self.name), autocommit=True)
            self._admin.execute("set timezone = 'UTC'")
        return self._admin

    def connect(self, role: str) -> Connection:
        """A connection as one of the writers, kept for the length of the test."""
        if role not in self._roles or self._roles[role].closed:
            self._roles[role] = warehouse.connect(role, "tests")
        return self._roles[role]

    def close(self) -> None:
        for connection in [*self._roles.values(), *([self._admin] if self._admin else [])]:
            connection.close()

    def given(self, table: str, rows: str, *, load: int | None = None) -> None:
        """Puts rows into a table: a header, a line per row, ` | ` between, `--` before a reason.

        An empty cell is null. Staging tables get their bookkeeping, and a version that has moved;
        with the number of a `load` the rows are as if it had brought them, newer than all before.
        """
        schema, name = table.split(".")
        header, *lines = parse(rows)
        for number, line in enumerate(lines, start=1):
            values = dict(zip(header, line, strict=True))
            if schema.startswith("stg_") and schema != "stg_layers":
                values |= {"layers_load_id": str(load or 0), "layers_ordinal": str(number)}
            if load is not None:
                key = self.project.relation(name).contract.key
                mine = " and ".join(f'"{k}" = %s' for k in key)
                gone = text(f'delete from "{schema}"."{name}" where {mine}')
                self.admin.execute(gone, [values[k] for k in key])
            self._insert(schema, name, values)
        if load is not None:
            self.admin.execute(
                "insert into layers.staged (relation, load_id, fingerprint) values (%s, %s, '')"
                " on conflict (relation) do update set load_id = excluded.load_id",
                [name, load],
            )
        record.moved(self.admin, name, is_rewritten=load is None)

    def _insert(self, schema: str, name: str, values: dict[str, str | None]) -> None:
        names = ", ".join(f'"{column}"' for column in values)
        shown = ", ".join("null" if v is None else psycopg.sql.quote(v) for v in values.values())
        self.admin.execute(text(f'insert into "{schema}"."{name}" ({names}) values ({shown})'))

    def stage(self, relation: str, run: str = "test") -> Staged:
        found = self.project.relation(relation)
        return stage.stage(self.connect("loader"), found, run)

    def build(self, unit: str = "dmn", run: str = "test") -> None:
        """Builds and checks every relation of a unit."""
        connection = self.connect(warehouse.writer(unit))
        for relation in self.project.units[unit]:
            build.build(connection, self.project, relation, run)
            check.check(connection, self.project, relation, run)

    def publish(self, unit: str = "dmn", run: str = "test") -> Published:
        """Builds, checks, settles and publishes a unit."""
        self.build(unit, run)
        connection = self.connect(warehouse.writer(unit))
        settle.settle(connection, self.project, unit, run)
        return publish.publish(connection, self.project, unit, run)

    def run(self, *relations: str) -> list[SimpleNamespace]:
        """Publishes the layers of the relations named; returns the last one's rows by key."""
        for unit in dict.fromkeys(self.project.relation(name).unit for name in relations):
            self.publish(unit)
        return self.rows(relations[-1])

    def rows(self, relation: str, columns: Iterable[str] = ()) -> list[SimpleNamespace]:
        """The published (or staged) rows of a relation, by its key."""
        found = self.project.relation(relation)
        names = ", ".join(f'"{name}"' for name in columns) or "*"
        key = ", ".join(f'"{name}"' for name in found.contract.key)
        return self.query(f'select {names} from "{found.schema}"."{relation}" order by {key}')

    def query(self, statement: str) -> list[SimpleNamespace]:
        """Rows of any query, as a superuser sees them."""
        cursor = self.admin.execute(text(statement))
        names = [column.name for column in cursor.description or []]
        return [SimpleNamespace(**dict(zip(names, row, strict=True))) for row in cursor]

    def held(self, relation: str) -> dict[str, str]:
        """What is held of a relation: key to the sentences it breaks."""
        found = self.admin.execute(
            "select key, rules from layers.held where relation = %s order by key", [relation]
        )
        return {key: "; ".join(rules) for key, rules in found}


def parse(rows: str) -> list[list[Any]]:
    """The cells of a table drawn in text."""
    lines = [line.split(" -- ")[0].split("   --")[0].strip() for line in rows.strip().splitlines()]
    cells = [[cell.strip() or None for cell in line.split("|")] for line in lines if line]
    width = len(cells[0])
    assert all(len(row) == width for row in cells), f"rows of different widths: {cells}"
    return cells
