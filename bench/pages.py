"""Pages over HTTP from a stand-in that takes its time, against what its limit allows.

300 requests of 100 ms each: once with five requests a second, once with as many as go one after the
other.
"""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import requests

from bench.figures import Figure
from bench.sources import ROOT
from demo.connections import Connections
from demo.server import Server
from demo.zendesk import Zendesk
from layers import load, reading, warehouse
from layers.migrate import migrate
from layers.project import Project

REQUESTS, PER_PAGE = 300, 10
DELAY, PER_SECOND = 0.1, 5
LIMITS = {"limited": 0.9, "free": 0.85}


def figures() -> Iterator[Figure]:
    """How much of what the limit allows, and of one request after the other."""
    content = _desk(REQUESTS * PER_PAGE)
    with tempfile.TemporaryDirectory(prefix="layers-bench-") as folder, ExitStack() as opened:
        server = opened.enter_context(Server(Path(folder) / "postgres"))
        connections = Connections(server, Path(folder))
        connections.make_databases()
        for name, rate in (("limited", PER_SECOND), ("free", None)):
            port, password = connections.zendesk_port, connections.zendesk
            with Zendesk(content, password=password, port=port, delay=DELAY, limit=rate) as desk:
                os.environ.update(connections.environment())
                seconds = _loaded(rate)
                asked = len(desk.requests)
            best = asked / rate if rate else _one_after_the_other(desk_of=content)
            print(f"{name}: {asked} requests in {seconds:.1f} s, at best {best:.1f} s")
            at_best = "limit of 5 requests/s" if rate else "one request after the other"
            yield Figure(f"{at_best} / ours", best / seconds, LIMITS[name], is_least=True)


def _loaded(rate: float | None) -> float:
    project = _paced(reading.load(ROOT), rate)
    with warehouse.connect("owner") as owner:
        migrate(owner, project)
    with warehouse.connect("loader") as loader:
        loader.execute("delete from layers.cursors")
        began = time.monotonic()
        load.load(loader, project, "zendesk", "users", "bench")
        return time.monotonic() - began


def _paced(project: Project, rate: float | None) -> Project:
    """The project with small pages, and the source's own limit."""
    declared = project.sources["zendesk"]
    users = declared.objects["users"].model_copy(update={"params": {"per_page": str(PER_PAGE)}})
    slow = declared.model_copy(update={"requests_per_second": rate, "objects": {"users": users}})
    return Project(
        project.settings,
        {**project.sources, "zendesk": slow},
        project.use_cases,
        project.relations,
    )


def _one_after_the_other(desk_of: dict[str, Any]) -> float:
    """The same pages by nothing but requests."""
    with Zendesk(desk_of, password="bench", delay=DELAY) as desk, requests.Session() as session:
        session.auth = ("agent@example.com/token", "bench")
        url, params = f"{desk.url}/api/v2/incremental/users/cursor.json", {"start_time": "0"}
        began = time.monotonic()
        while True:
            page = session.get(url, params={**params, "per_page": str(PER_PAGE)}, timeout=60).json()
            if page["end_of_stream"]:
                return time.monotonic() - began
            params = {"cursor": page["after_cursor"]}


def _desk(people: int) -> dict[str, Any]:
    moments = [
        f"2026-01-{1 + n // 1440 % 28:02}T{n // 60 % 24:02}:{n % 60:02}:00Z" for n in range(people)
    ]
    users = [
        {
            "id": n,
            "name": f"Ada {n}",
            "role": "end-user",
            "active": True,
            "email": None,
            "created_at": at,
            "updated_at": at,
        }
        for n, at in enumerate(moments, start=1)
    ]
    return {"now": "2026-03-01T00:00:00Z", "users": users, "tickets": []}
