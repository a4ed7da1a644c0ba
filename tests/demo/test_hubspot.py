"""The stand-in lists as HubSpot does: what is asserted here, a loader may rely on."""

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from demo.hubspot import HubSpot
from tests.demo.hubspot_client import (
    CAMPAIGNS,
    COMPANIES,
    CONTACTS,
    TOKEN,
    a_portal,
    get,
    ids,
)


@pytest.mark.parametrize("limit", [1, 5, 22, 23, 100])
def test_pages_of_any_size_give_every_contact_once_in_the_order_of_ids(limit: int) -> None:
    with HubSpot(a_portal(), password=TOKEN) as portal:
        pages = [get(portal, CONTACTS, limit=limit)]
        while after := pages[-1].json().get("paging"):
            pages.append(get(portal, CONTACTS, limit=limit, after=after["next"]["after"]))
            assert len(pages) < 30
    assert [id_ for page in pages for id_ in ids(page)] == [str(id_) for id_ in range(8_978, 9_001)]
    assert all(len(ids(page)) == limit for page in pages[:-1])


def test_the_link_to_the_next_page_leads_there() -> None:
    with HubSpot(a_portal(), password=TOKEN) as portal:
        first = get(portal, CONTACTS, limit=20, properties="email")
        link = first.json()["paging"]["next"]["link"]
        second = requests.get(link, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=5)
    assert len(ids(second)) == 3
    assert "email" in second.json()["results"][0]["properties"]


def test_nothing_asked_for_gives_the_default_properties() -> None:
    with HubSpot(a_portal(), password=TOKEN) as portal:
        contact = get(portal, CONTACTS).json()["results"][0]
        company = get(portal, COMPANIES).json()["results"][0]
    assert list(contact["properties"]) == (
        "createdate email firstname hs_object_id lastmodifieddate lastname".split()
    )
    assert list(company["properties"]) == (
        "createdate domain hs_lastmodifieddate hs_object_id name".split()
    )


def test_properties_come_by_name_and_unknown_ones_are_left_out() -> None:
    """Asked for with commas or again and again; null and empty text both stand for nothing."""
    with HubSpot(a_portal(), password=TOKEN) as portal:
        commas = get(portal, CONTACTS, properties="phone,lastname,nonsense").json()["results"][0]
        query = "?properties=phone&properties=lastname&properties=nonsense"
        again = get(portal, CONTACTS + query).json()["results"][0]
    assert commas == again
    assert list(commas["properties"]) == (
        "createdate hs_object_id lastmodifieddate lastname phone".split()
    )
    assert (commas["properties"]["phone"], commas["properties"]["lastname"]) == (None, "")


def test_archived_contacts_come_only_when_asked_for() -> None:
    company = a_portal()
    company["contacts"][3] |= {"archived": True, "archivedAt": "2026-10-20T00:00:00Z"}
    with HubSpot(company, password=TOKEN) as portal:
        live = get(portal, CONTACTS, limit=100)
        gone = get(portal, CONTACTS, limit=100, archived="true")
        missing = get(portal, f"{CONTACTS}/8997")
        found = get(portal, f"{CONTACTS}/8997", archived="true")
    assert len(ids(live)) == 22
    assert ids(gone) == ["8997"]
    assert gone.json()["results"][0]["archivedAt"] == "2026-10-20T00:00:00Z"
    assert (missing.status_code, found.json()["id"]) == (404, "8997")


def test_campaigns_have_the_properties_asked_for_and_no_others() -> None:
    with HubSpot(a_portal(), password=TOKEN) as portal:
        bare = get(portal, CAMPAIGNS).json()
        asked = get(portal, CAMPAIGNS, properties="hs_name,hs_campaign_guess").json()
    assert [row["properties"] for row in bare["results"]] == [{}, {}, {}]
    assert asked["results"][0]["properties"] == {"hs_name": "Campaign 1"}
    assert asked["total"] == 3


@pytest.mark.parametrize(
    ("sort", "order"), [("hs_name", "123"), ("-createdAt", "321"), ("updatedAt", "321")]
)
def test_campaigns_page_in_the_order_asked_for(sort: str, order: str) -> None:
    with HubSpot(a_portal(), password=TOKEN) as portal:
        first = get(portal, CAMPAIGNS, limit=2, sort=sort)
        after = first.json()["paging"]["next"]["after"]
        second = get(portal, CAMPAIGNS, limit=2, sort=sort, after=after)
    assert "".join(id_[-1] for id_ in ids(first) + ids(second)) == order
    assert "paging" not in second.json()


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (CONTACTS, {"limit": 101}),
        (CONTACTS, {"limit": "many"}),
        (CONTACTS, {"after": "x"}),
        (CAMPAIGNS, {"limit": 0}),
        (CAMPAIGNS, {"sort": "hs_colour"}),
        (CAMPAIGNS, {"after": "=x"}),
    ],
)
def test_a_wrong_request_is_told_why(path: str, query: dict[str, Any]) -> None:
    with HubSpot(a_portal(), password=TOKEN) as portal:
        answer = get(portal, path, **query)
    assert answer.status_code == 400
    assert answer.json()["category"] == "VALIDATION_ERROR"
    assert next(iter(query)) in answer.json()["message"]


def test_a_stranger_and_an_expired_token_are_told_apart() -> None:
    with HubSpot(a_portal(), password=TOKEN, faults={1: 401}) as portal:
        expired = get(portal, CONTACTS)
        stranger = requests.get(portal.url + CONTACTS, auth=("secret", ""), timeout=5)
    assert (expired.status_code, stranger.status_code) == (401, 401)
    assert expired.json()["category"] == "EXPIRED_AUTHENTICATION"
    assert stranger.json()["category"] == "INVALID_AUTHENTICATION"


def test_an_unknown_path_is_an_error_in_json() -> None:
    with HubSpot(a_portal(), password=TOKEN) as portal:
        answer = get(portal, "/crm/v3/objects/deals")
    assert (answer.status_code, answer.json()["status"]) == (404, "error")


def test_a_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "hubspot.json"
    file.write_text(json.dumps(a_portal()))
    with HubSpot(tmp_path, password=TOKEN) as portal:
        before = get(portal, CONTACTS, limit=100)
        file.write_text(json.dumps({**a_portal(), "contacts": []}))
        after = get(portal, CONTACTS, limit=100)
    assert (len(ids(before)), len(ids(after))) == (23, 0)


def test_a_directory_without_a_portal_is_named_with_what_makes_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"hubspot.json: .*python -m demo.company"):
        HubSpot(tmp_path, password=TOKEN)
