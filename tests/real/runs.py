"""Runs of the pipeline on recorded input, and the account of where every record went."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from layers import run as running
from layers.contract import CheckedContract
from layers.project import Project
from layers.relation import Relation
from tests.real import packs
from tests.real.replay import Export, serving
from tests.servers import OWNER, Postgres
from tests.warehouse import Warehouse

FIRST_MONTH = "2015-01"  # before anything that is recorded


STAYS_BEHIND = {"to its end": 0, "page by page": 1, "first page": 1}
MISSING_PAGE = "answered 404 Not Found"


@dataclass(frozen=True)
class Account:
    """What became of the records of one relation; those of an object are `read`."""

    relation: str
    read: int | None = None
    staged: int | None = None
    superseded: int | None = None
    repeated: int | None = None
    rejected: int | None = None
    unclaimed: int | None = None
    built: int | None = None
    held: int | None = None
    published: int | None = None

    @property
    def adds_up(self) -> bool:
        """Whether every record that was read, and every row that was built, is somewhere."""
        if self.built is not None:
            return self.built == (self.held or 0) + (self.published or 0)
        if self.staged is None:
            return (self.unclaimed or 0) >= 0
        kept = (self.staged, self.superseded, self.repeated, self.rejected)
        return self.read == sum(part or 0 for part in kept)


@dataclass
class Result:
    """One finished run: its account, what failed, and the warehouse to ask further."""

    name: str
    warehouse: Warehouse
    failures: list[str]
    accounts: dict[str, Account] = field(default_factory=dict)

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
        unclaimed = self.accounts["src_rudderstack.events"].unclaimed
        if sum(self.unclaimed().values()) != unclaimed:
            wrong.append(f"{unclaimed} events are unclaimed, but by type {self.unclaimed()}")
        return wrong + [f"does not add up: {a}" for a in self.accounts.values() if not a.adds_up]


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
    packs.fill_backend(server.dsn(f"{name}_backend"), data)
    packs.lay_out_events(data, folder)
    warehouse = Warehouse(server, name, project)
    with pytest.MonkeyPatch.context() as patch, serving(export) as url:
        warehouse.connections(patch)
        warehouse.sources(patch, desk=url, files=folder, product=f"{name}_backend")
        warehouse.migrate()
        this = running.start(project, lambda _what, _told: None)
        running.everything(this)
        yield Result(export.name, warehouse, this.failures, dict(_accounts(warehouse)))
    warehouse.close()
    for database in (name, f"{name}_backend"):
        server.drop_database(database)


def _accounts(warehouse: Warehouse) -> Iterator[tuple[str, Account]]:
    for source, declaration in warehouse.project.sources.items():
        for object_name in declaration.objects:
            name = f"src_{source}.{object_name}"
            yield name, _object(warehouse, source, object_name)
    for relation in warehouse.project.relations.values():
        if relation.folder == "layers":
            continue
        make = _staged if relation.layer == "stg" else _published
        yield relation.name, make(warehouse, relation.name)


def _object(warehouse: Warehouse, source: str, object_name: str) -> Account:
    (loaded,) = warehouse.query(
        "select coalesce(sum(records + rejected), 0)::int as read,"
        " coalesce(sum(rejected), 0)::int as rejected from layers.loads"
        f" where source = '{source}' and object = '{object_name}'"
    )
    readers = _readers(warehouse, source, object_name)
    (claimed,) = warehouse.query(
        "select coalesce(sum(read), 0)::int as read from layers.stagings"
        f" where relation = any(array{readers}::text[])"
    )
    unclaimed = loaded.read - loaded.rejected - claimed.read
    return Account(
        f"src_{source}.{object_name}",
        read=loaded.read,
        rejected=loaded.rejected,
        unclaimed=unclaimed,
    )


def _readers(warehouse: Warehouse, source: str, object_name: str) -> list[str]:
    return [
        relation.name
        for relation in warehouse.project.staged_from(source)
        if f"src_{source}.{object_name}" in relation.reads
    ]


def _staged(warehouse: Warehouse, name: str) -> Account:
    (found,) = warehouse.query(
        "select coalesce(sum(read), 0)::int as read, coalesce(sum(superseded), 0)::int as"
        " superseded, coalesce(sum(repeated), 0)::int as repeated, coalesce(sum(rejected), 0)::int"
        f" as rejected from layers.stagings where relation = '{name}'"
    )
    return Account(name, staged=len(warehouse.rows(name)), **vars(found))


def _published(warehouse: Warehouse, name: str) -> Account:
    (build,) = warehouse.query(
        f"select rows from layers.builds where relation = '{name}' order by build_id desc limit 1"
    )
    held, published = len(warehouse.held(name)), len(warehouse.rows(name))
    return Account(name, built=build.rows, held=held, published=published)
