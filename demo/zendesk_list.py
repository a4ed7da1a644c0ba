"""Zendesk's plain lists, as they are now and in the order of their ids: what is deleted is gone.

They page by `page[size]` and `page[after]`; the link to the next page names another host than the
one that was asked, as recorded answers show it.
"""

import base64
import binascii
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from demo.page import Kind, Page, Record
from demo.zendesk_export import HOST, USERS

MOST = 100


@dataclass(frozen=True)
class Listing:
    """One kind of record, of which records it is made, and what a fault may change."""

    records: str
    of: str
    rows: Callable[[list[Record]], list[Record]]
    kind: Kind

    def sorted(self, records: list[Record]) -> list[Record]:
        """What is listed, in the order of ids."""
        return sorted(self.rows(records), key=_id)


def page(listing: Listing, rows: list[Record], path: str, query: Mapping[str, str]) -> Page:
    """The records behind `page[after]`; ValueError says what is wrong with the request."""
    start = bisect_right(rows, _read(query.get("page[after]", "")), key=_id)
    shown = rows[start : start + _size(query)]
    has_more = start + len(shown) < len(rows)
    after = _cursor(_id(shown[-1])) if shown else None
    body = {
        listing.records: (),
        "meta": {"has_more": has_more, "after_cursor": after, "before_cursor": None},
        "links": {"prev": None, "next": _link(path, query, after) if has_more else None},
    }
    return Page(listing.kind, shown, listing.records, body)


def stand_still(query: Mapping[str, str]) -> str:
    """The cursor that leads to the page that was asked for."""
    return query.get("page[after]") or _cursor(0)


def _id(record: Record) -> int:
    return int(record["id"])


def _size(query: Mapping[str, str]) -> int:
    size = query.get("page[size]", str(MOST))
    if not size.isdecimal() or not 1 <= int(size) <= MOST:
        raise ValueError(f"page[size]: must be a number from 1 to {MOST}")
    return int(size)


def _cursor(number: int) -> str:
    return base64.b64encode(str(number).encode()).decode()


def _read(text: str) -> int:
    try:
        return int(base64.b64decode(text, validate=True).decode() or "0")
    except (binascii.Error, ValueError):
        raise ValueError("page[after]: is not a valid cursor") from None


def _link(path: str, query: Mapping[str, str], after: str | None) -> str:
    return f"{HOST}{path}?{urlencode({**query, 'page[after]': after})}"


def _active(users: list[Record]) -> list[Record]:
    return [user for user in users if user.get("active", True)]


def _metrics(tickets: list[Record]) -> list[Record]:
    return [
        {"id": ticket["id"], "ticket_id": ticket["id"], **ticket["metric_set"]}
        for ticket in tickets
        if ticket.get("metric_set") and ticket.get("status") != "deleted"
    ]


_USERS = Listing("users", "users", _active, USERS.kind)
_METRICS = Listing("ticket_metrics", "tickets", _metrics, Kind("url", "reopens"))
LISTS: Mapping[str, Listing] = {
    "/api/v2/users.json": _USERS,
    "/api/v2/users": _USERS,
    "/api/v2/ticket_metrics.json": _METRICS,
    "/api/v2/ticket_metrics": _METRICS,
}
