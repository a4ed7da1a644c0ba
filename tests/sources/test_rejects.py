"""Rejects: what, why, how many are borne, and once more after a contract was mended."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sources.conftest import Connect
from tests.sources.events import Folder, event
from tests.sources.house import House

EVENTS, TRACKS = "rudderstack.events", "stg_rudderstack_tracks"
CONTRACT, QUERY = (f"sql/stg/rudderstack/{TRACKS}.{ending}" for ending in ("yaml", "sql"))
WANTED = {"event:           {type: text, optional: true}": "event:           {type: text}"}
MENDED = {new: old for old, new in WANTED.items()}


@pytest.fixture
def folder(house: House, tmp_path: Path, connect: Connect) -> Folder:
    """Of a house whose tracks all have a name."""
    house.change({CONTRACT: WANTED})
    return Folder(tmp_path, connect)


def nameless(number: int, **more: Any) -> bytes:
    return event(number, event=None, **more)


def messages(house: House) -> list[str]:
    return sorted(row.message_id for row in house.rows(TRACKS))


def test_a_reject_says_of_what_which_column_what_was_wanted_and_holds_the_record(
    house: House, folder: Folder
) -> None:
    folder.drop(0, [event(1), nameless(2), event(3, receivedAt="soon"), b"\x00 no \xff record"])
    assert house.read(EVENTS) == []

    found = house.query(
        "select source, object, relation, load_id, column_name as column, value, wanted, reason,"
        " record from layers.rejects order by reject_id"
    )
    said = [(r.relation, r.column, r.value, r.wanted, r.reason) for r in found]
    assert said == [
        (None, None, None, "json", "is not UTF-8"),
        (TRACKS, "event", None, "text", "is missing"),
        (TRACKS, "received_at", "soon", "timestamptz", "is no timestamptz"),
    ]
    assert {(r.source, r.object) for r in found} == {("rudderstack", "events")}
    assert all(r.load_id for r in found)
    assert bytes(found[0].record) == b"\x00 no \xff record"
    assert json.loads(bytes(found[1].record))["messageId"] == "m2"


def test_the_command_shows_how_many_and_those_of_one_relation_or_object(
    house: House, folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.drop(0, [nameless(1), nameless(2), b"no \0 record"])
    assert house.read(EVENTS) == []
    capsys.readouterr()

    assert house.layers("rejects", "--json") == 0
    summary = json.loads(capsys.readouterr().out)
    assert [(row["of"], row["reason"], row["count"]) for row in summary] == [
        (EVENTS, "has a raw control character, which JSON does not allow", 1),
        (TRACKS, "is missing", 2),
    ]
    assert house.layers("rejects", EVENTS, "--json") == 0
    (row,) = json.loads(capsys.readouterr().out)
    # somebody's address is among what is picked from events, so no line of them is for a terminal
    assert (row["record"], row["file"]) == ("***", str(folder.place(0).relative_to(folder.path)))
    assert house.layers("rejects", TRACKS) == 0
    assert "is missing" in capsys.readouterr().out
    assert house.layers("rejects", "stg_rudderstack_trucks") == 1
    assert "did you mean stg_rudderstack_tracks?" in capsys.readouterr().err


def test_somebodys_own_values_are_not_for_the_terminal(
    house: House, folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    person = {"type": "identify", "traits": {"email": "ada@school.uk"}, "receivedAt": "soon"}
    folder.drop(0, [event(1, "identify", **{k: v for k, v in person.items() if k != "type"})])
    assert house.read(EVENTS) == []
    capsys.readouterr()
    assert house.layers("rejects", "stg_rudderstack_identifies") == 0
    shown = capsys.readouterr().out
    assert "soon" in shown
    assert "ada@" not in shown


@pytest.mark.parametrize("raw_is_gone", [False, True], ids=["raw is there", "raw is gone"])
def test_rejects_are_staged_from_themselves_after_the_contract_was_mended(
    house: House, folder: Folder, raw_is_gone: bool
) -> None:
    folder.drop(0, [event(1), nameless(2), event(3, receivedAt="soon")])
    assert house.read(EVENTS) == []
    assert (messages(house), len(house.rejects())) == (["m1"], 2)
    house.change({CONTRACT: MENDED})
    if raw_is_gone:
        house.admin.execute("truncate src_rudderstack.events")

    assert house.layers("rejects", TRACKS, "--retry") == 0

    assert messages(house) == ["m1", "m2"]
    assert house.rejects() == [f"{TRACKS} received_at is no timestamptz"]
    before = house.staged(TRACKS), house.rejects()
    assert house.layers("rejects", "--retry") == 0
    assert (house.staged(TRACKS), house.rejects()) == before


def test_a_reject_that_is_staged_again_is_no_newer_than_it_was(
    house: House, folder: Folder
) -> None:
    folder.drop(0, [nameless(1)])
    assert house.read(EVENTS) == []
    house.change({CONTRACT: MENDED})
    folder.drop(1, [nameless(1, receivedAt="2026-10-31T00:00:00Z")])
    assert house.read(EVENTS) == []
    before = house.staged(TRACKS)
    assert house.layers("rejects", TRACKS, "--retry") == 0
    assert house.staged(TRACKS) == before


def test_more_rejects_than_the_limit_fail_the_staging_once_and_the_good_rows_are_staged(
    house: House, folder: Folder
) -> None:
    folder.drop(0, [event(1), *map(nameless, range(10, 21))])
    (failure,) = house.read(EVENTS)
    assert failure.startswith(
        f"{TRACKS}: 11 of 12 records were rejected, more than reject_limit 1%; the others"
    )
    assert f"layers rejects {TRACKS}" in failure
    assert messages(house) == ["m1"]
    assert house.read(EVENTS) == []


@pytest.mark.parametrize(
    ("limit", "rejected", "fails"),
    [
        ("1%", 10, False),  # ten are borne in any case
        ("1%", 11, True),
        ("60%", 11, False),
        ("12", 12, False),
        ("12", 13, True),
        ("none", 19, False),
    ],
)
def test_the_limit_is_a_number_a_share_or_none_and_ten_in_any_case(
    house: House, folder: Folder, limit: str, rejected: int, fails: bool
) -> None:
    house.change({CONTRACT: {"key: event_id": f"key: event_id\nreject_limit: {limit}"}})
    lines = [nameless(n) if n < rejected else event(n) for n in range(20)]
    folder.drop(0, lines)
    assert bool(house.read(EVENTS)) is fails
    assert len(messages(house)) == 20 - rejected
