"""What the demo asks of Airflow's REST API: is it there, what runs, what failed and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

COMPONENTS = ("metadatabase", "scheduler", "dag_processor")
EVERY_DAG = {"dag_id_pattern": "%"}


@dataclass(frozen=True)
class Run:
    """One run of a DAG, and how far it is: `queued`, `running`, `success` or `failed`."""

    dag: str
    id: str
    state: str


@dataclass(frozen=True)
class FailedTask:
    """A task that failed and will not be tried again."""

    dag: str
    run: str
    task: str
    attempt: int
    map_index: int


class Api:
    """A session of one user, who must have logged in for everything but the first question."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy leads to this machine
        retries = Retry(3, connect=0, backoff_factor=0.5)
        self._session.mount(address, HTTPAdapter(max_retries=retries))

    def is_healthy(self) -> bool:
        """Whether it answers, and says that its parts are well."""
        try:
            health = self._ask("get", "/api/v2/monitor/health")
        except requests.RequestException:
            return False
        return all(health[component]["status"] == "healthy" for component in COMPONENTS)

    def log_in(self, user: str, password: str) -> None:
        """Become a user; and have the API made that tasks speak to, which the first would await."""
        answer = self._ask("post", "/auth/token", json={"username": user, "password": password})
        self._session.headers["Authorization"] = f"Bearer {answer['access_token']}"
        self._ask("get", "/execution/health")

    def dags(self) -> dict[str, str]:
        """Each DAG and the file it is in, relative to the folder of DAGs."""
        return {
            dag["dag_id"]: dag["relative_fileloc"] for dag in self._list("/api/v2/dags", "dags")
        }

    def import_errors(self) -> dict[str, str]:
        """Each file that could not be imported, with the traceback."""
        errors = self._list("/api/v2/importErrors", "import_errors")
        return {error["filename"]: error["stack_trace"] for error in errors}

    def unpause_all(self) -> None:
        """Let every DAG run on its schedule."""
        self._ask("patch", "/api/v2/dags", params=EVERY_DAG, json={"is_paused": False})

    def trigger(self, dag: str) -> str:
        """Run a DAG now; the id of the run."""
        run = self._ask("post", f"/api/v2/dags/{dag}/dagRuns", json={"logical_date": None})
        return str(run["dag_run_id"])

    def runs(self) -> list[Run]:
        """All runs of all DAGs."""
        found = self._list("/api/v2/dags/~/dagRuns", "dag_runs")
        return [Run(run["dag_id"], run["dag_run_id"], run["state"]) for run in found]

    def failed_tasks(self) -> list[FailedTask]:
        """The tasks that failed, not those that only waited for them."""
        found = self._list(
            "/api/v2/dags/~/dagRuns/~/taskInstances", "task_instances", state="failed"
        )
        names = ("dag_id", "dag_run_id", "task_id", "try_number", "map_index")
        return [FailedTask(*(task[name] for name in names)) for task in found]

    def last_log_lines(self, task: FailedTask, count: int = 20) -> list[str]:
        """The end of a task's log, without folding marks and the frames of a traceback."""
        tasks = f"/api/v2/dags/{task.dag}/dagRuns/{task.run}/taskInstances"
        log = self._ask(
            "get",
            f"{tasks}/{task.task}/logs/{task.attempt}",
            params={"map_index": task.map_index},
            headers={"Accept": "application/json"},
        )
        return [line for record in log["content"] for line in _lines(record)][-count:]

    def _list(self, path: str, name: str, **params: Any) -> list[dict[str, Any]]:
        """All pages of a list, one after the other."""
        rows: list[dict[str, Any]] = []
        while True:
            page = self._ask("get", path, params={**params, "limit": 100, "offset": len(rows)})
            rows.extend(page[name])
            if not page[name] or len(rows) >= page["total_entries"]:
                return rows

    def _ask(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        response = self._session.request(method, self._address + path, timeout=60, **options)
        if not response.ok:
            raise requests.HTTPError(
                f"{response.url}: {response.status_code} {response.text[:500]}"
            )
        answer: dict[str, Any] = response.json()
        return answer


def _lines(record: dict[str, Any]) -> Iterator[str]:
    event = str(record["event"])
    if not event.startswith(("::group::", "::endgroup::")):
        yield from event.splitlines()
    for error in record.get("error_detail") or []:
        yield from f"{error['exc_type']}: {error['exc_value']}".splitlines()
