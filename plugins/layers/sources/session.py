"""One reading's conversation with a vendor: its pages, each asked for again where that may help.

Where a vendor refuses we wait as long as it says (`Retry-After`), else longer each time, up to
`ATTEMPTS` times. Nothing that is said here of a request has a secret of the connection in it.
"""

import time
from datetime import UTC, datetime
from typing import Any

import tenacity

from layers.errors import SourceError
from layers.sources import Cursor
from layers.sources.again import AgainError, date, reason, seconds, wait
from layers.sources.masking import masked
from layers.sources.pagers import Ask, HttpObject, Pager, Step
from layers.sources.pages import OddPageError, Page, can_be_kept, split
from layers.warehouse import airflow_connection

ATTEMPTS = 6
SECONDS = 60
SERVER_ERROR = 500  # and all above it, also those that a proxy has made up
WORTH_ANOTHER_TRY = frozenset({408, 423, 425, 429})


class Session:
    """One connection of Airflow's `HttpHook`, kept open over all pages of a reading."""

    def __init__(self, connection: str, requests_per_second: float | None) -> None:
        from airflow.providers.http.hooks.http import HttpHook

        self.found = airflow_connection(connection)  # says who has to make it where it is missing
        self.connection = connection
        self.hook = HttpHook(method="GET", http_conn_id=connection)
        self.bearer = None if self.found.login else (self.found.password or "").strip()
        self.pause = 1 / requests_per_second if requests_per_second else 0.0
        self.next_at = 0.0
        self.records: list[bytes] = []  # of the page before

    def __enter__(self) -> "Session":
        self.session = self.hook.get_conn()
        if self.bearer:
            self.session.headers["Authorization"] = f"Bearer {self.bearer}"
        return self

    def __exit__(self, *exception: object) -> None:
        self.session.close()

    def step(self, pager: Pager, cursor: Cursor) -> tuple[Step, Page]:
        """The page after a cursor, and where it leads; tried again where that may help."""
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            wait=wait,
            retry=tenacity.retry_if_exception_type(AgainError),
            reraise=True,
        )
        odd: list[str] = []  # what was wrong with the pages so far
        return retrying(self._step, pager, cursor, odd)

    def _step(self, pager: Pager, cursor: Cursor, odd: list[str]) -> tuple[Step, Page]:
        page = self._page(pager.object, pager.request(cursor), is_second_look=bool(odd))
        try:
            if page.records and page.records == self.records and not page.is_second_look:
                raise OddPageError("it is the page before once again")
            step = pager.after(page, cursor)
            if not all(can_be_kept(text) for text in step.cursor.values() if isinstance(text, str)):
                raise OddPageError("its cursor has characters that Postgres cannot keep")
        except OddPageError as error:
            odd.append(str(error))
            raise AgainError(self._told(f"{page.url}: is an odd page: {error}")) from None
        self.records = page.records
        return step, page

    def _page(self, wanted: HttpObject, ask: Ask, *, is_second_look: bool) -> Page:
        answer, shown = self._answer(wanted, ask)
        self._judge(answer, shown)
        try:
            records, rest = split(answer.content.decode("utf-8", "surrogateescape"), wanted.records)
        except ValueError as error:
            name = f"'{wanted.records}'" if wanted.records else "records"
            raise AgainError(f"{shown}: the answer is no page of {name}: {error}") from None
        now = date(answer.headers.get("Date")) or datetime.now(UTC)
        return Page(shown, records, rest, now, is_second_look)

    def _answer(self, wanted: HttpObject, ask: Ask) -> tuple[Any, str]:
        import requests

        shown = f"connection '{self.connection}'"
        try:
            request = self._request(wanted, ask)
            shown = self._told(str(request.url))
            self._keep_to_the_rate()
            answer = self.session.send(
                request, timeout=SECONDS, allow_redirects=False, **self._environment(request.url)
            )
            return answer, shown
        except ValueError as error:  # also of requests: a header or an address that is none
            said = f"{shown}: makes no request: {self._told(reason(error))}"
            raise SourceError(f"{said}; mend connection '{self.connection}'") from None
        except requests.exceptions.RequestException as error:
            raise AgainError(f"{shown}: no answer: {self._told(reason(error))}") from None

    def _request(self, wanted: HttpObject, ask: Ask) -> Any:
        import requests

        url = self.hook.url_from_endpoint(wanted.path + ask.suffix)
        asked = (
            requests.Request("GET", url, params={**wanted.params, **ask.params})
            if ask.body is None
            else requests.Request("POST", url, json=ask.body)
        )
        return self.session.prepare_request(asked)

    def _told(self, said: str) -> str:
        return masked(said, self.found)

    def _environment(self, url: str) -> Any:
        """Proxies and certificates of the connection, else of the machine, as Airflow's hook."""
        ours = self.session
        return ours.merge_environment_settings(url, {}, ours.stream, ours.verify, ours.cert)

    def _keep_to_the_rate(self) -> None:
        now = time.monotonic()
        time.sleep(max(0.0, self.next_at - now))
        self.next_at = max(now, self.next_at) + self.pause

    def _judge(self, answer: Any, shown: str) -> None:
        if answer.status_code == 200:
            return
        said = f"{shown}: answered {answer.status_code} {self._told(str(answer.reason))}"
        if answer.status_code >= SERVER_ERROR or answer.status_code in WORTH_ANOTHER_TRY:
            raise AgainError(said, seconds(answer.headers.get("Retry-After")))
        if answer.status_code in (401, 403):
            raise SourceError(
                f"{said}: the login or token of connection '{self.connection}' was refused; "
                "put a valid one there and run the task again"
            )
        raise SourceError(said)
