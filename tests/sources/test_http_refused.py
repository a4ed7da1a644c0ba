"""An expired token fails at once, says whose it is, and is never printed itself."""

import json
import logging
import traceback
from typing import Any

import pytest
from airflow.serialization.serialized_objects import DagSerialization

from layers.airflow import source_dag
from layers.airflow.operators import LoadOperator
from layers.airflow.verbs import POLICY, RETRIES
from layers.errors import SourceError, TemporaryError
from tests.sources.conftest import Connect
from tests.sources.house import House
from tests.sources.vendors import READINGS, TOKEN

VENDORS = ["hubspot contacts, first", "zendesk tickets", "freshdesk tickets"]


@pytest.mark.parametrize("name", VENDORS)
@pytest.mark.parametrize("place", [1, 2])
def test_an_expired_token_fails_at_once_with_the_connections_name_and_no_second_try(
    house: House, connect: Connect, waits: list[float], name: str, place: int
) -> None:
    reading = READINGS[name]
    with (
        reading.opened(connect, faults={place: "401_for_good"}) as vendor,
        pytest.raises(SourceError) as raised,
    ):
        house.load(reading.name)

    source = reading.name.split(".")[0]
    assert f"the login or token of connection '{source}' was refused" in str(raised.value)
    assert (len(vendor.requests), waits) == (place, [])
    assert POLICY.evaluate(raised.value, 1, RETRIES).action.value == "fail"


@pytest.mark.parametrize("name", VENDORS)
def test_the_secret_is_in_no_log_message_or_rendered_task(
    house: House,
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    name: str,
) -> None:
    reading = READINGS[name]
    monkeypatch.setattr("layers.manifest.load", lambda _root: house.project)
    caplog.set_level(logging.DEBUG)
    for logger in ("urllib3", "urllib3.connectionpool"):  # whatever a test of Airflow has set up
        caplog.set_level(logging.DEBUG, logger=logger)
        monkeypatch.setattr(logging.getLogger(logger), "disabled", False)
        monkeypatch.setattr(logging.getLogger(logger), "propagate", True)
        monkeypatch.setattr(logging.getLogger(logger), "handlers", [caplog.handler])
    monkeypatch.setattr(logging.root.manager, "disable", 0)
    source, object_name = reading.name.split(".")
    operator = LoadOperator(task_id="load", source=source, object_name=object_name)
    context: Any = {"run_id": "manual__2026-03-01"}
    operator.render_template_fields(context)
    with (
        reading.opened(connect, faults={2: "500", 3: "401_for_good"}) as vendor,
        pytest.raises(SourceError) as raised,
    ):
        operator.execute(context)

    written = capfd.readouterr()
    said = {
        "log": caplog.text,
        "output": written.out + written.err,
        "message": "".join(traceback.format_exception(raised.value)),
        "task": repr(vars(operator)),
        "requests": "".join(vendor.requests),
    }
    assert [where for where, text in said.items() if TOKEN in text] == []
    assert "/api/v2/" in caplog.text or "/crm/v3/" in caplog.text, "no request is in the log at all"


def test_the_serialised_dag_knows_no_secret(
    house: House, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = READINGS["zendesk tickets"]
    monkeypatch.setenv("LAYERS_PROJECT", str(house.folder))
    with reading.opened(connect):
        written = json.dumps(DagSerialization.to_dict(source_dag("zendesk")), default=str)
    assert "load_tickets" in written
    assert TOKEN not in written


BEARER = "pat-eu1-nobody-may-see"


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_token_that_was_copied_with_its_line_break_is_a_token(
    house: House, connect: Connect, ending: str
) -> None:
    reading = READINGS["hubspot campaigns"]
    with reading.opened(connect) as vendor:
        connect("hubspot", conn_type="http", host=vendor.url, password=TOKEN + ending)
        assert house.read(reading.name) == []


SAYS: dict[str, dict[str, Any]] = {
    "a token of two lines": {"host": "http://127.0.0.1:9", "password": f"{BEARER}\n{BEARER}"},
    "a token of other letters": {"host": "http://127.0.0.1:9", "password": f"{BEARER}…"},
    "a header of two lines": {
        "host": "http://127.0.0.1:9",
        "extra": {"Authorization": f"Bearer {BEARER}\n"},
    },
    "a login in the address": {"host": f"http://joe:{BEARER}@127.0.0.1:9"},
    "one with an @": {"host": f"http://joe:p@{BEARER}@127.0.0.1:9"},
    "one in an address of no place": {"host": f"http://joe:{BEARER}@127.0.0.1:none"},
    "one in an address of no kind": {"host": f"gopher://joe:{BEARER}@127.0.0.1:9"},
}


@pytest.mark.parametrize("said", SAYS)
def test_a_connection_that_makes_no_request_is_told_without_its_secrets(
    house: House, connect: Connect, said: str
) -> None:
    connect("hubspot", conn_type="http", **SAYS[said])
    with pytest.raises((SourceError, TemporaryError)) as raised:
        house.load("hubspot.contacts")
    told = "".join(traceback.format_exception(raised.value))
    assert BEARER not in told
    assert "connection 'hubspot'" in told or "127.0.0.1:9/crm/v3/objects/contacts" in told
