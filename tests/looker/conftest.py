"""What tests of Looker's side stand on: its files as made now, and a session as its role."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from layers.lookml import folder
from layers.project import Project
from layers.warehouse import connection_parameters
from tests.looker.asking import Explore
from tests.warehouse import Warehouse

FRESHNESS = (
    "publication bigint, published_at timestamptz, data_as_of timestamptz, watermarks jsonb,"
    " promised_freshness text, freshness text"
)


@pytest.fixture(scope="session")
def made(example: Project) -> dict[str, str]:
    """The LookML of the example, by file."""
    return folder.files(example)


@pytest.fixture(scope="session")
def explores(made: dict[str, str]) -> dict[str, Explore]:
    """All explores by name."""
    found = [Explore.of(text) for path, text in made.items() if path.startswith("views/")]
    return {one.name: one for one in found}


@pytest.fixture
def published(warehouse: Warehouse) -> Warehouse:
    """The example's warehouse with the tables that say how fresh each use case is."""
    for name in warehouse.project.use_cases:
        warehouse.connect("presenter").execute(
            f"create table if not exists prs_{name}.prs_{name}_freshness ({FRESHNESS})"
        )
    return warehouse


@pytest.fixture
def looker(published: Warehouse) -> Iterator[psycopg.Connection[Any]]:
    """A session as Looker's role."""
    assert published.name
    with psycopg.connect(**connection_parameters("looker"), autocommit=True) as session:
        yield session
