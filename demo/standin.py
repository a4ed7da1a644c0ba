"""A vendor's HTTP service on this machine: the vendor's protocol, the company's time, and faults.

Connections stay open between requests, as the vendors' do. A fault takes the place of the answer to
the nth request, the first being 1.
"""

import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType, TracebackType
from typing import Any, Self, cast
from urllib.parse import parse_qsl, urlsplit

JSON = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Answer:
    """What goes back over the wire; where it is cut, the connection ends in mid-body."""

    status: int
    body: bytes
    kind: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    is_cut: bool = False


def json_answer(
    status: int, value: object, headers: Mapping[str, str] = MappingProxyType({})
) -> Answer:
    """An answer in JSON, in ASCII, so that it can carry what is no character too."""
    return Answer(status, json.dumps(value).encode("ascii"), headers=headers)


def _page(status: int) -> Answer:
    text = f"{status} {responses[status]}"
    return Answer(
        status, f"<html><head><title>{text}</title></head><body>{text}</body></html>".encode(), HTML
    )


LIMITED = "Number of allowed API requests per minute exceeded"
INSTEAD: Mapping[str, Answer] = {
    "429": json_answer(
        429, {"error": "APIRateLimitExceeded", "description": LIMITED}, {"Retry-After": "1"}
    ),
    "429_bare": Answer(429, LIMITED.encode(), TEXT),
    "500": _page(500),
    "502": _page(502),
    "not_json": _page(200),
}
FAULTS = (
    *INSTEAD,
    "401",
    "cut",
    "repeat",
)  # unauthorised, cut in mid-body, and the answer before once again


class StandIn(ABC):
    """One service; answers while it is a context, or for good in `serve`."""

    def __init__(
        self, host: str = "127.0.0.1", port: int = 0, faults: Mapping[int, str | int] | None = None
    ) -> None:
        self.requests: list[str] = []  # path and query of each, in order of arrival
        self._faults = {number: str(fault) for number, fault in (faults or {}).items()}
        for number, fault in self._faults.items():
            if fault not in FAULTS:
                raise ValueError(
                    f"request {number}: unknown fault {fault!r}; wanted one of {', '.join(FAULTS)}"
                )
        self._lock = threading.Lock()
        self._last: Answer | None = None
        self._server = _Server((host, port), _Handler)
        self._server.stand_in = self

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    @abstractmethod
    def now(self) -> float:
        """The company's present, in seconds since 1970."""

    @abstractmethod
    def authorised(self, headers: Mapping[str, str]) -> bool:
        """Whether a request may have an answer; names of headers are in lower case."""

    @abstractmethod
    def unauthorised(self) -> Answer:
        """The vendor's words to everybody else."""

    @abstractmethod
    def answer(self, path: str, query: Mapping[str, str]) -> Answer:
        """The vendor's answer to a request that is allowed."""

    def respond(self, target: str, headers: Mapping[str, str]) -> Answer:
        """The answer, or the fault in its place."""
        with self._lock:
            self.requests.append(target)
            fault = self._faults.get(len(self.requests), "")
            if fault in INSTEAD:
                return INSTEAD[fault]
            if fault == "401" or not self.authorised(headers):
                return self.unauthorised()
            if fault == "repeat" and self._last:
                return self._last
            parts = urlsplit(target)
            answer = self.answer(parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)))
            self._last = answer
            return Answer(answer.status, answer.body, is_cut=True) if fault == "cut" else answer

    def serve(self) -> None:
        """Answer until somebody interrupts."""
        self._server.serve_forever()

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    stand_in: StandIn
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer one request of a connection."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = cast("_Server", self.server).stand_in.respond(self.path, headers)
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body[: len(answer.body) // 2] if answer.is_cut else answer.body)
        self.close_connection = self.close_connection or answer.is_cut

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The time in the header `Date`, which is the company's."""
        return super().date_time_string(cast("_Server", self.server).stand_in.now())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, the library's
        """Say nothing: `requests` has them all."""
