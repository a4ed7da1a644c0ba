"""Zendesk: every ticket, user and organisation of all recorded pages, as one long export."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.real import plain
from tests.real.runs import Replay, Result
from tests.real.serving import Answer, Request

# of each object: how many all recorded pages have, and of how many ids
README = {"tickets": (2_697, 1_118), "users": (1_070, 554), "organizations": (785, 632)}


def pages(folder: Path, name: str) -> list[list[dict[str, Any]]]:
    """What the recorded pages list of an object, page by page in their order."""
    exchanges = plain.lines(folder / "interactions.jsonl.gz")
    read = [one["body"] for one in exchanges if one["method"] == "GET" and one["status"] == 200]
    return [body[name] for body in read if isinstance(body.get(name), list)]


def recorded(result: Result, name: str) -> list[dict[str, Any]]:
    return [record for page in pages(result.folder, name) for record in page]


class Recorded(Replay):
    """All recorded pages of an object, as its export would give them one after the other."""

    def __init__(self, folder: Path) -> None:
        self.pages = {name: pages(folder, name) for name in README}

    def answer(self, request: Request) -> Answer:
        name = request.path.split("/")[-2]
        known = self.pages[name]
        at = int(request.query.get("cursor", 0))
        after = min(at + 1, len(known))
        return Answer(
            {
                name: known[at] if at < len(known) else [],
                "after_cursor": str(after),
                "after_url": f"https://d3v-elsewhere.zendesk.com{request.path}?cursor={after}",
                "end_of_stream": after == len(known),
            }
        )


def test_every_record_is_accounted_for(result: Result) -> None:
    assert result.problems() == []


def test_reading_again_changes_nothing(result: Result) -> None:
    assert result.read_again() == []


@pytest.mark.parametrize("name", README)
def test_every_record_of_every_page_is_read_and_each_id_staged_once(
    result: Result, name: str
) -> None:
    records, ids = README[name]
    account, known = result.accounts[name], recorded(result, name)
    assert (len(known), len({record["id"] for record in known})) == (records, ids)
    assert (account.read, account.staged) == (records, ids)
    assert account.superseded + account.repeated == records - ids


@pytest.mark.parametrize(
    ("name", "key", "by"),
    [
        ("tickets", "ticket_id", "generated_timestamp"),
        ("users", "user_id", "updated_at"),
        ("organizations", "organization_id", "updated_at"),
    ],
)
def test_the_newest_version_is_staged(result: Result, name: str, key: str, by: str) -> None:
    newest = plain.newest(recorded(result, name), by)
    staged = {getattr(r, key): r.updated_at for r in result.rows(f"stg_zendesk_{name}")}
    assert staged == {id_: plain.instant(one["updated_at"]) for id_, one in newest.items()}


def test_deleted_tickets_stay_and_say_so(result: Result) -> None:
    known = recorded(result, "tickets")
    assert Counter(ticket["status"] for ticket in known)["deleted"] == 1_032
    deleted = {ticket["id"] for ticket in known if ticket["status"] == "deleted"}
    staged = result.rows("stg_zendesk_tickets")
    assert {row.ticket_id for row in staged if row.is_deleted} == deleted
    assert all(row.deletion_noticed_at for row in staged if row.is_deleted)


def test_most_users_have_no_address(result: Result) -> None:
    known = recorded(result, "users")
    assert sum(not user["email"] for user in known) == 933
    without = {user["id"] for user in known if not user["email"]}
    assert {row.user_id for row in result.rows("stg_zendesk_users") if not row.email} == without


def test_ids_beyond_32_bits_are_kept(result: Result) -> None:
    staged = {row.ticket_id for row in result.rows("stg_zendesk_tickets")}
    staged |= {row.user_id for row in result.rows("stg_zendesk_users")}
    assert max(staged) > 2**31


def test_a_record_of_each_stream_of_a_connector_is_staged(result: Result) -> None:
    captured = plain.lines(result.folder / "connector_capture.jsonl")
    assert len(captured) == 25
    assert {row.stream for row in result.rows("stg_connector_records")} == {
        one["stream"] for one in captured
    }


def test_a_ticket_that_was_erased_keeps_its_row_and_loses_its_text(result: Result) -> None:
    staged = result.rows("stg_zendesk_tickets")
    erased = {row.ticket_id for row in staged if row.subject == "SCRUBBED"}
    known = recorded(result, "tickets")
    assert sum(ticket["subject"] == "SCRUBBED" for ticket in known) == 8
    assert erased == {ticket["id"] for ticket in known if ticket["subject"] == "SCRUBBED"}
