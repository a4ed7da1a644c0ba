"""The stand-in lists as Freshdesk does: what is asserted here, a loader may rely on."""

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from demo.freshdesk import Freshdesk
from tests.demo.freshdesk_client import (
    AGENTS,
    ALWAYS,
    CONTACTS,
    KEY,
    TICKETS,
    a_helpdesk,
    a_ticket,
    all_tickets,
    get,
    ids,
)


@pytest.mark.parametrize("size", [1, 7, 20, 21, 100])
def test_the_links_lead_through_every_ticket_once(size: int) -> None:
    with Freshdesk(a_helpdesk(), password=KEY) as desk:
        query = {"order_by": "updated_at", "order_type": "asc", "per_page": size}
        pages = [all_tickets(desk, **query)]
        while link := pages[-1].links.get("next"):
            pages.append(requests.get(link["url"], auth=(KEY, "X"), timeout=5))
            assert len(pages) < 30
    assert [id_ for page in pages for id_ in ids(page)] == list(range(21, 0, -1))
    assert all(len(ids(page)) == size for page in pages[:-1])


def test_a_page_behind_the_last_is_empty() -> None:
    with Freshdesk(a_helpdesk(), password=KEY) as desk:
        answer = all_tickets(desk, page=3, per_page=21)
    assert (answer.json(), answer.links) == ([], {})


def test_tickets_come_newest_first_and_30_to_a_page() -> None:
    desk_content = {**a_helpdesk(), "tickets": [a_ticket(number % 29 + 1) for number in range(40)]}
    with Freshdesk(desk_content, password=KEY) as desk:
        created = [row["created_at"] for row in all_tickets(desk).json()]
    assert len(created) == 30
    assert created == sorted(created, reverse=True)


def test_without_updated_since_only_the_last_30_days_are_listed() -> None:
    """Of the tickets here, those created on the second of October or later."""
    company = a_helpdesk()
    with Freshdesk(company, password=KEY) as desk:
        recent = get(desk, TICKETS, per_page=100)
        since = get(desk, TICKETS, per_page=100, updated_since="2026-10-20T08:00:00Z")
        elsewhere = get(desk, TICKETS, per_page=100, updated_since="2026-10-20T10:00:00+02:00")
    assert len(ids(recent)) == 17
    assert {row["created_at"] >= "2026-10-02T00:00:00Z" for row in recent.json()} == {True}
    assert sorted(ids(since)) == sorted(ids(elsewhere)) == list(range(1, 11))


@pytest.mark.parametrize(("wanted", "found"), [("deleted", [22]), ("spam", [23])])
def test_deleted_tickets_and_spam_come_under_their_own_filter_only(
    wanted: str, found: list[int]
) -> None:
    with Freshdesk(a_helpdesk(), password=KEY) as desk:
        everything = all_tickets(desk, per_page=100)
        hidden = all_tickets(desk, filter=wanted)
    assert sorted(ids(everything)) == list(range(1, 22))
    assert ids(hidden) == found


def test_what_is_to_be_included_has_to_be_named() -> None:
    with Freshdesk(a_helpdesk(), password=KEY) as desk:
        bare = all_tickets(desk).json()[0]
        stats = all_tickets(desk, include="stats").json()[0]
        rich = all_tickets(desk, include="requester,description").json()[0]
    assert not {"stats", "requester", "description", "description_text"} & set(bare)
    assert stats["stats"] == {"resolved_at": None}
    assert rich["requester"]["email"] == "c0@example.org"
    assert (rich["description_text"], "stats" in rich) == ("Pupils", False)


