"""What is true of the generated company, worked out instant by instant from `truth/*.jsonl`.

Nothing here is as the queries do it: every moment at which anything begins or ends is asked, one
after the other, who is there and who of these comes first.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

Json = dict[str, Any]
Row = tuple[Any, ...]
RANKS = ["admin", "full", "viewer"]


@dataclass(frozen=True)
class Stay:
    """Something that is there from a moment on, perhaps until another; the smaller goes first."""

    order: Row
    start: datetime
    end: datetime | None
    what: Row

    def is_there(self, at: datetime) -> bool:
        return self.start <= at and (self.end is None or at < self.end)


def read(truth: Path, name: str) -> list[Any]:
    return [json.loads(line) for line in (truth / f"{name}.jsonl").read_text().splitlines()]


def at(moment: str | None) -> datetime | None:
    return None if moment is None else datetime.fromisoformat(moment)


def some(moment: str) -> datetime:
    return datetime.fromisoformat(moment)


def memberships(truth: Path) -> set[Row]:
    """Teacher, from, to, school."""
    stays = defaultdict(list)
    for one in read(truth, "memberships"):
        start = some(one["from"])
        what = (str(one["school"]), one["id"])
        stays[one["account"]].append(Stay((start, one["id"]), start, at(one["to"]), what))
    return {
        (teacher, start, end, what[0])
        for teacher, of_one in stays.items()
        for start, end, what in first_by_instant(of_one, lambda _stay, _at: True)
    }


def licences(truth: Path) -> set[Row]:
    """Teacher, from, to, seat, its type and its subscription, without those in dollars."""
    terms = defaultdict(list)
    for one in read(truth, "terms"):
        if one["held"] is None:
            stay = Stay((), some(one["starts"]), at(one["ends"]), ())
            terms[one["subscription"]].append(stay)
    stays = defaultdict(list)
    for one in read(truth, "assignments"):
        start, kind = some(one["from"]), one["seat_type"]
        what = (str(one["seat"]), kind, str(one["subscription"]), one["id"])
        order = (RANKS.index(kind), start, one["seat"], one["id"])
        stays[one["account"]].append(Stay(order, start, at(one["to"]), what))

    def is_covered(stay: Stay, moment: datetime) -> bool:
        return any(term.is_there(moment) for term in terms[int(stay.what[2])])

    moments = {
        moment
        for of_one in terms.values()
        for term in of_one
        for moment in (term.start, term.end)
        if moment is not None
    }
    return {
        (teacher, start, end, *what[:3])
        for teacher, of_one in stays.items()
        for start, end, what in first_by_instant(of_one, is_covered, moments)
    }


def first_by_instant(
    stays: list[Stay], counts: Callable[[Stay, datetime], bool], also: Iterable[datetime] = ()
) -> Iterator[tuple[datetime, datetime | None, Row]]:
    """From each moment at which something may change to the next: who comes first then."""
    ends = {moment for one in stays for moment in (one.start, one.end) if moment is not None}
    moments: list[datetime | None] = [*sorted(ends | set(also)), None]
    current: tuple[datetime, Row] | None = None
    for moment in moments:
        there = [one for one in stays if moment and one.is_there(moment) and counts(one, moment)]
        what = min(there, key=lambda one: one.order).what if there else None
        # what never changes again has no end
        if current is not None and (what != current[1]) and moment is not None:
            yield current[0], moment, current[1]
            current = None
        if current is None and what is not None and moment is not None:
            current = moment, what
    if current is not None:
        yield current[0], None, current[1]
