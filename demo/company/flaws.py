"""What goes wrong between a browser and a file, seldom, and about as often everywhere."""

from collections.abc import Mapping
from enum import StrEnum

from demo.company.chance import Chance


class Flaw(StrEnum):
    """One way in which an event does not arrive as it was sent."""

    LATE = "late"  # a browser was offline: received a day to three weeks later
    TWICE = "twice"  # a second file has it again, with other times of arrival
    TORN = "torn"  # an attempt to send it left a line that is not JSON; then it came whole
    WRONG_CLOCK = "wrong_clock"  # a device that lives in 1970, or years ahead
    UNKNOWN_USER = "unknown_user"  # of an account that the backend does not have
    NO_MESSAGE_ID = "no_message_id"
    NUL = "nul"  # a text with the character \u0000, which Postgres cannot store


# one of so many events; wrong clocks and unknown users stay far below the 1% that may be held
IN_PRODUCT: Mapping[Flaw, int] = {
    Flaw.LATE: 300,
    Flaw.TWICE: 350,
    Flaw.TORN: 2_500,
    Flaw.WRONG_CLOCK: 1_000,
    Flaw.UNKNOWN_USER: 1_000,
    Flaw.NO_MESSAGE_ID: 2_000,
    Flaw.NUL: 10_000,
}
ON_WEBSITE: Mapping[Flaw, int] = {
    Flaw.LATE: 300,
    Flaw.TWICE: 350,
    Flaw.TORN: 2_500,
    Flaw.NO_MESSAGE_ID: 2_000,
}
# nobody's activity counts because of them
UNTRUE = frozenset((Flaw.WRONG_CLOCK, Flaw.UNKNOWN_USER))
FIRST = 200  # each flaw occurs once in so many events of a company, however small


class Plan:
    """Which event goes wrong next, and how; one that goes well costs a comparison."""

    def __init__(self, chance: Chance, one_of: Mapping[Flaw, int]) -> None:
        self._chance = chance
        self._one_of = one_of
        self._due = {flaw: 1 + chance.below(FIRST) for flaw in one_of}
        self.next = min(self._due.values())

    def take(self, number: int) -> Flaw:
        """The flaw of this event."""
        flaw = min(self._due, key=self._due.__getitem__)
        self._postpone(flaw, number + 1 + self._chance.below(2 * self._one_of[flaw]))
        return flaw

    def put_back(self, flaw: Flaw, number: int) -> None:
        """It did not fit this event: the next one has it."""
        self._postpone(flaw, number + 1)

    def _postpone(self, flaw: Flaw, number: int) -> None:
        self._due[flaw] = number
        self.next = min(self._due.values())
