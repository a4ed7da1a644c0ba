"""Readers while two hundred publications happen: errors, mixed versions, and how long they wait.

Every row of every entity carries the number of its version, and each publication moves all of them.
Eight connections read all entities, joined in single statements and one after the other in
repeatable-read transactions: a reader that saw two versions at once has seen half a layer. Each is
a process of its own, as it is in the world: none waits for the interpreter in which we publish.
"""

import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from bench import loaded
from bench.figures import Figure
from bench.publishing import written
from layers import build, check, publish, record, settle, warehouse
from layers.migrate import migrate
from layers.project import Project
from layers.warehouse import Connection

PUBLICATIONS, READERS, ROWS = 200, 8, 1_000
WARM = 5.0  # seconds that are not counted, in which readers' processes begin
PAUSE = 0.05  # seconds between two questions of a reader, as of a dashboard
CALM = 20.0  # seconds of reading while nothing is published
ENTITIES = ("clients", "sprints", "days")
JOINED = (
    "select count(*), count(distinct v) from (select unnest(array[a.version, b.version, c.version])"
    " as v from dmn.dmn_days c join dmn.dmn_sprints b on b.sprints_id = c.sprints_id"
    " join dmn.dmn_clients a on a.clients_id = b.clients_id) all_of_them"
)


@dataclass
class Seen:
    """What readers saw: seconds of each reading, mixed versions, and errors."""

    seconds: list[float] = field(default_factory=list)
    mixed: int = 0
    errors: list[str] = field(default_factory=list)

    @staticmethod
    def of(several: "list[Seen]") -> "Seen":
        """What several readers saw, together."""
        return Seen(
            [seconds for seen in several for seconds in seen.seconds],
            sum(seen.mixed for seen in several),
            [error for seen in several for error in seen.errors],
        )

    @property
    def p99(self) -> float:
        """Of a hundred readings, the second slowest is no slower."""
        return sorted(self.seconds)[int(len(self.seconds) * 0.99)]


def figures() -> Iterator[Figure]:
    """Errors, mixed versions, and the 99th percentile with publications against without."""
    with loaded.empty() as (home, connections):
        project = _project(home / "project")
        with closing(warehouse.connect("owner")) as owner:
            migrate(owner, project)
        dsn = connections.server.dsn("warehouse")
        spawn = multiprocessing.get_context("spawn")
        with (
            psycopg.connect(dsn, autocommit=True) as admin,
            closing(warehouse.connect("modeller", "bench")) as modeller,
            ProcessPoolExecutor(READERS, mp_context=spawn) as pool,
        ):
            _fill(admin)
            _publish(modeller, project)
            readers = Readers(pool, dsn, home)
            readers.read_while(lambda: time.sleep(WARM))
            calm = readers.read_while(lambda: time.sleep(CALM))
            busy = readers.read_while(lambda: _publications(admin, modeller, project))
    print(
        f"{len(busy.seconds):,} readings, p99 {busy.p99 * 1000:.1f} ms; "
        f"without publications {calm.p99 * 1000:.1f} ms; {busy.errors[:3]}"
    )
    yield Figure("errors of readers", len(busy.errors), 0)
    yield Figure("readings of mixed versions", busy.mixed, 0)
    yield Figure("p99 of readers, publishing / not", busy.p99 / calm.p99, 2)


def _publications(
    admin: psycopg.Connection[tuple[object, ...]], modeller: Connection, project: Project
) -> None:
    for version in range(2, PUBLICATIONS + 2):
        for name in ENTITIES:
            admin.execute(f"update stg_till.stg_till_{name} set version = {version}")
            record.moved(admin, f"stg_till_{name}")
        assert _publish(modeller, project) is not None


def _publish(modeller: Connection, project: Project) -> int | None:
    for relation in project.units["dmn"]:
        build.build(modeller, project, relation, "bench")
        check.check(modeller, project, relation, "bench")
    settle.settle(modeller, project, "dmn", "bench")
    return publish.publish(modeller, project, "dmn", "bench").number


