"""A stand-in for Zendesk Support: its exports of tickets and users, in the company's own time.

python -m demo.zendesk --directory DIR --port PORT --password TOKEN
"""

import base64
import json
from argparse import ArgumentParser
from collections.abc import Mapping
from hmac import compare_digest
from pathlib import Path
from typing import Any

from demo.standin import Answer, StandIn, json_answer
from demo.zendesk_export import EXPORTS, Export, Request, Row, seconds

Company = Mapping[str, Any]


class Zendesk(StandIn):
    """The support desk of a company: of a directory's `zendesk.json`, or of its content.

    The file is read again when it changes. `faults` names what happens to the nth request instead
    of an answer: 429, `429_bare`, 500, 502, `cut`, `not_json`, 401, `repeat`.
    """

    def __init__(
        self,
        company: Path | Company,
        *,
        password: str,
        host: str = "127.0.0.1",
        port: int = 0,
        faults: Mapping[int, str | int] | None = None,
    ) -> None:
        self._file = company / "zendesk.json" if isinstance(company, Path) else None
        self._company: Company = {} if isinstance(company, Path) else company
        self._password = password
        self._read_at = 0
        self._rows: dict[str, list[Row]] = {}
        self._refresh()
        super().__init__(host, port, faults)

    def now(self) -> int:
        """The `now` of the file."""
        return seconds(self._company["now"])

    def authorised(self, headers: Mapping[str, str]) -> bool:
        """Basic authentication: an e-mail address and `/token`, with the token as its password."""
        try:
            scheme, credentials = headers.get("authorization", "").split()
            login, _, token = base64.b64decode(credentials).decode().partition(":")
        except ValueError:
            return False
        is_token = compare_digest(token.encode(), self._password.encode())
        return scheme.lower() == "basic" and login.endswith("/token") and is_token

    def unauthorised(self) -> Answer:
        """Zendesk gives no reason."""
        return json_answer(401, {"error": "Couldn't authenticate you"})

    def answer(self, path: str, query: Mapping[str, str]) -> Answer:
        """A page of an export, or what is wrong with the request."""
        self._refresh()
        export = EXPORTS.get(path)
        if export is None:
            return json_answer(404, {"error": "InvalidEndpoint", "description": "Not found"})
        try:
            page = Request(path, query, self.now()).page(export, self._sorted(export))
        except ValueError as error:
            return json_answer(400, {"error": "InvalidValue", "description": str(error)})
        return json_answer(200, page)

    def _sorted(self, export: Export) -> list[Row]:
        """Those of a file are sorted once; what a test passed in may have changed."""
        if self._file is None or export.records not in self._rows:
            self._rows[export.records] = export.rows(self._company[export.records])
        return self._rows[export.records]

    def _refresh(self) -> None:
        if self._file is None:
            return
        if not self._file.exists():
            raise FileNotFoundError(
                f"{self._file}: is not there, wanted a company's support desk; "
                f"run python -m demo.company --directory {self._file.parent}"
            )
        if self._file.stat().st_mtime_ns == self._read_at:
            return
        self._read_at = self._file.stat().st_mtime_ns
        self._company = json.loads(self._file.read_text(encoding="utf-8"))
        self._rows = {}


def main() -> None:
    """Serve the desk of a directory until somebody interrupts."""
    parser = ArgumentParser("python -m demo.zendesk", description="Serve a company's support desk")
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--password", required=True, help="the API token")
    asked = parser.parse_args()
    desk = Zendesk(asked.directory, password=asked.password, host=asked.host, port=asked.port)
    print(desk.url, flush=True)
    desk.serve()


if __name__ == "__main__":
    main()
