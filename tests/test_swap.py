"""Zendesk out, Freshdesk in: what the overlay changes, and that nobody above it can tell.

Not on the day of the swap, and not on the next, when something of each kind is gone.
"""

import json
import os
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from demo import backend as demo_backend
from demo import tick
from demo.company import generate
from layers import reading
from layers import run as running
from layers.lookml import folder as lookml
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
DESKS = ("zendesk", "freshdesk")
KEYS = {"dmn_support_tickets": "ticket_id", "dmn_support_agents": "agent_id"}
EQUAL = ("dmn_support_agents", "dmn_support_tickets", "prs_ticket_resolution_monthly")


@pytest.fixture(scope="module")
def swapped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository to which the overlay's own commands were applied."""
    copy = tmp_path_factory.mktemp("swapped")
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


@dataclass(frozen=True)
class Day:
    """What is published of support on a day, the tickets that are held, and what failed."""

    published: dict[str, list[Any]]
    held: Any
    failures: list[str]

    @classmethod
    def of(cls, company: Company, failures: list[str]) -> "Day":
        """The day as it is now."""
        published = {relation: company.warehouse.rows(relation) for relation in EQUAL}
        return cls(published, company.warehouse.held("dmn_support_tickets"), failures)


Days = tuple[list[Day], list[Day]]


@pytest.fixture(scope="module")
def days(
    server: Postgres, example: Project, swapped: Path, tmp_path_factory: pytest.TempPathFactory
) -> Days:
    """Two days of the same company, by the one desk and by the other."""
    folder, later = (tmp_path_factory.mktemp(name) for name in ("company", "later"))
    size: dict[str, Any] = {"seed": 5, "teachers": 60, "months": 6, "events": 3_000, "horizon": 1}
    generate(folder, **size)
    generate(later, **size, lived=1)
    one_of_each_goes(later)
    other = reading.load(swapped)
    assert other.problems == ()
    by_zendesk, by_freshdesk = (
        two_days(server, project, copied(folder), later) for project in (example, other)
    )
    return by_zendesk, by_freshdesk


def two_days(server: Postgres, project: Project, folder: Path, later: Path) -> list[Day]:
    """What is published of a company's first day, and then of its second."""
    with flowing(server, project, folder) as company:
        first = Day.of(company, company.failures)
        tick.install(copied(later), folder)
        backend = json.loads(os.environ["AIRFLOW_CONN_BACKEND"])["schema"]
        demo_backend.move(server.dsn(backend), folder)
        failures = []
        for _ in range(2):  # what is in a list no longer is missed twice before it counts as gone
            run = running.start(project, lambda _what, _told: None)
            running.everything(run)
            failures += run.failures
        return [first, Day.of(company, failures)]


def copied(folder: Path) -> Path:
    """A copy of a company, beside it."""
    number = len(list(folder.parent.iterdir()))
    return Path(shutil.copytree(folder, folder.with_name(f"{folder.name}_{number}")))


def one_of_each_goes(folder: Path) -> None:
    """A ticket is deleted, one is spam, a requester is erased, and an agent leaves; in both."""
    zendesk, freshdesk = (json.loads((folder / f"{name}.json").read_text()) for name in DESKS)
    # an export does not tell of the last minute yet
    hour = datetime.fromisoformat(zendesk["now"]) - timedelta(hours=1)
    changed = f"{hour:%Y-%m-%dT%H:%M:%SZ}"
    live = [t for t in freshdesk["tickets"] if not t["deleted"] and not t["spam"]]
    deleted, spam = (ticket["id"] for ticket in live[:2])
    erased = live[2]["requester_id"]
    agents = Counter(t["responder_id"] for t in live if t["responder_id"] is not None)
    ((leaves, _),) = agents.most_common(1)
    nobody = {"email": None, "updated_at": changed}
    change(zendesk["tickets"], {deleted, spam}, status="deleted", updated_at=changed)
    change(zendesk["tickets"], {deleted, spam}, generated_timestamp=int(hour.timestamp()))
    change(zendesk["users"], {erased}, active=False, external_id=None, **nobody)
    change(zendesk["users"], {leaves}, active=False, updated_at=changed)
    change(freshdesk["tickets"], {deleted}, deleted=True, updated_at=changed)
    change(freshdesk["tickets"], {spam}, spam=True, updated_at=changed)
    change(freshdesk["contacts"], {erased}, deleted=True, unique_external_id=None, **nobody)
    freshdesk["agents"] = [agent for agent in freshdesk["agents"] if agent["id"] != leaves]
    for name, content in zip(DESKS, (zendesk, freshdesk), strict=True):
        (folder / f"{name}.json").write_text(json.dumps(content))


def change(records: list[dict[str, Any]], ids: set[int], **values: Any) -> None:
    """Records of these ids are so now."""
    found = [record for record in records if record["id"] in ids]
    assert len(found) == len(ids)
    for record in found:
        record.update(values)


def test_only_the_tool_and_the_two_queries_that_read_it_differ(swapped: Path) -> None:
    here, there = files(ROOT), files(swapped)
    differing = {name for name in here | there if here.get(name) != there.get(name)}

    assert {"sql/src/zendesk.yaml", "sql/src/freshdesk.yaml"} < differing
    assert [n for n in differing if not any(fnmatch(n, allowed) for allowed in MAY_DIFFER)] == []


def test_the_lookml_that_is_made_is_the_same_to_the_byte(swapped: Path, example: Project) -> None:
    made = lookml.files(reading.load(swapped))

    assert made == lookml.files(example)
    assert {f"looker/{path}": text.encode() for path, text in made.items()}.items() <= files(
        swapped
    ).items()


def test_both_run_without_a_failure(days: Days) -> None:
    assert [day.failures for company in days for day in company] == [[]] * 4


@pytest.mark.parametrize("day", [0, 1])
@pytest.mark.parametrize("relation", EQUAL)
def test_the_published_tables_of_support_are_equal(days: Days, relation: str, day: int) -> None:
    by_zendesk, by_freshdesk = (company[day].published[relation] for company in days)

    assert len(by_zendesk) > 5
    assert by_freshdesk == by_zendesk


@pytest.mark.parametrize("day", [0, 1])
def test_the_same_tickets_wait_for_an_agent(days: Days, day: int) -> None:
    by_zendesk, by_freshdesk = (company[day].held for company in days)

    assert by_zendesk or day == 1
    assert by_freshdesk == by_zendesk


def test_what_is_gone_on_the_second_day_is_gone_by_both_desks(days: Days) -> None:
    for first, second in days:
        tickets, agents = (
            [{vars(row)[key]: row for row in day.published[relation]} for day in (first, second)]
            for relation, key in KEYS.items()
        )
        assert len(tickets[0].keys() - tickets[1].keys()) == 2
        left = [name for name in agents[0] if agents[0][name] != agents[1][name]]
        assert [(agents[0][i].is_active, agents[1][i].is_active) for i in left] == [(True, False)]


def files(root: Path) -> dict[str, bytes]:
    """Contracts, queries, DAGs and LookML, by their names."""
    found = [path for folder in ("sql", "dags", "looker") for path in (root / folder).rglob("*")]
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in found
        if path.is_file() and "__pycache__" not in path.parts
    }
