"""The backend's database, filled from a company on a real PostgreSQL."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

from demo.backend import fill
from demo.backend_tables import TABLES
from demo.company import generate
from tests.demo.plain import rows_of
from tests.servers import Postgres


@pytest.fixture
def dsn(server: Postgres) -> Iterator[str]:
    name = f"backend_{os.getpid()}"
    server.create_database(name)
    yield server.dsn(name)
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        admin.execute(f"drop database {name} with (force)")


def test_filling_again_replaces_the_rows_and_the_clock(dsn: str, tmp_path: Path) -> None:
    generate(tmp_path, seed=1, teachers=20, months=1, events=800)
    fill(dsn, tmp_path)
    until = datetime(2026, 6, 1, 12, 30, tzinfo=UTC)
    generate(tmp_path, seed=2, teachers=40, months=1, events=1_600, until=until)
    fill(dsn, tmp_path)

    with psycopg.connect(dsn, row_factory=dict_row) as connection:
        found = {
            table.name: connection.execute(f"select * from {table.name} order by id").fetchall()
            for table in TABLES
        }
        clock = connection.execute("select now_at from company_clock").fetchall()
    assert clock == [{"now_at": until}]
    for table, rows in found.items():
        wanted = rows_of(tmp_path, f"backend/{table}.jsonl")
        assert rows, table
        assert rows == sorted(map(_values, wanted), key=lambda row: row["id"]), table


def _values(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _value(name, value) for name, value in row.items()}


def _value(name: str, value: Any) -> Any:
    """What PostgreSQL gives for it."""
    if name == "user_id" or (name == "id" and isinstance(value, str)):
        return UUID(value)
    if value and name.endswith("_at"):
        return datetime.fromisoformat(value)
    if value and name.endswith("_on"):
        return date.fromisoformat(value)
    return Decimal(value) if name in ("price_per_seat", "discount_percent") else value


def test_rows_are_found_by_when_they_changed(dsn: str, tmp_path: Path) -> None:
    generate(tmp_path, teachers=20, months=1, events=800)
    fill(dsn, tmp_path)
    with psycopg.connect(dsn) as connection:
        indexes = connection.execute("select tablename, indexdef from pg_indexes").fetchall()
    for table in TABLES:
        own = [definition for name, definition in indexes if name == table.name]
        assert any("(updated_at, id)" in definition for definition in own), table.name
        assert any("UNIQUE" in definition and "(id)" in definition for definition in own)


def test_a_directory_without_a_company_is_named_with_what_makes_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"truth.json: .*python -m demo.company"):
        fill("dbname=nowhere", tmp_path)
