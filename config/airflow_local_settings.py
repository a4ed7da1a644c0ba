"""Tasks mostly import; the scheduler imports once what they all need, and hands it down by fork.

Airflow reads this file in every component. LocalExecutor's workers are forked from the scheduler,
so there it pays. A change of a module named here is seen after a restart of the scheduler.
"""

import importlib
import sys
from contextlib import suppress

__all__: list[str] = []

NEEDED_BY_TASKS = (
    "psycopg",
    "airflow.providers.http.hooks.http",
    "airflow.providers.postgres.hooks.postgres",
    "airflow.providers.standard.operators.empty",
    "airflow.sdk.execution_time.task_runner",
    "layers.airflow",
)


def _import_what_tasks_need() -> None:
    for module in NEEDED_BY_TASKS:
        with suppress(ImportError):  # a task that needs it will say so
            importlib.import_module(module)


if sys.argv[1:2] == ["scheduler"]:
    _import_what_tasks_need()
