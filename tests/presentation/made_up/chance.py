"""Dice that fall on the edges of months, of days and of what is known."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TypeVar
from uuid import UUID

from tests.presentation.second.calendar import LONDON, midnight, next_start

T = TypeVar("T")

FIRST = datetime(2025, 1, 5, 8, 30, tzinfo=UTC)  # nothing was before the first term
AS_OF = (
    datetime(2026, 3, 31, 22, tzinfo=UTC),  # an hour before April, in summer time
    datetime(2026, 3, 31, 23, tzinfo=UTC),  # exactly then
    datetime(2025, 10, 26, 1, tzinfo=UTC),  # clocks go back
    datetime(2026, 1, 1, tzinfo=UTC),
    datetime(2026, 5, 14, 9, tzinfo=UTC),
    datetime(2025, 11, 1, tzinfo=UTC),  # the first month after summer time
)
NEAR = tuple(
    timedelta(milliseconds=milliseconds)
    for milliseconds in (-3_600_000, -1_000, -1, 0, 0, 1, 1_000, 3_600_000)
)
MILLISECOND = timedelta(milliseconds=1)


class Chance:
    """One of many; the same seed throws the same."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self.as_of = AS_OF[seed % len(AS_OF)]
        self.end = self.as_of + timedelta(days=35)  # what comes after is known already
        self._edges = [self.as_of, *self._midnights()]
        self._taken: set[datetime] = set()

    def _midnights(self) -> list[datetime]:
        start, found = date(2025, 2, 1), []
        while midnight(start) < self.end:
            found.append(midnight(start))
            start = next_start("month", start)
        return found

    def happens(self, part: float) -> bool:
        return self._random.random() < part

    def pick(self, of: Sequence[T]) -> T:
        return self._random.choice(of)

    def number(self, first: int, last: int) -> int:
        return self._random.randint(first, last)

    def uuid(self) -> str:
        return str(UUID(int=self._random.getrandbits(128)))

    def moment(self, since: datetime = FIRST, until: datetime | None = None) -> datetime:
        """Some moment from one to another, often hardly before or after an edge."""
        until = until or self.end
        edges = [at + by for at in self._edges for by in NEAR if since < at + by <= until]
        if edges and self.happens(0.5):
            return self.pick(edges)
        return since + self.number(1, max(1, (until - since) // MILLISECOND)) * MILLISECOND

    def new_moment(self) -> datetime:
        """One that nothing else has: of two at once, an id would decide."""
        while not self.takes(at := self.moment()):
            continue
        return at

    def takes(self, at: datetime) -> bool:
        """Whether nothing else has this moment, which is taken from now on."""
        is_free = at not in self._taken
        self._taken.add(at)
        return is_free

    def midnight(self, since: datetime) -> datetime:
        """The first or second that a month begins with, after a moment."""
        return self.pick([at for at in self._midnights() if at > since][:2] or [self.end])

    def near(self, at: datetime) -> datetime:
        """That moment, or one hardly before or after it."""
        return at + self.pick(NEAR)

    def later(self, since: datetime, days: int) -> datetime:
        """Some moment within so many days."""
        return self.moment(since, since + timedelta(days=days))


def london(at: datetime) -> date:
    return at.astimezone(LONDON).date()
