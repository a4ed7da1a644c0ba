"""A figure: what was measured, and what it may be at most, or must be at least."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One number of a run; `limit` is the most it may be, or the least where `is_least`."""

    what: str
    value: float
    limit: float
    is_least: bool = False

    @property
    def is_met(self) -> bool:
        """Whether the number is within its limit."""
        return self.value >= self.limit if self.is_least else self.value <= self.limit

    def __str__(self) -> str:
        met = "met" if self.is_met else "NOT MET"
        limit = f"at {'least' if self.is_least else 'most'} {self.limit:g}"
        return f"{self.what:<75} {self.value:>9.3f}   {limit:<15} {met}"
