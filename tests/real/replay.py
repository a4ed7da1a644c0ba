"""A server that hands out recorded answers of Zendesk, and 404 for what was never recorded."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
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


@contextmanager
def serving(export: Export) -> Iterator[str]:
    """The URL of a server that knows one export."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            page = export.answer(self.path)
            body = json.dumps(page or {"error": "RecordNotFound"}).encode()
            self.send_response(200 if page else 404)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Says nothing; a test's output is for its failures."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
