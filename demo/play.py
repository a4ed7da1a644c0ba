"""The demo from nothing to full tables: a server, a company, an Airflow, and data on its way."""

import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from rich.console import Console

from demo import backend, claim, processes, report, tick, wake
from demo.airflow import Airflow
from demo.airflow_api import Api
from demo.connections import Connections
from demo.errors import DemoError
from demo.flow import Flow
from demo.layers import Layers, Status
from demo.options import Options
from demo.server import Server
from demo.steps import Steps, bar

REPOSITORY = Path(__file__).resolve().parent.parent


def play(options: Options) -> None:
    """Begin afresh, show what came of it, and go on until somebody stops it or it is to end."""
    state, console = options.state.resolve(), Console()
    steps = Steps(console)
    with _stage(state, steps) as server:
        connections = Connections(server, state / "company")
        flow = _prepare(options, state, connections, steps)
        try:
            status = _let_flow(flow, steps)
            with steps.step("Drawing what is published"):
                flow.layers.report(report.page(state))
            report.show_tables(status, console)
        except DemoError as failure:
            if options.exit:
                raise
            report.show_failure(failure, console)
        report.show_addresses(flow.airflow, connections, state, console)
        if not options.exit:
            console.print("\nCtrl-C stops everything.")
            signal.pause()


@contextmanager
def _stage(state: Path, steps: Steps) -> Iterator[Server]:
    """An empty server, nothing of the demo before, and nobody left behind after this one."""
    with claim.take(state, "a demo"):
        _remove_remains(state)
        server = Server(state / "postgres")
        server.erase()
        try:
            with steps.step("Starting PostgreSQL"):
                server.start()
            yield server
        finally:
            for wish in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # the first is enough
                signal.signal(wish, signal.SIG_IGN)
            with steps.step("Stopping everything"):
                processes.end(state / "run", patience=3)
                server.stop()


def _remove_remains(state: Path) -> None:
    processes.end(state / "run")
    for name in ("airflow", "company", "run"):
        if (state / name).exists():
            shutil.rmtree(state / name)
    report.page(state).unlink(missing_ok=True)
    (state / "run").mkdir()


def _prepare(options: Options, state: Path, connections: Connections, steps: Steps) -> Flow:
    """All that must be there before the first task runs; Airflow starts meanwhile."""
    connections.make_databases()
    flow = _start_airflow(state, connections, steps)
    _make_company(options, state, connections, steps)
    with steps.step("Opening the company's tools"):
        _open_tools(state, connections, flow.layers.environment)
    with steps.step("Making the warehouse: layers migrate"):
        flow.layers.migrate()
    return flow


def _start_airflow(state: Path, connections: Connections, steps: Steps) -> Flow:
    """Airflow takes its time: it starts while the company is made, with every DAG paused."""
    airflow = Airflow(REPOSITORY, state, connections.server.dsn("airflow"))
    environment = {**airflow.environment(), **connections.environment()}
    with steps.step(f"Starting Airflow at {airflow.address}, ready in a minute"):
        process = airflow.start(state / "run", environment)
        wake.remember(state, airflow, environment)
    return Flow(airflow, process, Api(airflow.address), Layers(REPOSITORY, environment))


def _make_company(options: Options, state: Path, connections: Connections, steps: Steps) -> None:
    """What the company's tools hold, decided by the seed; a tick goes on with the same story."""
    story = tick.Story(options.seed, options.teachers, options.months, options.events)
    size = f"{options.months} months of a company with {options.teachers:,} teachers"
    with steps.step(f"Making {size}") as say:
        try:
            story.tell(connections.company, lambda what, share: say(f"{bar(share)} {what}"))
        except ValueError as error:  # a company that cannot be
            raise DemoError(str(error)) from None
    with steps.step("Filling the database of its product"):
        backend.fill(connections.backend_dsn, connections.company)
        tick.remember(state, story, connections.backend_dsn)


def _open_tools(state: Path, connections: Connections, environment: Mapping[str, str]) -> None:
    """The stand-ins answer before anybody asks them."""
    opened = []
    for service in connections.services:
        log = state / f"{service.name}.log"
        command = [sys.executable, "-m", f"demo.{service.name}"]
        command += [f"--directory={connections.company}", f"--port={service.port}"]
        command += [f"--password={service.secret}"]
        process = processes.start(command, state / "run", environment, log)
        opened.append((service.port, process, log))
    for port, process, log in opened:
        _wait_for(port, process, log)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    while process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    end = processes.last_lines(log)
    raise DemoError(f"{log}: the stand-in ended by itself:\n{end}")


def _let_flow(flow: Flow, steps: Steps) -> Status:
    with steps.step("Waiting for Airflow") as say:
        flow.wait_until_ready(say)
    with steps.step("Unpausing every DAG, triggering the sources"):
        triggered = flow.begin()
    with steps.step("Letting the data flow: each layer starts when one before it has news") as say:
        return flow.wait_until_through(triggered, say)
