"""An education company that never was: people, what they do, and what goes wrong on the way.

`generate` writes what its sources hold; the same arguments give the same bytes. Each module tells
one part of the story; another source is another module, and a step in `_write`.
"""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from demo.company import truth, users
from demo.company.desk import Desk
from demo.company.people import found
from demo.company.settings import Settings
from demo.company.tracking import Tracking

__all__ = ["UNTIL", "generate"]

UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
Progress = Callable[[str, float], None]


def generate(
    directory: Path,
    *,
    seed: int = 1,
    teachers: int = 800,
    months: int = 24,
    events: int = 100_000,
    until: datetime = UNTIL,
    progress: Progress | None = None,
) -> None:
    """Write `backend.jsonl`, `zendesk.json`, `rudderstack/` and `truth.json`.

    Those of the last time go. `events` is the number of different ones; `progress` hears which
    source is being written, and what part of it is done.
    """
    settings = Settings(seed, teachers, months, events, until)
    _write(settings, directory, progress or _nobody)


def _nobody(source: str, part: float) -> None:
    pass


def _write(settings: Settings, directory: Path, tell: Progress) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(directory / "rudderstack", ignore_errors=True)

    accounts = found(settings)
    users.write(directory / "backend.jsonl", accounts)
    tell("backend", 1.0)
    desk = Desk(settings, accounts)
    desk.write(directory / "zendesk.json")
    tell("zendesk", 1.0)
    tracking = Tracking(settings, accounts, directory)
    tracking.write(lambda part: tell("rudderstack", part))

    known = truth.of_company(settings, accounts)
    known |= {"zendesk": desk.truth(), "rudderstack": tracking.truth()}
    (directory / "truth.json").write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")
