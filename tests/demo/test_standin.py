"""What every stand-in has: answers that take their time, limits, and a program of its own."""

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from demo.faults import FAULTS
from tests.demo.stand_ins import FEEDS, Feed

ONE_EACH = ["zendesk tickets", "hubspot search", "freshdesk tickets"]


@pytest.fixture(params=ONE_EACH)
def feed(request: pytest.FixtureRequest) -> Feed:
    return FEEDS[request.param]


def test_slow_answers_do_not_wait_for_each_other(feed: Feed) -> None:
    with feed.open(delay=0.3) as stand_in, ThreadPoolExecutor(8) as threads:
        began = time.monotonic()
        answers = list(threads.map(lambda _: feed.ask(stand_in, feed.query), range(8)))
        took = time.monotonic() - began
    assert {answer.status_code for answer in answers} == {200}
    assert 0.3 <= took < 1.5  # one after the other, it would be 2.4


def test_who_asks_too_often_within_a_second_is_told_to_wait(feed: Feed) -> None:
    """HubSpot does not say how long."""
    with feed.open(limit=5) as stand_in:
        answers = [feed.ask(stand_in, feed.query) for _ in range(7)]
        time.sleep(1.05)
        later = feed.ask(stand_in, feed.query)
    assert stand_in.statuses == [200] * 5 + [429] * 2 + [200]
    says_when = "hubspot" not in feed.kind.FILE
    assert ("Retry-After" in answers[-1].headers) is says_when
    assert later.status_code == 200


def test_an_unknown_fault_is_refused_with_those_there_are(feed: Feed) -> None:
    with pytest.raises(ValueError, match="request 3: unknown fault 'flood'; wanted one of 429"):
        feed.open(faults={3: "flood"})


def test_a_stand_in_is_a_program_too(feed: Feed, tmp_path: Path) -> None:
    name = feed.kind.FILE.removesuffix(".json")
    (tmp_path / feed.kind.FILE).write_text(json.dumps(feed.company()))
    command = [sys.executable, "-m", f"demo.{name}", f"--directory={tmp_path}", "--port=0"]
    command += ["--password=secret", "--fault=2=503", "--delay=0.01", "--limit=100"]
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        asked = {"json": feed.query} if feed.method == "post" else {"params": feed.query}
        statuses = [
            requests.request(feed.method, address + feed.path, **asked, **feed.login, timeout=5)
            for _ in range(2)
        ]
        process.terminate()
    assert [answer.status_code for answer in statuses] == [200, 503]


def test_a_program_without_its_file_says_what_makes_one(feed: Feed, tmp_path: Path) -> None:
    name = feed.kind.FILE.removesuffix(".json")
    command = [sys.executable, "-m", f"demo.{name}", f"--directory={tmp_path}", "--port=0"]
    root = Path(__file__).resolve().parents[2]
    ended = subprocess.run(
        [*command, "--password=secret"], capture_output=True, text=True, cwd=root, check=False
    )
    assert ended.returncode != 0
    assert f"{tmp_path / feed.kind.FILE}: is not there" in ended.stderr
    assert "python -m demo.company" in ended.stderr


def test_the_faults_of_all_stand_ins_are_one_list() -> None:
    assert {"429", "cut", "repeat", "shift", "deep", "wrong_clock"} < set(FAULTS)
