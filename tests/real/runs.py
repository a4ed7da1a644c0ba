"""Runs of the sources of a pack: its project folder here, its data where the packs are."""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from layers import reading
from layers import run as running
from layers.project import Project
from layers.sources import session
from tests.real.accounts import Account, accounts
from tests.real.serving import Answer, Request, serving
from tests.servers import OWNER, PASSWORD, Postgres
from tests.warehouse import Warehouse

HERE = Path(__file__).parent
MOST_RUNS = 300


class Replay:
    """A service that hands out a pack's recorded answers."""

    @property
    def is_used_up(self) -> bool:
        """Whether all have been given, so that reading again can find nothing new."""
        return True

    def answer(self, request: Request) -> Answer:
        """What was recorded for a request, or what fits it."""
        raise NotImplementedError


@dataclass
class Result:
    """A pack that was read to its end: its data, its warehouse, and what failed on the way."""

    pack: str
    folder: Path
    warehouse: Warehouse
    service: Replay
    failures: list[str] = field(default_factory=list)
    accounts: dict[str, Account] = field(init=False, default_factory=dict)

    def account(self) -> None:
        """Notes what became of the records of each object, by its name; no pack has two of one."""
        found = accounts(self.warehouse)
        self.accounts = {name.split(".")[1]: account for name, account in found.items()}

    def problems(self) -> list[str]:
        """What failed, and what does not add up."""
        return self.failures + [f"{a}" for a in self.accounts.values() if not a.adds_up]

    def rows(self, relation: str) -> list[SimpleNamespace]:
        """The staged rows of a relation, by its key."""
        return self.warehouse.rows(relation)

    def raw(self, table: str) -> list[Any]:
        """The raw records of `source.object` in the order in which they were kept."""
        found = self.warehouse.query(f"select record from src_{table} order by load_id, ordinal")
        return [row.record for row in found]

    def rejects(self) -> list[SimpleNamespace]:
        """Everything rejected: object, file, reason and the record itself, in order."""
        return self.warehouse.query(
            "select object, relation, column_name, file, reason, record from layers.rejects"
            " order by reject_id"
        )

    def read(self) -> None:
        """Runs every source of the pack once, as `layers run SOURCE` does."""
        this = running.start(self.warehouse.project, lambda _what, _told: None)
        for source in self.warehouse.project.sources:
            running.run_source(this, source)
        self.failures += this.failures

    def read_again(self) -> list[str]:
        """Runs every source once more; gives the relations whose rows are not as before."""
        staged = [r.name for r in self.warehouse.project.relations.values() if r.query is not None]
        before = {name: self.rows(name) for name in staged}
        self.read()
        return [name for name in staged if self.rows(name) != before[name]]

    def replay(self, source: str) -> None:
        """Builds staging again from the raw records, as `layers replay SOURCE` does."""
        this = running.start(self.warehouse.project, lambda _what, _told: None)
        running.replay_source(this, source, None)
        self.failures += this.failures


@contextmanager
def read(
    server: Postgres,
    pack: str,
    data: Path,
    work: Path,
    replay: Callable[[Path], Replay] | None = None,
    later: Sequence[str] = (),
) -> Iterator[Result]:
    """A pack, read to its end. Its files lie where they are, unless some arrive `later`."""
    project = reading.load(HERE / pack)
    assert not project.problems, "\n".join(map(str, project.problems))
    name = f"real_{pack.replace('-', '_')}_{os.getpid()}"
    server.create_database(name, owner=OWNER)
    warehouse = Warehouse(server, name, project)
    service = replay(data / pack) if replay else Replay()
    result = Result(pack, data / pack, warehouse, service)
    with pytest.MonkeyPatch.context() as patch, serving(service.answer) as url:
        files = _without(result.folder, work, later) if later else result.folder
        warehouse.connections(patch)
        connect(patch, project, files, url)
        patch.setattr(session, "wait", lambda _state: 0.0)  # a replay need not recover
        warehouse.migrate()
        _read_to_the_end(result)
        for file in later:
            shutil.copyfile(result.folder / file, files / file)
            result.read()
        result.account()
        yield result
    warehouse.close()
    server.drop_database(name)


def connect(patch: pytest.MonkeyPatch, project: Project, files: Path, url: str) -> None:
    """Lets every source of a project find its files, or the service that is replayed."""
    for source in project.sources.values():
        made = {"conn_type": "generic", "extra": {"path": files.as_uri()}}
        if source.kind == "http":
            made = {"conn_type": "http", "host": url, "login": "recorded", "password": PASSWORD}
        patch.setenv(f"AIRFLOW_CONN_{source.connection.upper()}", json.dumps(made))


def connect_postgres(patch: pytest.MonkeyPatch, connection: str, dsn: str) -> None:
    """Lets a source find its database."""
    names = {"host": "host", "port": "port", "user": "login", "password": "password"}
    parts = conninfo_to_dict(dsn)
    made: dict[str, Any] = {ours: parts[name] for name, ours in names.items() if name in parts}
    made |= {"conn_type": "postgres", "schema": parts["dbname"]}
    patch.setenv(f"AIRFLOW_CONN_{connection.upper()}", json.dumps(made))


def _read_to_the_end(result: Result) -> None:
    for _ in range(MOST_RUNS):
        result.read()
        if result.service.is_used_up or result.failures:
            return
    result.failures.append(f"after {MOST_RUNS} runs there are answers left")


def _without(folder: Path, work: Path, later: Sequence[str]) -> Path:
    """A copy of a pack in which some files have not arrived yet."""
    for file in folder.rglob("*"):
        name = file.relative_to(folder)
        if file.is_file() and str(name) not in later:
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, work / name)
    return work
