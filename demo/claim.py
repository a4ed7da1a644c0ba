"""A directory that a program empties and fills must be its own, and no other's meanwhile."""

import fcntl
from pathlib import Path
from typing import IO

from demo.errors import DemoError

MARK = ".made-by-demo"


def take(directory: Path, purpose: str) -> IO[str]:
    """Claim a directory for as long as the file that this returns is open, or the process lives.

    A directory with files in it is claimed only where an earlier claim left its mark.
    """
    directory.mkdir(parents=True, exist_ok=True)
    mark = directory / MARK
    if not mark.exists() and any(directory.iterdir()):
        raise DemoError(f"{directory}: the demo did not make its files; name an empty directory")
    lock = mark.open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise DemoError(f"{directory}: used by {purpose} of another process; stop it") from None
    return lock
