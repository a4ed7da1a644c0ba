"""Tools with an HTTP interface, read page by page through Airflow's own connection and hook.

How a vendor pages is a small class in `pagers`; how it limits is one policy here: wait as long as
it says (`Retry-After`), else longer each time, and give up after `ATTEMPTS`.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import tenacity
from pydantic import field_validator

from layers.contract import Frozen
from layers.errors import SourceError, TemporaryError
from layers.sources import Batch, Declaration
from layers.sources.pagers import PAGERS, Pager
from layers.sources.pages import Page, split
from layers.warehouse import airflow_connection

ATTEMPTS = 6
SECONDS = 60
WORTH_ANOTHER_TRY = frozenset({408, 425, 429, 500, 502, 503, 504})


class HttpObject(Frozen):
    """Where an object's pages are, and under which name a page lists its records."""

    path: str
    records: str
    params: dict[str, str] = {}


class Source(Declaration):
    """A tool reached over HTTP, by one of the pagers in `layers.sources.pagers`."""

    pager: str
    objects: dict[str, HttpObject]

    @field_validator("pager")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in PAGERS:
            raise ValueError(f"there is no such pager; wanted one of {', '.join(sorted(PAGERS))}")
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
    object: HttpObject
    pager: Pager

    def read(self, cursor: dict[str, Any], loaded_files: Collection[str]) -> Iterator[Batch]:
        """One batch per page; the last one knows up to when the source is complete."""
        with _Session(self.connection) as session:
            started: datetime | None = None
            seen: set[str] = set()
            while True:
                params = self.object.params | self.pager.request(cursor)
                page = session.page(self.object, params)
                started = started or page.date
                cursor, done = self.pager.after(page, cursor)
                yield Batch(page.records, cursor, loaded_until=started if done else None)
                if done:
                    return
                if str(cursor) in seen:
                    raise SourceError(f"{page.url}: the cursor stands still at {cursor}")
                seen.add(str(cursor))


def reader(declaration: Declaration, object_name: str) -> HttpReader:
    """The reader of one object of an HTTP source."""
    assert isinstance(declaration, Source)
    return HttpReader(
        declaration.connection, declaration.objects[object_name], PAGERS[declaration.pager]
    )


class _Session:
    """One connection of Airflow's `HttpHook`, kept open over all pages of a reading."""

    def __init__(self, connection: str) -> None:
        from airflow.providers.http.hooks.http import HttpHook

        airflow_connection(connection)  # says who has to make it where it is missing
        self.connection = connection
        self.hook = HttpHook(method="GET", http_conn_id=connection)

    def __enter__(self) -> "_Session":
        self.session = self.hook.get_conn()
        return self

    def __exit__(self, *exception: object) -> None:
        self.session.close()

    def page(self, wanted: HttpObject, params: dict[str, str]) -> Page:
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            wait=_wait,
            retry=tenacity.retry_if_exception_type(AgainError),
            reraise=True,
        )
        return retrying(self._page, wanted, params)

    def _page(self, wanted: HttpObject, params: dict[str, str]) -> Page:
        import requests

        url = self.hook.url_from_endpoint(wanted.path)
        request = self.session.prepare_request(requests.Request("GET", url, params=params))
        shown = str(request.url)
        try:
            answer = self.session.send(request, timeout=SECONDS, allow_redirects=False)
        except requests.exceptions.RequestException as error:
            raise AgainError(f"{shown}: no answer: {_reason(error)}") from None
        self._judge(answer, shown)
        try:
            records, rest = split(answer.content.decode("utf-8", "surrogateescape"), wanted.records)
        except (ValueError, RecursionError) as error:
            raise AgainError(
                f"{shown}: the answer is no page of '{wanted.records}': {error}"
            ) from None
        return Page(shown, records, rest, _date(answer.headers.get("Date")))

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
        return error.after
    return float(tenacity.wait_exponential_jitter(initial=0.5, max=60)(state))


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isdigit() else None


def _date(text: str | None) -> datetime:
    try:
        return parsedate_to_datetime(text) if text else datetime.now(UTC)
    except ValueError:
        return datetime.now(UTC)
