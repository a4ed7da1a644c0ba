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
def looker(warehouse: Warehouse) -> Iterator[psycopg.Connection[Any]]:
    """A session as Looker's role."""
    assert warehouse.name
    with psycopg.connect(**connection_parameters("looker"), autocommit=True) as session:
        yield session
