"""The generated company in a warehouse: its tools open, its data through all layers once."""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from demo import backend
from demo.freshdesk import Freshdesk
from demo.hubspot import HubSpot
from demo.zendesk import Zendesk
from layers import run as running
from layers.project import Project
from tests.servers import OWNER, PASSWORD, Postgres
from tests.warehouse import Warehouse

TOOLS = {"zendesk": Zendesk, "hubspot": HubSpot, "freshdesk": Freshdesk}
_NUMBERS = count(1)


@dataclass(frozen=True)
class Company:
    """A company whose data has flowed through, and what is true of it."""

    warehouse: Warehouse
    truth: dict[str, Any]
    failures: list[str]

    def presented(self, relation: str) -> list[SimpleNamespace]:
        """The rows of complete months; the last one ends after the last file was uploaded."""
        return [row for row in self.warehouse.rows(relation) if row.is_complete_month]


@contextmanager
def flowing(server: Postgres, project: Project, folder: Path) -> Iterator[Company]:
    """The company of a folder, after everything has run once, and where it could run again."""
    with _databases(server, project, folder) as (made, product), _open(made, folder, product):
        yield _run(made, folder)


@contextmanager
def flowed(server: Postgres, project: Project, folder: Path) -> Iterator[Company]:
    """The same when its tools have closed: there to be looked at, by whomever and for long."""
    with _databases(server, project, folder) as (made, product):
        with _open(made, folder, product):
            company = _run(made, folder)
        yield company


@contextmanager
def _databases(server: Postgres, project: Project, folder: Path) -> Iterator[tuple[Warehouse, str]]:
    number = f"{os.getpid()}_{next(_NUMBERS)}"
    names = [f"company_{number}", f"company_backend_{number}"]
    server.create_database(names[0], owner=OWNER)
    server.create_database(names[1])
    backend.fill(server.dsn(names[1]), folder)
    made = Warehouse(server, names[0], project)
    yield made, names[1]
    made.close()
    for name in names:
        server.drop_database(name)


@contextmanager
def _open(made: Warehouse, folder: Path, product: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch, ExitStack() as opened:
        tools = {
            name: opened.enter_context(tool(folder, password=PASSWORD)).url
            for name, tool in TOOLS.items()
        }
        made.connections(patch)
        made.sources(patch, tools=tools, company=folder, product=product)
        yield


def _run(made: Warehouse, folder: Path) -> Company:
    made.migrate()
    this = running.start(made.project, lambda _what, _told: None)
    running.everything(this)
    return Company(made, json.loads((folder / "truth.json").read_text()), this.failures)
