"""Who did something that counts, on which of London's days: written as it is told, never kept.

A line of `truth/activity.jsonl` is `[account, first, last, events]`: the first and the last moment
of one account's qualifying events on one day of London, in milliseconds since 1970, and how many
there were. A day that is told in two parts has two lines. Events that never arrived, or under a
wrong account or time, are not in it. `timestamp` in the event files is up to two seconds later.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TextIO

from demo.company.clock import Clock
from demo.company.people import Account


@dataclass
class Activity:
    """Qualifying events of one day, and of all months what a number can say."""

    clock: Clock
    file: TextIO
    events: Counter[int] = field(default_factory=Counter)
    _today: dict[tuple[Account, int], list[int]] = field(default_factory=dict)
    _months: defaultdict[str, int] = field(
        default_factory=lambda: defaultdict(int)
    )  # a bit for each month

    def add(self, account: Account, moments: list[int]) -> None:
        """Qualifying events of an account at one sitting, in the order of time."""
        day = self.clock.london_day_of(moments[0])
        if self.clock.london_day_of(moments[-1]) == day:
            self._count(account, day, moments)
            return
        for at in moments:
            self._count(account, self.clock.london_day_of(at), [at])

    def _count(self, account: Account, day: int, moments: list[int]) -> None:
        known = self._today.setdefault((account, day), [moments[0], moments[-1], 0])
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
