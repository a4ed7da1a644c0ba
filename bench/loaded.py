"""Warehouses to measure on: an empty one, and one with all that the example company has."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from demo import backend
from demo.company import generate
from demo.connections import Connections
from demo.hubspot import HubSpot
from demo.server import Server
from demo.zendesk import Zendesk
from layers import load, warehouse
from layers import run as running
from layers.migrate import migrate
from layers.project import Project

ROOT = Path(__file__).parents[1]


@contextmanager
def empty() -> Iterator[tuple[Path, Connections]]:
    """A server with empty databases, known to everybody, and a folder for whatever is made."""
    with tempfile.TemporaryDirectory(prefix="layers-bench-") as folder:
        home = Path(folder)
        with Server(home / "postgres") as server:
            connections = Connections(server, home)
            connections.make_databases()
            os.environ.update(connections.environment())
            yield home, connections


@contextmanager
def published(project: Project, events: int, teachers: int) -> Iterator[Connections]:
    """The example company, of so many events and teachers, with all of its layers published."""
    with tempfile.TemporaryDirectory(prefix="layers-bench-") as folder:
        company = Path(folder) / "company"
        generate(company, events=events, teachers=teachers)
        with Server(Path(folder) / "postgres") as server:
            connections = Connections(server, company)
            everything(connections, project)
            this = running.start(project, lambda _what, _told: None)
            for source in project.sources:
                running.stage_source(this, source)
            for unit in project.units:
                running.run_unit(this, unit)
            assert not this.failures, "\n".join(this.failures)
            yield connections


def everything(connections: Connections, project: Project) -> None:
    """Makes roles and schemas, opens the tools for as long as it takes, and loads each object."""
    connections.make_databases()
    backend.fill(connections.backend_dsn, connections.company)
    os.environ.update(connections.environment())
    with warehouse.connect("owner") as owner:
        migrate(owner, project)
    newly(connections, project)


def newly(connections: Connections, project: Project) -> None:
    """Loads what the tools have that is not there yet; they are open for as long as it takes."""
    desk = (connections.zendesk, connections.zendesk_port)
    portal = (connections.hubspot, connections.hubspot_port)
    with ExitStack() as opened, warehouse.connect("loader") as loader:
        for tool, (password, port) in ((Zendesk, desk), (HubSpot, portal)):
            opened.enter_context(tool(connections.company, password=password, port=port))
        for source, declaration in project.sources.items():
            for name in declaration.objects:
                load.load(loader, project, source, name, "bench")
