"""The server that tests run on: one that is given, else a container, else the embedded one."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

IMAGE = "postgres:18"
OWNER = "warehouse_owner"
PASSWORD = "tests-only"
# Tests may lose their data with the machine, and are faster for it.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Postgres:
    """A server, by the URL of a database on which we may make roles and databases."""

    url: str

    def dsn(self, dbname: str | None = None) -> str:
        """The URL of a database of this server."""
        parts = urlsplit(self.url)
        return urlunsplit(parts._replace(path=f"/{dbname}" if dbname else parts.path))

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or "127.0.0.1"

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 5432

    def create_database(self, name: str, owner: str | None = None) -> None:
        """Makes a database that sorts and folds text the same on every machine."""
        statement = sql.SQL(
            "create database {} {} template template0 encoding 'UTF8'"
            " locale_provider builtin builtin_locale 'C.UTF-8' locale 'C'"
        ).format(
            sql.Identifier(name),
            sql.SQL("owner {}").format(sql.Identifier(owner)) if owner else sql.SQL(""),
        )
        with psycopg.connect(self.url, autocommit=True) as admin:
            admin.execute(statement)

    def drop_database(self, name: str) -> None:
        """Drops a database, whoever is connected to it, where there is one."""
        with psycopg.connect(self.url, autocommit=True) as admin:
            drop = sql.SQL("drop database if exists {} with (force)")
            admin.execute(drop.format(sql.Identifier(name)))


def make_owner(server: Postgres) -> None:
    """Makes the role that owns warehouses and may create roles, and is no superuser."""
    with psycopg.connect(server.url, autocommit=True) as admin:
        if not admin.execute("select 1 from pg_roles where rolname = %s", [OWNER]).fetchone():
            with suppress(psycopg.errors.UniqueViolation, psycopg.errors.DuplicateObject):
                admin.execute(sql.SQL("create role {}").format(sql.Identifier(OWNER)))
        rights = sql.SQL("alter role {} login createrole password {}")
        admin.execute(rights.format(sql.Identifier(OWNER), sql.Literal(PASSWORD)))


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL 18 for as long as the tests of this process run."""
    if given := os.environ.get("LAYERS_TEST_DSN"):
        yield Postgres(_url(given))
    elif _docker_has_image():
        with _container() as found:
            yield found
    else:
        with _embedded() as found:
            yield found


def _url(dsn: str) -> str:
    """A connection string of either form as a URL."""
    said = {k: quote(str(v), safe="") for k, v in conninfo_to_dict(dsn).items()}
    who = ":".join(said[k] for k in ("user", "password") if k in said)
    where = f"{said.get('host', '127.0.0.1')}:{said.get('port', '5432')}"
    return f"postgresql://{who}@{where}/{said.get('dbname', 'postgres')}"


def _docker_has_image() -> bool:
    import docker
    from docker.errors import DockerException

    try:
        client = docker.from_env(timeout=5)
        client.images.get(IMAGE)
    except DockerException:
        return False
    return True


@contextmanager
def _container() -> Iterator[Postgres]:
    from testcontainers.postgres import PostgresContainer

    arguments = " ".join(f"-c {name}={value}" for name, value in FAST.items())
    with PostgresContainer(IMAGE, driver=None).with_command(f"postgres {arguments}") as container:
        yield Postgres(container.get_connection_url())


@contextmanager
def _embedded() -> Iterator[Postgres]:
    from demo.server import Server

    with (
        tempfile.TemporaryDirectory(prefix="layers-test-") as folder,
        Server(Path(folder) / "postgres", FAST) as server,
    ):
        yield Postgres(server.dsn())
