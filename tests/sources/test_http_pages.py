"""How pages follow each other where vendors make it hard, and how long somebody waits for them."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from demo.answer import Answer
from demo.faults import HOURS
from layers.announce import announce
from layers.errors import SourceError, TemporaryError
from layers.marks import move_cursor
from layers.sources import Batch, again, reader
from layers.sources.pagers import HttpObject, Pager, pagers
from layers.sources.pages import OddPageError, Page, split
from layers.sources.session import ATTEMPTS
from tests.sources.conftest import Connect
from tests.sources.house import House
from tests.sources.vendors import READINGS, SINCE, TOKEN, Json, at, contact, user

MOMENT = datetime(2026, 11, 1, tzinfo=UTC)
DEEP = b'{"id": 7, "deep": ' + b"[" * 50_000 + b"]" * 50_000 + b"}"


def a_page(records: list[bytes], **rest: Any) -> Page:
    return Page("http://vendor", records, rest, MOMENT)


def pager(name: str) -> Pager:
    return pagers()[name](HttpObject(path="/", changed="changed", overlap="10 minutes"))


def test_a_search_goes_on_by_id_where_one_time_fills_more_than_a_page(
    house: House, connect: Connect
) -> None:
    people = [contact(1_000 + n, at(60 if n < 250 else 61)) for n in range(260)]
    reading = READINGS["hubspot contacts, later"]
    house.stands_at(reading.name, SINCE)
    with reading.opened(connect, {"now": at(20_000), "contacts": people}):
        assert house.read(reading.name) == []
        assert len(house.rows(reading.relation)) == 260
        versions = house.moved()
        assert house.read(reading.name) == []
    assert house.moved() == versions


def test_a_contact_that_changes_between_the_list_and_the_search_is_found_however_wrong_the_clock(
    house: House, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = READINGS["hubspot contacts, first"]
    company: Json = {"now": at(10_000), "contacts": [contact(n, at(n)) for n in range(1, 150)]}
    with reading.opened(connect, company, faults={1: "wrong_clock"}) as vendor:
        real = vendor.respond

        def respond(call: Any) -> Any:
            answer = real(call)
            if len(vendor.requests) == 2:  # behind both pages of the list
                company["now"] = at(10_060)
                company["contacts"][0] = contact(1, at(10_056), firstname="Ada")
            return answer

        monkeypatch.setattr(vendor._server, "respond", respond)
        assert house.read(reading.name) == []
    assert house.staged(reading.relation)["1"]["first_name"] == "Ada"


@pytest.mark.parametrize("name", ["freshdesk_pages", "hubspot_objects"])
def test_a_record_that_nobody_can_read_makes_no_full_page_the_last(name: str) -> None:
    records = [b'{"id": %d}' % n for n in range(1_000, 1_099)] + [DEEP]
    cursor = {"freshdesk_pages": {}, "hubspot_objects": {**SINCE, "id": "1"}}[name]
    step = pager(name).after(a_page(records), cursor)
    assert (step.is_done, len(step.records)) == (False, 100)
    assert step.cursor.get("page") == 2 or step.cursor.get("id") == "1098"


@pytest.mark.parametrize("name", [f'"a{chr(code)}b"' for code in (0, 1, 9, 10, 13, 31)])
def test_a_control_character_in_a_text_spoils_its_record_and_no_page(name: str) -> None:
    second = f'{{"id": "2", "name": {name}}}'
    written = f'{{"results": [{{"id": "1"}}, {second}], "end": {name}}}'
    records, rest = split(written, "results")
    assert records == [b'{"id": "1"}', second.encode()]
    assert list(rest) == ["end"]
    assert [found["id"] for found in a_page(records).objects()] == ["1", "2"]


@pytest.mark.parametrize("code", [0, 1, 9, 10, 31])
def test_a_record_with_a_control_character_is_a_reject_and_the_others_of_its_page_are_staged(
    house: House, connect: Connect, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    reading = READINGS["zendesk users"]
    company: Json = {"now": at(1_000), "users": [user(n, at(n)) for n in (1, 2, 3)]}
    with reading.opened(connect, company) as vendor:
        real = vendor.respond

        def respond(call: Any) -> Any:
            answer = real(call)
            return replace(answer, body=answer.body.replace(b"2@", b"2%c@" % code))

        monkeypatch.setattr(vendor._server, "respond", respond)
        assert house.read(reading.name) == []
    assert list(house.staged(reading.relation)) == ["1", "3"]
    (said,) = house.rejects()
    assert said.startswith("zendesk.users ")


SEARCHED: Json = {"phase": "search", "since": "2026-10-01T00:00:00+00:00"}
MORE: Json = {"next": {"after": "100"}}


@pytest.mark.parametrize(
    ("cursor", "records"),
    [
        (SEARCHED, []),
        (SEARCHED | {"id": "4"}, []),
        (SEARCHED | {"id": "4"}, [b'{"nobody": 5}']),
        (SEARCHED | {"id": "4"}, [DEEP] * 100),
    ],
)
def test_a_search_that_says_it_goes_on_and_not_from_where_is_odd(
    cursor: Json, records: list[bytes]
) -> None:
    with pytest.raises(OddPageError):
        pager("hubspot_objects").after(a_page(records, paging=MORE), cursor)


def test_a_short_page_by_id_goes_on_by_id_where_it_says_that_there_are_more() -> None:
    cursor, records = SEARCHED | {"id": "4"}, [b'{"id": "5"}', b'{"id": "9"}']
    more = pager("hubspot_objects").after(a_page(records, paging=MORE), cursor)
    assert (more.is_done, more.cursor) == (False, SEARCHED | {"id": "9"})
    last = pager("hubspot_objects").after(a_page(records), cursor)
    assert last.cursor == SEARCHED | {"since": "2026-10-01T00:00:00.001000+00:00"}


@pytest.mark.parametrize("bad", ["\\u0000", "\\ud800"])
@pytest.mark.parametrize("name", ["freshdesk_pages", "freshdesk_contacts", "freshdesk_tickets"])
def test_a_cursor_of_freshdesk_knows_the_page_before_whatever_text_an_id_is(
    name: str, bad: str
) -> None:
    said = '{{"id": "{}{}", "changed": "1970-01-01T00:00:00Z"}}'
    pages = [
        a_page([said.format(page, n).encode() for n in range(99)] + [said.format(bad, 0).encode()])
        for page in (1, 2)
    ]
    first = pager(name).after(pages[0], {}).cursor
    assert all(isinstance(value, int) or value.isprintable() for value in first.values())
    with pytest.raises(OddPageError, match="the page before once again"):
        pager(name).after(pages[0], first)
    assert pager(name).after(pages[1], first).cursor["page"] == 3


@pytest.mark.parametrize("name", ["freshdesk_pages", "freshdesk_contacts"])
def test_a_list_of_freshdesk_that_goes_on_behind_the_last_page_it_gives_is_told(name: str) -> None:
    full = [b'{"id": %d}' % n for n in range(100)]
    assert pager(name).after(a_page(full), {"page": 299}).cursor["page"] == 300
    with pytest.raises(SourceError, match="http://vendor: page 300 is full"):
        pager(name).after(a_page(full), {"page": 300})
    last = pager(name).after(a_page(full[:99]), {"page": 300, "state": "deleted"})
    assert (last.is_done, last.cursor, len(last.records)) == (True, {}, 99)


@pytest.mark.parametrize("bad", ["bad\0cursor", "\ud800"])
def test_a_cursor_that_postgres_cannot_hold_is_told_and_none_is_kept(
    house: House, connect: Connect, monkeypatch: pytest.MonkeyPatch, bad: str
) -> None:
    reading = READINGS["zendesk users"]
    with reading.opened(connect) as vendor:
        real = vendor.respond

        def respond(call: Any) -> Any:
            answer = real(call)
            said = json.loads(answer.body)
            return replace(answer, body=json.dumps({**said, "after_cursor": bad}).encode())

        monkeypatch.setattr(vendor._server, "respond", respond)
        with pytest.raises(TemporaryError, match="is an odd page: its cursor"):
            house.load(reading.name)
    assert house.cursor(reading.name) is None


ODD: dict[str, Callable[[], Page]] = {
    "paging is a list": lambda: a_page([b'{"id": "1"}'], paging=[1]),
    "paging is a text": lambda: a_page([b'{"id": "1"}'], paging="next"),
    "next is a number": lambda: a_page([b'{"id": "1"}'], paging={"next": 7}),
    "records are none": lambda: a_page([b"1", b"null", b'"text"', b"[]"]),
    "properties are a list": lambda: a_page([b'{"id": "1", "properties": []}']),
    "the id is a text": lambda: a_page([b'{"id": "one", "properties": {"changed": 7}}']),
}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", pagers())
def test_a_page_of_other_types_is_odd_or_read_and_breaks_no_pager(name: str, odd: str) -> None:
    vendor = pager(name)
    window = vendor.window(MOMENT - timedelta(days=1), MOMENT)
    for cursor in ({}, window, {**SINCE, "id": "0"}):
        try:
            vendor.after(ODD[odd](), cursor)
        except Exception as error:
            assert type(error).__name__ == "OddPageError", error  # noqa: PT017


@pytest.mark.parametrize(
    ("name", "late"),
    [
        ("hubspot contacts, first", timedelta(minutes=10)),  # the search index, as declared
        ("hubspot campaigns", timedelta(0)),
        ("zendesk users", timedelta(minutes=1)),  # the export, as the vendor says
        ("freshdesk tickets", timedelta(minutes=10)),
    ],
)
def test_a_source_is_known_up_to_its_own_present_less_what_it_shows_late(
    house: House, connect: Connect, name: str, late: timedelta
) -> None:
    reading = READINGS[name]
    with reading.opened(connect):
        assert house.read(reading.name) == []
    (row,) = house.query("select loaded_until from layers.cursors")
    assert row.loaded_until == MOMENT - late


OURS = {"sql/src/backend.yaml": {"clock: select now_at from company_clock\n": ""}}


def known(house: House) -> Any:
    """Up to when Zendesk's users are known."""
    (row,) = house.query("select loaded_until from layers.cursors")
    return row.loaded_until


