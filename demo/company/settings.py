"""How large the example company is, and which of all possible ones."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from demo.company.clock import Clock

FEWEST_TEACHERS = 20
EVENTS_PER_TEACHER = 40


@dataclass(frozen=True)
class Settings:
    """The same settings make the same company, byte for byte."""

    seed: int
    teachers: int
    months: int
    events: int
    until: datetime

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

    @cached_property
    def clock(self) -> Clock:
        """The company's own time."""
        return Clock(self.until, self.months)
