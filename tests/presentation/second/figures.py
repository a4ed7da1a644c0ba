"""Amounts and shares, exact until they are rounded once, half away from zero."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import floor

Figure = int | Decimal | Fraction


def rounded(value: Figure, places: int) -> Decimal:
    """A figure with so many places after the point."""
    exact = Fraction(value) * 10**places
    whole = floor(abs(exact) + Fraction(1, 2)) * (-1 if exact < 0 else 1)
    return Decimal(whole).scaleb(-places)


def share(part: Figure | None, whole: Figure | None, places: int = 6) -> Decimal | None:
    """One by the other; nothing where there is nothing to divide by."""
    if part is None or not whole:
        return None
    return rounded(Fraction(part) / Fraction(whole), places)


def percentile(part: Fraction, values: Sequence[Figure]) -> Decimal | None:
    """The value below which that part of all lies, on the line between its two neighbours."""
    if not values:
        return None
    ordered = sorted(Fraction(value) for value in values)
    place = part * (len(ordered) - 1)
    below = ordered[floor(place)]
    above = ordered[min(floor(place) + 1, len(ordered) - 1)]
    return rounded(below + (above - below) * (place - floor(place)), 4)
