"""A day goes by in the company of a demo: its tools, sheets, event files and backend move on.

What a demo's company is made of stands in `run/company.json` of the demo's state directory.
"""

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from demo import backend, company
from demo.errors import DemoError

HORIZON = 28  # days that a demo's company is planned ahead
FILE = Path("run") / "company.json"
AT_ONCE = ("hubspot.json", "zendesk.json", "freshdesk.json", "truth.json")  # by renaming
WHOLE = ("backend", "finance", "truth")  # directories, file by file


@dataclass(frozen=True)
class Story:
    """What `generate` was told, and how many days have gone by since; `until` in ISO 8601."""

    seed: int
    teachers: int
    months: int
    events: int
    until: str = company.UNTIL.isoformat()
    schools: int | None = None
    horizon: int = HORIZON
    lived: int = 0

    def tell(self, directory: Path, progress: company.Progress | None = None) -> None:
        """Write the company as it is on its day."""
        arguments = asdict(self) | {"until": datetime.fromisoformat(self.until)}
        company.generate(directory, **arguments, progress=progress)

    @property
    def now(self) -> datetime:
        """The company's last moment."""
        return datetime.fromisoformat(self.until) + timedelta(days=self.lived)


def remember(state: Path, story: Story, backend_dsn: str) -> None:
    """Note which company lives in a state directory, and where its backend is."""
    written = json.dumps({"backend": backend_dsn, "story": asdict(story)}, indent=2)
    part = (state / FILE).with_suffix(".part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)  # the address has a password
    part.write_text(written + "\n", encoding="utf-8")
    part.replace(state / FILE)


def tick(state: Path) -> datetime:
    """Move the company of a state directory a day on; says what time it is there now.

    Interrupted halfway, the same day is moved to again. The backend moves last but one, in one
    transaction; then the day is noted.
    """
    with _alone(state):
        story, dsn = _remembered(state)
        later = replace(story, lived=story.lived + 1)
        fresh = state / "company.next"
        try:
            later.tell(fresh)
        except ValueError as error:  # the end of the story
            raise DemoError(str(error)) from None
        install(fresh, state / "company")
        backend.move(dsn, state / "company")
        remember(state, later, dsn)
        shutil.rmtree(fresh)
    return later.now


def install(fresh: Path, directory: Path) -> None:
    """Bring new files into a directory that others read: each is whole at any moment.

    An event file that is there already stays as it is.
    """
    for path in sorted((fresh / "rudderstack").rglob("*.json.gz")):
        target = directory / path.relative_to(fresh)
        if not target.exists():
            _move(path, target)
    for name in WHOLE:
        for path in sorted((fresh / name).iterdir()):
            _move(path, directory / name / path.name)
    for name in AT_ONCE:
        _move(fresh / name, directory / name)


def _move(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    path.replace(target)


def _remembered(state: Path) -> tuple[Story, str]:
    file = state / FILE
    if not file.exists():
        raise DemoError(f"{file}: is not there, so no company lives in {state}; run python -m demo")
    known = json.loads(file.read_text(encoding="utf-8"))
    return Story(**known["story"]), str(known["backend"])


@contextmanager
def _alone(state: Path) -> Iterator[None]:
    """Two days do not go by at once: the second waits."""
    if not state.is_dir():
        raise DemoError(f"{state}: is no directory, wanted that of a demo; run python -m demo")
    with (state / ".tick").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
