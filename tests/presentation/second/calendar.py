"""The days, months and other periods of London, where the company reports.

Every instant is in UTC: Python compares two moments of one zone by what its clocks show.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
TICK = timedelta(microseconds=1)
UNITS = ("week", "month", "quarter", "year")


@dataclass(frozen=True)
class Period:
    """A week from Monday, a month, a quarter or a year, seen from a moment."""

    start: date
    starts_at: datetime
    ends_at: datetime
    as_of: datetime

    @property
    def key(self) -> str:
        return self.start.isoformat()[:7]

    @property
    def is_complete(self) -> bool:
        return self.ends_at <= self.as_of

    @property
    def end(self) -> datetime:
        """Its last instant, or the last one that is known."""
        return min(self.ends_at - TICK, self.as_of)

    def has(self, at: datetime | None) -> bool:
        """Whether something happened in it, as far as is known."""
        return at is not None and self.starts_at <= at <= self.end

    def is_over_for(self, days: int) -> bool:
        """Whether so many days of 24 hours have passed since its end."""
        return self.ends_at + timedelta(days=days) <= self.as_of


def midnight(day: date) -> datetime:
    """The first instant of a day."""
    return datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)


def day_of(at: datetime) -> date:
    """The day that London's calendars show."""
    return at.astimezone(LONDON).date()


def start_of(unit: str, day: date) -> date:
    """The first day of the period of a day."""
    match unit:
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=day.month - (day.month - 1) % 3, day=1)
        case _:
            return day.replace(month=1, day=1)


def next_start(unit: str, start: date) -> date:
    """The first day of the period after."""
    longest = {"week": 7, "month": 31, "quarter": 92, "year": 366}[unit]
    return start_of(unit, start + timedelta(days=longest))


def periods(unit: str, first: datetime, as_of: datetime) -> Iterator[Period]:
    """From that of the first moment to that of the last, without gaps."""
    start = start_of(unit, day_of(first))
    while midnight(start) <= as_of:
        following = next_start(unit, start)
        yield Period(start, midnight(start), midnight(following), as_of)
        start = following
