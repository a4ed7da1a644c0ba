"""A day goes by: what was there still is or has moved on, and new things come."""

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from demo.company import generate
from tests.demo.plain import rows_of, table_of

Json = dict[str, Any]
DAYS = (0, 1, 2, 7)
SIZE: Json = {"seed": 5, "teachers": 400, "months": 13, "events": 20_000, "horizon": 7}
TABLES = (
    "users organisations schools school_memberships plans subscriptions subscription_terms seats"
    " seat_assignments"
).split()


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    found = {}
    for day in DAYS:
        found[day] = tmp_path_factory.mktemp(f"day_{day}_")
        generate(found[day], **SIZE, lived=day)
    return found


def _files(directory: Path) -> dict[str, bytes]:
    paths = (directory / "rudderstack").rglob("*")
    return {p.relative_to(directory).as_posix(): p.read_bytes() for p in paths if p.is_file()}


def _steps(days: dict[int, Path]) -> list[tuple[Path, Path]]:
    return [(days[a], days[b]) for a, b in pairwise(DAYS)]


def _truth(directory: Path) -> Json:
    truth: Json = json.loads((directory / "truth.json").read_text())
    return truth


def _tool(directory: Path, tool: str, records: str) -> dict[Any, Json]:
    return {row["id"]: row for row in json.loads((directory / f"{tool}.json").read_text())[records]}


def test_event_files_stay_byte_for_byte_and_each_source_has_one_more_a_day(
    days: dict[int, Path],
) -> None:
    for before, after in _steps(days):
        old, new = _files(before), _files(after)
        assert old.items() <= new.items()
        passed = _truth(after)["lived"] - _truth(before)["lived"]
        assert len(new) - len(old) == 2 * passed
        assert sum(len(gzip.decompress(new[name])) for name in new.keys() - old.keys()) > 5_000


def test_the_newest_file_of_each_source_is_named_by_now(days: dict[int, Path]) -> None:
    for directory in days.values():
        now = datetime.fromisoformat(_truth(directory)["until"]).timestamp()
        for source in (directory / "rudderstack" / "rudder-logs").iterdir():
            assert max(int(p.name.split(".")[0]) for p in source.rglob("*.gz")) == now


@pytest.mark.parametrize("table", TABLES)
def test_a_row_changes_only_with_a_later_change_and_keeps_its_birth(
    days: dict[int, Path], table: str
) -> None:
    for before, after in _steps(days):
        old, new = table_of(before, table), table_of(after, table)
        now = datetime.fromisoformat(_truth(before)["until"])
        for id_ in old.keys() & new.keys():
            if old[id_] != new[id_]:
                assert datetime.fromisoformat(new[id_]["updated_at"]) >= now
                assert new[id_]["created_at"] == old[id_]["created_at"]
        for id_ in new.keys() - old.keys():
            assert datetime.fromisoformat(new[id_]["created_at"]) >= now


def test_within_a_week_rows_come_change_and_vanish(days: dict[int, Path]) -> None:
    first, last = days[DAYS[0]], days[DAYS[-1]]
    gone, come, changed = set(), set(), set()
    for table in TABLES:
        old, new = table_of(first, table), table_of(last, table)
        gone |= {table for _ in old.keys() - new.keys()}
        come |= {table for _ in new.keys() - old.keys()}
        changed |= {table for id_ in old.keys() & new.keys() if old[id_] != new[id_]}
    assert gone == {"schools", "school_memberships", "seat_assignments"}
    assert {"users", "school_memberships", "seat_assignments", "subscription_terms"} <= come
    assert {"users", "schools", "subscription_terms", "seat_assignments"} <= changed


def test_within_a_week_a_school_moves_and_a_homeless_holder_is_at_home(
    days: dict[int, Path],
) -> None:
    first, last = (table_of(days[day], "schools") for day in (DAYS[0], DAYS[-1]))
    assert any(
        last[id_]["organisation_id"] != school["organisation_id"]
        for id_, school in first.items()
        if id_ in last
    )
    homeless = []
    for day in (DAYS[0], DAYS[-1]):
        members = {one["user_id"] for one in table_of(days[day], "school_memberships").values()}
        holders = {one["user_id"] for one in table_of(days[day], "seat_assignments").values()}
        homeless.append(len(holders - members))
    assert homeless == [1, 0]


CHANGED: dict[tuple[str, str], Callable[[Json], Any]] = {
    ("zendesk", "tickets"): lambda row: (row["generated_timestamp"], row["updated_at"]),
    ("zendesk", "users"): lambda row: row["updated_at"],
    ("freshdesk", "tickets"): lambda row: row["updated_at"],
    ("freshdesk", "contacts"): lambda row: row["updated_at"],
    ("hubspot", "contacts"): lambda row: datetime.fromisoformat(row["updatedAt"]),
    ("hubspot", "companies"): lambda row: datetime.fromisoformat(row["updatedAt"]),
    ("hubspot", "campaigns"): lambda row: datetime.fromisoformat(row["updatedAt"]),
}