def test_agents_and_contacts_page_in_the_order_of_ids() -> None:
    with Freshdesk(a_helpdesk(), password=KEY) as desk:
        first, second = (get(desk, AGENTS, per_page=2, page=page) for page in (1, 2))
        contacts = get(desk, CONTACTS)
    assert (ids(first), ids(second)) == ([75, 76], [77])
    assert ("next" in first.links, "next" in second.links) == (True, False)
    assert ids(contacts) == [501, 502, 503]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"state": "deleted"}, [504]),
        ({"state": "verified"}, [501, 502]),
        ({"state": "unverified"}, [503]),
        ({"_updated_since": "2026-10-02T08:00:00Z"}, [502, 503]),
        ({"email": "c1@example.org"}, [502]),
    ],
)
def test_contacts_are_picked_by(query: dict[str, str], found: list[int]) -> None:
    with Freshdesk(a_helpdesk(), password=KEY) as desk:
        assert ids(get(desk, CONTACTS, **query)) == found


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        (TICKETS, {"page": 301}, "invalid_value"),
        (TICKETS, {"page": 0}, "invalid_value"),
        (TICKETS, {"per_page": 101}, "invalid_value"),
        (TICKETS, {"order_by": "priority"}, "invalid_value"),
        (TICKETS, {"order_type": "up"}, "invalid_value"),
        (TICKETS, {"filter": "mine"}, "invalid_value"),
        (TICKETS, {"include": "everything"}, "invalid_value"),
        (TICKETS, {"updated_since": "yesterday"}, "invalid_value"),
        (TICKETS, {"updated_at": ALWAYS}, "invalid_field"),
        (CONTACTS, {"updated_since": ALWAYS}, "invalid_field"),
        (AGENTS, {"per_page": "all"}, "invalid_value"),
    ],
)
def test_a_wrong_request_is_told_which_field(path: str, query: dict[str, Any], code: str) -> None:
    with Freshdesk(a_helpdesk(), password=KEY) as desk:
        answer = get(desk, path, **query)
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert (error["field"], error["code"]) == (next(iter(query)), code)


def test_only_tickets_end_at_the_300th_page() -> None:
    with Freshdesk(a_helpdesk(), password=KEY) as desk:
        statuses = [
            get(desk, path, page=page).status_code
            for path, page in ((TICKETS, 300), (TICKETS, 301), (CONTACTS, 301))
        ]
    assert statuses == [200, 400, 200]


def test_the_key_is_the_user_and_any_password_will_do() -> None:
    with Freshdesk(a_helpdesk(), password=KEY) as desk:
        answers = [
            requests.get(desk.url + AGENTS, auth=auth, timeout=5)
            for auth in ((KEY, "anything"), ("X", KEY), None)
        ]
    assert [answer.status_code for answer in answers] == [200, 401, 401]
    assert answers[1].json()["code"] == "invalid_credentials"


def test_a_change_between_two_pages_pulls_the_rest_forward() -> None:
    query = {"order_by": "updated_at", "order_type": "asc", "per_page": 10}
    with Freshdesk(a_helpdesk(), password=KEY, faults={2: "shift"}) as desk:
        seen = [id_ for page in (1, 2, 3) for id_ in ids(all_tickets(desk, page=page, **query))]
    assert 11 not in seen
    assert (seen[0], seen[-1]) == (21, 21)


def test_a_change_between_two_pages_pushes_the_rest_back_where_the_newest_comes_first() -> None:
    query = {"order_by": "updated_at", "order_type": "desc", "per_page": 10}
    with Freshdesk(a_helpdesk(), password=KEY, faults={2: "shift"}) as desk:
        seen = [id_ for page in (1, 2, 3) for id_ in ids(all_tickets(desk, page=page, **query))]
    assert 21 not in seen  # it comes first by now
    assert seen.count(10) == 2


def test_a_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "freshdesk.json"
    file.write_text(json.dumps(a_helpdesk()))
    with Freshdesk(tmp_path, password=KEY) as desk:
        before = ids(get(desk, AGENTS))
        file.write_text(json.dumps({**a_helpdesk(), "agents": []}))
        after = ids(get(desk, AGENTS))
    assert (len(before), len(after)) == (3, 0)


def test_a_directory_without_a_desk_is_named_with_what_makes_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"freshdesk.json: .*python -m demo.company"):
        Freshdesk(tmp_path, password=KEY)
