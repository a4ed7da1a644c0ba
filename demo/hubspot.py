"""A stand-in for HubSpot: contacts, companies and campaigns, in the company's own time.

python -m demo.hubspot --directory DIR --port PORT --password TOKEN
"""

import re
import uuid
from hmac import compare_digest
from pathlib import Path
from typing import Any

from demo import hubspot_search
from demo.answer import Answer, Call, json_answer
from demo.content import Company
from demo.hubspot_objects import CAMPAIGNS, OBJECTS, Object, campaigns, first_after, listed, number
from demo.hubspot_search import Search
from demo.page import Page, Record, seconds
from demo.serve import serve
from demo.standin import StandIn

PATH = re.compile(r"/crm/v3/objects/(contacts|companies)(?:/(search|\d+))?")
MISSING = (
    "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can "
    "find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview"
)


class HubSpot(StandIn):
    """The customers of a company: of a directory's `hubspot.json`, or of its content.

    `password` is the access token. What changed within `index_lag` seconds before the company's
    present is not found by a search yet; lists have it at once.
    """

    FILE = "hubspot.json"
    SAYS_WHEN = False

    def __init__(
        self, company: Path | Company, *, password: str, index_lag: float = 0, **settings: Any
    ) -> None:
        super().__init__(company, password=password, **settings)
        self._index_lag = index_lag

    def authorised(self, call: Call) -> bool:
        """A bearer token."""
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and compare_digest(
            token.encode(), self._password.encode()
        )

    def unauthorised(self, is_expired: bool) -> Answer:
        """HubSpot tells a token that was good once from one that never was."""
        if not is_expired:
            return _error(401, MISSING, category="INVALID_AUTHENTICATION")
        message = "The OAuth token used to make this call expired 3 minute(s) ago."
        return _error(401, message, category="EXPIRED_AUTHENTICATION")

    def limited(self, wait: int | None) -> Answer:
        """HubSpot hardly ever says how long to wait."""
        answer = _error(429, "You have reached your secondly limit.", category="RATE_LIMITS")
        headers = {} if wait is None else {"Retry-After": str(wait)}
        return Answer(429, answer.body, headers=headers)

    def answer(self, call: Call) -> Page | Answer:
        """A page of a list or a search, one object, or what is wrong with the request."""
        try:
            if call.path == CAMPAIGNS and call.method == "GET":
                return campaigns(self._content.records("campaigns"), call, self.url)
            if match := PATH.fullmatch(call.path):
                return self._objects(OBJECTS[match[1]], match[2] or "", call)
        except ValueError as error:
            return _error(400, str(error), category="VALIDATION_ERROR")
        return _error(404, f"Unable to find {call.path}")

    def without_successor(self, page: Page) -> Page:
        """There is a next page, and nothing says where."""
        return page.saying(paging={"next": {}})

    def standing_still(self, page: Page, call: Call) -> Page:
        """The `after` that was asked with."""
        after = call.query.get("after") or first_after(call.path)
        if call.method == "POST":
            after = str(hubspot_search.read(call.body).start)
        return page.saying(paging={"next": {"after": after, "link": f"{self.url}{call.target}"}})

    def shift(self, call: Call) -> None:
        """What a search found first is changed, so that all behind it come one place earlier.

        A list goes by id and does not shift: an object of it is changed all the same.
        """
        match = PATH.fullmatch(call.path)
        if match is None:
            return
        object_ = OBJECTS[match[1]]
        found = self._listed(object_, False)
        if match[2] == "search":
            found = self._found(object_, hubspot_search.read(call.body))
        first = found[0]["id"] if found else None
        for record in self._content.records(object_.name):
            if record["id"] == first:
                object_.kind.touch(record, self.now())

    def _objects(self, object_: Object, what: str, call: Call) -> Page | Answer:
        if what == "search" and call.method == "POST":
            return self._search(object_, call)
        if call.method != "GET":
            return _error(405, "Method not allowed")
        rows, known = self._listed(object_, call.has("archived")), self._known(object_)
        if not what:
            return listed(object_, rows, known, call, self.url)
        for row in rows:
            if row["id"] == what:
                return json_answer(200, object_.shown(row, call.listed("properties"), known))
        return _error(404, "resource not found", category="OBJECT_NOT_FOUND")

    def _search(self, object_: Object, call: Call) -> Page:
        search, known = hubspot_search.read(call.body), self._known(object_)
        search.check(known)
        rows = self._found(object_, search)
        stop = search.start + search.limit
        shown = [object_.shown(row, search.properties, known) for row in rows[search.start : stop]]
        after = {"paging": {"next": {"after": str(stop)}}} if len(rows) > stop else {}
        body = {"total": len(rows), "results": (), **after}
        return Page(object_.kind, shown, "results", body)

    def _whole(self, object_: Object) -> list[Record]:
        records = self._content.records(object_.name)
        return self._content.made(object_.name, lambda: [object_.whole(row) for row in records])

    def _known(self, object_: Object) -> frozenset[str]:
        key = (object_.name, "known")
        return self._content.made(key, lambda: object_.known(self._whole(object_)))

    def _listed(self, object_: Object, is_archived: bool) -> list[Record]:
        def make() -> list[Record]:
            rows = self._whole(object_)
            return sorted(
                (row for row in rows if bool(row.get("archived")) is is_archived), key=number
            )

        return self._content.made((object_.name, is_archived), make)

    def _found(self, object_: Object, search: Search) -> list[Record]:
        live = self._listed(object_, False)
        key = (object_.name, search.order)
        rows = self._content.made(key, lambda: search.sorted(live))
        if self._index_lag:
            newest = self.now() - self._index_lag
            rows = [row for row in rows if seconds(row["updatedAt"]) <= newest]
        return search.found(rows)


def _error(status: int, message: str, **more: str) -> Answer:
    body = {"status": "error", "message": message, "correlationId": str(uuid.uuid4()), **more}
    return json_answer(status, body)


if __name__ == "__main__":
    serve(HubSpot, "a company's customers", "the access token")
