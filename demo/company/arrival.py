"""What becomes of an event with a flaw: the lines in which it arrives, now or on a later day."""

import re

from demo.company.browsers import address
from demo.company.chance import Chance
from demo.company.clock import DAY, HOUR, MINUTE, SECOND, Clock
from demo.company.flaws import Flaw
from demo.company.names import COMPANY_DOMAIN
from demo.company.payload import arrived, dated

# when it is received, None being at once; the time that it is given; and the line
Line = tuple[int | None, int, str]
STRANGERS = 6  # accounts of colleagues that somebody removed from the backend
YEARS_AHEAD = 3_653 * DAY
LATEST = 20  # days that an event waits at most, and then up to one more


class Arrival:
    """The way of the events of one source; it throws dice of its own source only."""

    def __init__(self, clock: Clock, chance: Chance) -> None:
        self._clock = clock
        self._chance = chance
        self._strangers = [(chance.uuid(), chance.uuid()) for _ in range(STRANGERS)]

    def with_flaw(self, flaw: Flaw, event: str, body: str, at: int, ip: str) -> list[Line] | None:
        """The lines of the event, or nothing where this flaw does not fit it."""
        match flaw:
            case Flaw.LATE:
                return self._late(body, at, ip, days=1 + self._chance.below(LATEST))
            case Flaw.TWICE:
                again = self._late(body, at, address(self._chance), days=1 + self._chance.below(2))
                return again and [*self._now(body, at, ip), *again]
            case Flaw.TORN:
                return self._torn(body, at, ip)
            case Flaw.WRONG_CLOCK:
                return self._with_wrong_clock(body, at, ip)
            case Flaw.UNKNOWN_USER:
                return self._now(self._by_a_stranger(body), at, ip)
            case Flaw.NO_MESSAGE_ID:
                return self._now(re.sub('"messageId":"[^"]*",', "", body), at, ip)
            case Flaw.NUL:
                return self._now(_noted(body), at, ip) if event == "settings_changed" else None

    def _now(self, body: str, at: int, ip: str) -> list[Line]:
        sent = at + 20 + self._chance.below(1_200)
        return [_line(None, body, at, sent, sent + 30 + self._chance.below(700), ip)]

    def _late(self, body: str, at: int, ip: str, days: int) -> list[Line] | None:
        """The browser sends it when it is online again: before the last moment that is planned."""
        received = at + days * DAY + self._chance.below(DAY)
        if received >= self._clock.end - 15 * MINUTE:
            return None
        sent = received - 30 - self._chance.below(700)
        return [_line(received, body, at, sent, received, ip)]

    def _torn(self, body: str, at: int, ip: str) -> list[Line]:
        [(_, given, line)] = self._now(body, at, ip)
        end = 20 + self._chance.below(len(line) - 40)
        return [(None, given, line[:end] + "\n"), (None, given, line)]

    def _with_wrong_clock(self, body: str, at: int, ip: str) -> list[Line]:
        wrong = (
            3 * HOUR + self._chance.below(DAY) if self._chance.happens(0.5) else at + YEARS_AHEAD
        )
        sent = at + SECOND
        return [_line(None, body, wrong, sent, sent + 30 + self._chance.below(700), ip)]

    def _by_a_stranger(self, body: str) -> str:
        user_id, anonymous_id = self._chance.pick(self._strangers)
        for key, value in (
            ("userId", user_id),
            ("anonymousId", anonymous_id),
            ("email", f"test-{user_id[:4]}@{COMPANY_DOMAIN}"),
        ):
            body = re.sub(f'"{key}":"[^"]*"', f'"{key}":"{value}"', body, count=1)
        return body


def _line(when: int | None, body: str, at: int, sent: int, received: int, ip: str) -> Line:
    return when, dated(at, sent, received), arrived(body, at, sent, received, ip)


def _noted(body: str) -> str:
    return body.replace('"properties":{', '"properties":{"note":"pasted \\u0000 text",')
