"""What tests of the sources stand on: one warehouse for all, and nobody who really waits."""

import json
import os
import time
from collections.abc import Callable, Iterator
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
import tenacity.nap

from demo import zendesk_export
from layers.sources import session
from tests.servers import OWNER, Postgres
from tests.sources.house import House

_NUMBERS = count(1)
Connect = Callable[..., None]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes more than ten seconds, and runs all the same")


@pytest.fixture(scope="package")
def shared_house(server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    name = f"house_{os.getpid()}_{next(_NUMBERS)}"
    server.create_database(name, owner=OWNER)
    made = House(server, name, tmp_path_factory.mktemp(name) / "project")
    with pytest.MonkeyPatch.context() as patch:
        made.connections(patch)
        made.migrate()
        yield made
    made.close()
    server.drop_database(name)


@pytest.fixture
def house(shared_house: House) -> House:
    """The sources of the example, of which nothing is loaded."""
    shared_house.reset()
    return shared_house


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Makes an Airflow connection, as somebody does in its form."""

    def make(name: str, **said: Any) -> None:
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(said))

    return make


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Zendesk's pages of a thousand are of a hundred, as the others'."""
    monkeypatch.setattr(zendesk_export, "MOST", 100)


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that a source would have waited for its vendor."""
    waited: list[float] = []
    clock = SimpleNamespace(sleep=waited.append, monotonic=time.monotonic)
    monkeypatch.setattr(tenacity.nap, "time", clock)
    quick = SimpleNamespace(sleep=lambda _: None, monotonic=time.monotonic)
    monkeypatch.setattr(session, "time", quick)
    return waited
