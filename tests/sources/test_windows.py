"""Reading a window again, and staging again from raw records: neither doubles or disturbs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from layers import load
from layers.errors import SourceError
from tests.sources.conftest import Connect
from tests.sources.events import FIRST, Folder, event
from tests.sources.house import House
from tests.sources.vendors import NOW, NOW_S, READINGS, ticket, user

Opened = Callable[[House, Connect, Path], Any]


@contextmanager
def vendor(name: str, connect: Connect) -> Iterator[None]:
    with READINGS[name].opened(connect):
        yield


def hubspot(_house: House, connect: Connect, _path: Path) -> Any:
    return vendor("hubspot contacts, later", connect)


def zendesk(_house: House, connect: Connect, _path: Path) -> Any:
    return vendor("zendesk tickets", connect)


def freshdesk(_house: House, connect: Connect, _path: Path) -> Any:
    return vendor("freshdesk tickets", connect)


@contextmanager
def rudderstack(_house: House, connect: Connect, path: Path) -> Iterator[None]:
    folder = Folder(path, connect)
    for number in range(20):
        folder.drop(number, [event(number)])
    yield


@contextmanager
def finance(_house: House, connect: Connect, path: Path) -> Iterator[None]:
    connect("finance", conn_type="generic", extra={"path": path.as_uri()})
    (path / "budgets.csv").write_text("month,metric,amount\n2026-03,mrr,1\n2026-04,mrr,2\n")
    yield


@contextmanager
def backend(house: House, connect: Connect, _path: Path) -> Iterator[None]:
    """Its tables are in a schema of the warehouse itself."""
    house.admin.execute(
        "drop schema if exists product cascade; create schema product;"
        " create table product.company_clock as select timestamptz '2026-11-01Z' as now_at;"
        " create table product.plans as select n as id, 'Basic' as name, 'month' as billing_period,"
        " 2 as price_per_seat, 'EUR' as currency, false as is_free, now() as created_at,"
        " timestamptz '2026-10-01Z' + n * interval '1 day' as updated_at"
        " from generate_series(1, 20) n"
    )
    found = psycopg.conninfo.conninfo_to_dict(house.server.dsn(house.name))
    names = {"host": "host", "port": "port", "user": "login", "password": "password"}
    parts = {ours: found[name] for name, ours in names.items() if name in found}
    path = {"options": "-c search_path=product"}
    connect("backend", conn_type="postgres", schema=house.name, extra=path, **parts)
    yield


START, END = datetime(2026, 10, 7, tzinfo=UTC), datetime(2026, 10, 9, tzinfo=UTC)
# of each kind of source: an object, a window of it, and how many of its records are in there
WINDOWS: dict[str, tuple[Opened, str, datetime, datetime, int | None]] = {
    "hubspot": (hubspot, "contacts", START, END, None),
    "zendesk": (zendesk, "tickets", datetime(2026, 10, 30, tzinfo=UTC), datetime.max, None),
    "freshdesk": (freshdesk, "tickets", START, END, None),
    "rudderstack": (
        rudderstack,
        "events",
        datetime.fromtimestamp(FIRST + 5 * 60, UTC),
        datetime.fromtimestamp(FIRST + 15 * 60, UTC),
        10,
    ),
    "finance": (finance, "budgets", START, END, 2),
    "backend": (backend, "plans", START, END, 2),
}


@pytest.mark.parametrize("source", WINDOWS)
def test_a_window_is_read_again_the_cursor_stays_and_nothing_is_there_twice(
    house: House, connect: Connect, tmp_path: Path, source: str
) -> None:
    opened, object_name, start, end, records = WINDOWS[source]
    end = min(end.replace(tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
    name = f"{source}.{object_name}"
    relation = house.staging(source, [object_name])[-1].name
    window = ("--object", object_name, "--from", start.isoformat(), "--to", end.isoformat())
    with opened(house, connect, tmp_path):
        assert house.read(name) == []
        cursor, staged, raw = house.cursor(name), house.staged(relation), len(house.raw(name))
        versions = house.moved()
        assert len(staged) > 1
        assert house.layers("load", source, *window) == 0

        again = len(house.raw(name)) - raw
        assert again > 0
        assert again == records or records is None
        assert (house.cursor(name), house.staged(relation), house.moved()) == (
            cursor,
            staged,
            versions,
        )
        assert house.read(name) == []
        assert (house.staged(relation), house.moved()) == (staged, versions)


@pytest.mark.parametrize("source", WINDOWS)
def test_a_window_brings_back_what_was_lost_in_it(
    house: House, connect: Connect, tmp_path: Path, source: str
) -> None:
    opened, object_name, start, end, _ = WINDOWS[source]
    relation = house.staging(source, [object_name])[-1]
    live = f"{relation.schema}.{relation.name}"
    with opened(house, connect, tmp_path):
        assert house.read(f"{source}.{object_name}") == []
        staged = house.staged(relation.name)
        house.admin.execute(f"delete from {live}")  # somebody's accident
        house.admin.execute(f"delete from src_{source}.{object_name}")
        load.load_window(
            house.connect("loader"), house.project, source, object_name, "test", start,
            min(end.replace(tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)),
        )  # fmt: skip
        house.stage(relation.name)
    found = house.staged(relation.name)
    assert 0 < len(found) <= len(staged)
    assert found.items() <= staged.items()


def test_a_window_that_ends_before_it_begins_and_an_unknown_object_are_told(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    backwards = ("--from", "2026-03-02", "--to", "2026-03-01")
    assert house.layers("load", "zendesk", *backwards) == 1
    assert "is not after --from" in capsys.readouterr().err
    forwards = ("--from", "2026-03-01", "--to", "2026-03-02", "--object", "nothing")
    assert house.layers("load", "zendesk", *forwards) == 1
    assert "zendesk has no object 'nothing'; there are tickets" in capsys.readouterr().err


def test_files_without_times_in_their_names_have_no_windows(
    house: House, connect: Connect, tmp_path: Path
) -> None:
    house.change({"sql/src/rudderstack.yaml": {"named_at": "# named_at"}})
    Folder(tmp_path, connect).drop(0, [event(0)])
    with pytest.raises(SourceError, match="declares no named_at; declare it, or say layers replay"):
        load.load_window(
            house.connect("loader"), house.project, "rudderstack", "events", "test",
            START, END,
        )  # fmt: skip


def test_a_window_of_tickets_goes_by_the_time_of_the_export_and_not_of_the_update(
    house: House, connect: Connect
) -> None:
    tickets = [
        ticket(n, NOW_S - 100_000 + n, updated_at="2026-10-31T23:00:00Z") for n in range(250)
    ]
    with READINGS["zendesk tickets"].opened(connect, {"now": NOW, "tickets": tickets, "users": []}):
        start, end = (datetime.fromtimestamp(NOW_S - s, UTC) for s in (100_000, 90_000))
        load.load_window(
            house.connect("loader"), house.project, "zendesk", "tickets", "test", start, end
        )
    assert len(house.raw("zendesk.tickets")) == 250


# --- replay --------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", WINDOWS)
def test_a_replay_gives_the_same_rows_and_reads_no_source(
    house: House, connect: Connect, tmp_path: Path, source: str
) -> None:
    opened, object_name, *_ = WINDOWS[source]
    relations = [relation.name for relation in house.staging(source, [object_name])]
    with opened(house, connect, tmp_path):
        assert house.read(f"{source}.{object_name}") == []
    before = {name: house.whole(name) for name in relations}
    cursor = house.cursor(f"{source}.{object_name}")

    assert house.layers("replay", source) == 0

    assert {name: house.whole(name) for name in relations} == before
    assert house.cursor(f"{source}.{object_name}") == cursor


def test_a_replay_reads_raw_records_that_were_changed_by_hand(
    house: House, connect: Connect, tmp_path: Path
) -> None:
    with rudderstack(house, connect, tmp_path):
        assert house.read("rudderstack.events") == []
    house.admin.execute(
        "update src_rudderstack.events set record = jsonb_set(record, '{event}', '\"Mended\"')"
        " where record ->> 'messageId' = 'm7'"
    )
    house.admin.execute("delete from src_rudderstack.events where record ->> 'messageId' = 'm8'")

    assert house.layers("replay", "rudderstack") == 0

    rows = {row.message_id: row.event for row in house.rows("stg_rudderstack_tracks")}
    assert (len(rows), rows["m7"], "m8" in rows) == (19, "Mended", False)


def test_a_replay_since_a_moment_leaves_what_was_loaded_before_as_it_is(
    house: House, connect: Connect, tmp_path: Path
) -> None:
    folder = Folder(tmp_path, connect)
    folder.drop(0, [event(0)])
    assert house.read("rudderstack.events") == []
    folder.drop(1, [event(1)])
    assert house.read("rudderstack.events") == []
    house.admin.execute(
        "update src_rudderstack.events set record = jsonb_set(record, '{event}', '\"Mended\"')"
    )

    since = house.last_load().isoformat()
    assert house.layers("replay", "rudderstack", "--since", since) == 0
    rows = {row.message_id: row.event for row in house.rows("stg_rudderstack_tracks")}
    assert rows == {"m0": "Lesson Opened", "m1": "Mended"}
    assert house.layers("replay", "rudderstack", "--since", "2100-01-01") == 0


# --- history -------------------------------------------------------------------------------------


def at(day: int) -> str:
    return f"2026-10-{day:02}T00:00:00Z"


def test_a_history_keeps_every_version_with_its_time_however_often_it_is_read(
    house: House, connect: Connect
) -> None:
    history = {"newest_by: updated_at": "newest_by: updated_at\nhistory: true"}
    house.admin.execute("drop table stg_zendesk.stg_zendesk_users")
    house.change({"sql/stg/zendesk/stg_zendesk_users.yaml": history})
    people = READINGS["zendesk users"]
    company = {"now": at(30), "users": [user(1, at(3), name="Ada")]}

    def versions() -> list[tuple[str, str]]:
        rows = house.query(
            "select name, valid_during::text as during from stg_zendesk.stg_zendesk_users"
            " order by updated_at"
        )
        return [(row.name, row.during.replace(" 00:00:00+00", "").replace('"', "")) for row in rows]

    with people.opened(connect, company):
        assert house.read(people.name) == []
        company["users"] = [user(1, at(9), name="Ada King")]
        assert house.read(people.name) == []
        wanted = [("Ada", "[2026-10-03,2026-10-09)"), ("Ada King", "[2026-10-09,)")]
        assert versions() == wanted
        house.admin.execute("delete from layers.cursors")
        company["users"] = [user(1, at(6), name="Ada L")]  # a version between them comes late
        assert house.read(people.name) == []
    wanted = [
        ("Ada", "[2026-10-03,2026-10-06)"),
        ("Ada L", "[2026-10-06,2026-10-09)"),
        ("Ada King", "[2026-10-09,)"),
    ]
    assert versions() == wanted
    house.replay("stg_zendesk_users")
    assert versions() == wanted
