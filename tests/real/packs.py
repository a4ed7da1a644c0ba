"""Recorded packs laid out as their tools would have left them."""

import csv
import gzip
import json
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

UPLOADED = 1_735_689_600  # 2025-01-01, after everything that is recorded
NAMESPACE = uuid.UUID("5f0c6f0e-9f0f-4c62-93c5-2d6d39c0a3c1")


def events(data: Path) -> list[str]:
    """The events of the pack `rudder-events`, a JSON text each."""
    pack = data / "rudder-events"
    with gzip.open(pack / "canonical_events.jsonl.gz", "rt") as lines:
        canonical = [json.dumps(json.loads(line)["event"]) for line in lines]
    with (pack / "fuzz_corpus.jsonl").open() as lines:
        return canonical + [json.loads(line)["payload_text"] for line in lines]


def lay_out_events(data: Path, root: Path) -> None:
    """Writes the events as RudderStack's files: one of the canonical, one of the others."""
    found = events(data)
    folder = root / "rudder-logs" / "recorded" / "2025-01-01"
    folder.mkdir(parents=True)
    for number, part in enumerate((found[:142], found[142:])):
        name = f"{UPLOADED + number}.recorded.{uuid.uuid5(NAMESPACE, str(number))}.json.gz"
        with gzip.open(folder / name, "wt") as file:
            file.writelines(f"{line}\n" for line in part)


def accounts(data: Path) -> list[dict[str, Any]]:
    """A user with a made-up address for each row of the pack `ravenstack-saas`."""
    with (data / "ravenstack-saas" / "accounts.csv").open() as rows:
        return [
            {
                "id": str(uuid.uuid5(NAMESPACE, row["account_id"])),
                "email": f"{row['account_id'].lower()}@example.com",
                "full_name": row["account_name"],
                "country": row["country"],
                "signed_up_at": f"{row['signup_date']}T00:00:00Z",
            }
            for row in csv.DictReader(rows)
        ]


def fill_backend(dsn: str, data: Path, tables: Sequence[str]) -> None:
    """Makes the backend's table of users, its clock and empty tables, in an empty database."""
    with psycopg.connect(dsn) as connection:
        for table in tables:
            made = sql.SQL("create table {} (id bigint, updated_at timestamptz)")
            connection.execute(made.format(sql.Identifier(table)))
        connection.execute("drop table users")
        connection.execute("create table company_clock as select now() as now_at")
        connection.execute(
            "create table users (id uuid primary key, email text, full_name text, country text,"
            " signed_up_at timestamptz, email_verified_at timestamptz, created_at timestamptz,"
            " updated_at timestamptz, deleted_at timestamptz)"
        )
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into users (id, email, full_name, country, signed_up_at, created_at,"
                " updated_at) values (%(id)s, %(email)s, %(full_name)s, %(country)s,"
                " %(signed_up_at)s, %(signed_up_at)s, %(signed_up_at)s)",
                accounts(data),
            )
