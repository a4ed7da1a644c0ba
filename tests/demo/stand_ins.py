"""Every list of every stand-in, and how somebody asks for its next page."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from demo.freshdesk import Freshdesk
from demo.hubspot import HubSpot
from demo.standin import StandIn
from demo.zendesk import Zendesk
from tests.demo import freshdesk_client, hubspot_client, zendesk_client

Json = dict[str, Any]
Query = Mapping[str, Any]

BASIC: Mapping[str, Any] = {"auth": zendesk_client.LOGIN}
BEARER: Mapping[str, Any] = {"headers": {"Authorization": "Bearer secret"}}
KEY: Mapping[str, Any] = {"auth": ("secret", "X")}


@dataclass(frozen=True)
class Feed:
    """A list of one stand-in, two records to a page; `records` names them in a body."""

    kind: type[StandIn]
    company: Callable[[], Json]
    path: str
    records: str
    login: Mapping[str, Any]
    query: Query
    follow: Callable[[Any, Query], Query]  # what asks for the next page, of this one's body
    method: str = "get"
    settings: Mapping[str, Any] = field(default_factory=dict)

    def open(self, **settings: Any) -> StandIn:
        """The stand-in, once it is a context."""
        return self.kind(self.company(), password="secret", **{**self.settings, **settings})

    def ask(self, stand_in: StandIn, query: Query) -> requests.Response:
        """One request."""
        asked = {"json": query} if self.method == "post" else {"params": query}
        return requests.request(
            self.method, stand_in.url + self.path, **asked, **self.login, timeout=5
        )

    def second(self, stand_in: StandIn) -> tuple[requests.Response, requests.Response]:
        """The second page, asked for twice."""
        query = self.follow(self.ask(stand_in, self.query).json(), self.query)
        return self.ask(stand_in, query), self.ask(stand_in, query)

    def read(self, response: requests.Response) -> list[Json]:
        """The records of a page; bytes that are not UTF-8 become halves of surrogate pairs."""
        body = json.loads(response.content.decode("utf-8", "surrogateescape"))
        return list(body[self.records] if self.records else body)


def _zendesk(body: Json, query: Query) -> Query:
    return {"cursor": body["after_cursor"], **{k: v for k, v in query.items() if k != "start_time"}}


def _listed(body: Json, query: Query) -> Query:
    return {**query, "page[after]": body["meta"]["after_cursor"]}


def _hubspot(body: Json, query: Query) -> Query:
    return {**query, "after": body["paging"]["next"]["after"]}


def _freshdesk(_: list[Json], query: Query) -> Query:
    return {**query, "page": int(query.get("page", 1)) + 1}


def _a_desk() -> Json:
    """With the text and the number that a fault changes."""
    company = zendesk_client.a_desk()
    for user in company["users"]:
        user |= {"name": "Zoë", "locale_id": 1176}
    for ticket in company["tickets"]:
        ticket |= {"subject": "Pupils are missing", "requester_id": 9_000_000_000_000}
        ticket["metric_set"]["url"] = "https://example.org"
    return company


def _more_campaigns() -> Json:
    company = hubspot_client.a_portal()
    first = company["campaigns"][0]
    more = [{**first, "id": first["id"][:-1] + str(number)} for number in range(4, 9)]
    return {**company, "campaigns": company["campaigns"] + more}


def _more_people() -> Json:
    company = freshdesk_client.a_helpdesk()
    agent, contact = company["agents"][0], company["contacts"][0]
    company["agents"] += [{**agent, "id": number} for number in (78, 79, 80)]
    company["contacts"] += [{**contact, "id": number} for number in (601, 602, 603)]
    return company


SORTS = [{"propertyName": "lastmodifieddate", "direction": "ASCENDING"}]
UPDATES = {"updated_since": freshdesk_client.ALWAYS, "order_by": "updated_at", "order_type": "asc"}
_DESK, _PORTAL, _HELP = _a_desk, hubspot_client.a_portal, _more_people
_CRM = "/crm/v3/objects/contacts"
_ALL = {"limit": 2, "properties": "firstname"}

FEEDS: Mapping[str, Feed] = {
    "zendesk tickets": Feed(
        Zendesk,
        _DESK,
        zendesk_client.TICKETS,
        "tickets",
        BASIC,
        {"start_time": 0, "per_page": 2},
        _zendesk,
    ),
    "zendesk users": Feed(
        Zendesk,
        _DESK,
        zendesk_client.USERS,
        "users",
        BASIC,
        {"start_time": 0, "per_page": 2},
        _zendesk,
    ),
    "zendesk list": Feed(
        Zendesk,
        _DESK,
        "/api/v2/ticket_metrics",
        "ticket_metrics",
        BASIC,
        {"page[size]": 2},
        _listed,
    ),
    "hubspot list": Feed(HubSpot, _PORTAL, _CRM, "results", BEARER, _ALL, _hubspot),
    "hubspot search": Feed(
        HubSpot,
        _PORTAL,
        f"{_CRM}/search",
        "results",
        BEARER,
        {"limit": 2, "sorts": SORTS, "properties": ["firstname"]},
        _hubspot,
        "post",
    ),
    "hubspot campaigns": Feed(
        HubSpot,
        _more_campaigns,
        hubspot_client.CAMPAIGNS,
        "results",
        BEARER,
        {"limit": 2, "properties": "hs_name"},
        _hubspot,
    ),
    "freshdesk tickets": Feed(
        Freshdesk, _HELP, freshdesk_client.TICKETS, "", KEY, {**UPDATES, "per_page": 2}, _freshdesk
    ),
    "freshdesk agents": Feed(
        Freshdesk, _HELP, freshdesk_client.AGENTS, "", KEY, {"per_page": 2}, _freshdesk
    ),
    "freshdesk contacts": Feed(
        Freshdesk, _HELP, freshdesk_client.CONTACTS, "", KEY, {"per_page": 2}, _freshdesk
    ),
}
