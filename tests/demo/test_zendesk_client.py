"""The community's client for Zendesk pages through the stand-in."""

from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from requests.adapters import HTTPAdapter
from zenpy import Zenpy

from demo.zendesk import Zendesk
from tests.demo.zendesk_client import NOW, a_desk, get

LONG_AGO = 300_000_000  # s; the client never asks for what is younger than five of our minutes


class ToStandIn(HTTPAdapter):
    """Whatever host is named, the stand-in is asked: the client knows none without TLS."""

    def __init__(self, desk: Zendesk) -> None:
        super().__init__()
        self.desk = desk

    def send(
        self, request: requests.PreparedRequest, *arguments: Any, **more: Any
    ) -> requests.Response:
        asked, sent = urlsplit(str(request.url)), request.copy()
        sent.url = f"{self.desk.url}{asked.path}?{asked.query}"
        answer = super().send(sent, *arguments, **more)
        answer.request = request  # the client looks there for what it has asked
        return answer


def a_client(desk: Zendesk) -> Zenpy:
    session = requests.Session()
    session.mount("https://", ToStandIn(desk))
    return Zenpy(subdomain="acme", email="loader@example.com", token="secret", session=session)


def test_it_reads_all_tickets_by_cursor() -> None:
    with Zendesk(a_desk(), password="secret") as desk:
        read = a_client(desk).tickets.incremental(start_time=0, per_page=5, include=["metric_sets"])
        tickets = list(read)
    assert len({ticket.id for ticket in tickets}) == len(tickets) == 23
    assert len(desk.requests) == 5
    assert tickets[-1].to_dict()["metric_set"] == {"reopens": 0}


def test_it_goes_on_from_a_cursor() -> None:
    with Zendesk(a_desk(), password="secret") as desk:
        client = a_client(desk)
        after = get(desk, "/api/v2/incremental/tickets/cursor.json", start_time=0, per_page=20)
        rest = list(client.tickets.incremental(cursor=after.json()["after_cursor"]))
    assert len(rest) == 3


def test_it_reads_all_users_by_cursor_and_as_a_list() -> None:
    company = a_desk()
    company["users"][2]["active"] = False
    with Zendesk(company, password="secret") as desk:
        client = a_client(desk)
        exported = list(client.users.incremental(start_time=0, per_page=3))
        listed = list(client.users(cursor_pagination=2))
    assert len({user.id for user in exported}) == len(exported) == 4
    assert len({user.id for user in listed}) == len(listed) == 3


def test_it_reads_the_metrics_of_tickets() -> None:
    company = a_desk()
    company["tickets"][0]["status"] = "deleted"
    with Zendesk(company, password="secret") as desk:
        metrics = list(a_client(desk).ticket_metrics(cursor_pagination=9))
    assert len({metric.ticket_id for metric in metrics}) == len(metrics) == 22


@pytest.mark.parametrize("size", [1, 4, 5, 6, 100])
def test_it_reads_all_tickets_by_time(size: int) -> None:
    """Five tickets were changed within one second each; a page never ends between two of them."""
    company = a_desk()
    for ticket in company["tickets"]:
        ticket["generated_timestamp"] -= LONG_AGO
    with Zendesk(company, password="secret") as desk:
        start = NOW - 100_000 - LONG_AGO
        read = a_client(desk).tickets.incremental(
            start_time=start, paginate_by_time=True, per_page=size
        )
        tickets = list(read)
    assert {ticket.id for ticket in tickets} == set(range(978, 1_001))
    assert len(desk.requests) < 10


@pytest.mark.parametrize("query", [{"page[size]": 101}, {"page[after]": "nonsense"}])
def test_a_wrong_request_for_a_list_is_told_why(query: dict[str, str | int]) -> None:
    with Zendesk(a_desk(), password="secret") as desk:
        answer = get(desk, "/api/v2/users.json", **query)
    assert answer.status_code == 400
    assert next(iter(query)) in answer.json()["description"]
