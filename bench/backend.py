"""A table of the product's database into the warehouse, against psql piped into psql.

Both copy the same rows as JSON, from one server to one `jsonb` column; ours keeps its cursor, and
looks for the newest row and for fields that nobody declared.
"""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg

from bench.figures import Figure
from bench.sources import ROOT
from demo.account import wheel_binaries
from demo.connections import Connections
from demo.server import Server
from layers import load, reading, warehouse
from layers.migrate import migrate

ROWS = 1_000_000
TURNS = 3
MADE = """
create table company_clock as select now() + interval '1 day' as now_at;
create table users as select gen_random_uuid() as id, 'user' || n || '@school.example' as email,
    'Ada Marsh ' || n as full_name, now() - n * interval '1 minute' as signed_up_at,
    now() - n * interval '1 minute' as email_verified_at, 'GB' as country,
    now() - n * interval '1 minute' as created_at, now() - n * interval '1 second' as updated_at,
    null::timestamptz as deleted_at from generate_series(1, %s) n;
create index on users (updated_at, id);
"""


def figures(rows: int = ROWS) -> Iterator[Figure]:
    """The ratio of rows per second, from the best of some turns of each."""
    with tempfile.TemporaryDirectory(prefix="layers-bench-") as folder, ExitStack() as opened:
        server = opened.enter_context(Server(Path(folder) / "postgres"))
        connections = Connections(server, Path(folder))
        connections.make_databases()
        os.environ.update(connections.environment())
        project = reading.load(ROOT)
        with warehouse.connect("owner") as owner:
            migrate(owner, project)
        with psycopg.ClientCursor(psycopg.connect(connections.backend_dsn)) as cursor:
            cursor.execute(MADE, [rows])
            cursor.connection.commit()
        ours, theirs = [], []
        for _ in range(TURNS):
            theirs.append(_piped(connections))
            ours.append(_loaded(connections))
    print(f"{rows:,} rows: ours {ours} s, psql | psql {theirs} s")
    yield Figure("rows/s of the backend's load / psql | psql", min(theirs) / min(ours), 0.8, True)


def _loaded(connections: Connections) -> float:
    project = reading.load(ROOT)
    with warehouse.connect("loader") as loader:
        began = time.monotonic()
        load.load(loader, project, "backend", "users", "bench")
        seconds = time.monotonic() - began
    with psycopg.connect(connections.server.dsn("warehouse")) as admin:
        admin.execute("truncate src_backend.users")
        admin.execute("delete from layers.cursors")
    return round(seconds, 2)


def _piped(connections: Connections) -> float:
    psql, there = wheel_binaries() / "psql", connections.server.dsn("warehouse")
    raw = "(format csv, quote E'\\x01', delimiter E'\\x02')"
    with psycopg.connect(there) as admin:
        admin.execute("drop table if exists public.piped")
        admin.execute("create table public.piped (record jsonb)")
    read = f"copy (select to_jsonb(t) from users t) to stdout {raw}"
    command = (
        f'{psql} -Xq {connections.backend_dsn} -c "{read}"'
        f' | {psql} -Xq {there} -c "copy public.piped from stdin {raw}"'
    )
    began = time.monotonic()
    subprocess.run(["bash", "-o", "pipefail", "-c", command], check=True)
    return round(time.monotonic() - began, 2)
