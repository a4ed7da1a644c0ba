"""A stand-in for Freshdesk: tickets, agents and contacts, in the company's own time.

python -m demo.freshdesk --directory DIR --port PORT --password KEY
"""

from hmac import compare_digest
from urllib.parse import urlencode

from demo.answer import Answer, Call, json_answer
from demo.freshdesk_lists import AGENTS, CONTACTS, TICKETS, Listing, Wrong
from demo.page import Page, Record
from demo.serve import basic, serve
from demo.standin import StandIn

PAGES = 300  # of tickets; nothing is behind them
MOST = 100


class Freshdesk(StandIn):
    """The support desk of a company: of a directory's `freshdesk.json`, or of its content.

    `password` is the API key, which is the user of basic authentication, with any password.
    """

    FILE = "freshdesk.json"

    def authorised(self, call: Call) -> bool:
        """The key as the user."""
        return compare_digest(basic(call)[0].encode(), self._password.encode())

    def unauthorised(self, is_expired: bool) -> Answer:
        """Freshdesk gives no reason."""
        message = "You have to be logged in to perform this action."
        return json_answer(401, {"code": "invalid_credentials", "message": message})

    def limited(self, wait: int | None) -> Answer:
        """It says when the next minute begins."""
        headers = {"Retry-After": str(wait)} if wait else {}
        return json_answer(429, {"message": "You have exceeded the limit of requests"}, headers)

    def answer(self, call: Call) -> Page | Answer:
        """A page of a list, which is a bare array, or what is wrong with the request."""
        listing = LISTS.get(call.path)
        if listing is None:
            return Answer(404, b"")
        try:
            rows = self._rows(listing, call)
            number, size = self._page(listing, call)
        except Wrong as error:
            body = {"description": "Validation failed", "errors": [error.entry]}
            return json_answer(400, body)
        start = (number - 1) * size
        shown = [listing.shown(row, call, self._content) for row in rows[start : start + size]]
        headers = self._link(call, number + 1) if len(rows) > start + size else {}
        return Page(listing.kind, shown, headers=headers)

    def without_successor(self, page: Page) -> Page:
        """No link to the next page, although this one is full."""
        return Page(page.kind, page.records)

    def standing_still(self, page: Page, call: Call) -> Page:
        """The link to the next page leads to this one."""
        still = self._link(call, int(call.query.get("page", "1")))
        return Page(page.kind, page.records, headers=still)

    def shift(self, call: Call) -> None:
        """The record that comes first is changed; in a descending order, the one that comes last.

        So in an order of updates all others move one place, forward or back.
        """
        listing = LISTS.get(call.path)
        rows = self._rows(listing, call) if listing else []
        if listing and rows:
            listing.kind.touch(rows[-1 if listing.is_descending(call) else 0], self.now())

    def _rows(self, listing: Listing, call: Call) -> list[Record]:
        """What is listed, in order; it does not depend on the page."""
        query = sorted((name, call.query[name]) for name in call.query.keys() - {"page"})
        records = self._content.records(listing.records)
        return self._content.made(
            (listing.records, *query), lambda: listing.rows(records, call, self.now())
        )

    def _page(self, listing: Listing, call: Call) -> tuple[int, int]:
        number = Wrong.whole(call, "page", 1)
        if listing is TICKETS and number > PAGES:
            raise Wrong(
                "page",
                f"You cannot access tickets beyond the {PAGES}th page. "
                "Please provide a smaller page number.",
            )
        return number, Wrong.whole(call, "per_page", 30, MOST)

    def _link(self, call: Call, number: int) -> dict[str, str]:
        query = urlencode({**call.query, "page": number})
        return {"Link": f'<{self.url}{call.path}?{query}>; rel="next"'}


LISTS = {f"/api/v2/{listing.records}": listing for listing in (TICKETS, AGENTS, CONTACTS)}

if __name__ == "__main__":
    serve(Freshdesk, "a company's support desk", "the API key")