@dataclass(frozen=True)
class Readers:
    """Processes that read while something is done; the file `over` tells them to stop."""

    pool: ProcessPoolExecutor
    dsn: str
    home: Path

    def read_while(self, action: Callable[[], object]) -> Seen:
        """What they saw from the beginning to the end of an action."""
        over = self.home / "over"
        over.unlink(missing_ok=True)
        found = [self.pool.submit(_reader, self.dsn, n, over) for n in range(READERS)]
        try:
            action()
        finally:
            over.touch()
        return Seen.of([reader.result() for reader in found])


def _reader(dsn: str, number: int, over: Path) -> Seen:
    """Every second reader asks in one statement, the others in one transaction."""
    seen = Seen()
    with psycopg.connect(dsn, autocommit=True) as session:
        session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        while not over.exists():
            time.sleep(PAUSE)
            began = time.monotonic()
            try:
                found = _joined(session) if number % 2 else _one_by_one(session)
            except psycopg.Error as error:
                seen.errors.append(str(error))
                continue
            seen.seconds.append(time.monotonic() - began)
            seen.mixed += found != (3 * ROWS, 1)
    return seen


def _joined(session: psycopg.Connection[tuple[object, ...]]) -> tuple[object, ...] | None:
    return session.execute(JOINED).fetchone()


def _one_by_one(session: psycopg.Connection[tuple[object, ...]]) -> tuple[int, int]:
    versions: set[object] = set()
    rows = 0
    with session.transaction():
        for name in ENTITIES:
            found = session.execute(f"select version, count(*) from dmn.dmn_{name} group by 1")
            for version, count in found.fetchall():
                versions.add(version)
                rows += int(str(count))
    return rows, len(versions)


def _fill(admin: psycopg.Connection[tuple[object, ...]]) -> None:
    for number, name in enumerate(ENTITIES):
        above = f"{ENTITIES[number - 1]}_id, " if number else ""
        admin.execute(
            f"insert into stg_till.stg_till_{name} ({name}_id, {above}version, layers_load_id,"
            f" layers_ordinal) select n, {'n, ' if number else ''} 1, 1, n"
            f" from generate_series(1, {ROWS}) n"
        )
        record.moved(admin, f"stg_till_{name}")


def _project(folder: Path) -> Project:
    """Clients have sprints, and sprints have days: one each, so that all are joined."""
    objects = ", ".join(f"{name}: {{files: {name}}}" for name in ENTITIES)
    files = {
        "project.yaml": "{project: bench, time_zone: UTC, first_month: 2026-01}",
        "src/till.yaml": "{source: Till, kind: files, connection: till, promised_freshness: 1 day,"
        f" objects: {{{objects}}}}}",
    }
    for number, name in enumerate(ENTITIES):
        above = ENTITIES[number - 1] if number else None
        columns = [f"{name}_id", *([f"{above}_id"] if above else []), "version"]
        typed = ", ".join(f"{column}: {{type: bigint}}" for column in columns)
        contract = f"grain: one row each, key: {name}_id, columns: {{{typed}}}"
        link = f"up: {{to: dmn_{above}, by: {above}_id, each: '1', inverse: '1..*'}}"
        links = f", relationships: {{{link}}}" if above else ""
        picked = ", ".join(f"record ->> '{column}' as {column}" for column in columns)
        files |= {
            f"stg/till/stg_till_{name}.yaml": f"{{{contract}}}",
            f"stg/till/stg_till_{name}.sql": f"select {picked} from src_till.{name}",
            f"dmn/dmn_{name}.yaml": f"{{entity: Thing, definition: A thing., {contract}{links}}}",
            f"dmn/dmn_{name}.sql": f"select {', '.join(columns)} from stg_till.stg_till_{name}",
        }
    return written(folder, files)
