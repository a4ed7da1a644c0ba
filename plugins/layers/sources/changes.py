"""Reading by the time of change, page after page, where a vendor can only sort by it.

Pages shift while they are read, so each asks from the last value seen and never for the nth page.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from layers.sources.pages import OddPageError, Page


def instant(text: object) -> datetime | None:
    """A time in ISO 8601 with a zone, or nothing where it is none."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def latest_of(found: Iterable[datetime | None], since: datetime | None, now: datetime) -> datetime:
    """The latest of a page's times, from which the next page is asked for.

    A record that says it was changed after the server's own `now` leads nowhere: between it and the
    others there are more. Raises OddPageError where the page begins too early.
    """
    known = [moment for moment in found if moment is not None]
    if not known:
        raise OddPageError("none of its records says when it was changed")
    if since is not None and min(known) < since:
        raise OddPageError(f"it has records of before {since.isoformat()}, which was asked for")
    return max([moment for moment in known if moment <= now] or known)


def resume(latest: datetime | None, page: Page, overlap: timedelta) -> str:
    """Where the next reading begins: not behind the server's own time, whatever a record says."""
    known = min(latest, page.date) if latest else page.date
    return (known - overlap).isoformat()