def test_a_vendors_clock_that_is_ahead_makes_nothing_known_that_is_yet_to_come(
    house: House, connect: Connect
) -> None:
    house.change(OURS)
    now = datetime.now(UTC).replace(microsecond=0)
    company: Json = {"now": now.isoformat(), "users": [user(1, at(3))]}
    with READINGS["zendesk users"].opened(connect, company, faults={1: "wrong_clock"}):
        assert house.read("zendesk.users") == []
        assert now <= known(house) <= datetime.now(UTC)
        assert house.read("zendesk.users") == []
    assert known(house) == now - timedelta(minutes=1)


def test_where_the_company_lives_in_its_own_time_an_honest_clock_takes_a_wrong_one_back(
    house: House, connect: Connect
) -> None:
    company: Json = {"now": "2100-01-01T00:00:00Z", "users": [user(1, at(3))], "tickets": []}
    honest = datetime(2099, 12, 31, 23, tzinfo=UTC)  # an hour is the project's step
    wrong = dict.fromkeys((1, 2), "wrong_clock")  # tickets, users
    with READINGS["zendesk users"].opened(connect, company, faults=wrong):
        for wanted in (honest + timedelta(hours=HOURS), honest):
            assert house.read("zendesk") == []
            announce(house.connect("loader"), house.project, "zendesk")
            (row,) = house.rows("stg_layers_watermarks")
            assert row.loaded_until == wanted


