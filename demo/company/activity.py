"""Who did something that counts, in which hour: written as it is told, never kept.

A line of `truth/activity.jsonl` is `[account, first, last, events]`: the first and the last
`timestamp` of one account's qualifying events in one hour, in milliseconds since 1970, and how many
there were. Whatever is reported begins and ends with an hour, so this says all. An hour that is
told in two parts has two lines. Events that never arrived, or under a wrong account or time, are
not in it.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TextIO

from demo.company.clock import HOUR, Clock
from demo.company.people import Account


@dataclass
class Activity:
    """Qualifying events of one day by the hour, and of all months what a number can say."""

    clock: Clock
    file: TextIO
    events: Counter[int] = field(default_factory=Counter)
    _today: dict[tuple[Account, int], list[int]] = field(default_factory=dict)
    _months: defaultdict[str, int] = field(
        default_factory=lambda: defaultdict(int)
    )  # a bit for each month

    def add(self, account: Account, moments: list[int]) -> None:
        """Qualifying events of an account at one sitting, in the order of time."""
        hour = moments[0] // HOUR
        if moments[-1] // HOUR == hour:
            self._count(account, hour, moments)
            return
        for at in moments:
            self._count(account, at // HOUR, [at])

    def _count(self, account: Account, hour: int, moments: list[int]) -> None:
        known = self._today.setdefault((account, hour), [moments[0], moments[-1], 0])
        known[0], known[1] = min(known[0], moments[0]), max(known[1], moments[-1])
        known[2] += len(moments)

    def write(self) -> None:
        """The day is told."""
        for (account, _), (first, last, events) in self._today.items():
            month = self.clock.month_of(first)
            self.events[month] += events
            self._months[account.id] |= 1 << month
            self.file.write(f'["{account.id}",{first},{last},{events}]\n')
        self._today = {}

    def users(self, month: int) -> int:
        """Distinct accounts with a qualifying event in a month."""
        return sum(months >> month & 1 for months in self._months.values())
