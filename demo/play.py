"""The demo from nothing to full tables: a server, a company, an Airflow, and data on its way."""

import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from demo import backend, claim, company, processes, report
from demo.airflow import Airflow
from demo.airflow_api import Api
from demo.connections import Connections
from demo.errors import DemoError
from demo.flow import Flow
from demo.layers import Layers
from demo.server import Server
from demo.steps import Steps

REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Options:
    """How large the company is, where its files go, and whether the demo ends by itself."""

    exit: bool
    teachers: int
    months: int
    events: int
    seed: int
    state: Path


def play(options: Options, console: Console) -> None:
    """Begin afresh, show what came of it, and go on until somebody stops it or it is to end."""
    state = options.state.resolve()
    steps = Steps(console)
    with _stage(state, steps) as server:
        connections = Connections(server, state / "company")
        connections.make_databases()
        flow = _start_airflow(state, connections, steps)
        _make_company(options, connections, steps)
        _open_zendesk(state, connections, flow.layers.environment)
        with steps.step("Making the warehouse: layers migrate"):
            flow.layers.migrate()
        try:
            _let_flow(flow, steps, console)
        except DemoError as failure:
            if options.exit:
                raise
            report.show_failure(failure, console)
        report.show_addresses(flow.airflow, connections, console)
        if not options.exit:
            console.print("\nCtrl-C stops everything.")
            signal.pause()


@contextmanager
def _stage(state: Path, steps: Steps) -> Iterator[Server]:
    """An empty server, nothing of the demo before, and nobody left behind after this one."""
    with claim.take(state, "a demo"):
        directory = state / "run"
        processes.end(directory)
        for remains in (state / "airflow", state / "company"):
            if remains.exists():
                shutil.rmtree(remains)
        directory.mkdir(exist_ok=True)
        server = Server(state / "postgres")
        server.erase()
        try:
            with steps.step("Starting PostgreSQL"):
                server.start()
            yield server
        finally:
            for wish in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # the first one is enough
                signal.signal(wish, signal.SIG_IGN)
            with steps.step("Stopping everything"):
                processes.end(directory, patience=3)
                server.stop()


def _start_airflow(state: Path, connections: Connections, steps: Steps) -> Flow:
    """Airflow takes its time: it starts while the company is made, with every DAG paused."""
    airflow = Airflow(REPOSITORY, state, connections.server.dsn("airflow"))
    environment = {**airflow.environment(), **connections.environment()}
    with steps.step(f"Starting Airflow at {airflow.address}, ready in a minute"):
        process = airflow.start(state / "run", environment)
    return Flow(airflow, process, Api(airflow.address), Layers(REPOSITORY, environment))


def _make_company(options: Options, connections: Connections, steps: Steps) -> None:
    """What the company's tools would hold, all of it decided by the seed."""
    with steps.step(
        f"Making {options.months} months of a company with {options.teachers:,} teachers"
    ) as say:
        company.generate(
            connections.company,
            seed=options.seed,
            teachers=options.teachers,
            months=options.months,
            events=options.events,
            progress=lambda what, share: say(f"{what} {share:.0%}"),
        )
    with steps.step("Filling the database of its product"):
        backend.fill(connections.backend_dsn, connections.company)


def _open_zendesk(state: Path, connections: Connections, environment: Mapping[str, str]) -> None:
    """The stand-in for the support desk answers before anybody asks it."""
    port, log = connections.zendesk_port, state / "zendesk.log"
    process = processes.start(
        [
            *(sys.executable, "-m", "demo.zendesk", f"--directory={connections.company}"),
            *(f"--port={port}", f"--password={connections.zendesk}"),
        ],
        state / "run",
        environment,
        log,
    )
    while process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise DemoError(
        f"{log}: the stand-in for Zendesk ended by itself:\n{processes.last_lines(log)}"
    )


def _let_flow(flow: Flow, steps: Steps, console: Console) -> None:
    with steps.step("Waiting for Airflow") as say:
        flow.wait_until_ready(say)
    with steps.step("Unpausing every DAG, triggering the sources") as say:
        triggered = flow.begin()
    with steps.step("Letting the data flow: each layer starts when the one before has news") as say:
        status = flow.wait_until_through(triggered, say)
    report.show_tables(status, console)
