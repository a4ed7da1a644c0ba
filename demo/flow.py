"""The way of the data through Airflow: started at the sources, then by asset events alone."""

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

from demo.airflow import USER, Airflow
from demo.airflow_api import Api, FailedTask
from demo.errors import DemoError
from demo.layers import Layers, Status
from demo.processes import last_lines
from demo.steps import Say

OVER = ("success", "failed")
LAYERS = ("domain", "presentation")
SHOWN_FAILURES = 3


@dataclass(frozen=True)
class Flow:
    """One Airflow that runs, and the ways to ask it and the warehouse how far they are.

    `process` is empty where somebody else started it.
    """

    airflow: Airflow
    process: subprocess.Popen[bytes] | None
    api: Api
    layers: Layers

    def wait_until_ready(self, say: Say) -> None:
        """Tasks that start before the API server answers fail: nothing may run before this."""
        say("waiting for the API server")
        self._wait(self.api.is_healthy, "Airflow did not become healthy", seconds=240)
        self.api.log_in(USER, self.airflow.password)
        say("waiting for the DAG files")
        self._wait(self._has_parsed_all, "not every file in dags/ gave a DAG", seconds=240)

    def begin(self) -> dict[str, str]:
        """Unpause every DAG and trigger the sources; the run of each."""
        self.api.unpause_all()
        return self.wake()

    def wake(self) -> dict[str, str]:
        """Trigger every source; the run of each of their DAGs."""
        sources = sorted(dag for dag in self.api.dags() if dag.startswith("source_"))
        return {dag: self.api.trigger(dag) for dag in sources}

    def wait_until_through(self, triggered: dict[str, str], say: Say) -> Status:
        """Wait until the sources have run, the layers have followed, and nobody is behind."""
        status = Status(["everything"], [])

        def is_through() -> bool:
            nonlocal status
            self._fail_on_failures()
            if self._has_run_all(triggered, say):
                status = self.layers.status()
                say(f"behind: {', '.join(status.behind) or 'nobody'}")
            return not status.behind

        self._wait(is_through, "the data did not reach every table", seconds=1200)
        return status

    def _has_parsed_all(self) -> bool:
        self._fail_on_import_errors()
        return {file.name for file in self.airflow.dags.glob("*.py")} <= set(
            self.api.dags().values()
        )

    def _has_run_all(self, triggered: dict[str, str], say: Say) -> bool:
        runs = self.api.runs()
        active = sorted({run.dag for run in runs if run.state not in OVER})
        say(f"{len(runs)} runs, active: {', '.join(active) or 'none'}")
        done = {name for run in runs if run.state == "success" for name in (run.id, run.dag)}
        return not active and {*triggered.values(), *LAYERS} <= done

    def _fail_on_import_errors(self) -> None:
        for file, trace in self.api.import_errors().items():
            raise DemoError(f"dags/{file} could not be imported:\n{trace}")

    def _fail_on_failures(self) -> None:
        self._fail_on_import_errors()
        failed = self.api.failed_tasks()
        if failed:
            raise DemoError("\n\n".join(self._story(task) for task in failed[:SHOWN_FAILURES]))

    def _story(self, task: FailedTask) -> str:
        lines = "\n".join(f"    {line}" for line in self.api.last_log_lines(task))
        attempt = f"task {task.task} of {task.dag} failed in attempt {task.attempt}"
        return f"{attempt}; its log ends with\n{lines}"

    def _wait(self, until: Callable[[], bool], otherwise: str, *, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not until():
            if self.process is not None and self.process.poll() is not None:
                end = last_lines(self.airflow.log)
                raise DemoError(f"{self.airflow.log}: Airflow ended by itself:\n{end}")
            if time.monotonic() > deadline:
                raise DemoError(f"{otherwise} within {seconds:.0f} s; see {self.airflow.log}")
            time.sleep(1)
