"""Zendesk's incremental export: a cursor that stands for a moment in its own order of change."""

from datetime import datetime, timedelta

from layers.sources import Cursor
from layers.sources.changes import instant
from layers.sources.pagers import Ask, Pager, Step
from layers.sources.pages import OddPageError, Page


class ZendeskExport(Pager):
    """Cursor-based incremental export (Support API v2).

    The last page has a cursor too, from which the next run goes on. `after_url` may name another
    host, so it is not followed; the cursor beside it says the same.
    """

    lag = timedelta(minutes=1)  # nothing of the last minute is exported

    def request(self, cursor: Cursor) -> Ask:
        """`cursor` where there is one, else everything since a moment, 1970 unless it says."""
        if "cursor" in cursor:
            return Ask({"cursor": cursor["cursor"]})
        return Ask({"start_time": str(cursor.get("start_time", 0))})

    def after(self, page: Page, cursor: Cursor) -> Step:
        """The page's `after_cursor`; the page that says `end_of_stream` is the last one."""
        is_done = bool(page.rest.get("end_of_stream"))
        after = page.rest.get("after_cursor")
        if not is_done and not after:
            raise OddPageError("it is not the last page and has no after_cursor")
        if not is_done and after == cursor.get("cursor"):
            raise OddPageError(f"the cursor stands still at {after}")
        kept = {"until": cursor["until"]} if "until" in cursor else {}
        is_past = "until" in cursor and self._is_past(page, cursor["until"])
        behind = ({"cursor": after} if after else cursor) | kept
        return Step(behind, is_done or is_past, page.records)

    def window(self, start: datetime, end: datetime) -> Cursor:
        """The export from `start` on, up to a page that has nothing older than `end`."""
        return {"start_time": int(start.timestamp()), "until": end.timestamp()}

    def _is_past(self, page: Page, until: float) -> bool:
        said = (_moment(record.get(self.object.changed)) for record in page.objects())
        moments = [moment for moment in said if moment is not None]
        return bool(moments) and min(moments) >= until


def _moment(value: object) -> float | None:
    """Seconds since 1970 of what the export writes as that, or as ISO 8601."""
    text = str(value or 0)
    try:
        return float(text)
    except ValueError:
        found = instant(text)
        return found.timestamp() if found else None


PAGERS = {"zendesk_export": ZendeskExport}
