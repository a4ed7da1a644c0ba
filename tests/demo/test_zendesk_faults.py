"""The stand-in refuses and fails as Zendesk does, and on request."""

import http.client
from urllib.parse import urlsplit

import pytest
import requests

from demo.zendesk import Zendesk
from tests.demo.zendesk_client import NOW, TICKETS, a_desk, get


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"start_time": NOW - 59}, "Too recent start_time. Use a start_time older than 1 minute"),
        ({"start_time": "yesterday"}, "start_time: must be an integer"),
        ({}, "start_time: must be an integer"),
        ({"cursor": "nonsense"}, "cursor is not valid"),
        ({"start_time": 0, "per_page": 0}, "per_page: must be a positive integer"),
    ],
)
def test_a_wrong_request_is_told_why(query: dict[str, str | int], words: str) -> None:
    with Zendesk(a_desk(), password="secret") as desk:
        answer = get(desk, TICKETS, **query)
    assert answer.status_code == 400
    assert answer.json()["error"] == "InvalidValue"
    assert words in answer.json()["description"]


@pytest.mark.parametrize(
    "auth",
    [None, ("loader@example.com/token", "wrong"), ("loader@example.com", "secret")],
    ids=["nobody", "wrong token", "a password in place of a token"],
)
def test_a_stranger_gets_an_error_in_json(auth: tuple[str, str] | None) -> None:
    with Zendesk(a_desk(), password="secret") as desk:
        answer = requests.get(desk.url + TICKETS, params={"start_time": "0"}, auth=auth, timeout=5)
    assert answer.status_code == 401
    assert answer.json() == {"error": "Couldn't authenticate you"}


def test_an_unknown_path_is_an_error_in_json() -> None:
    with Zendesk(a_desk(), password="secret") as desk:
        answer = get(desk, "/api/v2/tickets.json")
    assert answer.status_code == 404
    assert answer.json()["error"] == "InvalidEndpoint"


def test_the_date_is_the_companys() -> None:
    with Zendesk(a_desk(), password="secret") as desk:
        answer = get(desk, TICKETS, start_time=0)
    assert answer.headers["Date"] == "Sun, 01 Nov 2026 00:00:00 GMT"


def test_a_connection_serves_more_than_one_request() -> None:
    with Zendesk(a_desk(), password="secret") as desk:
        connection = http.client.HTTPConnection(urlsplit(desk.url).netloc, timeout=5)
        sockets = set()
        for _ in range(2):
            connection.request("GET", TICKETS)
            connection.getresponse().read()
            sockets.add(connection.sock)
        connection.close()
    assert len(sockets) == 1
    assert None not in sockets


def test_a_fault_takes_the_place_of_the_nth_answer_only() -> None:
    with Zendesk(a_desk(), password="secret", faults={2: 500, 3: "502"}) as desk:
        statuses = [get(desk, TICKETS, start_time=0).status_code for _ in range(4)]
    assert statuses == [200, 500, 502, 200]
    assert desk.requests == [f"{TICKETS}?start_time=0"] * 4


def test_a_limit_says_how_long_to_wait_or_does_not() -> None:
    with Zendesk(a_desk(), password="secret", faults={1: 429, 2: "429_bare"}) as desk:
        polite, bare = (get(desk, TICKETS, start_time=0) for _ in range(2))
    assert (polite.status_code, bare.status_code) == (429, 429)
    assert polite.headers["Retry-After"] == "1"
    assert "Retry-After" not in bare.headers
    with pytest.raises(requests.JSONDecodeError):
        bare.json()


def test_a_token_can_expire_between_two_requests() -> None:
    with Zendesk(a_desk(), password="secret", faults={2: 401}) as desk:
        statuses = [get(desk, TICKETS, start_time=0).status_code for _ in range(2)]
    assert statuses == [200, 401]


def test_a_cut_connection_ends_in_the_middle_of_the_body() -> None:
    with Zendesk(a_desk(), password="secret", faults={1: "cut"}) as desk:
        with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
            get(desk, TICKETS, start_time=0)
        assert len(get(desk, TICKETS, start_time=0).json()["tickets"]) == 23


def test_an_answer_can_be_no_json_at_all() -> None:
    with Zendesk(a_desk(), password="secret", faults={1: "not_json"}) as desk:
        answer = get(desk, TICKETS, start_time=0)
    assert answer.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_a_page_can_be_repeated() -> None:
    with Zendesk(a_desk(), password="secret", faults={2: "repeat"}) as desk:
        first = get(desk, TICKETS, start_time=0, per_page=10).json()
        again = get(desk, TICKETS, cursor=first["after_cursor"], per_page=10).json()
        second = get(desk, TICKETS, cursor=first["after_cursor"], per_page=10).json()
    assert again == first
    assert second["tickets"] != first["tickets"]


def test_an_unknown_fault_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="request 3: unknown fault 'flood'; wanted one of 429"):
        Zendesk(a_desk(), password="secret", faults={3: "flood"})


def test_what_is_no_character_survives_the_wire() -> None:
    company = a_desk()
    company["tickets"][0]["subject"] = "\ud800 and \x00"
    with Zendesk(company, password="secret") as desk:
        tickets = get(desk, TICKETS, start_time=0).json()["tickets"]
    assert "\ud800 and \x00" in [ticket.get("subject") for ticket in tickets]
