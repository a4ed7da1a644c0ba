"""Files that a tool drops: broken, empty, growing, late, twice, and lines that are no records."""

import gzip
import json
import os
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.local import LocalFileSystem

from layers import announce
from layers.errors import SourceError, TemporaryError
from layers.sources import files, storage
from tests.sources.conftest import Connect
from tests.sources.events import FIRST, Folder, event
from tests.sources.house import House

EVENTS, TRACKS = "rudderstack.events", "stg_rudderstack_tracks"
ANY_ENDING = {"sql/src/rudderstack.yaml": {"*.json.gz": "*.json*"}}
NO_LIMIT = {"sql/src/rudderstack.yaml": {'json.gz"}': 'json.gz", reject_limit: none}'}}


@pytest.fixture
def folder(tmp_path: Path, connect: Connect) -> Folder:
    return Folder(tmp_path, connect)


def said(house: House) -> list[str]:
    """The messages that are staged, each as often as it is there."""
    return sorted(row.message_id for row in house.rows(TRACKS))


def messages(*numbers: int) -> list[str]:
    return sorted(f"m{number}" for number in numbers)


def nothing_changes(house: House) -> None:
    """Running again loads nothing and stages nothing."""
    before = house.moved(), house.whole(TRACKS), house.raw(EVENTS), house.rejects()
    assert house.read(EVENTS) == []
    assert (house.moved(), house.whole(TRACKS), house.raw(EVENTS), house.rejects()) == before


