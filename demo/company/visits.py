"""Who was seen on the website and who they turned out to be: written as it is told, never kept.

A line of `truth/visits.jsonl` is `[browser, at, campaign, events]`: the first event of a visit that
is known, by its `timestamp` in milliseconds since 1970, the campaign that it names or null (no
other event of the visit names any), and how many events of the visit are known. A line of
`truth/identifies.jsonl` is `[browser, account, at]`: somebody said who they are.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from demo.company.payload import compact
from demo.company.people import Account


@dataclass(frozen=True)
class Visits:
    """The two files."""

    visits: TextIO
    identifies: TextIO

    def seen(self, browser: str, at: int, campaign: str | None, events: int) -> None:
        """One visit of one browser."""
        self.visits.write(compact([browser, at, campaign, events]) + "\n")

    def identified(self, browser: str, account: Account, at: int) -> None:
        """One account in one browser."""
        self.identifies.write(compact([browser, account.id, at]) + "\n")


@contextmanager
def record(directory: Path) -> Iterator[Visits]:
    """Files that are closed in the end."""
    with (
        (directory / "visits.jsonl").open("w", encoding="utf-8") as visits,
        (directory / "identifies.jsonl").open("w", encoding="utf-8") as identifies,
    ):
        yield Visits(visits, identifies)
