"""What tests of the engine stand on: the shop, with whatever a test changes in its files."""

import os
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path

import pytest

from layers import load, reading
from tests.layers.shop import Change, Shop, Till, write
from tests.servers import OWNER, Postgres

MakeShop = Callable[..., Shop]
_NUMBERS = count(1)


@pytest.fixture
def shop(server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeShop]:
    """Opens a shop, its files changed, on a fresh warehouse that is found as in production."""
    opened: list[Shop] = []

    def open_shop(changes: Mapping[str, Change] | None = None) -> Shop:
        name = f"shop_{os.getpid()}_{next(_NUMBERS)}"
        project = reading.load(write(tmp_path / name, changes))
        assert not project.problems, "\n".join(map(str, project.problems))
        server.create_database(name, owner=OWNER)
        made = Shop(server, name, project)
        opened.append(made)
        made.folder, made.till = tmp_path / name, Till()
        monkeypatch.setattr(load, "reader", made.till.reader)
        made.connections(monkeypatch)
        made.migrate()
        return made

    yield open_shop
    for made in opened:
        made.close()
        server.drop_database(made.name)
