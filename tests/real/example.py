"""Runs of the example on recorded input, from its sources to `prs`, and where every record went.

Recorded are Zendesk's exports, RudderStack's events and accounts of a product; all else that the
example reads is there and empty.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from layers import run as running
from layers.contract import CheckedContract
from layers.project import Project
from layers.relation import Relation
from layers.sources.file_objects import FileObject
from layers.sources.pagers import HttpObject
from tests.real import packs
from tests.real.accounts import Account, accounts
from tests.real.replay import Export
from tests.real.runs import connect, connect_postgres
from tests.real.serving import Answer, Request, serving
from tests.servers import OWNER, Postgres
from tests.warehouse import Warehouse

FIRST_MONTH = "2015-01"  # before anything that is recorded
STAYS_BEHIND = {"to its end": 0, "page by page": 1, "first page": 1}
MISSING_PAGE = "answered 404 Not Found"


@dataclass(frozen=True)
class Published:
    """What became of the rows that were built of an entity or a presentation table."""

    relation: str
    built: int
    held: int
    published: int

    @property
    def adds_up(self) -> bool:
        """Whether every row that was built is somewhere."""
        return self.built == self.held + self.published

    def __str__(self) -> str:
        return f"{self.relation}: {self.built:,} built = {self.published:,} published" + (
            f" + {self.held:,} held" if self.held else ""
        )


@dataclass
class Result:
    """One finished run: what failed, and the warehouse to ask further."""

    name: str
    warehouse: Warehouse
    failures: list[str]
    accounts: dict[str, Account] = field(init=False)
    published: dict[str, Published] = field(init=False)

    def __post_init__(self) -> None:
        """Looks at what the run has left."""
        self.accounts = accounts(self.warehouse)
        units = self.warehouse.project.units.values()
        names = [relation.name for unit in units for relation in unit]
        self.published = {name: _published(self.warehouse, name) for name in names}

    @property
    def pack(self) -> str:
        """What this was a run of, in a line."""
        return f"the example, with Zendesk's export {self.name}"

    def read(self, relation: str) -> int:
        """How many records a staging relation has judged."""
        (found,) = self.warehouse.query(
            "select coalesce(sum(read), 0)::int as records from layers.stagings"
            f" where relation = '{relation}'"
        )
        return int(found.records)

    def unclaimed(self) -> dict[str, int]:
        """The events that no staging relation selects, by their type."""
        found = self.warehouse.query(
            "select record ->> 'type' as type, count(*)::int as records"
            " from src_rudderstack.events"
            " where coalesce(record ->> 'type' not in ('track', 'page', 'identify'), true)"
            " group by 1 order by 1"
        )
        return {row.type: row.records for row in found}

    def problems(self) -> list[str]:
        """Where the account does not add up, or more failed than a page never recorded."""
        wrong = [failure for failure in self.failures if not failure.endswith(MISSING_PAGE)]
        if len(self.failures) != STAYS_BEHIND[self.name]:
            wrong.append(f"{len(self.failures)} loads broke off, not {STAYS_BEHIND[self.name]}")
        unclaimed = self.accounts["rudderstack.events"].unclaimed
        if sum(self.unclaimed().values()) != unclaimed:
            wrong.append(f"{unclaimed} events are unclaimed, but by type {self.unclaimed()}")
        every: list[Account | Published] = [*self.accounts.values(), *self.published.values()]
        return wrong + [f"does not add up: {one}" for one in every if not one.adds_up]


def lenient(project: Project) -> Project:
    """The project with no limit to what is held, and a calendar that begins early enough.

    The recordings know nothing of each other, so nearly everything leads nowhere.
    """
    relations = {name: _without_limit(one) for name, one in project.relations.items()}
    settings = project.settings.model_copy(update={"first_month": FIRST_MONTH})
    return replace(project, relations=relations, settings=settings)


def _without_limit(relation: Relation) -> Relation:
    if not isinstance(relation.contract, CheckedContract):
        return relation
    return replace(relation, contract=relation.contract.model_copy(update={"hold_limit": "none"}))


@contextmanager
def run(
    server: Postgres, project: Project, export: Export, data: Path, folder: Path
) -> Iterator[Result]:
    """Everything from the sources to `prs`, into an empty warehouse, on one recorded export."""
    project = lenient(project)
    name = f"real_{export.name.replace(' ', '_')}_{os.getpid()}"
    server.create_database(name, owner=OWNER)
    server.create_database(f"{name}_backend")
    tables = [o.table for o in project.sources["backend"].objects.values()]
    packs.fill_backend(server.dsn(f"{name}_backend"), data, tables)
    packs.lay_out_events(data, folder)
    _lay_out_empty(project, folder)
    warehouse = Warehouse(server, name, project)
    with pytest.MonkeyPatch.context() as patch, serving(_answering(project, export)) as url:
        warehouse.connections(patch)
        connect(patch, project, folder, url)
        connect_postgres(patch, "backend", server.dsn(f"{name}_backend"))
        warehouse.migrate()
        this = running.start(project, lambda _what, _told: None)
        running.everything(this)
        yield Result(export.name, warehouse, this.failures)
    warehouse.close()
    for database in (name, f"{name}_backend"):
        server.drop_database(database)


def _answering(project: Project, export: Export) -> Callable[[Request], Answer]:
    """Recorded pages of Zendesk's, and of every other service a list with nothing in it."""
    empty = {
        found.path: {found.records: []} if found.records else []
        for name, source in project.sources.items()
        for found in source.objects.values()
        if isinstance(found, HttpObject) and name != "zendesk"
    }

    def answer(request: Request) -> Answer:
        path = request.path.removesuffix("/search")
        page = empty[path] if path in empty else export.answer(request.url)
        return Answer({"error": "RecordNotFound"}, 404) if page is None else Answer(page)

    return answer


def _lay_out_empty(project: Project, folder: Path) -> None:
    """The sheets that people keep, with nothing but a header."""
    for name, source in project.sources.items():
        for object_name, found in source.objects.items():
            if isinstance(found, FileObject) and found.read == "whole":
                header = ",".join(path[0] for path in project.picked(name, object_name))
                (folder / found.files).write_text(f"{header}\n")


def _published(warehouse: Warehouse, name: str) -> Published:
    (build,) = warehouse.query(
        f"select rows from layers.builds where relation = '{name}' order by build_id desc limit 1"
    )
    return Published(name, build.rows, len(warehouse.held(name)), len(warehouse.rows(name)))
