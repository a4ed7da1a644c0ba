"""Dates and years as people in London count them: contracts go from day to day there."""

from datetime import date

from demo.company.clock import LONDON, milliseconds, moment


def london_date(at: int) -> date:
    """The date in London at a moment."""
    return moment(at).astimezone(LONDON).date()


def years_later(at: int, years: int = 1) -> int:
    """The same time of the same day in London, years later; of 29 February the day before."""
    local = moment(at).astimezone(LONDON).replace(tzinfo=None)
    day = 28 if (local.month, local.day) == (2, 29) else local.day
    later = local.replace(year=local.year + years, day=day)
    return milliseconds(later.replace(tzinfo=LONDON))
