"""The backend's database, filled from a company on a real PostgreSQL."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from demo.backend import fill
from demo.company import generate
from tests.servers import Postgres


@pytest.fixture
def dsn(server: Postgres) -> Iterator[str]:
    name = f"backend_{os.getpid()}"
    server.create_database(name)
    yield server.dsn(name)
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        admin.execute(f"drop database {name} with (force)")


def test_filling_again_replaces_the_users_and_the_clock(dsn: str, tmp_path: Path) -> None:
    generate(tmp_path, seed=1, teachers=20, months=1, events=800)
    fill(dsn, tmp_path)
    until = datetime(2026, 6, 1, 12, 30, tzinfo=UTC)
    generate(tmp_path, seed=2, teachers=40, months=1, events=1_600, until=until)
    fill(dsn, tmp_path)

    rows = [json.loads(row) for row in (tmp_path / "backend.jsonl").read_text().splitlines()]
    with psycopg.connect(dsn) as connection:
        found = connection.execute(
            "select id::text, email, full_name, signed_up_at, email_verified_at, country,"
            " created_at, updated_at, deleted_at from users order by id"
        ).fetchall()
        clock = connection.execute("select now_at from company_clock").fetchall()
    assert clock == [(until,)]
    assert len(rows) == 44
    assert found == sorted(
        tuple(_value(name, value) for name, value in row.items()) for row in rows
    )


def _value(name: str, value: str | None) -> object:
    return datetime.fromisoformat(value) if value and name.endswith("_at") else value


def test_users_are_found_by_when_they_changed(dsn: str, tmp_path: Path) -> None:
    generate(tmp_path, teachers=20, months=1, events=800)
    fill(dsn, tmp_path)
    with psycopg.connect(dsn) as connection:
        indexes = connection.execute(
            "select indexdef from pg_indexes where tablename = 'users'"
        ).fetchall()
    assert any("(updated_at, id)" in definition for (definition,) in indexes)


def test_a_directory_without_a_company_is_named_with_what_makes_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"truth.json: .*python -m demo.company"):
        fill("dbname=nowhere", tmp_path)
