"""Freshdesk: its recorded v2 lists, and what became of their first records, through our pagers."""

from pathlib import Path
from typing import Any

import pytest

from tests.real import plain
from tests.real.runs import Replay, Result
from tests.real.serving import Answer, Request

# What each list answered, one reading after the other: a file, and its records by the README.
README = {
    "tickets": [("all_tickets.json", 1), ("ticket_1.json", 1), ("ticket_1_updated.json", 1)],
    "agents": [("agents.json", 2), ("agent_1_updated.json", 1)],
    "contacts": [("contacts.json", 2), ("contact_updated.json", 1)],
    "companies": [("companies.json", 2)],
    "groups": [("groups.json", 2)],
    "roles": [("roles.json", 2)],
}
WORDS = {2: "open", 3: "pending", 4: "solved", 5: "closed"}


def answers(folder: Path, name: str) -> list[list[dict[str, Any]]]:
    """The recorded answers of a list; a record that was recorded alone is a list of one."""
    found = [plain.document(folder / "v2" / file) for file, _ in README[name]]
    return [one if isinstance(one, list) else [one] for one in found]


class Recorded(Replay):
    """A desk that stands still while it is read; each reading finds the next answer of a list."""

    def __init__(self, folder: Path) -> None:
        self.left = {name: answers(folder, name)[::-1] for name in README}

    @property
    def is_used_up(self) -> bool:
        """Whether every list has answered with all it has."""
        return not any(self.left.values())

    def answer(self, request: Request) -> Answer:
        left = self.left[request.path.split("/")[-1]]
        is_first = request.query.get("page", "1") == "1"
        if request.query.get("filter") == "deleted" or not is_first or not left:
            return Answer([])
        since = plain.instant(request.query.get("updated_since", "1970-01-01"))
        assert since is not None
        found = [(record, plain.instant(record["updated_at"])) for record in left.pop()]
        return Answer([record for record, at in found if at is not None and at >= since])


def recorded(result: Result, name: str) -> list[dict[str, Any]]:
    return [record for one in answers(result.folder, name) for record in one]


def test_every_record_is_accounted_for(result: Result) -> None:
    assert result.problems() == []


def test_reading_again_changes_nothing(result: Result) -> None:
    assert result.read_again() == []


@pytest.mark.parametrize("name", README)
def test_every_record_is_read_and_each_id_staged_once(result: Result, name: str) -> None:
    counted = [len(one) for one in answers(result.folder, name)]
    assert counted == [records for _, records in README[name]]
    known, account = recorded(result, name), result.accounts[name]
    assert (account.read, account.staged) == (len(known), len({one["id"] for one in known}))
    assert account.rejected == 0


def test_the_newest_version_of_a_ticket_is_staged_in_words(result: Result) -> None:
    versions = [
        {**one, "at": plain.instant(one["updated_at"])} for one in recorded(result, "tickets")
    ]
    (newest,) = plain.newest(versions, "at").values()
    (staged,) = result.rows("stg_freshdesk_tickets")
    assert (staged.ticket_id, staged.updated_at) == (newest["id"], newest["at"])
    assert staged.status == WORDS[newest["status"]]


def test_an_agent_who_is_no_longer_active_is_deleted(result: Result) -> None:
    staged = {
        row.agent_id: (row.name, row.is_deleted) for row in result.rows("stg_freshdesk_agents")
    }
    newest = plain.newest(recorded(result, "agents"), "updated_at")
    assert staged == {
        key: (one["contact"]["name"], not one["contact"]["active"]) for key, one in newest.items()
    }
    assert {is_deleted for _, is_deleted in staged.values()} == {True, False}


def test_a_contact_that_is_listed_twice_is_one(result: Result) -> None:
    first, second, updated = recorded(result, "contacts")
    assert first == second
    (staged,) = result.rows("stg_freshdesk_contacts")
    assert (staged.contact_id, staged.name) == (updated["id"], updated["name"])
    assert result.accounts["contacts"].repeated == 1


def test_an_offset_is_a_time_like_any_other(result: Result) -> None:
    written = {one["created_at"] for one in recorded(result, "contacts")}
    assert all(said.endswith("+10:00") for said in written)
    (staged,) = result.rows("stg_freshdesk_contacts")
    assert {staged.created_at} == {plain.instant(said) for said in written}
