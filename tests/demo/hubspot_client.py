"""A small portal, and somebody who asks its stand-in."""

from typing import Any

import requests

from demo.hubspot import HubSpot

Json = dict[str, Any]

CONTACTS = "/crm/v3/objects/contacts"
COMPANIES = "/crm/v3/objects/companies"
SEARCH = f"{CONTACTS}/search"
CAMPAIGNS = "/marketing/v3/campaigns"
TOKEN = "secret"


def an_object(number: int, changed: str, modified: str = "lastmodifieddate", **more: Any) -> Json:
    """Something made on the first of October and changed on a day of it."""
    created, changed = "2026-10-01T08:00:00Z", f"2026-10-{changed}Z"
    beside = {"createdate": created, modified: changed, "hs_object_id": str(number)}
    return {
        "id": str(number),
        "properties": {**beside, **more},
        "createdAt": created,
        "updatedAt": changed,
        "archived": False,
    }


def a_portal() -> Json:
    """23 contacts, five of them changed within one second; 2 companies and 3 campaigns."""
    return {
        "now": "2026-11-01T00:00:00Z",
        "contacts": [
            an_object(
                9_000 - number,
                f"{2 + number // 5:02}T08:00:00.500",
                email=f"c{number}@example.org",
                firstname="Zoë" if number % 2 else None,
                lastname="",
                phone=None,
                lifecyclestage="lead",
            )
            for number in range(23)
        ],
        "companies": [
            an_object(number, "02T08:00:00", "hs_lastmodifieddate", name=f"School {number}")
            for number in (71, 72)
        ],
        "campaigns": [
            {
                "id": f"00000000-0000-4000-8000-00000000000{number}",
                "properties": {"hs_name": f"Campaign {number}", "hs_budget_items_sum_amount": "90"},
                "createdAt": f"2026-10-0{number}T08:00:00Z",
                "updatedAt": f"2026-10-1{9 - number}T08:00:00Z",
            }
            for number in (1, 2, 3)
        ],
    }


def get(portal: HubSpot, path: str, **query: str | int) -> requests.Response:
    return requests.get(portal.url + path, params=query, headers=_headers(), timeout=5)


def search(portal: HubSpot, **asked: Any) -> requests.Response:
    return requests.post(portal.url + SEARCH, json=asked, headers=_headers(), timeout=5)


def a_filter(name: str, operator: str, value: str = "", **more: Any) -> list[Json]:
    """The groups of one filter."""
    one = {"propertyName": name, "operator": operator, "value": value, **more}
    return [{"filters": [one]}]


def ids(response: requests.Response) -> list[str]:
    return [row["id"] for row in response.json()["results"]]


def _headers() -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKEN}"}
