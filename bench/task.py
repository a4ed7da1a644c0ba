"""A relation's task that runs `select 1`, against Airflow's own operator for SQL.

Both run in one real Airflow, in turns along one chain, with the same modules preloaded. What is
compared is the median of the seconds between a task's start and its end.
"""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import requests

from bench.figures import Figure
from demo import processes
from demo.airflow import USER, Airflow
from demo.connections import Connections
from demo.layers import Layers
from demo.server import Server

PAIRS = 20
LIMIT = 1.1
ROOT = Path(__file__).parents[1]
DAG_FILE = f'''
"""A chain of tasks, in turns ours and airflow's own; the file of a dag."""
from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.sdk import DAG
from layers.airflow.operators import BuildOperator

with DAG("chain", schedule=None) as dag:
    before = None
    for number in range({PAIRS}):
        build = BuildOperator(task_id=f"ours_{{number}}", relation="dmn_one", role="modeller")
        query = SQLExecuteQueryOperator(
            task_id=f"theirs_{{number}}", sql="select 1", conn_id="warehouse_modeller"
        )
        if before:
            before >> build
        before = build >> query
'''


def figures() -> Iterator[Figure]:
    """The ratio of the medians."""
    with tempfile.TemporaryDirectory(prefix="layers-bench-") as folder:
        home = Path(folder)
        with Server(home / "postgres") as server:
            seconds = _durations(home, Connections(server, home))
    ours, theirs = (median(seconds[name]) for name in ("ours", "theirs"))
    print(f"median seconds of a task: ours {ours:.3f}, SQLExecuteQueryOperator {theirs:.3f}")
    yield Figure("a relation's task / SQLExecuteQueryOperator", ours / theirs, LIMIT)


def _durations(home: Path, connections: Connections) -> dict[str, list[float]]:
    """Seconds of each task of the chain, the first pair left out, as it warms up for all."""
    connections.make_databases()
    project, run = home / "project", home / "run"
    _write_project(project)
    run.mkdir()
    airflow = Airflow(ROOT, home, connections.server.dsn("airflow"))
    environment = airflow.environment() | connections.environment()
    environment |= {
        "AIRFLOW__CORE__DAGS_FOLDER": str(project / "dags"),
        "LAYERS_PROJECT": str(project),
    }
    airflow.start(run, environment)
    try:
        Layers(project, environment).migrate()
        found = _chain(airflow)
    finally:
        processes.end(run, patience=3)
    return {
        kind: [task["duration"] for task in found if task["task_id"].startswith(kind)][1:]
        for kind in ("ours", "theirs")
    }


def _write_project(project: Path) -> None:
    (project / "sql" / "dmn").mkdir(parents=True)
    (project / "dags").mkdir()
    (project / "dags" / "chain.py").write_text(DAG_FILE)
    (project / "sql" / "project.yaml").write_text(
        "project: bench\ntime_zone: UTC\nfirst_month: 2024-01\n"
    )
    (project / "sql" / "dmn" / "dmn_one.sql").write_text("select 1::bigint as id\n")
    (project / "sql" / "dmn" / "dmn_one.yaml").write_text(
        "entity: One\ndefinition: A row.\ngrain: one row\nkey: id\ncolumns: {id: {type: bigint}}\n"
    )


def _chain(airflow: Airflow) -> list[dict[str, Any]]:
    """Runs the chain once and returns its task instances."""
    session = requests.Session()
    session.trust_env = False
    _until(lambda: session.get(f"{airflow.address}/api/v2/monitor/health", timeout=5).ok)
    login = {"username": USER, "password": airflow.password}
    token = session.post(f"{airflow.address}/auth/token", json=login, timeout=60).json()
    session.headers["Authorization"] = f"Bearer {token['access_token']}"
    dag = f"{airflow.address}/api/v2/dags/chain"
    _until(lambda: session.get(dag, timeout=5).ok)
    session.patch(dag, json={"is_paused": False}, timeout=60).raise_for_status()
    began = session.post(f"{dag}/dagRuns", json={"logical_date": None}, timeout=60).json()
    run = f"{dag}/dagRuns/{began['dag_run_id']}"
    _until(lambda: session.get(run, timeout=60).json()["state"] == "success")
    tasks = session.get(f"{run}/taskInstances", params={"limit": 100}, timeout=60).json()
    return sorted(tasks["task_instances"], key=lambda task: str(task["start_date"]))


def _until(is_so: Any, seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if is_so():
                return
        except requests.RequestException:
            pass
        time.sleep(1)
    raise TimeoutError(f"not so within {seconds} s; see airflow.log")
