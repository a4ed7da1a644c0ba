"""The demo's databases and their owners, and how Airflow reaches them and the company's tools."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from demo import processes
from demo.server import Server

# a connection, and the role that it logs in as; `layers migrate` makes all but the owner
WAREHOUSE: Mapping[str, str] = {
    "WAREHOUSE_OWNER": "warehouse_owner",
    "WAREHOUSE_LOADER": "layers_loader",
    "WAREHOUSE_MODELLER": "layers_modeller",
    "WAREHOUSE_PRESENTER": "layers_presenter",
    "LOOKER": "looker",
}


def _password() -> str:
    return secrets.token_urlsafe(16)


@dataclass(frozen=True)
class Service:
    """A stand-in, `demo.<name>`: the port it is to listen on, and the secret it asks for."""

    name: str
    port: int
    secret: str


@dataclass(frozen=True)
class Connections:
    """The passwords, ports and places of one demo."""

    server: Server
    company: Path
    warehouse: Mapping[str, str] = field(
        default_factory=lambda: {role: _password() for role in WAREHOUSE.values()}
    )
    backend: str = field(default_factory=_password)
    zendesk: str = field(default_factory=_password)
    zendesk_port: int = field(default_factory=processes.free_port)
    hubspot: str = field(default_factory=_password)
    hubspot_port: int = field(default_factory=processes.free_port)
    freshdesk: str = field(default_factory=_password)
    freshdesk_port: int = field(default_factory=processes.free_port)

    def make_databases(self) -> None:
        """Airflow's own, the backend's, and the empty warehouse, whose owner is no superuser."""
        owner = WAREHOUSE["WAREHOUSE_OWNER"]
        with psycopg.connect(self.server.dsn(), autocommit=True) as connection:
            _make_role(connection, owner, self.warehouse[owner], sql.SQL("createrole"))
            _make_role(connection, "backend", self.backend, sql.SQL(""))
            self.server.create_database("warehouse", owner)
            self.server.create_database("backend", "backend")
            self.server.create_database("airflow")
            # Airflow's own records go with the demo; it need not wait for the disk
            connection.execute("alter database airflow set synchronous_commit = off")

    @property
    def services(self) -> tuple[Service, ...]:
        """The company's tools that answer over HTTP."""
        return (
            Service("hubspot", self.hubspot_port, self.hubspot),
            Service("zendesk", self.zendesk_port, self.zendesk),
            Service("freshdesk", self.freshdesk_port, self.freshdesk),
        )

    @property
    def backend_dsn(self) -> str:
        """The address of the backend's database, for the role that owns it."""
        return self.server.dsn("backend", "backend", self.backend)

    def environment(self) -> dict[str, str]:
        """Airflow's connections, as the environment variables that Airflow reads them from."""
        connections = {
            **{
                name: self._postgres("warehouse", role, self.warehouse[role])
                for name, role in WAREHOUSE.items()
            },
            "BACKEND": self._postgres("backend", "backend", self.backend),
            "HUBSPOT": _http(self.hubspot_port, password=self.hubspot),
            "ZENDESK": _http(
                self.zendesk_port, login="agent@example.com/token", password=self.zendesk
            ),
            # Freshdesk knows somebody by the key, which is the login; the password is any text
            "FRESHDESK": _http(self.freshdesk_port, login=self.freshdesk, password="X"),
            "RUDDERSTACK": self._folder("rudderstack"),
            "FINANCE": self._folder("finance"),
        }
        return {f"AIRFLOW_CONN_{name}": json.dumps(value) for name, value in connections.items()}

    def _postgres(self, database: str, role: str, password: str) -> dict[str, object]:
        return {
            "conn_type": "postgres",
            "host": "127.0.0.1",
            "port": self.server.port,
            "schema": database,
            "login": role,
            "password": password,
        }

    def _folder(self, name: str) -> dict[str, object]:
        return {"conn_type": "generic", "extra": {"path": (self.company / name).as_uri()}}


def _http(port: int, **credentials: str) -> dict[str, object]:
    return {"conn_type": "http", "host": f"http://127.0.0.1:{port}", **credentials}


def _make_role(connection: psycopg.Connection, name: str, password: str, right: sql.SQL) -> None:
    connection.execute(
        sql.SQL("create role {} login {} password {}").format(
            sql.Identifier(name), right, sql.Literal(password)
        )
    )
