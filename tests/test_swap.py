"""Zendesk out, Freshdesk in: what the overlay changes, and that nobody above it can tell."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from demo.company import generate
from layers import reading
from layers.project import Project
from tests.company import Company, flowing
from tests.conftest import ROOT
from tests.servers import Postgres

MAY_DIFFER = (
    "sql/src/*",
    "sql/stg/*",
    "dags/source_*.py",
    "sql/dmn/dmn_support_tickets.sql",
    "sql/dmn/dmn_support_agents.sql",
)
COMMIT = "git -c user.name=Ada -c user.email=ada@company.example commit -qm before"
EQUAL = ("dmn_support_agents", "dmn_support_tickets", "prs_ticket_resolution_monthly")


@pytest.fixture(scope="module")
def swapped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository to which the overlay's own commands were applied."""
    copy = tmp_path_factory.mktemp("swapped")
    unwanted = shutil.ignore_patterns("__pycache__")
    for folder in ("sql", "dags", "examples", "looker"):
        if (ROOT / folder).exists():
            shutil.copytree(
                ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__")
            )
    said = (ROOT / "examples" / "swap-freshdesk" / "README.md").read_text()
    (commands,) = re.findall(r"```sh\n(git rm.*?)```", said, re.DOTALL)
    script = f"set -e\ngit init -q .\ngit add -A\n{COMMIT}\n{commands}"
    subprocess.run(["bash", "-c", script], cwd=copy, check=True, capture_output=True)
    return copy


@pytest.fixture(scope="module")
def companies(
    server: Postgres, example: Project, swapped: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Company, Company]]:
    """The same company, by the one desk and by the other."""
    folder = tmp_path_factory.mktemp("company")
    generate(folder, seed=5, teachers=60, months=6, events=3_000)
    other = reading.load(swapped)
    assert other.problems == ()
    with flowing(server, example, folder) as before, flowing(server, other, folder) as after:
        yield before, after


def test_only_the_tool_and_the_two_queries_that_read_it_differ(swapped: Path) -> None:
    here, there = files(ROOT), files(swapped)
    differing = {name for name in here | there if here.get(name) != there.get(name)}

    assert {"sql/src/zendesk.yaml", "sql/src/freshdesk.yaml"} < differing
    assert [n for n in differing if not any(fnmatch(n, allowed) for allowed in MAY_DIFFER)] == []


def test_both_run_without_a_failure(companies: tuple[Company, Company]) -> None:
    assert [company.failures for company in companies] == [[], []]


@pytest.mark.parametrize("relation", EQUAL)
def test_the_published_tables_of_support_are_equal(
    companies: tuple[Company, Company], relation: str
) -> None:
    by_zendesk, by_freshdesk = (company.warehouse.rows(relation) for company in companies)

    assert len(by_zendesk) > 5
    assert by_freshdesk == by_zendesk


def test_the_same_tickets_wait_for_an_agent(companies: tuple[Company, Company]) -> None:
    by_zendesk, by_freshdesk = (c.warehouse.held("dmn_support_tickets") for c in companies)

    assert by_zendesk
    assert by_freshdesk == by_zendesk


def files(root: Path) -> dict[str, bytes]:
    """Contracts, queries, DAGs and LookML, by their names."""
    found = [path for folder in ("sql", "dags", "looker") for path in (root / folder).rglob("*")]
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in found
        if path.is_file() and "__pycache__" not in path.parts
    }
