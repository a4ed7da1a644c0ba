"""Any other source: dlt's own REST source reads a real service through our load and our cursor."""

import base64
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.util import find_spec
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from demo.freshdesk import Freshdesk
from layers.errors import ProjectError, SourceError, TemporaryError
from tests.sources.conftest import Connect
from tests.sources.house import House
from tests.sources.vendors import READINGS, TOKEN, Json, at

needs_dlt = pytest.mark.skipif(
    find_spec("dlt") is None, reason="DLT IS NOT INSTALLED: pip install -r requirements-dlt.txt"
)
TICKETS, STAGED = "elsewhere.tickets", "stg_elsewhere_tickets"
ELSEWHERE = {
    "sql/src/elsewhere.yaml": """
        source: A desk that only dlt can read
        kind: dlt
        connection: elsewhere
        promised_freshness: 1 day
        objects:
          tickets:
            resource: dlt.sources.rest_api:rest_api_source
            select: tickets
            cursor: updated_at
            first_cursor: "1970-01-01T00:00:00Z"
            arguments:
              config:
                client:
                  base_url: "{host}"
                  auth: {type: http_basic, username: "{login}", password: X}
                  paginator: {type: page_number, base_page: 1, total_path: null}
                resources:
                  - name: tickets
                    endpoint:
                      path: api/v2/tickets
                      params: {updated_since: "{cursor}", order_by: updated_at, per_page: 100}
          counted:
            resource: a_module_of_ours:counted
            cursor: n
            cursor_argument: since
    """,
    "sql/stg/elsewhere/stg_elsewhere_tickets.yaml": """
        grain: one row per ticket
        key: ticket_id
        newest_by: updated_at
        columns:
          ticket_id:  {type: text}
          status:     {type: text}
          updated_at: {type: timestamptz}
    """,
    "sql/stg/elsewhere/stg_elsewhere_tickets.sql": """
        select
            record ->> 'id' as ticket_id,
            record ->> 'status' as status,
            record ->> 'updated_at' as updated_at
        from src_elsewhere.tickets
    """,
}


@pytest.fixture
def elsewhere(house: House) -> House:
    house.change(ELSEWHERE)
    house.migrate()
    return house


@pytest.fixture
def desk(connect: Connect) -> Iterator[tuple[Json, Freshdesk]]:
    company: Json = READINGS["freshdesk tickets"].company()
    with Freshdesk(company, password=TOKEN) as served:
        connect("elsewhere", conn_type="http", host=served.url, login=TOKEN, password="X-none")
        yield company, served


@needs_dlt
def test_a_real_rest_resource_of_dlt_is_read_incrementally_by_our_own_cursor(
    elsewhere: House, desk: tuple[Json, Freshdesk]
) -> None:
    company, served = desk
    live = [ticket for ticket in company["tickets"] if not {"deleted", "spam"} & ticket.keys()]
    assert elsewhere.read(TICKETS) == []
    assert len(elsewhere.rows(STAGED)) == len(live) > 200
    assert elsewhere.cursor(TICKETS) == {"newest": max(t["updated_at"] for t in live)}

    before, requests = len(elsewhere.raw(TICKETS)), len(served.requests)
    live[0] |= {"status": 5, "updated_at": at(20_000)[:-5] + "Z"}
    assert elsewhere.read(TICKETS) == []
    asked = served.requests[requests:]
    assert all("updated_since=2026-10-0" in request for request in asked)
    assert len(elsewhere.raw(TICKETS)) == before + 2  # the last one known, and the one that changed
    rows = {row.ticket_id: row.status for row in elsewhere.rows(STAGED)}
    assert (len(rows), rows[str(live[0]["id"])]) == (len(live), "5")

    versions = elsewhere.moved()
    assert elsewhere.read(TICKETS) == []
    assert elsewhere.moved() == versions


@needs_dlt
@pytest.mark.usefixtures("desk")
def test_a_window_of_a_dlt_source_leaves_the_cursor_and_doubles_nothing(elsewhere: House) -> None:
    assert elsewhere.read(TICKETS) == []
    before = elsewhere.cursor(TICKETS), elsewhere.staged(STAGED), elsewhere.moved()
    window = ("--object", "tickets", "--from", "2026-10-08", "--to", "2026-10-09")
    assert elsewhere.layers("load", "elsewhere", *window) == 0
    assert (elsewhere.cursor(TICKETS), elsewhere.staged(STAGED), elsewhere.moved()) == before
    assert elsewhere.layers("replay", "elsewhere") == 0
    assert elsewhere.staged(STAGED) == before[1]


