"""Recorded exports of Zendesk, page by page; what was never recorded is no page."""

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TICKETS = "/api/v2/incremental/tickets/cursor.json"
USERS = "/api/v2/incremental/users/cursor.json"
Query = frozenset[tuple[str, str]]
EVERYTHING: Query = frozenset({("start_time", "0")})


@dataclass(frozen=True)
class Export:
    """One recorded export: the page behind each request, and the users that belong to it."""

    name: str
    pages: dict[Query, dict[str, Any]]
    users: list[dict[str, Any]]

    def answer(self, url: str) -> dict[str, Any] | None:
        """The recorded page for a request; what only shapes a page is ignored."""
        parts = urlsplit(url)
        if parts.path == USERS:
            return {"users": self.users, "after_cursor": "recorded", "end_of_stream": True}
        return self.pages.get(_asked(url)) if parts.path == TICKETS else None


def _asked(url: str) -> Query:
    shaping = {"include", "per_page"}
    return frozenset(pair for pair in parse_qsl(urlsplit(url).query) if pair[0] not in shaping)


def exports(pack: Path) -> list[Export]:
    """The three recorded exports of the pack `zendesk-recorded`, each as a server would know it."""
    exchanges = _exchanges(pack)
    users = [
        user
        for one in exchanges
        if urlsplit(one["url"]).path == "/api/v2/users.json"
        for user in one["body"]["users"]
    ]
    whole, first_of_many, one_by_one = (
        _pages(exchanges, "test_get_values", small=False),
        _pages(exchanges, "test_pagination", small=False),
        _pages(exchanges, "test_pagination", small=True),
    )
    return [
        Export("to its end", whole, users),
        Export("page by page", one_by_one, users),
        Export("first page", first_of_many, users),
    ]


def _exchanges(pack: Path) -> list[dict[str, Any]]:
    with gzip.open(pack / "interactions.jsonl.gz", "rt") as lines:
        found = [json.loads(line) for line in lines]
    return [one for one in found if one["method"] == "GET" and one["status"] == 200]


def _pages(
    exchanges: list[dict[str, Any]], test: str, *, small: bool
) -> dict[Query, dict[str, Any]]:
    return {
        _asked(one["url"]): one["body"]
        for one in exchanges
        if one["cassette"].startswith("TicketsIncrementalTest") and test in one["cassette"]
        if urlsplit(one["url"]).path == TICKETS and ("per_page" in one["url"]) == small
    }
