"""All checks of the example's domain at five million events, against the time of building it.

Checked are the row rules of each entity, and all rules between them. How often a statement goes
over an entity is counted from Postgres's own statistics, with few criteria and with many.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from bench.figures import Figure
from bench.loaded import everything
from demo.company import generate
from demo.connections import Connections
from demo.server import Server
from layers import build, check, reading, settle, warehouse
from layers import run as running
from layers.contract import CheckedContract
from layers.project import Project
from layers.promises import Criterion
from layers.relation import Relation
from layers.warehouse import Connection, one

EVENTS = 5_000_000
MANY = 40
ROOT = Path(__file__).parents[1]


def figures(events: int = EVENTS) -> Iterator[Figure]:
    """The ratio, from a first run over all of it."""
    with tempfile.TemporaryDirectory(prefix="layers-bench-") as folder:
        company = Path(folder) / "company"
        generate(company, events=events)
        with Server(Path(folder) / "postgres") as server:
            project = reading.load(ROOT)
            connections = Connections(server, company)
            everything(connections, project)
            this = running.start(project, lambda _what, _told: None)
            for source in project.sources:
                running.stage_source(this, source)
            assert not this.failures, "\n".join(this.failures)
            with closing(warehouse.connect("modeller", "bench")) as modeller:
                yield from _measured(modeller, project, events)


def _measured(modeller: Connection, project: Project, events: int) -> Iterator[Figure]:
    building = checking = 0.0
    for relation in project.units["dmn"]:
        began = time.monotonic()
        build.build(modeller, project, relation, "bench")
        built = time.monotonic()
        check.check(modeller, project, relation, "bench")
        building, checking = building + built - began, checking + time.monotonic() - built
    began = time.monotonic()
    settle.settle(modeller, project, "dmn", "bench")
    settling = time.monotonic() - began
    print(f"built in {building:.1f} s, checked in {checking:.1f} s, settled in {settling:.1f} s")
    yield Figure(f"checks at {events:,} events / building", (checking + settling) / building, 1.5)
    few, many = (
        _passes(modeller, project, project.relation("dmn_product_events"), count)
        for count in (1, MANY)
    )
    print(f"passes over dmn_product_events: {few} with 1 criterion more, {many} with {MANY}")
    yield Figure(f"passes over an entity with {MANY} criteria more / with 1", many / few, 1)


def _passes(modeller: Connection, project: Project, relation: Relation, criteria: int) -> int:
    """How often a check goes over a candidate, with so many criteria more."""
    contract = relation.contract
    assert isinstance(contract, CheckedContract)
    more = {
        f"criterion {n}": Criterion(holds=f"occurred_at > '2000-01-01Z' or {n} = 0")
        for n in range(criteria)
    }
    changed = contract.model_copy(update={"criteria": {**contract.criteria, **more}})
    before = _scans(modeller, relation)
    with modeller.transaction():
        check.check_here(modeller, project, replace(relation, contract=changed))
    return _scans(modeller, relation) - before


def _scans(modeller: Connection, relation: Relation) -> int:
    modeller.execute("select pg_stat_force_next_flush()")
    modeller.execute("select pg_stat_clear_snapshot()")
    (scans,) = one(
        modeller,
        "select seq_scan from pg_stat_all_tables where schemaname = 'dmn_candidates'"
        " and relname = %s",
        relation.name,
    )
    return int(scans)