@pytest.mark.parametrize(("tool", "records"), list(CHANGED))
def test_what_a_tool_shows_otherwise_it_says_was_changed_later(
    days: dict[int, Path], tool: str, records: str
) -> None:
    version, moved = CHANGED[tool, records], 0
    for before, after in _steps(days):
        old, new = _tool(before, tool, records), _tool(after, tool, records)
        swallowed = old.keys() - new.keys()
        assert not swallowed or records == "contacts"
        for id_ in old.keys() & new.keys():
            if old[id_] != new[id_]:
                assert version(new[id_]) > version(old[id_])
                moved += 1
    assert moved > 0


def test_within_a_week_contacts_merge_and_one_and_a_company_are_archived(
    days: dict[int, Path],
) -> None:
    first, last = days[DAYS[0]], days[DAYS[-1]]
    contacts = _tool(first, "hubspot", "contacts"), _tool(last, "hubspot", "contacts")
    gone = contacts[0].keys() - contacts[1].keys()
    lists = [row["properties"]["hs_merged_object_ids"] or "" for row in contacts[1].values()]
    assert gone
    assert gone <= {id_ for ids in lists for id_ in ids.split(";")}
    for objects in ("contacts", "companies"):
        old, new = (_tool(at, "hubspot", objects) for at in (first, last))
        assert any(new[id_]["archived"] and not old[id_]["archived"] for id_ in old.keys() & new)


def test_within_a_week_tickets_are_taken_solved_and_opened(days: dict[int, Path]) -> None:
    old, new = (_tool(days[day], "zendesk", "tickets") for day in (DAYS[0], DAYS[-1]))
    assert new.keys() > old.keys()
    assert any(old[id_]["assignee_id"] is None and new[id_]["assignee_id"] for id_ in old)
    moved = {(old[id_]["status"], new[id_]["status"]) for id_ in old}
    assert ("solved", "closed") in moved
    assert any(
        before in ("new", "open", "pending", "hold") and after in ("solved", "closed")
        for before, after in moved
    )


def test_the_spend_of_the_running_month_goes_on(days: dict[int, Path]) -> None:
    sums = []
    for day in DAYS:
        amounts = _truth(days[day])["finance"]["campaign_spend"]["amounts"]
        sums.append(sum(float(amount) for *_, amount in amounts))
    assert sums == sorted(sums)
    assert len(set(sums)) == len(DAYS)


def test_timelines_of_events_only_grow(days: dict[int, Path]) -> None:
    for name in ("activity", "visits", "identifies"):
        for before, after in _steps(days):
            old, new = (rows_of(at, f"truth/{name}.jsonl") for at in (before, after))
            assert len(new) > len(old)
            # what waited in a browser, offline, changes what is known of a day long ago
            assert sum(a != b for a, b in zip(old, new, strict=False)) < len(old)
    assert (
        rows_of(days[0], "truth/identifies.jsonl")
        == (
            rows_of(days[7], "truth/identifies.jsonl")[
                : len(rows_of(days[0], "truth/identifies.jsonl"))
            ]
        )
    )


def test_days_that_are_only_planned_change_nothing_of_the_number_of_events(
    days: dict[int, Path],
) -> None:
    """But for those that a browser keeps, offline, on the first day on which one looks."""
    sources = _truth(days[0])["rudderstack"]["sources"].values()
    told = sum(sum(source["events"].values()) for source in sources)
    assert 0.995 * SIZE["events"] < told <= SIZE["events"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"horizon": 2, "lived": 3}, "day 3 of 2 planned ones: the company's story has an end"),
        ({"schools": 3}, "3 schools: wanted at least 4"),
    ],
)
def test_a_day_that_is_not_planned_is_refused(
    tmp_path: Path, arguments: Json, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        generate(tmp_path, teachers=20, months=1, events=800, **arguments)


def test_the_command_writes_a_later_day_too(tmp_path: Path, days: dict[int, Path]) -> None:
    size = [f"--{name}={value}" for name, value in SIZE.items()]
    command = [sys.executable, "-m", "demo.company", f"--directory={tmp_path}", "--lived=1", *size]
    subprocess.run(command, check=True, capture_output=True)
    assert _files(tmp_path) == _files(days[1])
    assert (tmp_path / "truth.json").read_bytes() == (days[1] / "truth.json").read_bytes()
