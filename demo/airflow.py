"""An Airflow for one small machine, with a directory and a database of its own."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from demo import processes

USER = "admin"
SMALL_MACHINE: Mapping[str, str] = {
    "CORE__PARALLELISM": "4",
    "API__WORKERS": "1",
    "DAG_PROCESSOR__PARSING_PROCESSES": "1",
    "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.3",
    # a supervisor often sleeps for one interval after its task has ended, and keeps the slot
    "WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
    "WORKERS__MAX_FAILED_HEARTBEATS": "15",
}


@dataclass(frozen=True)
class Airflow:
    """Where an Airflow finds its things, and where it is found; `database` is a URI."""

    repository: Path
    state: Path
    database: str
    address: str = field(default_factory=lambda: f"http://127.0.0.1:{processes.free_port()}")
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12))

    @property
    def dags(self) -> Path:
        """The folder of DAG files."""
        return self.repository / "dags"

    @property
    def log(self) -> Path:
        """What all its components say, one after the other."""
        return self.state / "airflow.log"

    @property
    def _home(self) -> Path:
        return self.state / "airflow"

    def start(self, directory: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Start it in the directory of the demo's processes; the API says when it is ready."""
        self._home.mkdir()
        passwords = self._home / "passwords.json"
        passwords.touch(mode=0o600)
        passwords.write_text(json.dumps({USER: self.password}))
        return processes.start(["airflow", "standalone"], directory, environment, self.log)

    def environment(self) -> dict[str, str]:
        """What its components, the stand-ins and the command `layers` find in their environment."""
        settings = self._places() | self._secrets() | dict(SMALL_MACHINE)
        return {
            **_inherited(),
            "AIRFLOW_HOME": str(self._home),
            "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}",
            "PYTHONPATH": f"{self.repository}:{self.repository / 'config'}",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
            **{f"AIRFLOW__{name}": value for name, value in settings.items()},
        }

    def _places(self) -> dict[str, str]:
        return {
            "CORE__DAGS_FOLDER": str(self.dags),
            "CORE__PLUGINS_FOLDER": str(self.repository / "plugins"),
            "CORE__EXECUTOR": "LocalExecutor",
            "CORE__LOAD_EXAMPLES": "False",
            "CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
            "CORE__EXECUTION_API_SERVER_URL": f"{self.address}/execution/",
            "API__BASE_URL": self.address,
            "API__HOST": "127.0.0.1",
            "API__PORT": self.address.rpartition(":")[2],
            "DATABASE__SQL_ALCHEMY_CONN": self.database.replace(
                "postgresql", "postgresql+psycopg2", 1
            ),
            "LOGGING__WORKER_LOG_SERVER_PORT": str(processes.free_port()),
            "LOGGING__TRIGGER_LOG_SERVER_PORT": str(processes.free_port()),
        }

    def _secrets(self) -> dict[str, str]:
        return {
            "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
            "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self._home / "passwords.json"),
            "API__SECRET_KEY": secrets.token_urlsafe(64),
            "API_AUTH__JWT_SECRET": secrets.token_urlsafe(64),
        }


def _inherited() -> dict[str, str]:
    """The environment without another Airflow's settings, and without the wish for no bytecode."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AIRFLOW_", "_AIRFLOW_")) and name != "PYTHONDONTWRITEBYTECODE"
    }
