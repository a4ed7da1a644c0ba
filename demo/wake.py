"""The way back to a demo that runs, for somebody who comes later: a day has gone by there.

How its Airflow and its warehouse are reached stands in `run/airflow.json` of the demo's state
directory.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from demo.airflow import USER, Airflow
from demo.airflow_api import Api
from demo.flow import Flow
from demo.layers import Layers

FILE = Path("run") / "airflow.json"


def remember(state: Path, airflow: Airflow, environment: Mapping[str, str]) -> None:
    """Note how a demo's Airflow is reached, and what its tasks find; only we may read it."""
    path = state / FILE
    path.touch(mode=0o600)
    own = {name: said for name, said in environment.items() if os.environ.get(name) != said}
    known = {"address": airflow.address, "password": airflow.password, "environment": own}
    path.write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")


def running(repository: Path, state: Path) -> Flow | None:
    """The flow of a demo that somebody else runs; None where no Airflow of it answers."""
    path = state / FILE
    if not path.exists():
        return None
    known = json.loads(path.read_text(encoding="utf-8"))
    api = Api(known["address"])
    if not api.is_healthy():
        return None
    api.log_in(USER, known["password"])
    airflow = Airflow(repository, state, "", known["address"], known["password"])
    layers = Layers(repository, {**os.environ, **known["environment"]})
    return Flow(airflow, None, api, layers)
