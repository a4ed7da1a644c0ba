"""RudderStack's own fixtures; its warehouse writer is the oracle where the two mean the same."""

import json
from collections import Counter
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.real import plain
from tests.real.runs import Result

LATER = ("load_files/dedup.jsonl",)
TRAVEL = ("sentAt", "receivedAt", "timestamp", "request_ip")
NIL = "00000000-0000-0000-0000-000000000000"
README = {
    "canonical": ("canonical_events.jsonl.gz", 142),
    "fuzz": ("fuzz_corpus.jsonl", 31),
    "staged_rows": ("staging/staging.jsonl", 32),
    "jobs": ("jobs_backup.jsonl", 17),
}
# In the order of the vendor's columns, whose names are the whole path.
NESTED = (
    *("int_prop", "float_prop", "string_prop", "array_prop", "first_level_int"),
    *("first_level_bool", "second_level_array", "third_level_string"),
)
# Columns of the vendor's that staging means otherwise, and why: docs/decisions.md.
OTHERWISE = {
    "context_request_ip": "a copy of the message's own request_ip",
    "context_passed_ip": "a copy of context.ip",
    "event": "the vendor's name for a table; the event's own is event_text",
}


def canonical(result: Result) -> list[dict[str, Any]]:
    return [one["event"] for one in plain.lines(result.folder / README["canonical"][0])]


def test_every_record_is_accounted_for(result: Result) -> None:
    assert result.problems() == []


def test_reading_again_changes_nothing(result: Result) -> None:
    assert result.read_again() == []


@pytest.mark.parametrize("name", README)
def test_every_line_of_a_file_is_read_and_none_is_rejected(result: Result, name: str) -> None:
    file, lines = README[name]
    assert len(plain.lines(result.folder / file)) == lines
    account = result.accounts[name]
    assert (account.read, account.rejected) == (lines, 0)


def test_canonical_events_are_of_the_types_that_the_readme_counts(result: Result) -> None:
    staged = result.rows("stg_rudderstack_events")
    assert Counter(row.type for row in staged) == {
        "track": 121,
        "identify": 14,
        "page": 6,
        "screen": 1,
    }
    assert sum(row.user_id is None for row in staged) == 27
    assert sum(row.message_id is None for row in staged) == 5
    assert sum(row.user_id is None and row.anonymous_id is None for row in staged) == 1


def test_events_that_share_an_id_are_told_apart_by_what_they_say(result: Result) -> None:
    def said(event: dict[str, Any]) -> str:
        rest = {name: value for name, value in event.items() if name not in TRAVEL}
        return json.dumps(rest, sort_keys=True)

    events = canonical(result)
    assert len(result.rows("stg_rudderstack_events")) == len({said(event) for event in events})
    shared = [event for event in events if event.get("messageId") == NIL]
    assert len(shared) == 102
    staged = [r for r in result.rows("stg_rudderstack_events") if r.message_id == NIL]
    assert len(staged) == len({said(event) for event in shared})


def test_times_of_every_shape_are_the_same_instants(result: Result) -> None:
    columns = {"original_at": "originalTimestamp", "sent_at": "sentAt", "event_at": "timestamp"}
    staged = result.rows("stg_rudderstack_events")
    for column, name in {**columns, "received_at": "receivedAt"}.items():
        recorded = Counter(_rounded(plain.instant(e.get(name))) for e in canonical(result))
        assert Counter(_rounded(getattr(row, column)) for row in staged) == recorded


def test_clocks_of_devices_and_servers_can_be_compared(result: Result) -> None:
    staged = result.rows("stg_rudderstack_events")
    arrived = [r for r in staged if r.received_at and r.original_at]
    sent = [r for r in staged if r.received_at and r.sent_at]
    assert sum(r.received_at.date() > r.original_at.date() for r in arrived) == 58
    assert sum(r.sent_at > r.received_at for r in sent) == 11


def _rounded(moment: datetime | None) -> float | None:
    """Seconds since 1970: of seven digits Postgres rounds the last, and Python cuts it off."""
    return None if moment is None else round(moment.timestamp(), 5)


