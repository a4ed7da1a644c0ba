"""Zendesk's incremental exports: everything that changed, page by page, in the order of change.

Nothing of the last minute is exported. A cursor is a place in that order, in base64; the link to
the next page names another host than the one that was asked. So the vendor documents it
(incremental exports, API v2), and so do recorded answers show it.
"""

import base64
import binascii
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from demo.page import Kind, Page, Record, seconds

Place = tuple[int, int]  # time of change in seconds, and id
Row = tuple[Place, Record]

HOST = "https://acme-learning.zendesk.example"  # nobody can reach it
MOST = 1_000
LAST_MINUTE = 60


@dataclass(frozen=True)
class Export:
    """One kind of record, when it was changed last, in seconds, and what a fault may change."""

    records: str
    changed: Callable[[Record], int]
    kind: Kind

    def rows(self, records: list[Record]) -> list[Row]:
        """The records in the order of the export."""
        return sorted((((self.changed(row), int(row["id"])), row) for row in records), key=_place)


@dataclass(frozen=True)
class Request:
    """What somebody asks of an export, at a moment of the company."""

    path: str
    query: Mapping[str, str]
    now: int

    def page(self, export: Export, rows: list[Row]) -> Page:
        """The records behind the cursor, or from the start time on.

        A page without any repeats the cursor it was asked with, or has none.
        """
        known = self._known(rows)
        start = bisect_right(rows, self._after(), hi=known, key=_place)
        stop = min(start + self._size(), known)
        after = cursor(rows[stop - 1][0]) if stop > start else self.query.get("cursor")
        body = {
            export.records: (),
            "after_url": self._link(cursor=after) if after else None,
            "after_cursor": after,
            "before_url": None,
            "before_cursor": None,
            "end_of_stream": stop == known,
        }
        return Page(export.kind, self._shown(rows[start:stop]), export.records, body)

    def page_by_time(self, export: Export, rows: list[Row]) -> Page:
        """The older export: from the start time on, records of one second never apart.

        The next page begins with the second in which this one ends, so those come twice.
        """
        known, begin = self._known(rows), self._start()
        start = bisect_left(rows, (begin, -1), hi=known, key=_place)
        stop = min(start + self._size(), known)
        if stop < known and rows[stop - 1][0][0] == begin:
            stop = bisect_right(rows, (begin + 1, -1), lo=stop - 1, hi=known - 1, key=_place) + 1
        end = rows[stop - 1][0][0] if stop > start else begin
        stop = bisect_left(rows, (end + 1, -1), hi=known, key=_place)
        body = {
            export.records: (),
            "count": stop - start,
            "end_of_stream": stop == known,
            "end_time": end,
            "next_page": self._link(start_time=end),
        }
        return Page(export.kind, self._shown(rows[start:stop]), export.records, body)

    def stand_still(self) -> str:
        """The cursor that leads to the page that was asked for."""
        start = int(self.query.get("start_time", "0"))
        return self.query.get("cursor") or cursor((max(start - 1, 0), 10**18 if start else 0))

    def _known(self, rows: list[Row]) -> int:
        return bisect_left(rows, (self.now - LAST_MINUTE, 0), key=_place)

    def _after(self) -> Place:
        if "cursor" in self.query:
            return read_cursor(self.query["cursor"])
        return self._start(), -1

    def _start(self) -> int:
        start = self.query.get("start_time", "")
        if not start.isdecimal():
            raise ValueError("start_time: must be an integer, in seconds since 1970")
        if int(start) > self.now - LAST_MINUTE:
            raise ValueError("Too recent start_time. Use a start_time older than 1 minute")
        return int(start)

    def _size(self) -> int:
        size = self.query.get("per_page", str(MOST))
        if not size.isdecimal() or int(size) == 0:
            raise ValueError("per_page: must be a positive integer")
        return min(int(size), MOST)

    def _link(self, **after: str | int) -> str:
        kept = {name: self.query[name] for name in ("per_page", "include") if name in self.query}
        return f"{HOST}{self.path}?{urlencode(after | kept)}"

    def _shown(self, rows: list[Row]) -> list[Record]:
        """A ticket has its metrics only where they are asked for."""
        records = [record for _, record in rows]
        if "metric_sets" in self.query.get("include", "").split(","):
            return records
        return [
            {name: value for name, value in record.items() if name != "metric_set"}
            for record in records
        ]


def cursor(place: Place) -> str:
    """A place as Zendesk writes it."""
    return base64.b64encode(f"{place[0]}.0||{place[1]}|".encode()).decode()


def read_cursor(text: str) -> Place:
    """The place of a cursor."""
    try:
        written = base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        written = ""
    place = re.fullmatch(r"(\d+)\.0\|\|(\d+)\|", written)
    if place is None:
        raise ValueError("cursor is not valid")
    return int(place[1]), int(place[2])


def _place(row: Row) -> Place:
    return row[0]


TICKETS = Export(
    "tickets",
    lambda ticket: int(ticket["generated_timestamp"]),
    Kind("subject", "requester_id", ("generated_timestamp", "updated_at")),
)
USERS = Export("users", lambda user: int(seconds(user["updated_at"])), Kind("name", "locale_id"))
EXPORTS: Mapping[str, Export] = {
    "/api/v2/incremental/tickets/cursor.json": TICKETS,
    "/api/v2/incremental/users/cursor.json": USERS,
}
BY_TIME: Mapping[str, Export] = {
    "/api/v2/incremental/tickets.json": TICKETS,
    "/api/v2/incremental/users.json": USERS,
}