@needs_dlt
def test_a_token_that_dlt_is_refused_with_is_told_without_it(
    elsewhere: House, desk: tuple[Json, Freshdesk], connect: Connect
) -> None:
    wrong = "a-wrong-token-nobody-may-see"
    connect("elsewhere", conn_type="http", host=desk[1].url, login=wrong, password="X-none")
    with pytest.raises(SourceError) as raised:
        elsewhere.load(TICKETS)
    assert str(raised.value).startswith("connection 'elsewhere': dlt.sources.rest_api:")
    assert wrong not in str(raised.value)


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch, connect: Connect) -> ModuleType:
    """A module of the company's own, whose resource gives batches and counts."""
    connect("elsewhere", conn_type="http", password=TOKEN)
    made = ModuleType("a_module_of_ours")
    monkeypatch.setitem(sys.modules, "a_module_of_ours", made)
    return made


@needs_dlt
def test_a_resource_that_gives_out_on_the_way_keeps_its_cursor_and_doubles_nothing(
    elsewhere: House, ours: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("layers.sources.dlt.ITEMS_PER_BATCH", 10)
    asked = []

    def counted(since: int = 0) -> Iterator[list[Json]]:
        asked.append(since)
        yield [{"n": n} for n in range(since, 25)]
        if len(asked) == 1:
            raise ConnectionError(f"no answer to {TOKEN}")

    ours.counted = counted
    with pytest.raises(TemporaryError) as raised:
        elsewhere.load("elsewhere.counted")
    assert str(raised.value) == (
        "connection 'elsewhere': a_module_of_ours:counted: ConnectionError: no answer to ***"
    )
    elsewhere.load("elsewhere.counted")
    elsewhere.load("elsewhere.counted")
    assert asked == [0, 0, 24]
    assert elsewhere.cursor("elsewhere.counted") == {"newest": 24}


SECRETS = {"password": "s3cr/et+x", "login": "APIKEY123", "extra": {"api_token": "a-to ken/é"}}
LEAKS = {
    "the reason": "refused s3cr/et+x",
    "a query": "403 for url: http://h/x?key=anything&l=else",
    "a query, escaped": "403 for url: http://h/x/s3cr%2Fet%2Bx/APIKEY123",
    "a path": "no answer: /x/s3cr/et%2Bx/y",
    "an address": "no answer from http://somebody:s3cr/et+x@h/x",
    "an extra": "a-to ken/é and a-to+ken%2F%C3%A9 and a-to%20ken%2f%c3%a9",
    "a header": f"Basic {base64.b64encode(b'APIKEY123:s3cr/et+x').decode()}",
    "a header with another password": f"Basic {base64.b64encode(b'APIKEY123:X').decode()}",
    "one alone": base64.b64encode(b"s3cr/et+x").decode(),
}


@needs_dlt
@pytest.mark.parametrize("status", [None, 403])
@pytest.mark.parametrize("leak", LEAKS)
def test_what_a_resource_says_is_told_without_what_it_was_given(
    elsewhere: House, ours: Any, connect: Connect, leak: str, status: int | None
) -> None:
    connect("elsewhere", conn_type="http", host="http://h", **SECRETS)

    def counted(since: int = 0) -> Iterator[Json]:
        error: Any = ConnectionError(LEAKS[leak])
        error.response = SimpleNamespace(status_code=status)
        raise error
        yield {"n": since}

    ours.counted = counted
    with pytest.raises((SourceError, TemporaryError)) as raised:
        elsewhere.load("elsewhere.counted")
    said = "".join(traceback.format_exception(raised.value))
    hidden = ("s3cr", "APIKEY", "a-to", "QVBJS0V", "czNjc", "anything", "et%2Bx", "et+x")
    assert [word for word in hidden if word in said] == []
    assert isinstance(raised.value, SourceError) is (status == 403)


@needs_dlt
@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ([datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 1, 9, 30, tzinfo=UTC)], "datetime"),
        ([datetime(2026, 1, 2, 3), datetime(2026, 1, 1)], "datetime"),
        ([date(2026, 1, 2), date(2026, 1, 1)], "date"),
        ([Decimal("10.5"), Decimal("9")], "decimal"),
        (["2026-01-02", "2026-01-01"], None),
        ([10.5, 9], None),
    ],
)
def test_a_cursor_is_handed_back_as_what_it_was(
    elsewhere: House, ours: Any, values: list[Any], kept: str | None
) -> None:
    asked = []

    def counted(since: Any = None) -> Iterator[Json]:
        asked.append(since)
        yield from ({"n": value} for value in values)

    ours.counted = counted
    for _ in range(3):
        elsewhere.load("elsewhere.counted")
    assert asked == [None, values[0], values[0]]
    assert [type(found) for found in asked[1:]] == [type(values[0])] * 2
    assert elsewhere.cursor("elsewhere.counted").get("type") == kept


