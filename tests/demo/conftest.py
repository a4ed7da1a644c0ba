"""Two companies: one ends at midnight after a summer time, the other at no round moment at all."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from demo.company import generate
from tests.demo.plain import Company

COMPANIES: Mapping[str, dict[str, Any]] = {
    "midnight": {
        "until": datetime(2026, 11, 1, tzinfo=UTC),
        "months": 6,
        "teachers": 60,
        "events": 9_000,
    },
    "mid-day": {
        "until": datetime(2026, 7, 15, 13, 37, 20, tzinfo=UTC),
        "months": 2,
        "teachers": 30,
        "events": 4_000,
    },
}


@pytest.fixture(scope="package", params=list(COMPANIES))
def company(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Company:
    arguments = COMPANIES[request.param]
    directory = tmp_path_factory.mktemp("company")
    generate(directory, seed=7, **arguments)
    return Company(directory, arguments["until"], arguments["events"])
