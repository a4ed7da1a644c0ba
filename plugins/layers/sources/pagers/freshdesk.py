"""Freshdesk v2: numbered pages, which shift; so tickets are asked for from the last time seen.

A page's number is used only where more than a page of tickets changed in one second; as those
pages may shift too, they are read until two readings in a row have seen the same tickets. Deleted
tickets are in a list of their own, and so is spam; so are blocked and deleted contacts. Nothing
beyond page 300 can be had.
"""

import json
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from layers.errors import SourceError
from layers.sources import Cursor
from layers.sources.changes import instant, latest_of, resume
from layers.sources.pagers import Ask, Pager, Step
from layers.sources.pages import OddPageError, Page

PER_PAGE = 100
LAST_PAGE = 300
KINDS = ("live", "deleted", "spam")
STATES = ("", "blocked", "deleted")
FIRST = "1970-01-01T00:00:00+00:00"


class FreshdeskTickets(Pager):
    """Tickets by the time of change, then the deleted ones and spam by theirs."""

    def request(self, cursor: Cursor) -> Ask:
        """The page of tickets that changed since."""
        kind = cursor.get("kind", "live")
        since = datetime.fromisoformat(cursor.get(kind, FIRST)).astimezone(UTC)
        only = {} if kind == "live" else {"filter": kind}
        return Ask(
            {
                "updated_since": since.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "order_by": self.object.changed,
                "order_type": "asc",
                "per_page": str(PER_PAGE),
                "page": str(cursor.get("page", 1)),
                **only,
            }
        )

    def after(self, page: Page, cursor: Cursor) -> Step:
        """The next second seen; the next page only where all of this one is of one second."""
        kind = cursor.get("kind", "live")
        since = datetime.fromisoformat(cursor.get(kind, FIRST)).replace(microsecond=0)
        latest: datetime | None = None
        if page.records:
            changed = (instant(record.get(self.object.changed)) for record in page.objects())
            latest = latest_of(changed, since, page.date)
        ids = _unless_again(page, cursor)
        seen = self._seen(page, cursor, since) if "page" in cursor or latest == since else ""
        is_last = len(page.records) < PER_PAGE
        if not is_last and latest == since:
            return Step(_next_page(cursor, since, ids, seen), False, page.records)
        if "page" in cursor and seen != cursor.get("before"):
            return Step({**_kept(cursor), "page": 1, "before": seen}, False, page.records)
        if is_last:
            return self._end(page, cursor, kind, latest or since)
        assert latest is not None
        return Step({**_kept(cursor), kind: latest.isoformat()}, False, page.records)

    def _seen(self, page: Page, cursor: Cursor, since: datetime) -> str:
        """Which tickets of that second this reading of its pages has seen; in whatever order.

        A ticket that is passed by has slipped to the page before, for another one of it has been
        changed; the next reading does not see that one. So it sees others than this one did.
        """
        seen = int(cursor.get("seen", "0"), 16)
        for record in page.objects():
            if instant(record.get(self.object.changed)) == since:
                seen ^= int(_hash(record.get("id")), 16)
        return f"{seen:x}"

    def window(self, start: datetime, end: datetime) -> Cursor:
        """Everything from `start` on; the vendor knows no end."""
        return dict.fromkeys(KINDS, start.isoformat())

    def _end(self, page: Page, cursor: Cursor, kind: str, latest: datetime) -> Step:
        kept = _kept(cursor) | {kind: resume(latest, page, self.object.overlapping)}
        if kind != KINDS[-1]:
            following = KINDS[KINDS.index(kind) + 1]
            return Step(kept | {"kind": following}, False, page.records)
        return Step({name: kept[name] for name in kept if name != "kind"}, True, page.records)


class FreshdeskPages(Pager):
    """Agents, groups, companies: all of them, by page numbers, in each reading."""

    lists_all = True

    def request(self, cursor: Cursor) -> Ask:
        """The page after the last one."""
        return Ask({"per_page": str(PER_PAGE), "page": str(cursor.get("page", 1))})

    def after(self, page: Page, cursor: Cursor) -> Step:
        """A page that is not full is the last. Raises SourceError where the vendor stops before."""
        ids, number = _unless_again(page, cursor), int(cursor.get("page", 1))
        if len(page.records) < PER_PAGE:
            return Step({}, True, page.records)
        if number >= LAST_PAGE:
            raise SourceError(
                f"{page.url}: page {number} is full, and Freshdesk gives no page behind it: what "
                "more there is cannot be read; ask for less by 'params' of the object"
            )
        return Step({"page": number + 1, "ids": ids}, False, page.records)

    def window(self, start: datetime, end: datetime) -> Cursor:
        """All of it: the list knows nothing of time."""
        return {}


class FreshdeskContacts(FreshdeskPages):
    """Contacts: those in use, then the blocked and the deleted ones, which no other list has."""

    def request(self, cursor: Cursor) -> Ask:
        """The page after the last one of this state."""
        ask, state = super().request(cursor), cursor.get("state")
        return Ask({**ask.params, "state": state}) if state else ask

    def after(self, page: Page, cursor: Cursor) -> Step:
        """Behind the last page of a state, the first of the next."""
        step, state = super().after(page, cursor), cursor.get("state", STATES[0])
        if not step.is_done:
            return Step({**step.cursor, "state": state}, False, step.records)
        if state == STATES[-1]:
            return step
        following = STATES[STATES.index(state) + 1]
        return Step({"state": following}, False, step.records)


def _next_page(cursor: Cursor, since: datetime, ids: str, seen: str) -> Cursor:
    number = int(cursor.get("page", 1)) + 1
    if number > LAST_PAGE:
        raise OddPageError(f"more than {LAST_PAGE} pages of tickets changed at {since}")
    again = {"before": cursor["before"]} if "before" in cursor else {}
    return {**_kept(cursor), **again, "page": number, "ids": ids, "seen": seen}


def _unless_again(page: Page, cursor: Cursor) -> str:
    """The hash of a page's ids. Raises OddPageError where they are those of the page before."""
    ids = [str(record.get("id")) for record in page.objects()]
    if ids and _hash(ids) == cursor.get("ids"):
        raise OddPageError("it is the page before once again")
    return _hash(ids)


def _hash(ids: object) -> str:
    """Of an id, or of some; whatever text a vendor makes one of, a cursor can keep this."""
    return blake2b(json.dumps(ids).encode(), digest_size=16).hexdigest()


def _kept(cursor: Cursor) -> dict[str, Any]:
    return {name: cursor[name] for name in ("kind", *KINDS) if name in cursor}


PAGERS = {
    "freshdesk_contacts": FreshdeskContacts,
    "freshdesk_pages": FreshdeskPages,
    "freshdesk_tickets": FreshdeskTickets,
}