def test_every_payload_made_to_break_things_is_staged(result: Result) -> None:
    corpus = plain.lines(result.folder / README["fuzz"][0])
    assert {row.payload_id: row.payload for row in result.rows("stg_rudderstack_fuzz")} == {
        one["i"]: json.loads(one["payload_text"]) for one in corpus
    }


def test_of_two_files_with_the_same_ids_the_later_one_counts(result: Result) -> None:
    files = [plain.lines(result.folder / f"load_files/{n}.jsonl") for n in ("load", "dedup")]
    assert [len({row["id"] for row in rows}) for rows in files] == [14, 14]
    account = result.accounts["load_files"]
    assert (account.read, account.staged) == (28, 14)
    names = ("test_string", "test_int", "test_float", "test_bool")
    assert {
        str(r.id): [getattr(r, n) for n in names] for r in result.rows("stg_rudderstack_load_files")
    } == {row["id"]: [None if row[name] == "" else row[name] for name in names] for row in files[1]}


def test_of_the_vendors_staging_file_only_tracks_are_claimed(result: Result) -> None:
    lines = plain.lines(result.folder / README["staged_rows"][0])
    tracks = [one["data"] for one in lines if one["metadata"]["table"] == "tracks"]
    account = result.accounts["staged_rows"]
    assert (account.staged, account.unclaimed) == (len(tracks), len(lines) - len(tracks))
    assert Counter(row.id for row in result.rows("stg_rudderstack_staged_tracks")) == Counter(
        data["id"] for data in tracks
    )


def test_a_time_of_year_1_is_a_time(result: Result) -> None:
    (expires,) = {row.expires_at for row in result.rows("stg_rudderstack_jobs")}
    assert expires == plain.instant("0001-01-01T00:00:00+00:00")


@pytest.mark.parametrize(
    ("case", "table", "relation"),
    [
        ("track", "tracks", "tracks"),
        ("track", "button_clicked", "tracks"),
        ("identify", "identifies", "identifies"),
        ("page", "pages", "pages"),
    ],
)
def test_flattened_values_are_those_of_the_vendors_own_writer(
    result: Result, case: str, table: str, relation: str
) -> None:
    cases = plain.document(result.folder / "warehouse_expected.json")
    (expected,) = [
        row["data"]
        for one in cases
        for row in one["expected"]
        if (one["case"], row["metadata"]["table"]) == (case, table)
    ]
    (staged,) = result.rows(f"stg_rudderstack_{relation}")
    ours = {name: value for name, value in vars(staged).items() if name in expected}
    assert set(expected) - set(ours) == set(OTHERWISE) & set(expected)
    assert {name: _comparable(value) for name, value in ours.items()} == {
        name: _comparable(expected[name]) for name in ours
    }


def test_what_the_vendors_writer_leaves_out_is_empty_here(result: Result) -> None:
    (page,) = result.rows("stg_rudderstack_pages")
    left_out = ("referrer", "search", "title", "context_os_name")
    assert [getattr(page, name) for name in left_out] == [None] * len(left_out)


def test_nested_properties_are_those_of_the_vendors_own_writer(result: Result) -> None:
    cases = {one["case"]: one for one in plain.document(result.folder / "warehouse_flatten.json")}
    staged = {row.case_name: row for row in result.rows("stg_rudderstack_nested")}
    assert set(staged) == set(cases)
    for case, row in staged.items():
        expected = dict(cases[case]["expected_postgres"]["output"])
        deepest = expected.popitem()[1]  # under a name that is cut off
        # of a cloud source the vendor keeps what is deeper than three levels as text
        wanted = json.loads(deepest) if isinstance(deepest, str) else {"fourthLevelInt": deepest}
        assert (row.third_level_map, row.fourth_level_int) == (wanted, wanted["fourthLevelInt"])
        assert [_comparable(value) for value in expected.values()] == [
            _comparable(getattr(row, name)) for name in NESTED
        ]
        assert (row.blank_prop, row.null_prop) == (None, None)


def _comparable(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return value
    return float(value) if isinstance(value, Decimal | int) else value