BEFORE, LATER = datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)
AHEAD = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("was", "says", "is_our_time", "wanted"),
    [
        (AHEAD, BEFORE, True, BEFORE),  # beyond our clock
        (AHEAD, BEFORE, False, AHEAD),  # of another clock we know nothing
        (AHEAD, None, True, AHEAD),  # a page that is not the last says nothing
        (LATER, BEFORE, True, LATER),  # a file that came late
        (BEFORE, LATER, True, LATER),
        (None, AHEAD, False, AHEAD),
    ],
)
def test_what_was_known_stays_unless_it_is_beyond_our_clock(
    house: House, was: Any, says: Any, is_our_time: bool, wanted: Any
) -> None:
    house.stands_at("zendesk.users", {"n": 1})
    house.admin.execute("update layers.cursors set loaded_until = %s", [was])
    batch = Batch((), {"n": 2}, loaded_until=says)
    move_cursor(house.admin, "zendesk", "users", batch, {"n": 1}, is_our_time=is_our_time)
    assert known(house) == wanted


@pytest.mark.parametrize(
    ("said", "name", "wanted"),
    [
        (None, "hubspot.contacts", 4 / 3),
        (None, "hubspot.campaigns", 10 / 3),
        (6, "hubspot.contacts", 2),
        (None, "zendesk.tickets", None),
        (5, "zendesk.tickets", 2.5),
    ],
)
def test_all_objects_of_a_source_keep_to_its_rate_together(
    house: House, said: float | None, name: str, wanted: float | None
) -> None:
    source, object_name = name.split(".")
    if said:
        pace = f"kind: http\nrequests_per_second: {said}\n"
        house.change({f"sql/src/{source}.yaml": {"kind: http\n": pace}})
    found: Any = reader(house.project.sources[source], object_name)
    assert found.requests_per_second == wanted


