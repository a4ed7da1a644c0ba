"""An education company that never was: people, what they do, and all that goes wrong on the way to a warehouse.

`generate` writes what its sources hold; the same arguments give the same bytes. Each module tells one part of the story;
another source is another module, and a step in `generate`.
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


def generate(
    directory: Path,
    *,
    seed: int = 1,
    teachers: int = 800,
    months: int = 24,
    events: int = 100_000,
    until: datetime = UNTIL,
    progress: Callable[[str, float], None] | None = None,
) -> None:
    """Write `backend.jsonl`, `zendesk.json`, `rudderstack/` and `truth.json`, in place of those of the last time.

    `events` is the number of different ones; `progress` hears which source is being written and what part is done.
    """
    settings = Settings(seed, teachers, months, events, until)
    tell = progress or (lambda source, part: None)
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

    known = truth.of_company(settings, accounts) | {"zendesk": desk.truth(), "rudderstack": tracking.truth()}
    (directory / "truth.json").write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")
