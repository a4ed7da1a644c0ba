"""A figure: what was measured, and what it may be at most."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One number of a run; `limit` is the most it may be."""

    what: str
    value: float
    limit: float

    @property
    def is_met(self) -> bool:
        """Whether the number is within its limit."""
        return self.value <= self.limit

    def __str__(self) -> str:
        met = "met" if self.is_met else "NOT MET"
        return f"{self.what:<75} {self.value:>9.3f}   at most {self.limit:g}   {met}"
