"""A day goes by in a company of two years and ten million events, against making everything anew.

The full rebuild stages all that is loaded and makes the domain and the use cases of it. Then a day
is lived, and loaded; what is timed is what it costs through the same three layers. `FULL` are the
relations that METRICS lets nobody make but from everything; of these their builds and checks count.
"""

import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bench.figures import Figure
from bench.loaded import everything, newly
from demo import backend, tick
from demo.company import generate
from demo.connections import Connections
from demo.server import Server
from layers import build, check, publish, reading, settle, warehouse
from layers import run as running
from layers.project import Project

EVENTS, MONTHS = 10_000_000, 24
FULL = ("prs_seat_retention", "prs_campaign_funnel_monthly", "dmn_web_users")
ROOT = Path(__file__).parents[1]


def figures(events: int = EVENTS) -> Iterator[Figure]:
    """What the day costs of a full rebuild, with and without what cannot be made of a day."""
    with tempfile.TemporaryDirectory(prefix="layers-bench-") as folder:
        company, fresh = Path(folder) / "company", Path(folder) / "fresh"
        _live(company, fresh, events)
        with Server(Path(folder) / "postgres") as server:
            project = reading.load(ROOT)
            connections = Connections(server, company)
            everything(connections, project)
            full = _flow(project, "in full")
            tick.install(fresh, company)
            backend.move(connections.backend_dsn, company)
            newly(connections, project)
            day = _flow(project, "a day")
    yield Figure(f"a day of {events:,} events / everything", day.total / full.total, 0.15)
    rest = day.total - sum(day.relations[name] for name in FULL)
    yield Figure("the same without what is made in full", rest / full.total, 0.05)


def _live(company: Path, fresh: Path, events: int) -> None:
    """The company, and the same a day later, told side by side."""
    told = partial(generate, months=MONTHS, events=events, horizon=2)
    with ProcessPoolExecutor(2) as pool:
        days = [pool.submit(told, place, lived=n) for n, place in enumerate((company, fresh))]
        for day in days:
            day.result()


@dataclass
class Flow:
    """Seconds of one way through the layers: of all of it, and of each build with its check."""

    total: float = 0.0
    relations: dict[str, float] = field(default_factory=dict)


def _flow(project: Project, name: str) -> Flow:
    flow, began = Flow(), time.monotonic()
    this = running.start(project, lambda _what, _told: None)
    for source in project.sources:
        running.stage_source(this, source)
    assert not this.failures, "\n".join(this.failures)
    staged = time.monotonic() - began
    for unit in project.units:
        _unit(project, unit, flow)
    flow.total = time.monotonic() - began
    slowest = sorted(flow.relations.items(), key=lambda one: -one[1])[:12]
    shown = ", ".join(f"{relation} {seconds:.1f}" for relation, seconds in slowest)
    print(f"{name}: {flow.total:.1f} s; staging {staged:.1f}, {shown}", flush=True)
    return flow


def _unit(project: Project, unit: str, flow: Flow) -> None:
    with closing(warehouse.connect(warehouse.writer(unit), "bench")) as connection:
        for relation in project.units[unit]:
            began = time.monotonic()
            build.build(connection, project, relation, "bench")
            check.check(connection, project, relation, "bench")
            flow.relations[relation.name] = time.monotonic() - began
        began = time.monotonic()
        settle.settle(connection, project, unit, "bench")
        settled = time.monotonic()
        publish.publish(connection, project, unit, "bench")
        flow.relations[f"settle {unit}"] = settled - began
        flow.relations[f"publish {unit}"] = time.monotonic() - settled
