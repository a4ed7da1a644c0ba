"""Dice that fall the same way for the same seed, on every machine.

Each part of the company throws its own, so that more of one thing changes nothing about another.
"""

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Chance(random.Random):
    """Random choices of one part of the company."""

    def __init__(self, seed: int, part: str) -> None:
        super().__init__(f"{seed} {part}")

    def below(self, limit: int) -> int:
        """A whole number from 0 to `limit`, without it; faster than `randrange`."""
        return int(self.random() * limit)

    def pick(self, things: Sequence[T]) -> T:
        """One of the things, each as likely as the other; faster than `choice`."""
        return things[int(self.random() * len(things))]

    def happens(self, share: float) -> bool:
        """True in that share of all cases."""
        return self.random() < share

    def uuid(self) -> str:
        """A random UUID, version 4."""
        digits = self.getrandbits(120).to_bytes(15, "big").hex()
        return f"{digits[:8]}-{digits[8:12]}-4{digits[12:15]}-a{digits[15:18]}-{digits[18:]}"

    def around(self, median: float, spread: float) -> float:
        """A duration as people's are: half below the median, some far above it."""
        return median * self.lognormvariate(0, spread)
