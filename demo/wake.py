"""Waking the sources of a demo that runs, so that what a new day brought flows at once.

How its Airflow is reached stands in `run/airflow.json` of the demo's state directory.
"""

import json
from pathlib import Path

from demo.airflow import USER, Airflow
from demo.airflow_api import Api

FILE = Path("run") / "airflow.json"


def remember(state: Path, airflow: Airflow) -> None:
    """Note how a demo's Airflow is reached; only we may read it."""
    path = state / FILE
    path.touch(mode=0o600)
    written = {"address": airflow.address, "user": USER, "password": airflow.password}
    path.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")


def wake(state: Path) -> list[str]:
    """Trigger every source; their DAGs, or none where no Airflow of the demo answers."""
    path = state / FILE
    if not path.exists():
        return []
    known = json.loads(path.read_text(encoding="utf-8"))
    api = Api(known["address"])
    if not api.is_healthy():
        return []
    api.log_in(known["user"], known["password"])
    woken = sorted(dag for dag in api.dags() if dag.startswith("source_"))
    for dag in woken:
        api.trigger(dag)
    return woken
