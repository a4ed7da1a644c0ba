"""The demo's processes: each runs in a directory that is there for this only, as its children do.

So those of a demo that was killed are found by the directory they run in. No list of process ids
has to be written in time, and no younger process with a number of theirs is mistaken for them.
"""

import random
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from demo.account import OURS, Account
from demo.errors import DemoError

# below the ports that the system itself gives to connections; each is offered once
_PORTS = iter(random.sample(range(20_000, 32_000), 12_000))


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on."""
    for port in _PORTS:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise DemoError("127.0.0.1: no port between 20000 and 32000 is free; end what listens there")


def start(
    command: Sequence[str],
    directory: Path,
    environment: Mapping[str, str],
    log: Path,
    account: Account = OURS,
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own: a Ctrl-C is for the demo, which ends it then."""
    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            **account,
        )


def running_in(directory: Path, name: str = "") -> list[psutil.Process]:
    """The processes whose working directory is this one, all of them or those of one name."""
    return [process for process in psutil.process_iter() if _is_in(process, directory, name)]


def end(
    directory: Path, name: str = "", *, by: signal.Signals = signal.SIGTERM, patience: float = 10
) -> None:
    """Ask the processes of a directory to end, and kill what is there after `patience` seconds."""
    for process in running_in(directory, name):
        _send(process, by)
    deadline = time.monotonic() + patience
    while processes := running_in(directory, name):
        if time.monotonic() > deadline:
            for process in processes:
                _send(process, signal.SIGKILL)
        time.sleep(0.05)


def last_lines(log: Path, count: int = 15) -> str:
    """The end of a log, which mostly says why a program ended."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:])


def _is_in(process: psutil.Process, directory: Path, name: str) -> bool:
    try:
        alive = process.status() != psutil.STATUS_ZOMBIE
        return alive and process.cwd() == str(directory) and name in ("", process.name())
    except psutil.Error:  # it is gone, or somebody else's
        return False


def _send(process: psutil.Process, by: signal.Signals) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(by)
