"""All three layers by `layers run`, against the same statements in one psql script.

A million events are loaded once; each measurement begins from a copy of that database. The script
is what `layers run` sent to the server in a run of its own, so both do the same work, and the
ratio is what our own Python, its round trips and its records cost.
"""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from layers import reading, warehouse
from layers import run as running
from layers.migrate import migrate
from layers.project import Project
from psycopg import sql

from bench.figures import Figure
from demo import backend
from demo.account import wheel_binaries
from demo.company import generate
from demo.server import Server
from demo.zendesk import Zendesk

EVENTS = 1_000_000
LIMIT = 1.5
ROOT = Path(__file__).parents[1]
TOKEN = PASSWORD = "bench-only"
LOGINS = {
    "WAREHOUSE_OWNER": "postgres",
    "WAREHOUSE_LOADER": "layers_loader",
    "WAREHOUSE_MODELLER": "layers_modeller",
    "WAREHOUSE_PRESENTER": "layers_presenter",
    "LOOKER": "looker",
}
_NUMBERS = count(1)


def figures(events: int = EVENTS) -> Iterator[Figure]:
    """The ratio, from the better of two runs of each, one after the other."""
    with tempfile.TemporaryDirectory(prefix="layers-bench-") as folder:
        company = Path(folder) / "company"
        generate(company, events=events)
        with Server(Path(folder) / "postgres") as server:
            project = reading.load(ROOT)
            _load(server, project, company)
            script = Path(folder) / "script.sql"
            with _copy(server) as name:
                script.write_text(_traced(lambda: _run(server, project, name)))
            ours, theirs = [], []
            for _ in range(2):
                with _copy(server) as name:
                    ours.append(_seconds(lambda name=name: _run(server, project, name)))
                with _copy(server) as name:
                    theirs.append(_seconds(lambda name=name: _psql(server, name, script)))
            print(f"{events:,} events: layers run {ours} s, psql {theirs} s")
            yield Figure("layers run / the same statements in psql", min(ours) / min(theirs), LIMIT)


def _seconds(action: Callable[[], object]) -> float:
    began = time.monotonic()
    action()
    return round(time.monotonic() - began, 2)


def _load(server: Server, project: Project, company: Path) -> None:
    """The database `loaded`: roles, schemas, and everything from the sources, not yet staged."""
    for name in ("backend", "loaded"):
        server.create_database(name)
    backend.fill(server.dsn("backend"), company)
    _connect(server, "loaded")
    with warehouse.connect("owner") as owner:
        migrate(owner, project)
    _connection(
        "RUDDERSTACK", conn_type="generic", extra={"path": (company / "rudderstack").as_uri()}
    )
    _connection(
        "BACKEND", conn_type="postgres", host="127.0.0.1", port=server.port, schema="backend",
        login="postgres", password=server.password,
    )  # fmt: skip
    with Zendesk(company, password=TOKEN) as desk:
        _connection("ZENDESK", conn_type="http", host=desk.url, login="a@b.c/token", password=TOKEN)
        this = running.start(project, lambda _what, _told: None)
        with warehouse.connect("loader") as loader:
            for source, declaration in project.sources.items():
                for name in declaration.objects:
                    running.load.load(loader, project, source, name, this.name)


def _connect(server: Server, dbname: str) -> None:
    for name, login in LOGINS.items():
        password = server.password if login == "postgres" else PASSWORD
        _connection(
            name, conn_type="postgres", host="127.0.0.1", port=server.port, schema=dbname,
            login=login, password=password,
        )  # fmt: skip


def _connection(name: str, **said: Any) -> None:
    os.environ[f"AIRFLOW_CONN_{name}"] = json.dumps(said)


@contextmanager
def _copy(server: Server) -> Iterator[str]:
    """A copy of the loaded database, with nothing left to write out before it is measured."""
    name = f"copy_{next(_NUMBERS)}"
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        make = sql.SQL("create database {} template loaded strategy file_copy")
        admin.execute(make.format(sql.Identifier(name)))
        admin.execute("checkpoint")
        yield name
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def _run(server: Server, project: Project, dbname: str) -> None:
    """Stage, build, check, settle and publish everything, as `layers run` does after loading."""
    _connect(server, dbname)
    this = running.start(project, lambda _what, _told: None)
    for source in project.sources:
        running.stage_source(this, source)
    for unit in project.units:
        running.run_unit(this, unit)
    assert not this.failures, "\n".join(this.failures)


def _traced(action: Callable[[], None]) -> str:
    """Every statement that an action sends, as a script for psql."""
    lines: list[str] = []
    execute, command = psycopg.Cursor.execute, psycopg.Connection._exec_command
    many, connect = psycopg.Cursor.executemany, psycopg.Connection.connect

    def note(cursor: Any, query: Any, params: Any = None) -> None:
        mogrified = psycopg.ClientCursor(cursor.connection).mogrify(query, params)
        lines.append(f"{mogrified};")

    def executed(self: Any, query: Any, params: Any = None, **rest: Any) -> Any:
        note(self, query, params)
        return execute(self, query, params, **rest)

    def executed_many(self: Any, query: Any, params_seq: Any, **rest: Any) -> Any:
        for params in (given := list(params_seq)):
            note(self, query, params)
        return many(self, query, given, **rest)

    def commanded(self: Any, said: Any, *rest: Any) -> Any:
        lines.append(f"{said.decode() if isinstance(said, bytes) else said};")
        return command(self, said, *rest)

    def connected(*arguments: Any, **parameters: Any) -> Any:
        lines.append(
            f"reset all; set role {parameters['user']}; set client_min_messages = warning;"
        )
        lines.extend(f"set {name} = '{value}';" for name, value in warehouse.SESSION.items())
        return connect(*arguments, **parameters)

    psycopg.Cursor.execute, psycopg.Connection._exec_command = executed, commanded  # type: ignore[method-assign,assignment]
    psycopg.Cursor.executemany, psycopg.connect = executed_many, connected  # type: ignore[method-assign,assignment]
    try:
        action()
    finally:
        psycopg.Cursor.execute, psycopg.Connection._exec_command = execute, command  # type: ignore[method-assign]
        psycopg.Cursor.executemany, psycopg.connect = many, connect  # type: ignore[method-assign]
    return "\n".join(lines)


def _psql(server: Server, dbname: str, script: Path) -> None:
    program = wheel_binaries() / "psql"
    command = [program, server.dsn(dbname), "-Xqb", "-v", "ON_ERROR_STOP=1", "-o", os.devnull]
    subprocess.run([*map(str, command), "-f", str(script)], check=True)
