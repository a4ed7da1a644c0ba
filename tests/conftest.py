"""What tests stand on: a real PostgreSQL 18, and a new warehouse for each test that wants one."""

import os
import tempfile

# Airflow reads these when it is first imported, so they come before everything else.
os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="layers-airflow-")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "WARNING"
os.environ.setdefault("LAYERS_STATE", tempfile.mkdtemp(prefix="layers-state-"))

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from demo.company import generate
from layers import reading
from layers.project import Project
from tests.company import Company, flowed
from tests.servers import OWNER, Postgres, make_owner, postgres
from tests.warehouse import Warehouse

ROOT = Path(__file__).parents[1]
_NUMBERS = count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    with postgres() as found:
        make_owner(found)
        yield found


@pytest.fixture(scope="session")
def example() -> Project:
    project = reading.load(ROOT)
    assert not project.problems, "\n".join(map(str, project.problems))
    return project


@pytest.fixture(scope="session")
def template(server: Postgres, example: Project) -> Iterator[str]:
    """A database with the example's roles and schemas, which each test's warehouse is a copy of."""
    name = f"template_{os.getpid()}"
    server.create_database(name, owner=OWNER)
    with pytest.MonkeyPatch.context() as patch:
        Warehouse(server, name, example).connections(patch)
        Warehouse(server, name, example).migrate()
    yield name
    server.drop_database(name)


@contextmanager
def empty(
    server: Postgres, template: str, example: Project, patch: pytest.MonkeyPatch
) -> Iterator[Warehouse]:
    """An empty warehouse of the example business, with every role and schema in place."""
    name = f"warehouse_{os.getpid()}_{next(_NUMBERS)}"
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        statement = sql.SQL("create database {} template {} owner {}").format(
            sql.Identifier(name), sql.Identifier(template), sql.Identifier(OWNER)
        )
        admin.execute(statement)
    made = Warehouse(server, name, example)
    made.connections(patch)
    yield made
    made.close()
    server.drop_database(name)


@pytest.fixture
def warehouse(
    server: Postgres, template: str, example: Project, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Warehouse]:
    """An empty one for each test."""
    with empty(server, template, example, monkeypatch) as made:
        yield made


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated company with so many schools that every story of a subscription is told."""
    folder = tmp_path_factory.mktemp("company")
    generate(folder, seed=1, teachers=180, schools=60, months=12, events=7_200)
    return folder


@pytest.fixture(scope="session")
def flowed_company(server: Postgres, example: Project, told: Path) -> Iterator[Company]:
    """That company in a warehouse, for everybody to look at and nobody to change."""
    with flowed(server, example, told) as company:
        yield company
