"""All three layers by `layers run`, against the same statements in one psql script.

A million events are loaded once; each measurement begins from a copy of that database. The script
is what `layers run` sent to the server in a run of its own, so both do the same work, and the
ratio is what our own Python, its round trips and its records cost.
"""

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
from psycopg import sql

from bench.figures import Figure
from bench.loaded import everything
from demo.account import wheel_binaries
from demo.company import generate
from demo.connections import Connections
from demo.server import Server
from layers import reading, warehouse
from layers import run as running
from layers.project import Project

EVENTS = 1_000_000
LIMIT = 1.5
ROOT = Path(__file__).parents[1]
_NUMBERS = count(1)


def figures(events: int = EVENTS) -> Iterator[Figure]:
    """The ratio, from the better of two runs of each, one after the other."""
    with tempfile.TemporaryDirectory(prefix="layers-bench-") as folder:
        company = Path(folder) / "company"
        generate(company, events=events)
        with Server(Path(folder) / "postgres") as server:
            project = reading.load(ROOT)
            connections = Connections(server, company)
            everything(connections, project)
            script = Path(folder) / "script.sql"
            with _copy(connections):
                script.write_text(_traced(lambda: _run(project)))
            ours, theirs = [], []
            for _ in range(2):
                with _copy(connections):
                    ours.append(_seconds(lambda: _run(project)))
                with _copy(connections) as dsn:
                    theirs.append(_seconds(lambda dsn=dsn: _psql(dsn, script)))
            print(f"{events:,} events: layers run {ours} s, psql {theirs} s")
            yield Figure("layers run / the same statements in psql", min(ours) / min(theirs), LIMIT)


def _seconds(action: Callable[[], object]) -> float:
    began = time.monotonic()
    action()
    return round(time.monotonic() - began, 2)


@contextmanager
def _copy(connections: Connections) -> Iterator[str]:
    """A copy of the loaded warehouse, nothing left to write out before it is measured; its URL."""
    name = f"copy_{next(_NUMBERS)}"
    with psycopg.connect(connections.server.dsn(), autocommit=True) as admin:
        make = sql.SQL("create database {} template warehouse strategy file_copy owner {}")
        admin.execute(make.format(sql.Identifier(name), sql.Identifier("warehouse_owner")))
        admin.execute("checkpoint")
        for variable, said in connections.environment().items():
            os.environ[variable] = said.replace('"schema": "warehouse"', f'"schema": "{name}"')
        yield connections.server.dsn(name)
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def _run(project: Project) -> None:
    """Stage, build, check, settle and publish everything, as `layers run` does after loading."""
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


def _psql(dsn: str, script: Path) -> None:
    program = wheel_binaries() / "psql"
    command = [program, dsn, "-Xqb", "-v", "ON_ERROR_STOP=1", "-o", os.devnull]
    subprocess.run([*map(str, command), "-f", str(script)], check=True)
