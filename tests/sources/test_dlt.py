"""Any other source: dlt's own REST source reads a real service through our load and our cursor."""

import sys
from collections.abc import Iterator
from importlib.util import find_spec
from types import ModuleType
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
    live = [ticket for ticket in company["tickets"] if "deleted" not in ticket]
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
