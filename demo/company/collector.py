"""RudderStack receives the events of one source and uploads a file of them a day, mostly in order.

The name is `rudder-logs/<source id>/<day>/<unix time>.<source id>.<uuid>.json.gz`, day and time
being those of the upload; everything in the file was received before. On a day at whose end the
company may be seen, the file is uploaded at its end, so its name says how far the source is known.
"""

import zlib
from collections import defaultdict
from pathlib import Path
from typing import BinaryIO

from demo.company.arrival import Arrival, Line
from demo.company.chance import Chance
from demo.company.clock import DAY, MINUTE, SECOND, Clock, iso
from demo.company.flaws import UNTRUE, Flaw, Plan
from demo.company.payload import arrived, dated
from demo.company.truth import SourceTruth

LINES_AT_ONCE = 256
ONE_FILE_WAITS = 60  # one file of so many is uploaded days later, after younger ones


class Collector:
    """One source: open a day, deliver its events, close it; only what arrives later is kept."""

    def __init__(
        self, directory: Path, source: str, clock: Clock, plan: Plan, chance: Chance
    ) -> None:
        self.truth = SourceTruth()
        self._directory = directory / "rudderstack" / "rudder-logs" / source
        self._source = source
        self._clock = clock
        self._plan = plan
        self._chance = chance
        self._random = chance.random
        self._told = self.truth.events
        self._arrival = Arrival(clock, chance)
        # lines by the day on which they are received
        self._later: defaultdict[int, list[str]] = defaultdict(list)
        self._lines: list[str] = []
        self._waits = 1 + chance.below(15)
        self._count = 0

    def open(self, day: int) -> None:
        """Begin the file of a day with what was sent before and arrives now."""
        path = self._directory / self._name(day)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._file: BinaryIO = path.with_suffix(".part").open("wb")
        self._gzip = zlib.compressobj(1, zlib.DEFLATED, 31)  # a gzip file that names no time
        self._lines = self._later.pop(day, [])
        self.truth.files += 1

    def close(self) -> None:
        """Upload the file: until then, nobody sees any of it."""
        self._write()
        self._file.write(self._gzip.flush())
        self._file.close()
        self._path.with_suffix(".part").replace(self._path)

    def deliver(self, event: str, body: str, at: int, ip: str) -> int:
        """Take an event that goes well; says the time that it is given."""
        random = self._random
        sent = at + 20 + int(random() * 1_200)
        received = sent + 30 + int(random() * 700)
        self._told[event] += 1
        self._lines.append(arrived(body, at, sent, received, ip))
        if len(self._lines) >= LINES_AT_ONCE:
            self._write()
        return dated(at, sent, received)

    def emit(self, event: str, body: str, at: int, ip: str) -> int | None:
        """Take an event that may have a flaw; says the time that it is given by now.

        None is that of an event which nobody knows yet, or not as it happened.
        """
        self._count += 1
        if self._count < self._plan.next:
            return self.deliver(event, body, at, ip)
        flaw = self._plan.take(self._count)
        lines = self._arrival.with_flaw(flaw, event, body, at, ip)
        if lines is None:
            self._plan.put_back(flaw, self._count)
            return self.deliver(event, body, at, ip)
        return self._take(flaw, event, lines)

    def _take(self, flaw: Flaw, event: str, lines: list[Line]) -> int | None:
        """What is received after now counts neither as an event nor as a flaw.

        Of an event that arrives twice, the line received last counts.
        """
        now = self._clock.now
        known = [at for received, at, _ in lines if received is None or received < now]
        for received, _, line in lines:
            self._keep(received, line)
        self._told[event] += bool(known)
        self.truth.flaws[flaw] += len(known) == len(lines)
        return known[-1] if known and flaw not in UNTRUE else None

    def _keep(self, received: int | None, line: str) -> None:
        """Now, or with the file of the day in which it is received."""
        where = self._lines if received is None else self._later[self._clock.day_of(received)]
        where.append(line)

    def _write(self) -> None:
        self.truth.lines += len(self._lines)
        self._file.write(self._gzip.compress("".join(self._lines).encode()))
        self._lines = []

    def _name(self, day: int) -> str:
        uploaded = self._uploaded(day)
        name = f"{uploaded // SECOND}.{self._source}.{self._chance.uuid()}.json.gz"
        return f"{iso(uploaded)[:10]}/{name}"

    def _uploaded(self, day: int) -> int:
        """After the last event of the day, whose sitting may go on for an hour of the next one."""
        if self._clock.closes(day):
            return self._clock.starts(day + 1)
        usual = self._clock.starts(day + 1) + 70 * MINUTE + self._chance.below(45 * MINUTE)
        later = usual + (2 + self._chance.below(2)) * DAY
        if day < self._waits or later >= self._clock.first_now:
            return usual
        self._waits = day + 1 + self._chance.below(2 * ONE_FILE_WAITS)
        self.truth.files_out_of_order += 1
        return later
