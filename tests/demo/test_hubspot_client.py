"""HubSpot's own client pages through the stand-in."""

import hubspot
from hubspot.crm.contacts import PublicObjectSearchRequest

from demo.hubspot import HubSpot
from tests.demo.hubspot_client import CAMPAIGNS, TOKEN, a_filter, a_portal, an_object


def a_client(portal: HubSpot) -> hubspot.HubSpot:
    return hubspot.HubSpot(access_token=TOKEN, host=portal.url, base_url=portal.url)


def test_it_reads_all_contacts_and_companies() -> None:
    contacts = [an_object(number, "02T08:00:00", email="x") for number in range(1, 251)]
    with HubSpot({**a_portal(), "contacts": contacts}, password=TOKEN) as portal:
        client = a_client(portal)
        read = client.crm.contacts.get_all(properties=["email", "phone"])
        companies = client.crm.companies.get_all()
    assert [int(one.id) for one in read] == list(range(1, 251))
    assert read[0].properties["email"] == "x"
    assert [one.properties["name"] for one in companies] == ["School 71", "School 72"]
    assert len(portal.requests) == 4


def test_it_reads_what_is_archived() -> None:
    company = a_portal()
    company["contacts"][3] |= {"archived": True, "archivedAt": "2026-10-20T00:00:00Z"}
    with HubSpot(company, password=TOKEN) as portal:
        (gone,) = a_client(portal).crm.contacts.get_all(archived=True)
    assert gone.archived_at.day == 20


def test_it_reads_one_contact() -> None:
    with HubSpot(a_portal(), password=TOKEN) as portal:
        contact = a_client(portal).crm.contacts.basic_api.get_by_id("8999", properties=["email"])
    assert contact.properties["email"] == "c1@example.org"


def test_it_pages_through_a_search() -> None:
    groups = a_filter("lastmodifieddate", "GTE", "2026-10-04T08:00:00.500Z")
    found, after = [], "0"
    with HubSpot(a_portal(), password=TOKEN) as portal:
        api = a_client(portal).crm.contacts.search_api
        while after:
            wanted = PublicObjectSearchRequest(
                filter_groups=groups,
                sorts=["lastmodifieddate"],
                properties=["email"],
                limit=5,
                after=after,
            )
            page = api.do_search(wanted)
            found += page.results
            after = page.paging.next.after if page.paging else ""
    assert (len(found), page.total) == (13, 13)
    assert len({one.id for one in found}) == 13


def test_it_pages_through_campaigns_by_a_request_of_its_own() -> None:
    """The client, version 12, has no module for campaigns: `api_request` takes the path."""
    names, query = [], {"limit": 2, "properties": "hs_name"}
    with HubSpot(a_portal(), password=TOKEN) as portal:
        client = a_client(portal)
        while query:
            page = client.api_request({"path": CAMPAIGNS, "qs": query}).json()
            names += [row["properties"]["hs_name"] for row in page["results"]]
            after = page.get("paging", {}).get("next", {}).get("after")
            query = {**query, "after": after} if after else {}
    assert names == ["Campaign 1", "Campaign 2", "Campaign 3"]
