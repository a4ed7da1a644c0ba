"""Tools with an HTTP interface, read page by page through Airflow's own connection and hook.

How a vendor pages and how often it may be asked is a small class in `pagers`. Where it refuses all
the same we wait as long as it says (`Retry-After`), else longer each time, up to `ATTEMPTS` times.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar

import tenacity
from pydantic import field_validator

from layers.errors import SourceError, TemporaryError
from layers.sources import Batch, Declaration, Unseen
from layers.sources.pagers import Ask, HttpObject, Pager, Step, pagers
from layers.sources.pages import OddPageError, Page, split
from layers.warehouse import airflow_connection

ATTEMPTS = 6
SECONDS = 60
LONGEST = 900.0  # seconds that we wait because a vendor says so; for longer the task comes again
WORTH_ANOTHER_TRY = frozenset({408, 425, 429, 500, 502, 503, 504})


class Source(Declaration):
    """A tool reached over HTTP, by one of the pagers in `layers.sources.pagers`.

    `requests_per_second` is what we keep to, if not what the vendor's pager says.
    """

    pager: str
    requests_per_second: float | None = None
    objects: dict[str, HttpObject]

    @field_validator("pager")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in pagers():
            raise ValueError(f"there is no such pager; wanted one of {', '.join(sorted(pagers()))}")
        return value

    @field_validator("objects")
    @classmethod
    def _known_too(cls, value: dict[str, HttpObject]) -> dict[str, HttpObject]:
        for found in value.values():
            if found.pager is not None:
                cls._known(found.pager)
        return value

    @field_validator("requests_per_second")
    @classmethod
    def _is_some(cls, value: float | None) -> float | None:
        if value is not None and value <= 0:
            raise ValueError("wanted more than 0")
        return value


class AgainError(TemporaryError):
    """An answer that is worth another try; `after` is how long the vendor asked us to wait, s."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


@dataclass(frozen=True)
class HttpReader:
    """Reads one object's pages from where its cursor stands to the end of the stream."""

    connection: str
    pager: Pager
    requests_per_second: float | None = None
    independent: ClassVar[bool] = False

    def read(self, cursor: dict[str, Any], unseen: Unseen) -> Iterator[Batch]:
        """One batch per page; the last one knows up to when the source is complete."""
        known: datetime | None = None
        for step, date in self._steps(cursor):
            known = min(known, date) if known else date
            yield Batch(step.records, step.cursor, loaded_until=known if step.is_done else None)

    def window(self, start: datetime, end: datetime) -> Iterator[Batch]:
        """The pages of a window, in batches without a cursor."""
        for step, _ in self._steps(self.pager.window(start, end)):
            yield Batch(step.records, None)

    def _steps(self, cursor: dict[str, Any]) -> Iterator[tuple[Step, datetime]]:
        rate = self.requests_per_second or self.pager.requests_per_second
        with _Session(self.connection, rate) as session:
            while True:
                step, date = session.step(self.pager, cursor)
                yield step, date
                if step.is_done:
                    return
                cursor = step.cursor


def reader(declaration: Declaration, object_name: str) -> HttpReader:
    """The reader of one object of an HTTP source."""
    assert isinstance(declaration, Source)
    pager = pagers()[declaration.objects[object_name].pager or declaration.pager]
    return HttpReader(
        declaration.connection,
        pager(declaration.objects[object_name]),
        declaration.requests_per_second,
    )


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

    def step(self, pager: Pager, cursor: dict[str, Any]) -> tuple[Step, datetime]:
        """The page after a cursor, and the server's time; tried again where that may help."""
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            wait=_wait,
            retry=tenacity.retry_if_exception_type(AgainError),
            reraise=True,
        )
        odd: list[str] = []  # what was wrong with the pages so far
        return retrying(self._step, pager, cursor, odd)

    def _step(self, pager: Pager, cursor: dict[str, Any], odd: list[str]) -> tuple[Step, datetime]:
        page = self._page(pager.object, pager.request(cursor), is_second_look=bool(odd))
        try:
            if page.records and page.records == self.records and not page.is_second_look:
                raise OddPageError("it is the page before once again")
            step = pager.after(page, cursor)
        except OddPageError as error:
            odd.append(str(error))
            raise AgainError(f"{page.url}: is an odd page: {error}") from None
        self.records = page.records
        return step, page.date

    def _page(self, wanted: HttpObject, ask: Ask, *, is_second_look: bool) -> Page:
        answer, shown = self._answer(wanted, ask)
        self._judge(answer, shown)
        try:
            records, rest = split(answer.content.decode("utf-8", "surrogateescape"), wanted.records)
        except ValueError as error:
            name = f"'{wanted.records}'" if wanted.records else "records"
            raise AgainError(f"{shown}: the answer is no page of {name}: {error}") from None
        date = _date(answer.headers.get("Date"))
        return Page(shown, records, rest, date, is_second_look)

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
            return self.session.send(request, timeout=SECONDS, allow_redirects=False), shown
        except requests.exceptions.RequestException as error:
            raise AgainError(f"{shown}: no answer: {_reason(error)}") from None

    def _keep_to_the_rate(self) -> None:
        now = time.monotonic()
        time.sleep(max(0.0, self.next_at - now))
        self.next_at = max(now, self.next_at) + self.pause

    def _judge(self, answer: Any, shown: str) -> None:
        if answer.status_code == 200:
            return
        said = f"{shown}: answered {answer.status_code} {answer.reason}"
        if answer.status_code in WORTH_ANOTHER_TRY:
            raise AgainError(said, _seconds(answer.headers.get("Retry-After")))
        if answer.status_code in (401, 403):
            raise SourceError(
                f"{said}: the login or token of connection '{self.connection}' was refused; "
                "put a valid one there and run the task again"
            )
        raise SourceError(said)


def _reason(error: BaseException) -> str:
    """What went wrong at the bottom of it: `Connection refused`, and not who was told of it."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _wait(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, AgainError) and error.after is not None:
        if error.after > LONGEST:
            raise TemporaryError(f"{error}, and wants us to wait {error.after:.0f} s")
        return error.after
    return float(tenacity.wait_exponential_jitter(multiplier=0.5, max=60)(state))


def _seconds(text: str | None) -> float | None:
    """What `Retry-After` says, in seconds; it may be a date as well."""
    if not text:
        return None
    if text.isdigit():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except ValueError:
        return None


def _date(text: str | None) -> datetime:
    try:
        return parsedate_to_datetime(text) if text else datetime.now(UTC)
    except ValueError:
        return datetime.now(UTC)
