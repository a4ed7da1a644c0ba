"""Parsing: what a DAG file costs after `import airflow`, and that it drags nothing heavy in.

Each file is imported in a process of its own that has Airflow's authoring names already, as
Airflow's DAG processor has. Seconds are CPU seconds, the least of several runs.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure

ROOT = Path(__file__).parents[1]
RUNS = 5
PROBE = """
import json, runpy, sys, time
import airflow, airflow.sdk
from airflow.providers.standard.operators.empty import EmptyOperator
import sqlalchemy.engine, socket
made = []
sqlalchemy.engine.Engine.__init__, real = (
    lambda self, *a, **k: (made.append("engine"), real(self, *a, **k))[1],
    sqlalchemy.engine.Engine.__init__,
)
connect = socket.socket.connect
socket.socket.connect = lambda self, *a: (made.append("connection"), connect(self, *a))[1]
before = set(sys.modules)
began = time.process_time()
dag = runpy.run_path(sys.argv[1])["dag"]
seconds = time.process_time() - began
heavy = [m for m in ("sqlglot", "pandas", "psycopg") if m in set(sys.modules) - before]
print(json.dumps([seconds, len(dag.task_ids), heavy + made]))
"""
PLAIN = '''
"""The same tasks and edges as the dag domain, of airflow's plain operators."""
import json
from pathlib import Path
from airflow.sdk import DAG, BaseOperator
tasks, edges = json.loads(Path({graph!r}).read_text())
with DAG("plain", schedule=None) as dag:
    made = {{name: BaseOperator(task_id=name) for name in tasks}}
    for upstream, downstream in edges:
        made[upstream] >> made[downstream]
'''


def figures() -> Iterator[Figure]:
    """Each of the example's DAG files, then 1,000 relations against plain operators."""
    for path in sorted((ROOT / "dags").glob("*.py")):
        seconds, _, added = _least(path, ROOT)
        yield Figure(f"CPU seconds of dags/{path.name}", seconds, 0.3)
        yield Figure(f"heavy imports, engines, connections of dags/{path.name}", len(added), 0)
    with tempfile.TemporaryDirectory() as folder:
        ours, plain, tasks = _thousand(Path(folder))
        yield Figure(f"1,000 relations ({tasks} tasks) / plain operators", ours / plain, 1.5)


def _least(path: Path, project: Path) -> tuple[float, int, list[str]]:
    environment = os.environ | {"LAYERS_PROJECT": str(project), "PYTHONPATH": str(ROOT / "plugins")}
    command = [sys.executable, "-c", PROBE, str(path)]
    found = []
    for _ in range(RUNS):
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        found.append(json.loads(done.stdout.splitlines()[-1]))
    seconds, tasks, added = min(found)
    return seconds, tasks, added


def _thousand(folder: Path) -> tuple[float, float, int]:
    """CPU seconds of 1,000 relations, of the same graph in plain operators, and its tasks."""
    _write_project(folder)
    ours, tasks, _ = _least(ROOT / "dags" / "domain.py", folder)
    graph, plain = folder / "graph.json", folder / "plain.py"
    code = (
        "import json, sys; from layers.airflow import domain_dag; dag = domain_dag();"
        "json.dump([sorted(dag.task_ids), sorted((t.task_id, d) for t in dag.tasks"
        " for d in t.downstream_task_ids)], open(sys.argv[1], 'w'))"
    )
    environment = os.environ | {"LAYERS_PROJECT": str(folder), "PYTHONPATH": str(ROOT / "plugins")}
    subprocess.run([sys.executable, "-c", code, str(graph)], env=environment, check=True)
    plain.write_text(PLAIN.format(graph=str(graph)))
    theirs, _, _ = _least(plain, folder)
    return ours, theirs, tasks


def _write_project(folder: Path) -> None:
    """1,000 entities, each of which but the first reads two before it."""
    (folder / "sql" / "dmn").mkdir(parents=True)
    (folder / "sql" / "project.yaml").write_text(
        "project: generated\ntime_zone: UTC\nfirst_month: 2024-01\n"
    )
    for number in range(1000):
        name = folder / "sql" / "dmn" / f"dmn_entity_{number:04}"
        name.with_suffix(".yaml").write_text(
            f"entity: Entity {number}\ndefinition: Made for measuring.\ngrain: one row per id\n"
            "key: id\ncolumns:\n  id: {type: bigint}\n"
        )
        reads = sorted({number // 2, number // 3}) if number else []
        froms = " union ".join(f"select id from dmn.dmn_entity_{other:04}" for other in reads)
        name.with_suffix(".sql").write_text((froms or "select 1::bigint as id") + "\n")
