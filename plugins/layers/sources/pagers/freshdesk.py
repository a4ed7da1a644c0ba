"""Freshdesk v2: numbered pages, which shift; so tickets are asked for from the last time seen.

A page's number is used only where more than a page of tickets changed in one second. Deleted
tickets are in a list of their own, and so is spam; so are blocked and deleted contacts. Nothing
beyond page 300 can be had.
"""

from datetime import UTC, datetime
from typing import Any

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
        ids = [str(record.get("id")) for record in page.objects()]
        if ids and ids == cursor.get("ids"):
            raise OddPageError("it is the page before once again")
        if len(page.records) < PER_PAGE:
            return self._end(page, cursor, kind, latest or since)
        if latest and latest > since:
            return Step({**_kept(cursor), kind: latest.isoformat()}, False, page.records)
        number = int(cursor.get("page", 1)) + 1
        if number > LAST_PAGE:
            raise OddPageError(f"more than {LAST_PAGE} pages of tickets changed at {since}")
        return Step({**_kept(cursor), "page": number, "ids": ids}, False, page.records)

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
        """A page that is not full is the last."""
        ids = [str(record.get("id")) for record in page.objects()]
        if ids and ids == cursor.get("ids"):
            raise OddPageError("it is the page before once again")
        if len(page.records) < PER_PAGE:
            return Step({}, True, page.records)
        return Step({"page": int(cursor.get("page", 1)) + 1, "ids": ids}, False, page.records)

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


def _kept(cursor: Cursor) -> dict[str, Any]:
    return {name: cursor[name] for name in ("kind", *KINDS) if name in cursor}


PAGERS = {
    "freshdesk_contacts": FreshdeskContacts,
    "freshdesk_pages": FreshdeskPages,
    "freshdesk_tickets": FreshdeskTickets,
}
