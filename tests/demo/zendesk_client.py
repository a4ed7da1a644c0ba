"""A small support desk, and somebody who asks its stand-in."""

from collections.abc import Iterator
from typing import Any

import requests

from demo.zendesk import Zendesk

Json = dict[str, Any]

TICKETS = "/api/v2/incremental/tickets/cursor.json"
USERS = "/api/v2/incremental/users/cursor.json"
LOGIN = ("loader@example.com/token", "secret")
NOW = 1_793_491_200  # 2026-11-01T00:00:00Z


def a_desk() -> Json:
    """23 tickets, five of them changed within one second; the ids do not follow the time."""
    return {
        "now": "2026-11-01T00:00:00Z",
        "users": [
            {"id": 9_000_000_000_000 - number, "updated_at": f"2026-10-0{1 + number}T08:00:00Z"}
            for number in range(4)
        ],
        "tickets": [
            {
                "id": 1_000 - number,
                "status": "open",
                "generated_timestamp": NOW - 100_000 + (number // 5) * 60,
                "metric_set": {"reopens": 0},
            }
            for number in range(23)
        ],
    }


def get(desk: Zendesk, path: str, **query: str | int) -> requests.Response:
    return requests.get(desk.url + path, params=query, auth=LOGIN, timeout=5)


def pages_of(desk: Zendesk, path: str, records: str, **query: str | int) -> Iterator[Json]:
    """Every page up to the last; a cursor that stands still is no endless test."""
    asked: dict[str, str | int] = {"start_time": 0}
    for _ in range(100):
        page = get(desk, path, **asked, **query).json()
        assert len(page[records]) > 0
        yield page
        if page["end_of_stream"]:
            return
        asked = {"cursor": page["after_cursor"]}
    raise AssertionError(f"{path}: no end of the stream after 100 pages")
