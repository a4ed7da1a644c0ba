"""A stand-in for Zendesk Support: its exports of tickets and users, in the company's own time.

python -m demo.zendesk --directory DIR --port PORT --password TOKEN
"""

from hmac import compare_digest
from types import MappingProxyType

from demo import zendesk_list
from demo.answer import TEXT, Answer, Call, json_answer
from demo.page import Page, Record
from demo.serve import basic, serve
from demo.standin import StandIn
from demo.zendesk_export import BY_TIME, EXPORTS, LAST_MINUTE, Export, Request, Row
from demo.zendesk_list import LISTS, Listing

LIMITED = "Number of allowed API requests per minute exceeded"


class Zendesk(StandIn):
    """The support desk of a company: of a directory's `zendesk.json`, or of its content.

    `password` is the API token. Tickets and users are exported by cursor and by time; users and
    metrics of tickets are listed, too.
    """

    FILE = "zendesk.json"

    def authorised(self, call: Call) -> bool:
        """Basic authentication: an e-mail address and `/token`, with the token as its password."""
        login, token = basic(call)
        is_token = compare_digest(token.encode(), self._password.encode())
        return login.endswith("/token") and is_token

    def unauthorised(self, is_expired: bool) -> Answer:
        """Zendesk gives no reason."""
        return json_answer(401, {"error": "Couldn't authenticate you"})

    def limited(self, wait: int | None) -> Answer:
        """Sometimes in JSON, sometimes not."""
        if wait is None:
            return Answer(429, LIMITED.encode(), TEXT)
        body = {"error": "APIRateLimitExceeded", "description": LIMITED}
        return json_answer(429, body, MappingProxyType({"Retry-After": str(wait)}))

    def answer(self, call: Call) -> Page | Answer:
        """A page of an export or a list, or what is wrong with the request."""
        try:
            if call.path in EXPORTS:
                export = EXPORTS[call.path]
                return self._request(call).page(export, self._sorted(export))
            if call.path in BY_TIME:
                export = BY_TIME[call.path]
                return self._request(call).page_by_time(export, self._sorted(export))
            if call.path in LISTS:
                listing = LISTS[call.path]
                return zendesk_list.page(listing, self._listed(listing), call.path, call.query)
        except ValueError as error:
            return json_answer(400, {"error": "InvalidValue", "description": str(error)})
        return json_answer(404, {"error": "InvalidEndpoint", "description": "Not found"})

    def without_successor(self, page: Page) -> Page:
        """Neither a cursor nor a link, and yet it is not the end of the stream."""
        if "meta" in page.body:
            meta = {"has_more": True, "after_cursor": None, "before_cursor": None}
            return page.saying(meta=meta, links={"prev": None, "next": None})
        nowhere = [name for name in ("after_cursor", "after_url", "next_page") if name in page.body]
        return page.saying(end_of_stream=False, **dict.fromkeys(nowhere))

    def standing_still(self, page: Page, call: Call) -> Page:
        """The cursor and the link that were asked with."""
        still = f"{call.path}?{call.target.partition('?')[2]}"
        if "meta" in page.body:
            after = zendesk_list.stand_still(call.query)
            meta = {"has_more": True, "after_cursor": after, "before_cursor": None}
            return page.saying(meta=meta, links={"prev": None, "next": still})
        if "next_page" in page.body:
            end = int(call.query["start_time"])
            return page.saying(next_page=still, end_time=end, end_of_stream=False)
        after = self._request(call).stand_still()
        return page.saying(after_cursor=after, after_url=still, end_of_stream=False)

    def shift(self, call: Call) -> None:
        """The record that was changed first is changed again, and so comes last."""
        export = EXPORTS.get(call.path) or BY_TIME.get(call.path)
        if export and (rows := self._sorted(export)):
            export.kind.touch(rows[0][1], self.now() - LAST_MINUTE - 1)

    def _request(self, call: Call) -> Request:
        return Request(call.path, call.query, int(self.now()))

    def _listed(self, listing: Listing) -> list[Record]:
        records = self._content.records(listing.of)
        return self._content.made(listing, lambda: listing.sorted(records))

    def _sorted(self, export: Export) -> list[Row]:
        records = self._content.records(export.records)
        return self._content.made(export.records, lambda: export.rows(records))


if __name__ == "__main__":
    serve(Zendesk, "a company's support desk", "the API token")
