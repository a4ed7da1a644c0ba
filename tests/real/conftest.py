"""A pack for each module of tests: `test_schools_dfe` is about the pack `schools-dfe`."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.runs import Result, read
from tests.servers import Postgres

PACKS = "LAYERS_REAL_DATA"
SHARED = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of the recorded packs; in CI it must be there, and everything fails otherwise."""
    folder = Path(os.environ.get(PACKS, SHARED))
    if not folder.is_dir():
        said = f"NOTHING REAL IS TESTED: the recorded packs are not in {folder}"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(said)
    return folder


@pytest.fixture(scope="module")
def result(
    request: pytest.FixtureRequest,
    server: Postgres,
    data: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Result]:
    """The module's pack, read to its end.

    A module may say which `Replay` answers for the service, and which files arrive `LATER`.
    """
    module = request.module
    pack = module.__name__.rpartition("test_")[2].replace("_", "-")
    replay, later = getattr(module, "Recorded", None), getattr(module, "LATER", ())
    with read(server, pack, data, tmp_path_factory.mktemp(pack), replay, later) as done:
        yield done
