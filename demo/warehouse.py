"""An empty warehouse for a project that begins: a PostgreSQL 18 of its own, until Ctrl-C.

Its files are in `.warehouse` of the project's folder and outlive it. One of them, `env`, gives a
shell the command `layers` with the warehouse's connections, and a `psql` that is let in as a reader
of what is published.
"""

import argparse
import hmac
import json
import shlex
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import psycopg
from psycopg import sql

from demo import account
from demo.connections import WAREHOUSE
from demo.errors import DemoError
from demo.server import Server

DATABASE = "warehouse"
OWNER = WAREHOUSE["WAREHOUSE_OWNER"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the server until somebody stops it; 1 where it could not start."""
    parser = argparse.ArgumentParser(prog="python -m demo.warehouse", description=__doc__)
    parser.add_argument("folder", type=Path, help="the project's folder; made where there is none")
    folder = parser.parse_args(arguments).folder.resolve()
    for wish in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(wish, signal.default_int_handler)
    try:
        with Server(folder / ".warehouse" / "postgres") as server:
            _make_owner(server)
            path = _write(folder / ".warehouse", environment(server))
            print(
                f"the warehouse runs; in another terminal: . {shlex.quote(str(path))}", flush=True
            )
            signal.pause()
    except KeyboardInterrupt:
        print("stopped; its data is there the next time")
    except DemoError as failure:
        print(f"FAILED: {failure}", file=sys.stderr)
        return 1
    return 0


def environment(server: Server) -> dict[str, str]:
    """Airflow's connections to the warehouse, and what psql needs to read it as `looker`."""
    connections = {
        f"AIRFLOW_CONN_{name}": json.dumps(
            {
                "conn_type": "postgres",
                "host": "127.0.0.1",
                "port": server.port,
                "schema": DATABASE,
                "login": role,
                "password": _password(server, role),
            }
        )
        for name, role in WAREHOUSE.items()
    }
    return connections | {
        "PGHOST": "127.0.0.1",
        "PGPORT": str(server.port),
        "PGDATABASE": DATABASE,
        "PGUSER": WAREHOUSE["LOOKER"],
        "PGPASSWORD": _password(server, WAREHOUSE["LOOKER"]),
    }


def _password(server: Server, role: str) -> str:
    """The same at every start, so that nobody has to migrate only because of it."""
    return hmac.new(server.password.encode(), role.encode(), "sha256").hexdigest()[:24]


def _make_owner(server: Server) -> None:
    """The database and the role that owns it, which may create roles and is no superuser."""
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        if not connection.execute("select from pg_roles where rolname = %s", [OWNER]).rowcount:
            made = sql.SQL("create role {} login createrole password {}")
            password = sql.Literal(_password(server, OWNER))
            connection.execute(made.format(sql.Identifier(OWNER), password))
    server.create_database(DATABASE, OWNER)


def _write(folder: Path, variables: Mapping[str, str]) -> Path:
    """Writes what a shell reads; nobody else may, as the passwords are in it."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    ours, theirs = Path(sys.executable).parent, account.wheel_binaries()
    # a psql that is there already goes first
    lines.append(f'export PATH={shlex.quote(str(ours))}:"$PATH":{shlex.quote(str(theirs))}')
    lines.append(f"export AIRFLOW_HOME={shlex.quote(str(folder / 'airflow'))}")
    path = folder / "env"
    path.touch(mode=0o600)
    path.write_text("\n".join([*lines, ""]))
    return path


if __name__ == "__main__":
    sys.exit(main())
