"""The product's own PostgreSQL, as the example company's files have it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import Cursor, sql

CLOCK: LiteralString = "create table company_clock (now_at timestamptz not null)"


@dataclass(frozen=True)
class Table:
    """A table of the product, and the file with its rows."""

    name: LiteralString
    file: str
    columns: tuple[LiteralString, ...]  # as in `create table`, names first

    @property
    def names(self) -> list[str]:
        """The columns' names."""
        return [column.split()[0] for column in self.columns]


TABLES = (
    Table(
        "users",
        "backend.jsonl",
        (
            "id uuid primary key",
            "email text not null",
            "full_name text not null",
            "signed_up_at timestamptz not null",
            "email_verified_at timestamptz",
            "country text not null",
            "created_at timestamptz not null",
            "updated_at timestamptz not null",
            "deleted_at timestamptz",
        ),
    ),
)


def fill(dsn: str, directory: Path) -> None:
    """Make the backend's tables anew, from a directory that `demo.company` wrote.

    One transaction: whoever reads meanwhile sees all the old tables or all the new ones.
    """
    until = json.loads(_found(directory / "truth.json").read_text(encoding="utf-8"))["until"]
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
        for table in TABLES:
            _make(cursor, table)
            _copy(cursor, table, _found(directory / table.file))
        cursor.execute("drop table if exists company_clock")
        cursor.execute(CLOCK)
        cursor.execute("insert into company_clock values (%s)", [until])


def _make(cursor: Cursor, table: Table) -> None:
    name = sql.Identifier(table.name)
    columns = sql.SQL(", ").join(map(sql.SQL, table.columns))
    cursor.execute(sql.SQL("drop table if exists {}").format(name))
    cursor.execute(sql.SQL("create table {} ({})").format(name, columns))
    cursor.execute(sql.SQL("create index on {} (updated_at, id)").format(name))


def _copy(cursor: Cursor, table: Table, file: Path) -> None:
    into = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, table.names))
    )
    with cursor.copy(into) as copy:
        for row in _rows(file):
            copy.write_row([row[name] for name in table.names])


def _rows(file: Path) -> Iterator[dict[str, object]]:
    with file.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _found(file: Path) -> Path:
    if not file.exists():
        raise FileNotFoundError(
            f"{file}: is not there, wanted a file of the example company; "
            f"run python -m demo.company --directory {file.parent}"
        )
    return file
