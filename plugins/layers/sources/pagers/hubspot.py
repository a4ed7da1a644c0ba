"""HubSpot CRM v3: a list of all objects first, then searches for what changed since.

A search gives at most 10,000 results and its pages shift when an object changes; so every search
asks from the last time seen, and by id where one time fills a page. Archived objects are in no
search: their list is read once a day.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from layers.sources import Cursor
from layers.sources.changes import instant, latest_of, resume
from layers.sources.pagers import Ask, Pager, Step
from layers.sources.pages import OddPageError, Page

LIMIT = 100
MILLISECOND = timedelta(milliseconds=1)


class HubspotList(Pager):
    """Everything, page by page, in each reading: campaigns, owners, pipelines."""

    lists_all = True
    requests_per_second = 10

    def request(self, cursor: Cursor) -> Ask:
        """The page behind `after`."""
        after = {"after": cursor["after"]} if "after" in cursor else {}
        return Ask({"limit": str(LIMIT), **after})

    def after(self, page: Page, cursor: Cursor) -> Step:
        """The page's own `paging.next.after`."""
        after = successor(page, cursor)
        return Step({"after": after} if after else {}, after is None, page.records)

    def window(self, start: datetime, end: datetime) -> Cursor:
        """All of it: a list knows nothing of time."""
        return {}