@pytest.mark.parametrize("place", [0, 1, 2], ids=["first", "middle", "last"])
def test_a_truncated_file_is_a_reject_and_is_read_again_when_it_is_whole(
    house: House, folder: Folder, place: int
) -> None:
    lines = [[event(number * 10 + n) for n in range(10)] for number in range(3)]
    paths = [folder.drop(number, lines[number]) for number in range(3)]
    whole = paths[place].read_bytes()
    paths[place].write_bytes(whole[: len(whole) // 2])

    assert house.read(EVENTS) == []
    (reject,) = house.rejects()
    assert f"00000000-{place:04}.json.gz: is no whole gzip file: " in reject
    others = [
        n for number in range(3) if number != place for n in range(number * 10, 10 + number * 10)
    ]
    assert set(messages(*others)) <= set(said(house))
    nothing_changes(house)

    paths[place].write_bytes(whole)
    assert house.read(EVENTS) == []
    assert said(house) == messages(*range(30))
    assert house.rejects() == []
    nothing_changes(house)


EMPTY = {
    "no byte at all": b"",
    "gzip of nothing": gzip.compress(b""),
    "gzip of empty lines": gzip.compress(b"\n\n \n"),
}


@pytest.mark.parametrize("place", [0, 1, 2], ids=["first", "middle", "last"])
@pytest.mark.parametrize("content", EMPTY)
def test_an_empty_file_holds_no_records_and_stops_nobody(
    house: House, folder: Folder, content: str, place: int
) -> None:
    for number in range(3):
        path = folder.drop(number, [event(number)])
        if number == place:
            path.write_bytes(EMPTY[content])

    assert house.read(EVENTS) == []

    assert said(house) == messages(*{0, 1, 2} - {place})
    assert house.rejects() == []
    nothing_changes(house)


@pytest.mark.parametrize("place", [0, 1, 2], ids=["first", "middle", "last"])
def test_a_directory_that_is_called_like_a_file_is_none(
    house: House, folder: Folder, place: int
) -> None:
    for number in {0, 1, 2} - {place}:
        folder.drop(number, [event(number)])
    folder.place(place).mkdir(parents=True)

    assert house.read(EVENTS) == []
    assert said(house) == messages(*{0, 1, 2} - {place})
    nothing_changes(house)


def test_a_file_that_grows_after_it_was_read_is_read_again_and_its_torn_line_is_no_reject_any_more(
    house: House, folder: Folder
) -> None:
    house.change(ANY_ENDING)
    path = folder.drop(0, [event(1), event(2)], "json")
    with path.open("ab") as grown:
        grown.write(event(3)[:40])

    assert house.read(EVENTS) == []
    assert said(house) == messages(1, 2)
    assert house.rejects() == [f"{EVENTS} is not JSON that Postgres can hold"]
    nothing_changes(house)

    with path.open("ab") as grown:
        grown.write(event(3)[40:] + b"\n" + event(4) + b"\n")
    assert house.read(EVENTS) == []
    assert said(house) == messages(1, 2, 3, 4)
    assert house.rejects() == []
    nothing_changes(house)


def test_a_file_that_grows_while_it_is_read_is_read_again_and_nothing_is_there_twice(
    house: House, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.change(ANY_ENDING)
    path = folder.drop(0, [event(1)], "json")
    listed = storage.Store.listed

    def and_grows(store: Any, pattern: str) -> Any:
        found = listed(store, pattern)
        with path.open("ab") as grown:
            grown.write(event(2) + b"\n" + event(3)[:40])
        return found

    with monkeypatch.context() as patched:
        patched.setattr(storage.Store, "listed", and_grows)
        assert house.read(EVENTS) == []
    with path.open("ab") as grown:
        grown.write(event(3)[40:] + b"\n")

    assert house.read(EVENTS) == []
    assert said(house) == messages(1, 2, 3)
    assert house.rejects() == []
    nothing_changes(house)


def test_a_file_that_goes_between_the_listing_and_the_reading_is_told_and_the_others_are_loaded(
    house: House, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.drop(0, [event(0)])
    gone, listed = folder.drop(1, [event(1)]), storage.Store.listed
    folder.drop(2, [event(2)])

    def and_goes(store: Any, pattern: str) -> Any:
        found = listed(store, pattern)
        gone.unlink()
        return found

    with monkeypatch.context() as patched:
        patched.setattr(storage.Store, "listed", and_goes)
        with pytest.raises(SourceError, match=r"0001\.json\.gz: No such file or directory"):
            house.load(EVENTS)
    assert house.read(EVENTS) == []
    assert said(house) == messages(0, 2)


@pytest.fixture
def refuse(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, OSError], None]:
    """Lets the storage refuse paths that end so: when asked for whole, and when opened."""

    def refuse(ending: str, error: OSError) -> None:
        for name in ("cat_file", "open"):
            real = getattr(LocalFileSystem, name)

            def asked(fs: Any, path: str, *args: Any, real: Any = real, **more: Any) -> Any:
                if path.endswith(ending):
                    raise error
                return real(fs, path, *args, **more)

            monkeypatch.setattr(LocalFileSystem, name, asked)

    return refuse


@pytest.mark.parametrize("together", [1, 200], ids=["each alone", "together"])
@pytest.mark.parametrize("small", [0, 2**20], ids=["opened", "fetched whole"])
@pytest.mark.parametrize("place", [0, 1, 2], ids=["first", "middle", "last"])
def test_a_file_that_we_may_not_read_keeps_no_other_back_and_is_read_when_we_may(
    house: House,
    folder: Folder,
    refuse: Callable[[str, OSError], None],
    monkeypatch: pytest.MonkeyPatch,
    place: int,
    small: int,
    together: int,
) -> None:
    for number in range(3):
        folder.drop(number, [event(number)])
    monkeypatch.setattr(storage, "SMALL", small)
    monkeypatch.setattr(files, "FILES_PER_BATCH", together)
    before = LocalFileSystem.cat_file, LocalFileSystem.open
    refuse(f"{place:04}.json.gz", PermissionError(13, "Access Denied"))

    for _ in range(2):  # nor the second time
        (failure,) = house.read(EVENTS)
        assert failure == (
            "connection 'rudderstack': these files cannot be read; all others are loaded:\n"
            f"    {folder.place(place).relative_to(folder.path)}: Access Denied\n"
            "    let its credentials read them, or take them out of the folder, and load again"
        )
        assert said(house) == messages(*{0, 1, 2} - {place})
    (row,) = house.query("select loaded_until from layers.cursors")
    # known up to what came before it, at most
    reached = datetime.fromtimestamp(FIRST + (place - 1) * 60, UTC) if together == 1 else None
    assert row.loaded_until == (reached if place else None)

    monkeypatch.setattr(LocalFileSystem, "cat_file", before[0])
    monkeypatch.setattr(LocalFileSystem, "open", before[1])
    assert house.read(EVENTS) == []
    assert said(house) == messages(0, 1, 2)
    nothing_changes(house)


def test_where_no_file_may_be_read_ten_are_named_and_nothing_is_loaded(
    house: House, folder: Folder, refuse: Callable[[str, OSError], None]
) -> None:
    for number in range(12):
        folder.drop(number, [event(number)])
    refuse(".gz", PermissionError(13, "The provided token has expired."))
    (failure,) = house.read(EVENTS)
    assert failure.count("has expired") == 10
    assert "and 2 more" in failure
    assert house.cursor(EVENTS) is None


def test_a_file_whose_name_is_not_utf_8_is_told_and_keeps_no_other_back(
    house: House, folder: Folder
) -> None:
    path = folder.drop(0, [event(0)])
    odd = path.with_name(os.fsdecode(b"1793400001.so\xffurce.json.gz"))
    odd.write_bytes(path.read_bytes())
    for number in range(1, 3):
        folder.drop(number, [event(number)])
        (failure,) = house.read(EVENTS)
        assert failure == (
            "connection 'rudderstack': these files cannot be read; all others are loaded:\n"
            "    rudder-logs/source/2026-10-30/1793400001.so\\udcffurce.json.gz: its name is not"
            " UTF-8\n"
            "    let its credentials read them, or take them out of the folder, and load again"
        )
        assert said(house) == messages(*range(number + 1))
    (row,) = house.query("select loaded_until from layers.cursors")
    assert row.loaded_until is None
    odd.unlink()
    assert house.read(EVENTS) == []
    nothing_changes(house)


@pytest.mark.parametrize(
    ("error", "kind", "told"),
    [
        (PermissionError(13, "Expired"), SourceError, "Expired; put valid credentials there"),
        (OSError("Unreachable"), TemporaryError, "cannot be read: Unreachable"),
    ],
)
@pytest.mark.parametrize("asked", ["glob", "exists", "cat_file"])
def test_a_storage_that_refuses_us_is_not_asked_again_and_one_that_is_away_is(
    house: House,
    folder: Folder,
    monkeypatch: pytest.MonkeyPatch,
    asked: str,
    error: OSError,
    kind: type[Exception],
    told: str,
) -> None:
    folder.drop(0, [event(0)])

    def refused(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(LocalFileSystem, asked, refused)
    with pytest.raises(kind, match=r"^connection 'rudderstack': ") as raised:
        house.load(EVENTS)
    assert (told in str(raised.value)) is (asked != "cat_file" or kind is TemporaryError)


def test_files_that_arrive_late_and_out_of_order_are_read_once_and_time_never_goes_back(
    house: House, folder: Folder
) -> None:
    until = []
    for numbers in ([5, 3], [9], [1, 7], []):
        for number in numbers:
            folder.drop(number, [event(number)])
        assert house.read(EVENTS) == []
        until += [
            row.loaded_until for row in house.query("select loaded_until from layers.cursors")
        ]

    assert said(house) == messages(1, 3, 5, 7, 9)
    moments = [datetime.fromtimestamp(FIRST + number * 60, UTC) for number in (5, 9, 9, 9)]
    assert until == moments
    nothing_changes(house)


OURS = {"sql/src/backend.yaml": {"clock: select now_at from company_clock\n": ""}}


@pytest.mark.parametrize("odd", ["4102444800", "1793400000000", "9" * 400, "٣"])
def test_a_name_whose_time_cannot_be_says_nothing_of_time(
    house: House, folder: Folder, odd: str
) -> None:
    """Once a file of the year 2100 said that all was known until then, and for good."""
    house.change(OURS)
    now = int(datetime.now(UTC).timestamp())
    for number, name in enumerate([str(now - 600), odd, str(now - 300)]):
        path = folder.drop(0, [event(number)])
        path.rename(path.with_name(f"{name[:200]}.source.{number}.json.gz"))
        assert house.read(EVENTS) == []
        (row,) = house.query("select loaded_until as at from layers.cursors")
        assert row.at == datetime.fromtimestamp(now - (300 if number == 2 else 600), UTC)
    assert said(house) == messages(0, 1, 2)
    nothing_changes(house)


def test_what_was_said_of_a_time_to_come_is_taken_back(house: House, folder: Folder) -> None:
    house.change(OURS)
    house.stands_at(EVENTS, {"newest": 4102444800})
    house.admin.execute("update layers.cursors set loaded_until = '2100-01-01Z'")
    house.admin.execute(
        "insert into stg_layers.stg_layers_watermarks values ('rudderstack', '2100-01-01Z')"
    )
    now = int(datetime.now(UTC).timestamp())
    path = folder.drop(0, [event(0)])
    path.rename(path.with_name(f"{now - 600}.source.0.json.gz"))
    assert house.read(EVENTS) == []
    announce.announce(house.connect("loader"), house.project, "rudderstack")

    (row,) = house.query("select loaded_until as at from layers.cursors")
    assert row.at == datetime.fromtimestamp(now - 600, UTC)
    (row,) = house.query("select loaded_until as at from stg_layers.stg_layers_watermarks")
    assert datetime.fromtimestamp(now - 7200, UTC) < row.at <= datetime.fromtimestamp(now, UTC)


def test_the_same_event_in_two_files_is_one_and_the_one_that_travelled_longest_counts(
    house: House, folder: Folder
) -> None:
    again = {"sentAt": "2026-10-31T00:00:00Z", "receivedAt": "2026-10-31T00:00:01Z"}
    folder.drop(0, [event(1), event(1), event(2, event="Another")])
    folder.drop(1, [event(1, **again), event(2)])  # m2 is the id of two different events
    assert house.read(EVENTS) == []

    assert said(house) == messages(1, 2, 2)
    (row,) = [row for row in house.rows(TRACKS) if row.message_id == "m1"]
    assert row.received_at == datetime(2026, 10, 31, 0, 0, 1, tzinfo=UTC)
    nothing_changes(house)


DEEP = b"[" * 50_000 + b"]" * 50_000
LINES: dict[str, tuple[bytes, str | None]] = {
    "no JSON": (b"<html>", "is not JSON that Postgres can hold"),
    "half a record": (event(9)[:30], "is not JSON that Postgres can hold"),
    "two records": (event(9) + event(9), "is not JSON that Postgres can hold"),
    "an escaped NUL": (event(9, event="\0"), "is not JSON that Postgres can hold"),
    "half a surrogate pair": (event(9, event="\ud800"), "is not JSON that Postgres can hold"),
    "a raw NUL": (
        event(9).replace(b"Lesson", b"Les\0son"),
        "has a raw control character, which JSON does not allow",
    ),
    "bytes that are not UTF-8": (event(9).replace(b"Lesson", b"Le\xe7on"), "is not UTF-8"),
    "50,000 deep": (
        event(9, x="DEEP").replace(b'"DEEP"', DEEP),
        "is nested 50,001 deep, more than Postgres bears",
    ),
    "78 digits": (event(9, x=int("9" * 78)), None),
    "5,000 digits": (event(9, x="LONG").replace(b'"LONG"', b"9" * 5_000), None),
    "a number beyond all": (
        event(9, x="LONG").replace(b'"LONG"', b"1e999999"),
        "is not JSON that Postgres can hold",
    ),
    "a long name": (event(9, **{"a_name_" * 20: 1}), None),
    "an empty name": (event(9, **{"": 1}), None),
    "a long text": (event(9, x="x" * 2_000_000), None),
}


@pytest.mark.parametrize("place", [(0, 0), (1, 2), (2, 5)], ids=["first", "middle", "last"])
@pytest.mark.parametrize("hostile", LINES)
def test_a_hostile_line_is_kept_or_rejected_whole_with_its_reason_and_stops_no_other(
    house: House, folder: Folder, hostile: str, place: tuple[int, int]
) -> None:
    line, reason = LINES[hostile]
    for file in range(3):
        lines = [event(100 + 5 * file + number) for number in range(5)]
        if file == place[0]:
            lines.insert(place[1], line)
        folder.drop(file, lines)

    assert house.read(EVENTS) == []

    assert said(house) == messages(*range(100, 115), *([] if reason else [9]))
    assert house.rejects() == ([f"{EVENTS} {reason}"] if reason else [])
    kept = house.query("select record, file from layers.rejects")
    assert [bytes(row.record).rstrip(b"\n") for row in kept] == ([line] if reason else [])
    assert {row.file for row in kept} <= {str(folder.place(place[0]).relative_to(folder.path))}
    nothing_changes(house)


@pytest.mark.parametrize("deepest", [b"1", DEEP], ids=["alone", "beside one of 50,000"])
def test_a_deep_line_that_postgres_can_hold_is_kept_whatever_stands_beside_it(
    house: House, folder: Folder, deepest: bytes
) -> None:
    """Once a line of more than 1,000 levels was a reject where another one stopped the copy."""
    deep = b"[" * 2_000 + b"]" * 2_000
    lines = [event(n, x="X").replace(b'"X"', deep if n % 2 else b"1") for n in range(1, 8)]
    lines.insert(4, event(9, x="X").replace(b'"X"', deepest))
    folder.drop(0, lines)

    assert house.read(EVENTS) == []

    kept = [9] if deepest == b"1" else []
    assert said(house) == messages(*range(1, 8), *kept)
    raw = house.query(
        "select record ->> 'messageId' as id from src_rudderstack.events order by ordinal"
    )
    assert [row.id for row in raw] == [f"m{n}" for n in (1, 2, 3, 4, *kept, 5, 6, 7)]
    assert len(house.rejects()) == 1 - len(kept)


def test_a_line_of_128_megabytes_is_a_reject_and_takes_no_more_memory_than_others(
    house: House, folder: Folder
) -> None:
    path = folder.drop(0, [])
    with gzip.open(path, "wb", 1) as packed:
        packed.write(event(1) + b"\n")
        for _ in range(128):
            packed.write(b"x" * 2**20)
        packed.write(b"\n" + event(2) + b"\n")

    tracemalloc.start()
    assert house.read(EVENTS) == []
    most = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()

    assert said(house) == messages(1, 2)
    assert house.rejects() == [
        f"{EVENTS} is a line of 134,217,728 bytes, more than 16,777,216; "
        "its first 1,048,576 are kept"
    ]
    assert most < 80
    nothing_changes(house)


def test_many_lines_that_are_no_records_take_no_more_memory_than_few(
    house: House, folder: Folder
) -> None:
    """Once every bad line of a batch was kept until its end, some of them three times."""
    house.change(NO_LIMIT)
    bad = [b"%d is no record " % number + b"x" * 1_000 for number in range(60_000)]
    path = folder.drop(0, [])
    with gzip.open(path, "wb", 1) as packed:
        for line in bad:
            packed.write(line + b"\n")

    tracemalloc.start()
    loaded = house.load(EVENTS)
    most = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()

    assert (loaded.records, loaded.rejected) == (0, 60_000)
    kept = house.query("select record from layers.rejects order by reject_id")
    assert [bytes(row.record) for row in kept] == bad
    (counted,) = house.query("select records, rejected from layers.loads")
    assert (counted.records, counted.rejected) == (0, 60_000)
    assert most < 40


def test_a_byte_order_mark_begins_a_file_and_no_line(house: House, folder: Folder) -> None:
    mark = b"\xef\xbb\xbf"
    folder.drop(0, [mark + event(1), event(2), mark + event(3)])

    assert house.read(EVENTS) == []

    assert said(house) == messages(1, 2)
    assert house.rejects() == [f"{EVENTS} is not JSON that Postgres can hold"]


NO_OBJECTS = [b"1", b'"text"', b"null", b"[]", b"true", b"[" + event(9) + b"]"]


def test_json_that_is_no_object_stops_nothing_and_is_no_event(house: House, folder: Folder) -> None:
    folder.drop(0, [event(1), *NO_OBJECTS, event(2)])
    assert house.read(EVENTS) == []
    assert said(house) == messages(1, 2)
    assert len(house.raw(EVENTS)) == 2 + len(NO_OBJECTS)
    nothing_changes(house)


def test_a_last_line_without_an_end_and_windows_line_ends_are_lines(
    house: House, folder: Folder
) -> None:
    path = folder.drop(0, [])
    path.write_bytes(gzip.compress(event(1) + b"\r\n" + event(2)))
    assert house.read(EVENTS) == []
    assert (said(house), house.rejects()) == (messages(1, 2), [])


def test_a_file_of_one_document_gives_its_records(house: House, folder: Folder) -> None:
    document = {"sql/src/rudderstack.yaml": {'json.gz"': 'json.gz", format: json'}}
    house.change(document)
    pretty = json.dumps([json.loads(event(1)), json.loads(event(2))], indent=2).encode()
    for number, text in enumerate([pretty, event(3), b"[", b"[]", pretty + b"x"]):
        folder.drop(number, []).write_bytes(gzip.compress(text))

    assert house.read(EVENTS) == []

    assert said(house) == messages(1, 2, 3)
    assert len(house.rejects()) == 2
    assert all(".json.gz: is no JSON: " in reject for reject in house.rejects())


def test_more_broken_lines_than_the_limit_fail_the_load_and_the_good_ones_stay(
    house: House, folder: Folder
) -> None:
    folder.drop(0, [event(1), *[b"broken"] * 11, event(2)])

    (failure,) = house.read(EVENTS)
    assert failure.startswith(
        "rudderstack.events: 11 of 13 lines are no records, more than reject_limit 1%; the others"
    )
    assert "layers rejects rudderstack.events" in failure
    assert said(house) == messages(1, 2)
    nothing_changes(house)  # what was rejected once fails nothing again


def test_a_limit_of_none_lets_everything_pass(house: House, folder: Folder) -> None:
    house.change(NO_LIMIT)
    folder.drop(0, [event(1), *[b"broken"] * 11])
    assert house.read(EVENTS) == []


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (None, "has no 'path' in its extra; wanted the URL of the folder"),
        ("file:///nowhere/at/all", "there is no folder file:///nowhere/at/all"),
    ],
)
def test_a_folder_that_is_not_there_is_told(
    house: House, connect: Connect, path: str | None, said: str
) -> None:
    connect("rudderstack", conn_type="generic", extra={"path": path} if path else {})
    with pytest.raises(SourceError, match=r"^connection 'rudderstack': ") as raised:
        house.load(EVENTS)
    assert said in str(raised.value)
