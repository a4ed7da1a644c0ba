"""The example on recorded input, against a second, plain reading of the same files."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from layers.project import Project
from tests.real import packs
from tests.real.example import Result, run
from tests.real.replay import Export, exports
from tests.servers import Postgres

TRAVEL = ("sentAt", "receivedAt", "timestamp", "request_ip")
NAMES = ["to its end", "page by page", "first page"]


def export(name: str, data: Path) -> Export:
    return next(one for one in exports(data / "zendesk-recorded") if one.name == name)


@pytest.fixture(scope="module", params=NAMES)
def result(
    request: pytest.FixtureRequest,
    server: Postgres,
    example: Project,
    data: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Result]:
    folder = tmp_path_factory.mktemp("rudderstack")
    with run(server, example, export(request.param, data), data, folder) as done:
        yield done


@pytest.fixture(scope="module")
def events(data: Path) -> list[dict[str, Any]]:
    """Every recorded event once: two are the same when all agrees but the times of travel."""
    found = {}
    for text in packs.events(data):
        event = json.loads(text)
        same = {name: value for name, value in event.items() if name not in TRAVEL}
        found[json.dumps(same, sort_keys=True)] = event
    return list(found.values())


def test_every_record_is_accounted_for(result: Result) -> None:
    assert result.problems() == []


def test_every_record_that_the_files_hold_is_read(result: Result, data: Path) -> None:
    recorded = export(result.name, data)
    tickets = [ticket for page in recorded.pages.values() for ticket in page["tickets"]]
    read = {name: account.read for name, account in result.accounts.items()}
    assert read["zendesk.tickets"] == len(tickets)
    assert read["zendesk.users"] == len(recorded.users)
    assert read["rudderstack.events"] == 142 + 31  # what the pack's README counts
    assert read["backend.users"] == len(packs.accounts(data))


def test_what_no_staging_relation_selects_is_counted_by_its_type(
    result: Result, data: Path
) -> None:
    types = Counter(json.loads(text).get("type") for text in packs.events(data))
    claimed = {"track": "tracks", "page": "pages", "identify": "identifies"}
    for type_, name in claimed.items():
        assert result.read(f"stg_rudderstack_{name}") == types.pop(type_)
    assert result.accounts["rudderstack.events"].unclaimed == types.total()
    assert result.unclaimed() == dict(types)


def test_events_that_differ_only_in_their_travel_are_one(
    result: Result, events: list[dict[str, Any]]
) -> None:
    types = Counter(event.get("type") for event in events)
    assert len(result.warehouse.rows("stg_rudderstack_tracks")) == types["track"]
    assert len(result.warehouse.rows("stg_rudderstack_pages")) == types["page"]
    assert len(result.warehouse.rows("stg_rudderstack_identifies")) == types["identify"]


def test_the_newest_version_of_each_ticket_and_user_is_staged(result: Result, data: Path) -> None:
    recorded = export(result.name, data)
    newest: dict[str, dict[str, Any]] = {}
    for page in recorded.pages.values():
        for ticket in page["tickets"]:
            other = newest.get(str(ticket["id"]))
            if other is None or ticket["generated_timestamp"] >= other["generated_timestamp"]:
                newest[str(ticket["id"])] = ticket
    staged = result.warehouse.rows("stg_zendesk_tickets")
    assert {row.ticket_id: row.status for row in staged} == {
        key: ticket["status"] for key, ticket in newest.items()
    }
    emails = {str(user["id"]) for user in recorded.users}
    assert {row.user_id for row in result.warehouse.rows("stg_zendesk_users")} == emails


def test_tickets_are_published_that_have_an_agent_and_a_known_requester(
    result: Result, data: Path
) -> None:
    recorded = export(result.name, data)
    tickets = {str(t["id"]): t for page in recorded.pages.values() for t in page["tickets"]}
    users = {str(user["id"]): user for user in recorded.users}
    agents = {key for key, user in users.items() if user["role"] in ("agent", "admin")}
    accounts = {account["id"] for account in packs.accounts(data)}
    there = {key: ticket for key, ticket in tickets.items() if ticket["status"] != "deleted"}

    def is_kept(ticket: dict[str, Any]) -> bool:
        external = users.get(str(ticket["requester_id"]), {}).get("external_id")
        return str(ticket["assignee_id"]) in agents and (external is None or external in accounts)

    kept = {key for key, ticket in there.items() if is_kept(ticket)}
    account = result.published["dmn_support_tickets"]
    assert (account.built, account.held) == (len(there), len(there) - len(kept))
    assert {row.ticket_id for row in result.warehouse.rows("dmn_support_tickets")} == kept


def test_product_events_of_people_the_backend_does_not_know_are_held(
    result: Result, data: Path, events: list[dict[str, Any]]
) -> None:
    accounts = {account["id"] for account in packs.accounts(data)}
    of_users = [e for e in events if e.get("type") == "track" and e.get("userId")]
    known = [e for e in of_users if e["userId"] in accounts]
    account = result.published["dmn_product_events"]
    assert (account.built, account.published) == (len(of_users), len(known))


def test_web_users_are_published_that_did_something_and_events_that_have_one(
    result: Result, events: list[dict[str, Any]]
) -> None:
    anonymous = [e for e in events if e.get("type") == "track" and not e.get("userId")]
    visits = [e for e in events if e.get("type") == "page"] + anonymous
    kept = [event for event in visits if event.get("anonymousId") and _in_time(event)]
    account = result.published["dmn_web_engagement_events"]
    assert (account.built, account.published) == (len(visits), len(kept))
    published = {row.web_user_id for row in result.warehouse.rows("dmn_web_users")}
    assert published == {event["anonymousId"] for event in kept}


def _in_time(event: dict[str, Any]) -> bool:
    occurred = event.get("timestamp") or event.get("receivedAt")
    received = event.get("receivedAt")
    if occurred is None:
        return False  # an event without any time did not happen in the time that is reported
    return received is None or _instant(occurred) <= _instant(received)


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else datetime.fromisoformat(f"{text}+00:00")


def test_an_export_that_breaks_off_fails_with_its_address_and_stands_behind_the_last_good_page(
    result: Result,
    data: Path,
) -> None:
    (cursor,) = result.warehouse.query(
        "select cursor ->> 'cursor' as at, loaded_until from layers.cursors"
        " where (source, object) = ('zendesk', 'tickets')"
    )
    pages = list(export(result.name, data).pages.values())
    asked = {page["after_cursor"] for page in pages}
    if result.name == "to its end":
        assert (result.failures, cursor.at) == ([], pages[-1]["after_cursor"])
        assert cursor.loaded_until is not None
    else:
        (failure,) = result.failures
        assert failure.splitlines()[-1].endswith("answered 404 Not Found")
        assert "/api/v2/incremental/tickets/cursor.json: " in failure.splitlines()[-1]
        assert cursor.at in asked
        assert cursor.loaded_until is None
