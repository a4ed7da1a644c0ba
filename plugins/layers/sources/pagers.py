"""How vendors page: what to ask for next, and when the end is reached.

A pager is two pure functions over a cursor, so adding a vendor is adding a class here.
"""

from typing import Any, Protocol

from layers.errors import SourceError
from layers.sources.pages import Page


class Pager(Protocol):
    """One vendor's way of paging."""

    def request(self, cursor: dict[str, Any]) -> dict[str, str]:
        """The parameters that ask for the page after `cursor`."""

    def after(self, page: Page, cursor: dict[str, Any]) -> tuple[dict[str, Any], bool]:
        """The cursor behind `page`, and whether the stream ends there."""


class ZendeskExport:
    """Zendesk's incremental export by cursor.

    The last page has a cursor too, from which the next run goes on. `after_url` may name another
    host, so it is not followed; the cursor beside it says the same.
    """

    def request(self, cursor: dict[str, Any]) -> dict[str, str]:
        """`cursor` where there is one, else everything since 1970."""
        return {"cursor": cursor["cursor"]} if cursor else {"start_time": "0"}

    def after(self, page: Page, cursor: dict[str, Any]) -> tuple[dict[str, Any], bool]:
        """The page's `after_cursor`; the page that says `end_of_stream` is the last one."""
        done = bool(page.rest.get("end_of_stream"))
        after = page.rest.get("after_cursor")
        if not after and not done:
            raise SourceError(f"{page.url}: is not the last page and has no after_cursor")
        return ({"cursor": after} if after else cursor), done


PAGERS: dict[str, Pager] = {"zendesk_export": ZendeskExport()}
