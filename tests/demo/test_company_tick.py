"""A demo's company moves a day on, in the files that others read and in its backend."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from demo import backend, tick
from demo.__main__ import main
from demo.backend_tables import TABLES
from demo.company import generate
from demo.errors import DemoError
from tests.demo.plain import rows_of
from tests.servers import Postgres

STORY = tick.Story(seed=6, teachers=60, months=3, events=2_400, horizon=2)


@pytest.fixture
def dsn(server: Postgres) -> Iterator[str]:
    name = f"ticking_{os.getpid()}"
    server.create_database(name)
    yield server.dsn(name)
    server.drop_database(name)


@pytest.fixture
def state(dsn: str, tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    STORY.tell(tmp_path / "company")
    backend.fill(dsn, tmp_path / "company")
    tick.remember(tmp_path, STORY, dsn)
    return tmp_path


def _files(directory: Path) -> dict[str, bytes]:
    files = (path for path in directory.rglob("*") if path.is_file())
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in files}


def _rows(dsn: str) -> dict[str, dict[str, str]]:
    """Each row as text, with the transaction that wrote it."""
    with psycopg.connect(dsn) as connection:
        return {
            table.name: {
                row[0]: f"{row[1]} {row[2]}"
                for row in connection.execute(
                    f"select id::text, xmin::text, t::text from {table.name} as t"  # type: ignore[arg-type]
                )
            }
            for table in TABLES
        }


def _lived(rows: dict[str, dict[str, str]]) -> dict[str, set[str]]:
    return {name: {row.split(" ", 1)[1] for row in found.values()} for name, found in rows.items()}


def test_a_tick_makes_what_generating_the_later_day_makes(state: Path, tmp_path: Path) -> None:
    tick.tick(state)
    replace(STORY, lived=1).tell(tmp_path / "wanted")
    assert _files(state / "company") == _files(tmp_path / "wanted")
    assert not (state / "company.next").exists()


def test_event_files_that_were_there_are_not_touched(state: Path) -> None:
    def times() -> dict[Path, int]:
        files = (state / "company" / "rudderstack").rglob("*.gz")
        return {path: path.stat().st_mtime_ns for path in files}

    before = times()
    tick.tick(state)
    after = times()
    assert before.items() <= after.items()
    assert len(after) == len(before) + 2


def test_the_backend_moves_to_the_files_and_rows_that_are_the_same_stay_untouched(
    state: Path, dsn: str
) -> None:
    before = _rows(dsn)
    tick.tick(state)
    tick.tick(state)
    after = _rows(dsn)
    with psycopg.connect(dsn) as connection:
        connection.execute("create schema wanted")
        connection.commit()
    backend.fill(f"{dsn}?options=-csearch_path%3Dwanted", state / "company")
    assert _lived(after) == _lived(_rows(f"{dsn}?options=-csearch_path%3Dwanted"))
    assert sum(len(before[name].keys() - after[name].keys()) for name in before) > 0
    for name, rows in before.items():
        files = {str(row["id"]): row for row in rows_of(state / "company", f"backend/{name}.jsonl")}
        for id_ in rows.keys() & after[name].keys():
            is_same = rows[id_].split(" ", 1)[1] == after[name][id_].split(" ", 1)[1]
            assert (rows[id_] == after[name][id_]) == is_same, files[id_]


def test_the_clock_of_the_company_goes_with_it(state: Path, dsn: str) -> None:
    moments = [tick.tick(state), tick.tick(state)]
    with psycopg.connect(dsn) as connection:
        clock = connection.execute("select now_at from company_clock").fetchall()
    assert clock == [(moments[1],)]
    assert (moments[1] - moments[0]).days == 1


def test_a_day_that_was_interrupted_is_moved_to_again(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_dsn: str, _directory: Path) -> None:
        raise OSError("the power is gone")

    with monkeypatch.context() as patch:
        patch.setattr(backend, "move", fails)
        with pytest.raises(OSError, match="power"):
            tick.tick(state)
    tick.tick(state)
    replace(STORY, lived=1).tell(tmp_path / "wanted")
    assert _files(state / "company") == _files(tmp_path / "wanted")


def test_the_story_has_an_end(state: Path) -> None:
    tick.tick(state)
    tick.tick(state)
    before = _files(state / "company")
    with pytest.raises(DemoError, match="day 3 of 2 planned ones"):
        tick.tick(state)
    assert _files(state / "company") == before


def test_what_is_remembered_is_for_nobody_else(state: Path) -> None:
    file = state / "run" / "company.json"
    assert file.stat().st_mode & 0o077 == 0
    assert set(json.loads(file.read_text())) == {"backend", "story"}


def test_without_a_company_the_command_says_what_makes_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tick", "--state", str(tmp_path)]) == 1
    assert "run python -m demo" in capsys.readouterr().err
    assert main(["tick", "--state", str(tmp_path / "nowhere")]) == 1


def test_the_command_says_until_when_the_company_lives(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tick", "--state", str(state)]) == 0
    said = "the company lives until 2026-11-02 00:00 UTC\nno Airflow of this demo runs to notice\n"
    assert capsys.readouterr().out == said


def test_moving_without_a_backend_changes_nothing(dsn: str, tmp_path: Path) -> None:
    generate(tmp_path, teachers=20, months=1, events=800)
    with pytest.raises(psycopg.errors.UndefinedTable, match="users"):
        backend.move(dsn, tmp_path)
    with psycopg.connect(dsn) as connection:
        found = connection.execute("select from pg_tables where schemaname = 'public'").fetchall()
    assert found == []
