"""The pipeline on recorded input, against a second, plain reading of the same files."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from layers.project import Project
from tests.real import packs
from tests.real.replay import Export, exports
from tests.real.runs import Result, run
from tests.servers import Postgres

DATA = Path(__file__).parents[3] / "shared" / "data"
TRAVEL = ("sentAt", "receivedAt", "timestamp", "request_ip")
NAMES = ["to its end", "page by page", "first page"]

pytestmark = pytest.mark.skipif(
    not DATA.is_dir() and not os.environ.get("CI"),  # in CI it must be there, and fails otherwise
    reason=f"NOTHING REAL IS TESTED: the recorded packs are not in {DATA}",
)


def export(name: str) -> Export:
    return next(one for one in exports(DATA / "zendesk-recorded") if one.name == name)


@pytest.fixture(scope="module", params=NAMES)
def result(
    request: pytest.FixtureRequest,
    server: Postgres,
    example: Project,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Result]:
    folder = tmp_path_factory.mktemp("rudderstack")
    with run(server, example, export(request.param), DATA, folder) as done:
        yield done


@pytest.fixture(scope="module")
def events() -> list[dict[str, Any]]:
    """Every recorded event once: two are the same when all agrees but the times of travel."""
    found = {}
    for text in packs.events(DATA):
        event = json.loads(text)
        same = {name: value for name, value in event.items() if name not in TRAVEL}
        found[json.dumps(same, sort_keys=True)] = event
    return list(found.values())


def test_every_record_is_accounted_for(result: Result) -> None:
    assert result.problems() == []


def test_every_record_that_the_files_hold_is_read(result: Result) -> None:
    recorded = export(result.name)
    tickets = [ticket for page in recorded.pages.values() for ticket in page["tickets"]]
    read = {name: account.read for name, account in result.accounts.items()}
    assert read["src_zendesk.tickets"] == len(tickets)
    assert read["src_zendesk.users"] == len(recorded.users)
    assert read["src_rudderstack.events"] == 142 + 31  # what the pack's README counts
    assert read["src_backend.users"] == len(packs.accounts(DATA))


def test_what_no_staging_relation_selects_is_counted_by_its_type(result: Result) -> None:
    types = Counter(json.loads(text).get("type") for text in packs.events(DATA))
    claimed = {"track": "tracks", "page": "pages", "identify": "identifies"}
    for type_, name in claimed.items():
        assert result.accounts[f"stg_rudderstack_{name}"].read == types.pop(type_)
    assert result.accounts["src_rudderstack.events"].unclaimed == types.total()
    assert result.unclaimed() == dict(types)


def test_events_that_differ_only_in_their_travel_are_one(
    result: Result, events: list[dict[str, Any]]
) -> None:
    types = Counter(event.get("type") for event in events)
    assert result.accounts["stg_rudderstack_tracks"].staged == types["track"]
    assert result.accounts["stg_rudderstack_pages"].staged == types["page"]
    assert result.accounts["stg_rudderstack_identifies"].staged == types["identify"]


def test_the_newest_version_of_each_ticket_and_user_is_staged(result: Result) -> None:
    recorded = export(result.name)
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


def test_tickets_are_published_that_have_an_agent_and_a_known_requester(result: Result) -> None:
    recorded = export(result.name)
    tickets = {str(t["id"]): t for page in recorded.pages.values() for t in page["tickets"]}
    users = {str(user["id"]): user for user in recorded.users}
    agents = {key for key, user in users.items() if user["role"] in ("agent", "admin")}
    accounts = {account["id"] for account in packs.accounts(DATA)}
    there = {key: ticket for key, ticket in tickets.items() if ticket["status"] != "deleted"}

    def is_kept(ticket: dict[str, Any]) -> bool:
        external = users.get(str(ticket["requester_id"]), {}).get("external_id")
        return str(ticket["assignee_id"]) in agents and (external is None or external in accounts)

    kept = {key for key, ticket in there.items() if is_kept(ticket)}
    account = result.accounts["dmn_support_tickets"]
    assert (account.built, account.held) == (len(there), len(there) - len(kept))
    assert {row.ticket_id for row in result.warehouse.rows("dmn_support_tickets")} == kept


def test_product_events_of_people_the_backend_does_not_know_are_held(
    result: Result, events: list[dict[str, Any]]
) -> None:
    accounts = {account["id"] for account in packs.accounts(DATA)}
    of_users = [e for e in events if e.get("type") == "track" and e.get("userId")]
    known = [e for e in of_users if e["userId"] in accounts]
    account = result.accounts["dmn_product_events"]
    assert (account.built, account.published) == (len(of_users), len(known))


def test_web_users_are_published_that_did_something_and_events_that_have_one(
    result: Result, events: list[dict[str, Any]]
) -> None:
    anonymous = [e for e in events if e.get("type") == "track" and not e.get("userId")]
    visits = [e for e in events if e.get("type") == "page"] + anonymous
    kept = [event for event in visits if event.get("anonymousId") and _in_time(event)]
    account = result.accounts["dmn_web_engagement_events"]
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
) -> None:
    (cursor,) = result.warehouse.query(
        "select cursor ->> 'cursor' as at, loaded_until from layers.cursors"
        " where (source, object) = ('zendesk', 'tickets')"
    )
    pages = list(export(result.name).pages.values())
    asked = {page["after_cursor"] for page in pages}
    if result.name == "to its end":
        assert (result.failures, cursor.at) == ([], pages[-1]["after_cursor"])
        assert cursor.loaded_until is not None
    else:
        (failure,) = result.failures
        assert failure.splitlines()[-1].endswith("answered 404 Not Found")
        assert "/api/v2/incremental/tickets/cursor.json?" in failure.splitlines()[-1]
        assert cursor.at in asked
        assert cursor.loaded_until is None
