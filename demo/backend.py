"""The product's own PostgreSQL, as the example company's files have it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import Cursor, sql

from demo.backend_tables import TABLES, Table

CLOCK: LiteralString = "create table if not exists company_clock (now_at timestamptz not null)"
FILES: LiteralString = "as_the_files_have_it"


def fill(dsn: str, directory: Path) -> None:
    """Make the backend's tables anew, from a directory that `demo.company` wrote.

    One transaction: whoever reads meanwhile sees all the old tables or all the new ones.
    """
    until = _until(directory)
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
        for table in TABLES:
            _make(cursor, table)
            _copy(cursor, table, table.name, directory)
        _set_clock(cursor, until)


def move(dsn: str, directory: Path) -> None:
    """Bring the backend to where the directory is: as the product itself would have, row by row.

    A row that did not change is not touched, one that is no longer there is deleted. One
    transaction; a backend that was never filled is an error of PostgreSQL's.
    """
    until = _until(directory)
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
        for table in TABLES:
            _move(cursor, table, directory)
        _set_clock(cursor, until)


def _until(directory: Path) -> str:
    truth = json.loads(_found(directory / "truth.json").read_text(encoding="utf-8"))
    return str(truth["until"])


def _set_clock(cursor: Cursor, until: str) -> None:
    cursor.execute(CLOCK)
    cursor.execute("delete from company_clock")
    cursor.execute("insert into company_clock values (%s)", [until])


def _make(cursor: Cursor, table: Table) -> None:
    name = sql.Identifier(table.name)
    columns = sql.SQL(", ").join(map(sql.SQL, table.columns))
    cursor.execute(sql.SQL("drop table if exists {}").format(name))
    cursor.execute(sql.SQL("create table {} ({})").format(name, columns))
    cursor.execute(sql.SQL("create index on {} (updated_at, id)").format(name))


def _move(cursor: Cursor, table: Table, directory: Path) -> None:
    here, there = sql.Identifier(table.name), sql.Identifier(FILES)
    copy = "create temporary table {} (like {} including indexes) on commit drop"
    cursor.execute(sql.SQL(copy).format(there, here))
    _copy(cursor, table, FILES, directory)
    gone = "delete from {} as old where not exists (select from {} as new where new.id = old.id)"
    cursor.execute(sql.SQL(gone).format(here, there))
    cursor.execute(_upsert(table))
    cursor.execute(sql.SQL("drop table {}").format(there))


def _upsert(table: Table) -> sql.Composed:
    """Rows that are new, and those of which anything differs."""
    names = [sql.Identifier(name) for name in table.names]
    listed = sql.SQL(", ").join(names)
    changes = sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(name) for name in names[1:])
    old, new = (
        sql.SQL(", ").join(sql.SQL("{}.{}").format(sql.Identifier(side), name) for name in names)
        for side in ("old", "excluded")
    )
    return sql.SQL(
        "insert into {here} as old ({listed}) select {listed} from {there} "
        "on conflict (id) do update set {changes} "
        "where ({old}) is distinct from ({new})"
    ).format(
        here=sql.Identifier(table.name),
        there=sql.Identifier(FILES),
        listed=listed,
        changes=changes,
        old=old,
        new=new,
    )


def _copy(cursor: Cursor, table: Table, name: LiteralString, directory: Path) -> None:
    into = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, table.names))
    )
    with cursor.copy(into) as copy:
        for row in _rows(_found(directory / table.file)):
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