class HubspotObjects(Pager):
    """Contacts, companies and other CRM objects: list, archived list, then searches."""

    requests_per_second = 4  # the vendor's limit on searches

    def request(self, cursor: Cursor) -> Ask:
        """A page of a list, or a search."""
        if cursor.get("phase", "list") != "search":
            archived = {"archived": "true"} if cursor.get("phase") == "archived" else {}
            after = {"after": cursor["after"]} if "after" in cursor else {}
            return Ask({"limit": str(LIMIT), **archived, **after})
        properties = self.object.params.get("properties", "").split(",")
        return Ask(
            body={
                "filterGroups": [{"filters": self._filters(cursor)}],
                "sorts": [self._sort(cursor)],
                "properties": [name for name in properties if name],
                "limit": LIMIT,
            },
            suffix="/search",
        )

    def after(self, page: Page, cursor: Cursor) -> Step:
        """The rest of this phase, or the next one; a window is one search."""
        phase = cursor.get("phase", "list")
        if phase != "search":
            return self._listed(page, cursor, phase)
        return self._by_id(page, cursor) if "id" in cursor else self._by_time(page, cursor)

    def window(self, start: datetime, end: datetime) -> Cursor:
        """A search between two times."""
        return {"phase": "search", "since": start.isoformat(), "until": end.isoformat()}

    def _filters(self, cursor: Cursor) -> list[dict[str, str]]:
        changed, since = self.object.changed, _written(cursor["since"])
        if "id" in cursor:
            return [_filter(changed, "EQ", since), _filter("hs_object_id", "GT", cursor["id"])]
        until = [_filter(changed, "LT", _written(cursor["until"]))] if "until" in cursor else []
        return [_filter(changed, "GTE", since), *until]

    def _sort(self, cursor: Cursor) -> dict[str, str]:
        by = "hs_object_id" if "id" in cursor else self.object.changed
        return {"propertyName": by, "direction": "ASCENDING"}

    def _listed(self, page: Page, cursor: Cursor, phase: str) -> Step:
        """A page of the list, or of the archived one, whose older records are known already."""
        after = successor(page, cursor)
        # the earliest of all pages, as a clock that is ahead would hide what changes meanwhile
        began = min(cursor.get("began", _utc(page.date)), _utc(page.date))
        records = page.records
        if phase == "archived":
            records = [r for r in records if self._is_new(page.object(r), cursor.get("known"))]
        kept: Cursor = {name: cursor[name] for name in ("since", "known") if name in cursor}
        if after:
            return Step({"phase": phase, "after": after, "began": began, **kept}, False, records)
        if phase == "list":
            since = (datetime.fromisoformat(began) - self.object.overlapping).isoformat()
            return Step({"phase": "archived", "since": since, "began": began}, False, records)
        since = min(cursor["since"], _utc(page.date - self.object.overlapping))
        done = {"phase": "search", "since": since, "archived_at": began}
        return Step(done, "known" in cursor, records)  # after the first list, searches follow

    def _is_new(self, record: dict[str, Any], known: str | None) -> bool:
        at = instant(record.get("archivedAt"))
        return (
            known is None or at is None or at >= datetime.fromisoformat(known) - timedelta(days=1)
        )

    def _by_time(self, page: Page, cursor: Cursor) -> Step:
        """From the last time seen on; a page that is full of one time goes on by id."""
        since = datetime.fromisoformat(cursor["since"])
        if not page.records:
            if _has_more(page):
                raise OddPageError("it is empty and has a successor")
            return self._end(page, cursor, None)
        asked = since.replace(microsecond=since.microsecond // 1000 * 1000)
        latest = latest_of(map(self._changed, page.objects()), asked, page.date)
        if not _has_more(page):
            return self._end(page, cursor, latest)
        if latest == since:
            return Step(cursor | {"id": "0"}, False, page.records)
        return Step(cursor | {"since": latest.isoformat()}, False, page.records)

    def _by_id(self, page: Page, cursor: Cursor) -> Step:
        ids = [int(found) for r in page.objects() if (found := str(r.get("id"))).isdecimal()]
        if ids and min(ids) <= int(cursor["id"]):
            raise OddPageError(f"it has ids up to {cursor['id']}, behind which was asked")
        if _has_more(page):
            if not ids:
                raise OddPageError("it has a successor, and no id behind which that could be")
            return Step(cursor | {"id": str(max(ids))}, False, page.records)
        behind = datetime.fromisoformat(cursor["since"]) + MILLISECOND
        kept = {name: value for name, value in cursor.items() if name != "id"}
        return Step(kept | {"since": behind.isoformat()}, False, page.records)

    def _end(self, page: Page, cursor: Cursor, latest: datetime | None) -> Step:
        """Searches begin again a little before; the archived list is due on a new day."""
        if "until" in cursor:
            return Step(cursor, True, page.records)
        since = latest or datetime.fromisoformat(cursor["since"])
        after = cursor | {"since": resume(since, page, self.object.overlapping)}
        known = cursor.get("archived_at")
        if known and _day(known) < page.date.date():
            archived = {"phase": "archived", "since": after["since"], "known": known}
            return Step(archived, False, page.records)
        return Step(after, True, page.records)

    def _changed(self, record: dict[str, Any]) -> datetime | None:
        return instant(inside(record, "properties", self.object.changed))


def successor(page: Page, cursor: Cursor) -> str | None:
    """The `paging.next.after` of a list's page. Raises OddPageError where it leads nowhere."""
    after: str | None = inside(page.rest, "paging", "next", "after")
    if after is not None and after == cursor.get("after"):
        raise OddPageError(f"the cursor stands still at {after}")
    if after is None and len(page.records) >= LIMIT and not page.is_second_look:
        raise OddPageError("it is full and has no successor")
    return after


def _has_more(page: Page) -> bool:
    """Whether a search goes on behind this page, as it says, or as it is full."""
    return len(page.records) >= LIMIT or inside(page.rest, "paging", "next") is not None


def inside(found: Any, *path: str) -> Any:
    """A value by the names that lead to it, None where one of them leads to no object."""
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _filter(name: str, operator: str, value: str) -> dict[str, str]:
    return {"propertyName": name, "operator": operator, "value": value}


def _written(moment: str) -> str:
    """Milliseconds since 1970, as the vendor's filters want a time."""
    return str((datetime.fromisoformat(moment) - datetime(1970, 1, 1, tzinfo=UTC)) // MILLISECOND)


def _day(moment: str) -> date:
    return datetime.fromisoformat(moment).date()


PAGERS = {"hubspot_list": HubspotList, "hubspot_objects": HubspotObjects}
