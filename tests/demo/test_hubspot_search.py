"""The stand-in searches as HubSpot does, with the traps of an index behind it."""

from typing import Any

import pytest

from demo.hubspot import HubSpot
from tests.demo.hubspot_client import TOKEN, a_filter, a_portal, an_object, ids, search

BY_CHANGE = [{"propertyName": "lastmodifieddate", "direction": "ASCENDING"}]


@pytest.mark.parametrize(
    ("groups", "found"),
    [
        ([], 23),
        (a_filter("lastmodifieddate", "GTE", "2026-10-04T08:00:00.500Z"), 13),
        (a_filter("lastmodifieddate", "GT", "2026-10-04T09:00:00.500+01:00"), 8),
        (a_filter("lastmodifieddate", "GTE", "1791100800500"), 13),
        (a_filter("lastmodifieddate", "LT", "2026-10-04T08:00:00.500Z"), 10),
        (a_filter("lastmodifieddate", "LTE", "2026-10-04"), 10),
        (a_filter("hs_object_id", "GT", "8999"), 1),
        (a_filter("hs_object_id", "BETWEEN", "8999", highValue="9000"), 2),
        (a_filter("hs_object_id", "IN", values=["8999", "8990", "1"]), 2),
        (a_filter("email", "EQ", "C7@EXAMPLE.org"), 1),
        (a_filter("firstname", "HAS_PROPERTY"), 11),
        (a_filter("firstname", "NOT_HAS_PROPERTY"), 12),
        (a_filter("firstname", "GTE", "0"), 0),  # a text is no number, nothing is nothing
        (a_filter("email", "EQ", "c7@example.org") + a_filter("hs_object_id", "EQ", "9000"), 2),
    ],
)
def test_a_filter_finds_what_fits_it(groups: list[dict[str, Any]], found: int) -> None:
    with HubSpot(a_portal(), password=TOKEN) as portal:
        answer = search(portal, filterGroups=groups, limit=100).json()
    assert (answer["total"], len(answer["results"])) == (found, found)


def test_a_time_is_found_by_its_milliseconds_whatever_they_are() -> None:
    """A fraction of a second in binary is off by a hair."""
    company = a_portal()
    for number, contact in enumerate(company["contacts"]):
        contact["properties"]["lastmodifieddate"] = f"2026-10-04T08:00:00.{number * 41:03}Z"
    began = 1_791_100_800_000  # the same moment without its milliseconds
    with HubSpot(company, password=TOKEN) as portal:
        found = [
            search(portal, filterGroups=a_filter("lastmodifieddate", "EQ", str(began + at)))
            for at in range(0, 23 * 41, 41)
        ]
    assert [answer.json()["total"] for answer in found] == [1] * 23


def test_filters_of_one_group_hold_together() -> None:
    both = [a_filter("hs_object_id", "GT", "8990"), a_filter("firstname", "HAS_PROPERTY")]
    group = {"filters": [filter_ for groups in both for filter_ in groups[0]["filters"]]}
    with HubSpot(a_portal(), password=TOKEN) as portal:
        answer = search(portal, filterGroups=[group], limit=100)
    assert len(ids(answer)) == 5


@pytest.mark.parametrize(
    ("sorts", "name", "is_descending"),
    [
        (BY_CHANGE, "lastmodifieddate", False),
        (["-lastmodifieddate"], "lastmodifieddate", True),
        ([{"propertyName": "hs_object_id", "direction": "DESCENDING"}], "hs_object_id", True),
        (["email"], "email", False),
        ([], "createdate", False),
    ],
)
def test_a_sort_orders_what_is_found(sorts: list[Any], name: str, is_descending: bool) -> None:
    with HubSpot(a_portal(), password=TOKEN) as portal:
        answer = search(portal, sorts=sorts, limit=100)
    values = [row["properties"][name] for row in answer.json()["results"]]
    assert len(values) == 23
    assert values == sorted(values, reverse=is_descending)


def test_pages_go_on_at_after_and_the_last_has_no_successor() -> None:
    with HubSpot(a_portal(), password=TOKEN) as portal:
        pages = [search(portal, sorts=BY_CHANGE, limit=10)]
        while paging := pages[-1].json().get("paging"):
            pages.append(search(portal, sorts=BY_CHANGE, limit=10, after=paging["next"]["after"]))
    assert [len(ids(page)) for page in pages] == [10, 10, 3]
    assert len({id_ for page in pages for id_ in ids(page)}) == 23
    assert {page.json()["total"] for page in pages} == {23}


def test_a_change_between_two_pages_pulls_the_rest_forward() -> None:
    """Who goes on from `after` misses one; its contact comes last now."""
    with HubSpot(a_portal(), password=TOKEN, faults={2: "shift"}) as portal:
        pages = [search(portal, sorts=BY_CHANGE, limit=10, after=after) for after in (0, 10, 20)]
        everything = search(portal, sorts=BY_CHANGE, limit=100)
    seen = [id_ for page in pages for id_ in ids(page)]
    assert len(seen) == 23
    assert len(set(seen)) == 22  # the one that was 11th is missing
    assert seen[-1] == seen[0] == ids(everything)[-1]


def test_a_search_never_pages_beyond_10000_results() -> None:
    contacts = [an_object(number, "02T08:00:00") for number in range(1, 10_003)]
    with HubSpot({**a_portal(), "contacts": contacts}, password=TOKEN) as portal:
        last = search(portal, limit=200, after=9_800)
        beyond = search(portal, limit=200, after=10_000)
        rest = search(portal, limit=200, filterGroups=a_filter("hs_object_id", "GT", "10000"))
    assert (last.json()["total"], ids(last)[-1]) == (10_002, "10000")
    assert last.json()["paging"]["next"]["after"] == "10000"
    assert (beyond.status_code, beyond.json()["category"]) == (400, "VALIDATION_ERROR")
    assert ids(rest) == ["10001", "10002"]


def test_archived_contacts_are_not_found() -> None:
    company = a_portal()
    company["contacts"][3]["archived"] = True
    with HubSpot(company, password=TOKEN) as portal:
        assert search(portal).json()["total"] == 22


def test_what_changed_in_the_last_seconds_is_found_later() -> None:
    company = a_portal()
    company["contacts"][3]["updatedAt"] = "2026-10-31T23:59:55Z"
    with HubSpot(company, password=TOKEN, index_lag=10) as portal:
        before = search(portal).json()["total"]
        company["now"] = "2026-11-01T00:00:05Z"
        after = search(portal).json()["total"]
    assert (before, after) == (22, 23)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"limit": 201}, "limit"),
        ({"after": "x"}, "after"),
        ({"sorts": ["email", "phone"]}, "sorts"),
        ({"filterGroups": a_filter("email", "LIKE", "c%")}, "LIKE"),
        ({"filterGroups": a_filter("nonsense", "EQ", "1")}, "nonsense"),
        ({"filterGroups": [{}]}, "Invalid input JSON"),
    ],
)
def test_a_wrong_search_is_told_why(asked: dict[str, Any], words: str) -> None:
    with HubSpot(a_portal(), password=TOKEN) as portal:
        answer = search(portal, **asked)
    assert (answer.status_code, answer.json()["category"]) == (400, "VALIDATION_ERROR")
    assert words in answer.json()["message"]


def test_the_search_itself_is_kept_beside_the_request() -> None:
    with HubSpot(a_portal(), password=TOKEN) as portal:
        search(portal, limit=3)
    assert (portal.bodies, portal.statuses) == ([b'{"limit": 3}'], [200])
