"""The way back to a demo that runs, for the day that goes by in it later."""

import json
from pathlib import Path

import pytest

from demo import processes, wake
from demo.airflow import Airflow
from tests.conftest import ROOT


def an_airflow(state: Path) -> Airflow:
    """One that nobody has started."""
    (state / "run").mkdir()
    return Airflow(ROOT, state, "", f"http://127.0.0.1:{processes.free_port()}", "secret")


def test_what_is_noted_is_for_its_owner_alone_and_only_what_the_demo_made_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THEIRS", "as everywhere")
    airflow = an_airflow(tmp_path)
    wake.remember(tmp_path, airflow, {"THEIRS": "as everywhere", "AIRFLOW_CONN_LOOKER": "{}"})
    file = tmp_path / wake.FILE
    assert file.stat().st_mode & 0o077 == 0
    known = json.loads(file.read_text())
    assert known["environment"] == {"AIRFLOW_CONN_LOOKER": "{}"}
    assert (known["address"], known["password"]) == (airflow.address, "secret")


def test_there_is_no_way_back_to_a_demo_that_never_ran_or_has_ended(tmp_path: Path) -> None:
    assert wake.running(ROOT, tmp_path) is None
    wake.remember(tmp_path, an_airflow(tmp_path), {})
    assert wake.running(ROOT, tmp_path) is None
