"""How large the example company is, and which of all possible ones."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from demo.company.clock import Clock

FEWEST_TEACHERS, FEWEST_SCHOOLS = 20, 4
EVENTS_PER_TEACHER = 40


@dataclass(frozen=True)
class Settings:
    """The same settings make the same company, byte for byte.

    Those that differ in `lived` alone see one company on different days: what happens within
    `horizon` days after `until` is decided from the first, and known up to the day that it lives.
    """

    seed: int
    teachers: int
    months: int
    events: int
    until: datetime
    schools: int | None = None
    horizon: int = 0
    lived: int = 0

    def __post_init__(self) -> None:
        """Refuse a company in which the story of its people would not fit."""
        if self.until.tzinfo is None or self.until.microsecond % 1000:
            raise ValueError(
                f"until={self.until!r}: wanted a moment with a time zone, in whole milliseconds; "
                "say datetime(2026, 11, 1, tzinfo=UTC)"
            )
        if self.months < 1 or self.teachers < FEWEST_TEACHERS:
            raise ValueError(
                f"{self.teachers} teachers and {self.months} months: wanted at least "
                f"{FEWEST_TEACHERS} teachers and 1 month; ask for more"
            )
        if self.events < self.teachers * EVENTS_PER_TEACHER:
            raise ValueError(
                f"{self.events} events for {self.teachers} teachers: wanted at least "
                f"{self.teachers * EVENTS_PER_TEACHER}; ask for more events or fewer teachers"
            )
        self._check_schools_and_days()

    def _check_schools_and_days(self) -> None:
        if self.school_count < FEWEST_SCHOOLS:
            raise ValueError(
                f"{self.schools} schools: wanted at least {FEWEST_SCHOOLS}; ask for more"
            )
        if not 0 <= self.lived <= self.horizon:
            raise ValueError(
                f"day {self.lived} of {self.horizon} planned ones: the company's story has an end; "
                "generate it anew with a larger horizon, or a smaller `lived`"
            )

    @property
    def school_count(self) -> int:
        """As asked for, else as many as so many teachers have: 300 for 4,000."""
        if self.schools is not None:
            return self.schools
        return max(FEWEST_SCHOOLS, self.teachers * 300 // 4_000)

    @cached_property
    def clock(self) -> Clock:
        """The company's own time."""
        return Clock(self.until, self.months, self.horizon, self.lived)