@pytest.mark.parametrize("zone", ["GMT", "-0000", "+0000"])
def test_a_date_is_understood_whatever_it_says_of_its_zone(zone: str) -> None:
    assert again.date(f"Sun, 01 Nov 2026 00:00:00 {zone}") == MOMENT
    assert again.seconds(f"Wed, 01 Nov 2006 00:00:00 {zone}") == 0.0
    assert [again.date(None), again.date("soon"), again.seconds("soon")] == [None] * 3


def test_certificates_are_those_of_the_machine_unless_the_connection_says(
    house: House, connect: Connect, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ours = tmp_path / "ours.pem"
    ours.write_text("")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ours))
    verified: list[Any] = []
    real = requests.Session.send

    def send(session: Any, request: Any, **settings: Any) -> Any:
        verified.append(settings.get("verify", session.verify))
        return real(session, request, **settings)

    monkeypatch.setattr(requests.Session, "send", send)
    reading = READINGS["zendesk tickets"]
    with reading.opened(connect) as vendor:
        assert house.read(reading.name) == []
        login = {"login": "agent@example.com/token", "password": TOKEN}
        connect("zendesk", conn_type="http", host=vendor.url, **login, extra={"verify": False})
        assert house.read(reading.name) == []
    assert (verified[0], verified[-1]) == (str(ours), False)


@pytest.mark.parametrize("status", [408, 423, 425, 500, 501, 507, 520, 522, 524, 529, 598])
def test_what_may_pass_by_itself_is_asked_for_again_whatever_its_number(
    house: House, connect: Connect, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    reading = READINGS["zendesk users"]
    with reading.opened(connect) as vendor:
        real = vendor.respond

        def respond(call: Any) -> Any:
            answer = real(call)
            is_second = len(vendor.requests) == 2
            return Answer(status, b"?", "text/html") if is_second else answer

        monkeypatch.setattr(vendor._server, "respond", respond)
        assert house.read(reading.name) == []
        assert len(vendor.requests) == reading.requests + 1
    assert len(house.rows(reading.relation)) == 230


@pytest.mark.parametrize(
    ("fault", "waited"), [("429", (1, 1)), ("429_bare", (0.5, 60)), ("502", (0.5, 60))]
)
def test_who_says_how_long_to_wait_is_waited_for_so_long_and_others_a_little(
    house: House, connect: Connect, waits: list[float], fault: str, waited: tuple[float, float]
) -> None:
    reading = READINGS["zendesk tickets"]
    with reading.opened(connect, faults={2: fault}):
        assert house.read(reading.name) == []
    (wait,) = waits
    assert waited[0] <= wait <= waited[1]


def test_a_vendor_who_is_away_is_tried_so_often_and_the_next_run_goes_on_behind_what_was_kept(
    house: House, connect: Connect, waits: list[float]
) -> None:
    reading = READINGS["zendesk tickets"]
    away = dict.fromkeys(range(2, 2 + ATTEMPTS), "503")
    with reading.opened(connect, faults=away) as vendor:
        with pytest.raises(TemporaryError, match="answered 503 Service Unavailable"):
            house.load(reading.name)
        assert (len(vendor.requests), len(waits)) == (1 + ATTEMPTS, ATTEMPTS - 1)
        assert waits[-1] > waits[0]  # longer each time, but for the jitter
        assert len(house.raw(reading.name)) == 100
        assert house.read(reading.name) == []
    assert len(house.rows(reading.relation)) == 230
    assert "start_time" not in vendor.requests[-1]


def test_a_request_that_the_vendor_does_not_understand_is_told_and_not_tried_again(
    house: House, connect: Connect, waits: list[float]
) -> None:
    house.change({"sql/src/zendesk.yaml": {"tickets/cursor.json": "nothing/cursor.json"}})
    reading = READINGS["zendesk tickets"]
    with reading.opened(connect), pytest.raises(SourceError, match="answered 404 Not Found"):
        house.load(reading.name)
    assert waits == []
