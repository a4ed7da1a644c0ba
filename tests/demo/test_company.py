"""What `generate` writes: the same bytes for the same arguments, in the files of RudderStack."""

import subprocess
import sys
import tracemalloc
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from demo.company import generate
from tests.demo.plain import Company, lines_of


def _bytes(directory: Path) -> dict[str, bytes]:
    files = (path for path in directory.rglob("*") if path.is_file())
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in files}


def test_the_same_arguments_give_the_same_bytes_also_over_another_company(tmp_path: Path) -> None:
    arguments = {"seed": 3, "teachers": 20, "months": 1, "events": 900, "horizon": 4, "lived": 2}
    generate(tmp_path / "a", **arguments)
    generate(tmp_path / "b", seed=4, teachers=25, months=2, events=1_200)
    other = _bytes(tmp_path / "b")
    generate(tmp_path / "b", **arguments)

    assert _bytes(tmp_path / "a") == _bytes(tmp_path / "b")
    assert other["backend/users.jsonl"] != _bytes(tmp_path / "a")["backend/users.jsonl"]


def test_more_events_change_neither_people_nor_tickets(tmp_path: Path) -> None:
    generate(tmp_path / "few", teachers=20, months=1, events=800)
    generate(tmp_path / "many", teachers=20, months=1, events=1_600)

    few, many = _bytes(tmp_path / "few"), _bytes(tmp_path / "many")
    of_events = ("rudderstack/", "truth.json", "truth/activity", "truth/visits", "truth/identif")
    rest = {name for name in few | many if not name.startswith(of_events)}
    assert {"backend/users.jsonl", "hubspot.json", "zendesk.json", "finance/budgets.csv"} < rest
    assert all(few[name] == many[name] for name in rest)


def test_memory_does_not_grow_with_events(tmp_path: Path) -> None:
    peaks = []
    for events in (6_000, 24_000):
        tracemalloc.start()
        generate(tmp_path, teachers=20, months=1, events=events)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] < peaks[0] + 2_000_000  # 18,000 more events have 21 MB


MEASURE = """
import resource, sys
from pathlib import Path
from demo.company import generate
generate(Path(sys.argv[1]), teachers=20, months=1, events=int(sys.argv[2]))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_the_process_does_not_grow_with_events(tmp_path: Path) -> None:
    peaks = []
    for events in (20_000, 80_000):
        command = [sys.executable, "-c", MEASURE, str(tmp_path), str(events)]
        told = subprocess.run(command, capture_output=True, text=True, check=True)
        peaks.append(int(told.stdout))

    assert peaks[1] < peaks[0] + 8_000  # kB; 60,000 more events have 70 MB


def test_progress_ends_with_every_source_done(tmp_path: Path) -> None:
    heard: list[tuple[str, float]] = []
    generate(
        tmp_path,
        teachers=20,
        months=1,
        events=800,
        progress=lambda source, part: heard.append((source, part)),
    )

    written = ("hubspot", "backend", "zendesk", "freshdesk", "finance", "timelines", "rudderstack")
    assert dict(heard) == dict.fromkeys(written, 1.0)
    parts = [part for source, part in heard if source == "rudderstack"]
    assert parts == sorted(parts)
    assert len(parts) == 31


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"events": 799}, "799 events for 20 teachers: wanted at least 800"),
        ({"teachers": 3}, "3 teachers and 1 months: wanted at least 20 teachers"),
        ({"months": 0}, "20 teachers and 0 months: wanted at least .* 1 month"),
        ({"until": datetime(2026, 11, 1)}, "wanted a moment with a time zone"),
    ],
)
def test_a_company_too_small_for_its_story_is_refused(
    tmp_path: Path, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        generate(tmp_path, **{"teachers": 20, "months": 1, "events": 800, **arguments})
    assert not list(tmp_path.iterdir())


def test_files_lie_under_the_day_of_their_upload_and_hold_only_what_was_received_before(
    company: Company,
) -> None:
    for path in company.files:
        lines = list(lines_of(company.directory, path))
        assert all(line.at("receivedAt") < line.uploaded_at for line in lines if line.is_json)
        assert all(path.parent.name == f"{line.uploaded_at:%Y-%m-%d}" for line in lines)


def test_the_last_file_of_each_source_is_named_by_the_last_moment(company: Company) -> None:
    uploaded: defaultdict[str, list[int]] = defaultdict(list)
    for path in company.files:
        uploaded[path.parts[-3]].append(int(path.name.split(".")[0]))

    last = int(company.until.timestamp())
    assert [max(times) for times in uploaded.values()] == [last, last]
    days = (company.until - datetime.fromisoformat(company.truth["from"])).days
    assert [len(times) for times in uploaded.values()] == [days, days]


def test_some_files_come_later_than_younger_ones(company: Company) -> None:
    """Their events were received long before the day of the upload, all of them."""
    waited: Counter[str] = Counter()
    for path in company.files:
        lines = [line for line in lines_of(company.directory, path) if line.is_json]
        if not lines:
            continue
        received_at = max(line.at("receivedAt") for line in lines)
        waited[lines[0].source] += lines[0].uploaded_at - received_at > timedelta(days=1.5)

    sources = company.truth["rudderstack"]["sources"]
    assert {source: told["files_out_of_order"] for source, told in sources.items()} == waited
    assert waited.total() > 0
