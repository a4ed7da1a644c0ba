"""The company lives in a time of its own: whole days that end at a given moment, in milliseconds.

What happens is planned up to a horizon and known up to now, which moves towards it a day at a time.
Days are 24 hours of UTC, months are those of London, where the company reports. Teachers work in
term time and on weekdays.
"""

from bisect import bisect_right
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property, lru_cache
from zoneinfo import ZoneInfo

from demo.company.chance import Chance

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
LONDON = ZoneInfo("Europe/London")

# looking these up is several times faster than writing them
_SECONDS = tuple(
    f"{hour:02}:{minute:02}:{s:02}" for hour in range(24) for minute in range(60) for s in range(60)
)
_FRACTIONS = tuple(f".{fraction:03}Z" for fraction in range(SECOND))

# of a day's activity, the part in each hour of UTC: lessons in the morning, marking in the evening
HOURS = (1, 1, 0, 0, 1, 3, 12, 30, 55, 60, 62, 55, 40, 48, 52, 45, 35, 25, 24, 26, 22, 14, 6, 3)


@dataclass(frozen=True)
class Clock:
    """The time of the company: `months` calendar months up to `until`, and what comes after.

    Of the `horizon` days that are planned beyond, `lived` have passed.
    """

    until: datetime
    months: int
    horizon: int = 0
    lived: int = 0

    @cached_property
    def first_now(self) -> int:
        """The moment at which the company is seen first; later ones are whole days later."""
        return milliseconds(self.until)

    @cached_property
    def now(self) -> int:
        """The first millisecond that nobody knows anything about."""
        return self.first_now + self.lived * DAY

    @cached_property
    def end(self) -> int:
        """The first millisecond for which nothing is planned."""
        return self.first_now + self.horizon * DAY

    @cached_property
    def start(self) -> int:
        """The same day of the month and time of day as `until`, `months` earlier."""
        month = self.until.year * 12 + self.until.month - 1 - self.months
        year, month = month // 12, month % 12 + 1
        day = min(self.until.day, monthrange(year, month)[1])
        return milliseconds(self.until.replace(year=year, month=month, day=day))

    @cached_property
    def days(self) -> int:
        """Days of 24 hours that are planned, numbered from 0."""
        return (self.end - self.start) // DAY

    @cached_property
    def days_at_first(self) -> int:
        """Days up to `until`."""
        return self.days - self.horizon

    @cached_property
    def days_known(self) -> int:
        """Days that have passed."""
        return self.days_at_first + self.lived

    def closes(self, day: int) -> bool:
        """Whether the company may be seen at the end of this day: nothing is left half done."""
        return day >= self.days_at_first - 1

    def day_of(self, at: int) -> int:
        """The number of the day that holds a moment; negative before the start."""
        return (at - self.start) // DAY

    def starts(self, day: int) -> int:
        """The first millisecond of a day."""
        return self.start + day * DAY

    def busy(self, day: int) -> float:
        """How much is done on a day, 1 being a weekday in term time."""
        return busyness(self._dates[day])

    @cached_property
    def _dates(self) -> list[date]:
        return [moment(self.starts(day)).date() for day in range(self.days)]

    def at_work(self, day: int, chance: Chance) -> int:
        """A moment of a day when teachers work; hours before one can look on stay empty."""
        of_day = chance.pick(_minutes()) * MINUTE + chance.below(MINUTE)
        past = (of_day - self.start) % DAY
        if day == 0 or self.closes(day):
            past = 2 * HOUR + past * 5 // 6
        return self.starts(day) + past

    @cached_property
    def _months(self) -> list[int]:
        first = moment(self.start).astimezone(LONDON).replace(day=1, hour=0, minute=0, second=0)
        count = self.months + 2 + (self.horizon + 27) // 28
        months = [first.year * 12 + first.month - 1 + ahead for ahead in range(count)]
        starts = [datetime(month // 12, month % 12 + 1, 1, tzinfo=LONDON) for month in months]
        return [milliseconds(start) for start in starts]

    def month_of(self, at: int) -> int:
        """The number of London's month that holds a moment, 0 being that of the start."""
        return bisect_right(self._months, at) - 1

    def month_starts(self, month: int) -> int:
        """The first millisecond of a month, by its number."""
        return self._months[month]

    def month_keys(self) -> list[str]:
        """The months that have begun, as `2026-03`."""
        begun = [start for start in self._months if start < self.now]
        return [moment(start).astimezone(LONDON).strftime("%Y-%m") for start in begun]


def busyness(on: date) -> float:
    """How much teachers do on a date: little in August, late December and at weekends."""
    weekend = 0.3 if on.weekday() >= 5 else 1.0
    if on.month == 8:
        return 0.2 * weekend
    if (on.month, on.day) >= (12, 20) or (on.month, on.day) <= (1, 2):
        return 0.15 * weekend
    return weekend


def milliseconds(at: datetime) -> int:
    """Milliseconds since 1970."""
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def moment(at: int) -> datetime:
    """The moment that many milliseconds after the start of 1970, in UTC."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)


def iso(at: int) -> str:
    """A moment as a browser writes it: `2026-03-01T09:00:00.123Z`."""
    return f"{_midnight(at // DAY)}{_SECONDS[at // SECOND % 86_400]}{_FRACTIONS[at % SECOND]}"


def off_the_hour(at: int) -> int:
    """The moment, or two seconds later where it is just before a full hour.

    An event is received within two seconds: no month is in doubt because of the way.
    """
    return at + 2 * SECOND if at % HOUR >= HOUR - 2 * SECOND else at


def iso_seconds(at: int) -> str:
    """A moment as Zendesk writes it: `2026-03-01T09:00:00Z`."""
    return iso(at)[:19] + "Z"


@lru_cache(maxsize=1024)
def _midnight(day: int) -> str:
    return moment(day * DAY).strftime("%Y-%m-%dT")


@cache
def _minutes() -> tuple[int, ...]:
    """The minutes of a day, each as often as something is done in it."""
    return tuple(
        hour * 60 + minute
        for hour, part in enumerate(HOURS)
        for minute in range(60)
        for _ in range(part)
    )
