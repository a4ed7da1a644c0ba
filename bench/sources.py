"""Events from files into the warehouse, against a bare copy and against dlt, and their memory.

A bare `copy` writes the same lines into one `jsonb` column, unpacked by another process. dlt takes
the first of the same files with its defaults, and once more as Arrow tables and CSV, which keeps no
raw record, checks no type and drops no repeat. What is compared is rows per second.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bench.figures import Figure
from demo.account import wheel_binaries
from demo.company import generate
from demo.connections import Connections
from demo.server import Server
from layers import reading, warehouse
from layers.migrate import migrate

EVENTS = 1_000_000
GROWN = 10_000_000
DLT_FILES = 300
ROOT = Path(__file__).parents[1]
RAW_LINES = "(format csv, quote E'\\x01', delimiter E'\\x02', on_error ignore)"


def figures(events: int = EVENTS) -> Iterator[Figure]:
    """Rates at a million events, and what the task's memory grows by."""
    with _company(events) as connections:
        ours, empty = _ours(), _one_load()
        bare = _bare(connections)
        print(
            f"{ours['rows']:,} events: load {ours['load']:.1f} s, stage {ours['stage']:.1f} s; "
            f"bare copy {bare['seconds']:.1f} s"
        )
        rate = ours["rows"] / (ours["load"] + ours["stage"])
        yield Figure(
            "rows/s of load and stage / bare copy", rate * bare["seconds"] / bare["rows"], 0.6, True
        )
        yield Figure(
            "MB of the task above an empty one", ours["megabytes"] - empty["megabytes"], 80
        )
        yield from _against_dlt(connections, rate)


def grown(events: int = GROWN) -> Iterator[Figure]:
    """Ten times as many events: time per row, and memory."""
    found = []
    for size in (events // 10, events):
        with _company(size):
            ours, empty = _ours(), _one_load()
            seconds = ours["load"] + ours["stage"]
            found.append(seconds / ours["rows"])
            print(
                f"{ours['rows']:,} events: load {ours['load']:.1f} s, stage {ours['stage']:.1f} s"
            )
    yield Figure(f"time per row at {events:,} / at a tenth", found[1] / found[0], 1.3)
    more = ours["megabytes"] - empty["megabytes"]
    yield Figure(f"MB of the task above an empty one at {events:,}", more, 80)


@contextmanager
def _company(events: int) -> Iterator[Connections]:
    with tempfile.TemporaryDirectory(prefix="layers-bench-") as folder:
        company = Path(folder) / "company"
        generate(company, events=events)
        with Server(Path(folder) / "postgres") as server:
            connections = Connections(server, company)
            connections.make_databases()
            os.environ.update(connections.environment())
            with warehouse.connect("owner") as owner:
                migrate(owner, reading.load(ROOT))
            yield connections


def _ours() -> dict[str, float]:
    found = _one_load("rudderstack")
    with warehouse.connect("loader") as loader:
        statement = "select sum(records) from layers.loads where source = 'rudderstack'"
        (rows,) = loader.execute(statement).fetchone() or (0,)
    return found | {"rows": int(rows)}


def _one_load(*source: str) -> dict[str, float]:
    return _run("bench.one_load", *source)


def _run(module: str, *arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", module, *arguments]
    path = os.pathsep.join([str(ROOT / "plugins"), str(ROOT)])
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": path}, stdout=subprocess.PIPE, check=True, cwd=ROOT
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _bare(connections: Connections) -> dict[str, float]:
    """The same lines into one column, by psql, while zcat unpacks them beside it."""
    psql = f"{wheel_binaries() / 'psql'} -Xq {connections.server.dsn('warehouse')}"
    _shell(f"{psql} -c 'create table public.bare (record jsonb)'")
    began = time.monotonic()
    _shell(
        f"find {connections.company}/rudderstack -name '*.gz' -print0 | xargs -0 zcat"
        f' | {psql} -c "copy public.bare from stdin {RAW_LINES}"'
    )
    seconds = time.monotonic() - began
    counted = _shell(f"{psql} -At -c 'select count(*) from public.bare'")
    _shell(f"{psql} -c 'drop table public.bare'")
    return {"seconds": seconds, "rows": int(counted)}


def _against_dlt(connections: Connections, rate: float) -> Iterator[Figure]:
    if find_spec("dlt") is None:
        print("dlt is not installed, so it is not compared: pip install -r requirements-dlt.txt")
        return
    folder, dsn = str(connections.company / "rudderstack"), connections.server.dsn("warehouse")
    for how in ("append", "arrow"):
        if how == "arrow" and find_spec("pyarrow") is None:
            print("pyarrow is not installed, so dlt is not fed with Arrow: pip install pyarrow")
            continue
        done = _run("bench.by_dlt", how, folder, dsn, str(DLT_FILES))
        theirs = done["rows"] / done["seconds"]
        print(f"dlt {how}: {done['rows']:,} rows, {theirs:,.0f} rows/s; ours {rate:,.0f} rows/s")
        if how == "append":
            yield Figure("rows/s of load and stage / dlt append", rate / theirs, 7, is_least=True)


def _shell(command: str) -> str:
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], check=True, capture_output=True, text=True
    ).stdout
