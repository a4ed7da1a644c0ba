"""Tools with an HTTP interface, read page by page through Airflow's own connection and hook.

How a vendor pages and how often it may be asked is a small class in `pagers`. Where it refuses all
the same we wait as long as it says (`Retry-After`), else longer each time, up to `ATTEMPTS` times.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

import tenacity

from layers.errors import SourceError
from layers.sources import Batch, Cursor, Declaration, Unseen
from layers.sources.again import AgainError, date, reason, seconds, wait
from layers.sources.http_source import Source
from layers.sources.listed import Listed
from layers.sources.pagers import Ask, HttpObject, Pager, Step, pagers
from layers.sources.pages import OddPageError, Page, split
from layers.warehouse import airflow_connection

ATTEMPTS = 6
SECONDS = 60
WORTH_ANOTHER_TRY = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class HttpReader:
    """Reads one object's pages from where its cursor stands to the end of the stream."""

    connection: str
    pager: Pager
    requests_per_second: float | None = None
    independent: ClassVar[bool] = False

    def read(self, cursor: dict[str, Any], unseen: Unseen) -> Iterator[Batch]:
        """One batch per page; the last one knows up to when the source is complete."""
        if self.pager.lists_all and self.pager.object.compare_keys:
            yield from self._read_list(cursor)
            return
        known: datetime | None = None
        for step, page in self._steps(cursor):
            known = min(known, page.date) if known else page.date
            yield Batch(step.records, step.cursor, loaded_until=known if step.is_done else None)

    def _read_list(self, cursor: dict[str, Any]) -> Iterator[Batch]:
        """A list, and behind it all ids that there are; only then the reading is done."""
        listed, known = Listed.behind(self.pager.object.id, cursor), None
        for step, page in self._steps(cursor):
            listed.see(page)
            known = min(known, page.date) if known else page.date
            keys = list(listed.keys()) if step.is_done else []
            is_last = step.is_done and not keys
            after = listed.cursor() if is_last else step.cursor
            yield Batch(step.records, after, loaded_until=known if is_last else None)
            if keys:
                yield Batch(keys, listed.cursor(), loaded_until=known, kind="keys")

    def window(self, start: datetime, end: datetime, cursor: Cursor) -> Iterator[Batch]:
        """The pages of a window, in batches without a cursor."""
        for step, _ in self._steps(self.pager.window(start, end)):
            yield Batch(step.records, None)

    def _steps(self, cursor: dict[str, Any]) -> Iterator[tuple[Step, Page]]:
        with _Session(self.connection, self.requests_per_second) as session:
            while True:
                step, page = session.step(self.pager, cursor)
                yield step, page
                if step.is_done:
                    return
                cursor = step.cursor


def reader(declaration: Declaration, object_name: str) -> HttpReader:
    """The reader of one object of an HTTP source."""
    assert isinstance(declaration, Source)
    wanted = declaration.objects[object_name]
    pager = pagers()[wanted.pager or declaration.pager](wanted)
    rate = declaration.requests_per_second or pager.requests_per_second
    # each is a task of its own, and they know nothing of each other
    share = rate / len(declaration.objects) if rate else None
    return HttpReader(declaration.connection, pager, share)


class _Session:
    """One connection of Airflow's `HttpHook`, kept open over all pages of a reading."""

    def __init__(self, connection: str, requests_per_second: float | None) -> None:
        from airflow.providers.http.hooks.http import HttpHook

        found = airflow_connection(connection)  # says who has to make it where it is missing
        self.connection = connection
        self.hook = HttpHook(method="GET", http_conn_id=connection)
        self.bearer = None if found.login else found.password
        self.pause = 1 / requests_per_second if requests_per_second else 0.0
        self.next_at = 0.0
        self.records: list[bytes] = []  # of the page before

    def __enter__(self) -> "_Session":
        self.session = self.hook.get_conn()
        if self.bearer:
            self.session.headers["Authorization"] = f"Bearer {self.bearer}"
        return self

    def __exit__(self, *exception: object) -> None:
        self.session.close()

    def step(self, pager: Pager, cursor: dict[str, Any]) -> tuple[Step, Page]:
        """The page after a cursor, and where it leads; tried again where that may help."""
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            wait=wait,
            retry=tenacity.retry_if_exception_type(AgainError),
            reraise=True,
        )
        odd: list[str] = []  # what was wrong with the pages so far
        return retrying(self._step, pager, cursor, odd)

    def _step(self, pager: Pager, cursor: dict[str, Any], odd: list[str]) -> tuple[Step, Page]:
        page = self._page(pager.object, pager.request(cursor), is_second_look=bool(odd))
        try:
            if page.records and page.records == self.records and not page.is_second_look:
                raise OddPageError("it is the page before once again")
            step = pager.after(page, cursor)
        except OddPageError as error:
            odd.append(str(error))
            raise AgainError(f"{page.url}: is an odd page: {error}") from None
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

        url = self.hook.url_from_endpoint(wanted.path + ask.suffix)
        asked = (
            requests.Request("GET", url, params={**wanted.params, **ask.params})
            if ask.body is None
            else requests.Request("POST", url, json=ask.body)
        )
        request = self.session.prepare_request(asked)
        shown = str(request.url)
        self._keep_to_the_rate()
        try:
            answer = self.session.send(
                request, timeout=SECONDS, allow_redirects=False, **self._environment(shown)
            )
            return answer, shown
        except requests.exceptions.RequestException as error:
            raise AgainError(f"{shown}: no answer: {reason(error)}") from None

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
        said = f"{shown}: answered {answer.status_code} {answer.reason}"
        if answer.status_code in WORTH_ANOTHER_TRY:
            raise AgainError(said, seconds(answer.headers.get("Retry-After")))
        if answer.status_code in (401, 403):
            raise SourceError(
                f"{said}: the login or token of connection '{self.connection}' was refused; "
                "put a valid one there and run the task again"
            )
        raise SourceError(said)
