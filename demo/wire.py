"""The HTTP of a stand-in: connections that stay open, and the company's time as `Date`."""

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from demo.answer import Answer, Call


class Server(ThreadingHTTPServer):
    """Hands each request to `respond`; `now` is in seconds since 1970."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self,
        address: tuple[str, int],
        respond: Callable[[Call], Answer],
        now: Callable[[], float],
    ) -> None:
        self.respond, self.now = respond, now
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    ahead = 0  # seconds by which the clock is wrong

    def do_GET(self) -> None:
        """Answer one request of a connection."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        self._send(self._server.respond(Call(self.command, self.path, headers, body)))

    do_POST = do_GET  # noqa: N815, the library's

    @property
    def _server(self) -> Server:
        return cast("Server", self.server)

    def _send(self, answer: Answer) -> None:
        self.ahead = answer.ahead
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
        return super().date_time_string(self._server.now() + self.ahead)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, the library's
        """Say nothing: a stand-in's `requests` has them all."""