@needs_dlt
@pytest.mark.parametrize(
    ("value", "begins"),
    [
        (datetime(2026, 10, 9, tzinfo=UTC), datetime(2026, 10, 8, tzinfo=UTC)),
        (datetime(2026, 10, 9), datetime(2026, 10, 8)),
        (date(2026, 10, 9), date(2026, 10, 8)),
        ("2026-10-09", "2026-10-08T00:00:00+00:00"),
        (10, None),
    ],
)
def test_a_window_begins_with_a_value_of_the_cursors_own_type(
    elsewhere: House, ours: Any, value: Any, begins: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Once it was always a text, which a resource of times compares with nothing."""
    asked = []

    def counted(since: Any = None) -> Iterator[Json]:
        asked.append(since)
        if since is None or value > since:
            yield {"n": value}

    ours.counted = counted
    elsewhere.load("elsewhere.counted")
    window = ("--object", "counted", "--from", "2026-10-08", "--to", "2026-10-09")
    assert elsewhere.layers("load", "elsewhere", *window) == int(begins is None)
    if begins is None:
        assert "its cursor is a number, so nobody knows" in capsys.readouterr().err
        return
    assert (asked, type(asked[1])) == ([None, begins], type(begins))
    assert len(elsewhere.raw("elsewhere.counted")) == 2


@needs_dlt
def test_a_cursor_that_was_kept_as_text_goes_on_as_the_time_that_it_is(
    elsewhere: House, ours: Any
) -> None:
    later = datetime(2026, 1, 2, tzinfo=UTC)
    ours.counted = lambda **_: iter([{"n": later}])
    elsewhere.stands_at("elsewhere.counted", {"newest": "2026-01-01T00:00:00Z"})
    elsewhere.load("elsewhere.counted")
    assert elsewhere.cursor("elsewhere.counted") == {
        "newest": later.isoformat(),
        "type": "datetime",
    }


@needs_dlt
@pytest.mark.parametrize("values", [[1, "two"], [{"a": 1}], [datetime(2026, 1, 1, tzinfo=UTC), 3]])
def test_a_cursor_that_cannot_grow_is_told(elsewhere: House, ours: Any, values: list[Any]) -> None:
    ours.counted = lambda **_: iter([{"n": value} for value in values])
    with pytest.raises(SourceError, match="its cursor 'n' does not grow: "):
        elsewhere.load("elsewhere.counted")


@needs_dlt
def test_a_record_that_is_no_json_is_a_reject_and_no_failure(elsewhere: House, ours: Any) -> None:
    ours.counted = lambda **_: iter([{"n": 1}, {"n": 2, "what": object()}, {"n": 3}])
    elsewhere.load("elsewhere.counted")
    assert [record["n"] for record in elsewhere.raw("elsewhere.counted")] == [1, 3]
    (reject,) = elsewhere.rejects()
    assert "cannot be written as JSON" in reject


@needs_dlt
def test_only_parts_of_the_connection_are_put_into_arguments(
    elsewhere: House, ours: Any, connect: Connect
) -> None:
    connect("elsewhere", conn_type="http", host="h", password="p{login}")
    elsewhere.change(
        {
            "sql/src/elsewhere.yaml": {
                "cursor_argument: since": "arguments: {query: '{a {host} {password} {port}{} {'}",
            }
        }
    )
    asked = []

    def counted(query: str) -> Iterator[Json]:
        asked.append(query)
        yield {"n": 1}

    ours.counted = counted
    elsewhere.load("elsewhere.counted")
    assert asked == ["{a h p{login} {} {"]


@pytest.mark.parametrize(
    ("resource", "said"),
    [
        (
            "a_module_that_is_not:there",
            "cannot be imported: No module named 'a_module_that_is_not'",
        ),
        ("a_module_of_ours:nothing", "a_module_of_ours has no nothing"),
    ],
)
@pytest.mark.usefixtures("ours")
def test_a_resource_that_is_not_there_is_told(elsewhere: House, resource: str, said: str) -> None:
    elsewhere.change({"sql/src/elsewhere.yaml": {"a_module_of_ours:counted": resource}})
    with pytest.raises(ProjectError) as raised:
        elsewhere.load("elsewhere.counted")
    assert said in str(raised.value)


@pytest.mark.usefixtures("ours")
def test_a_resource_without_a_cursor_has_no_windows(
    elsewhere: House, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere.change({"sql/src/elsewhere.yaml": {"    cursor_argument: since\n": ""}})
    window = ("--object", "counted", "--from", "2026-10-08", "--to", "2026-10-09")
    assert elsewhere.layers("load", "elsewhere", *window) == 1
    assert "so it cannot be asked for a window" in capsys.readouterr().err
