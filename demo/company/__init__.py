"""An education company that never was: people, what they do, and what goes wrong on the way.

`generate` writes what its sources hold; the same arguments give the same bytes. Each module tells
one part of the story; another source is another module, and a step in `_write`.
"""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from demo.company import business, product_database, timelines, truth
from demo.company.business import Business
from demo.company.chance import Chance
from demo.company.desk import Desk
from demo.company.files import write_text
from demo.company.finance import Finance
from demo.company.freshdesk import Freshdesk
from demo.company.hubspot import HubSpot
from demo.company.people import Account, found
from demo.company.settings import Settings
from demo.company.tracking import Tracking

__all__ = ["UNTIL", "Progress", "generate"]

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
    schools: int | None = None,
    horizon: int = 0,
    lived: int = 0,
    progress: Progress | None = None,
) -> None:
    """Write what the company's tools hold, and beside it what is true.

    That is `backend/`, `hubspot.json`, `zendesk.json`, `freshdesk.json`, `finance/` and
    `rudderstack/`; and `truth.json` and `truth/`, which `timelines` explains. Those of the last
    time go. `events` is the number of different ones up to `until`. Of `horizon` days after it,
    all of them planned, `lived` have passed: with one more, everything that was there before still
    is, or has moved on. `progress` hears which source is being written, and what part is done.
    """
    settings = Settings(seed, teachers, months, events, until, schools, horizon, lived)
    _write(settings, directory, progress or _nobody)


def _nobody(source: str, part: float) -> None:
    pass


def _write(settings: Settings, directory: Path, tell: Progress) -> None:
    for name in ("backend", "finance", "rudderstack", "truth"):
        shutil.rmtree(directory / name, ignore_errors=True)
    (directory / "truth").mkdir(parents=True)

    accounts = found(settings)
    known = truth.of_company(settings, accounts)
    customers = business.build(settings, accounts)
    known |= _write_tools(settings, directory, accounts, customers, tell)
    tracking = Tracking(settings, accounts, directory)
    known["rudderstack"] = tracking.write(lambda part: tell("rudderstack", part))
    write_text(directory / "truth.json", json.dumps(known, indent=2) + "\n")


def _write_tools(
    settings: Settings,
    directory: Path,
    accounts: list[Account],
    customers: Business,
    tell: Progress,
) -> dict[str, Any]:
    """All but the events; HubSpot comes before the backend, which has the ids of its companies."""
    hubspot, desk = HubSpot(settings, accounts, customers), Desk(settings, accounts)
    finance = Finance(settings, accounts, customers, hubspot.campaigns)
    freshdesk = Freshdesk(desk, Chance(settings.seed, "freshdesk"))
    steps: dict[str, Callable[[], None]] = {
        "hubspot": lambda: hubspot.write(directory / "hubspot.json"),
        "backend": lambda: product_database.write(
            directory / "backend", accounts, customers, settings.clock
        ),
        "zendesk": lambda: desk.write(directory / "zendesk.json"),
        "freshdesk": lambda: freshdesk.write(directory / "freshdesk.json"),
        "finance": lambda: finance.write(directory / "finance"),
        "timelines": lambda: timelines.write(directory / "truth", accounts, customers, desk),
    }
    for source, write in steps.items():
        write()
        tell(source, 1.0)
    return {"zendesk": desk.truth(), "hubspot": hubspot.truth(), "finance": finance.truth()}
