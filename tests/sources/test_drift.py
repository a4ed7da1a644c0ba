"""Drift: a new field is noted once with the lines to declare it, a lost or changed one alarms."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.sources.conftest import Connect
from tests.sources.events import Folder, event
from tests.sources.house import House

EVENTS, TRACKS = "rudderstack.events", "stg_rudderstack_tracks"
CONTRACT, QUERY = (f"sql/stg/rudderstack/{TRACKS}.{ending}" for ending in ("yaml", "sql"))


class Tool:
    """RudderStack, which sends twenty events at a time."""

    def __init__(self, house: House, folder: Folder) -> None:
        self.house, self.folder, self.sent = house, folder, 0

    def sends(self, without: str = "", **more: Any) -> list[str]:
        """Twenty events, each with more or without something; what failed."""
        self.sent += 1
        numbers = range(self.sent * 100, self.sent * 100 + 20)
        events = [json.loads(event(number, **more)) for number in numbers]
        lines = [{n: v for n, v in one.items() if n != without} for one in events]
        self.folder.drop(self.sent, [json.dumps(line).encode() for line in lines])
        return self.house.read(EVENTS)


@pytest.fixture
def tool(house: House, tmp_path: Path, connect: Connect) -> Tool:
    made = Tool(house, Folder(tmp_path, connect))
    assert made.sends() == []
    return made


def drift(house: House, capsys: pytest.CaptureFixture[str], *of: str) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert house.layers("drift", *of, "--json") == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


NEW: dict[str, tuple[Any, str, str]] = {
    "loyaltyPoints": (7, "number", "loyalty_points"),
    "is_trial": (True, "boolean", "is_trial"),
    "Note": ("hello", "text", "note"),
    "tags": (["a"], "array", "tags"),
    "more": ({"a": 1}, "object", "more"),
    "it's": ("x", "text", "it_s"),
    "2fa": ("x", "text", "field_2fa"),
    "a_name_" * 10: ("x", "text", ("a_name_" * 10)[:63]),
}


@pytest.mark.parametrize("name", NEW)
def test_a_field_that_nobody_declared_is_noted_once_and_its_lines_declare_it(
    tool: Tool, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    value, kind, column = NEW[name]
    house = tool.house
    assert tool.sends(**{name: value}) == []  # it is no alarm
    first = [row for row in drift(house, capsys) if row["path"] == name]
    assert tool.sends(**{name: value}) == []
    assert [row for row in drift(house, capsys) if row["path"] == name] == first
    (found,) = first
    assert (found["of"], found["types"], found["said"]) == (EVENTS, [kind], "new")

    query, contract = found["add"]
    after, before = f"as event,\n    {query}", f"\n  {contract}\n  event: "
    house.change({QUERY: {"as event,": after}, CONTRACT: {"\n  event: ": before}})
    assert tool.sends(**{name: value}) == []
    said = house.query(
        f'select "{column}" as said from stg_rudderstack.{TRACKS} order by message_id'
    )
    assert said[-1].said == value
    assert [row for row in drift(house, capsys) if row["path"] == name] == []


def test_a_field_inside_of_one_that_is_declared_is_found_too(
    tool: Tool, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tool.sends(context={"campaign": {"name": "autumn", "term.x": "y"}, "ip": "::1"}) == []
    assert {row["path"] for row in drift(tool.house, capsys)} >= {
        'context.campaign."term.x"',
        "context.ip",
    }


def test_a_declared_field_that_vanishes_alarms_once_and_is_shown_until_it_is_back(
    tool: Tool, capsys: pytest.CaptureFixture[str]
) -> None:
    (failure,) = tool.sends(without="anonymousId")
    assert failure.startswith(
        "rudderstack.events: declared fields are not as they were; everything is loaded:\n"
        "    anonymousId ("
    )
    assert f"{TRACKS}.anonymous_id" in failure
    assert "was in every record and is in none of the last 20" in failure
    assert len(tool.house.rows(TRACKS)) == 40

    assert tool.sends(without="anonymousId") == []
    (shown,) = [
        row for row in drift(tool.house, capsys, "rudderstack") if row["path"] == "anonymousId"
    ]
    assert shown["said"].startswith("missing, which stg_rudderstack_")
    assert tool.sends() == []
    assert [row for row in drift(tool.house, capsys) if row["path"] == "anonymousId"] == []


def test_a_declared_field_of_another_type_alarms_once_and_is_shown(
    tool: Tool, capsys: pytest.CaptureFixture[str]
) -> None:
    (failure,) = tool.sends(anonymousId=7)
    assert re.search(r"anonymousId \(.*\) was text and comes as number", failure)
    assert tool.sends(anonymousId=8) == []
    (shown,) = [row for row in drift(tool.house, capsys) if row["path"] == "anonymousId"]
    assert shown["types"] == ["text", "number"]
    assert "of another type" in shown["said"]


def test_one_record_without_a_field_or_an_empty_value_is_no_drift(tool: Tool) -> None:
    assert tool.sends(anonymousId=None) == []
    tool.folder.drop(99, [b'{"type": "track", "messageId": "x"}'])
    assert tool.house.read(EVENTS) == []


def test_an_object_whose_drift_is_only_noted_never_alarms(
    tool: Tool, capsys: pytest.CaptureFixture[str]
) -> None:
    note = {'json.gz"}': 'json.gz", drift: note}'}
    tool.house.change({"sql/src/rudderstack.yaml": note})
    assert tool.sends(without="anonymousId") == []
    assert [r["path"] for r in drift(tool.house, capsys) if "missing" in r["said"]] == [
        "anonymousId"
    ]


def test_an_object_with_ids_for_names_does_not_fill_the_record(tool: Tool) -> None:
    ids: dict[str, Any] = {f"id_{n}": 1 for n in range(3_000)}
    assert tool.sends(**ids) == []
    (row,) = tool.house.query("select count(*) as n from layers.drift where object = 'events'")
    assert row.n <= 1_000


def test_the_table_of_the_command_has_the_lines_below(
    tool: Tool, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tool.sends(loyaltyPoints=7) == []
    capsys.readouterr()
    assert tool.house.layers("drift") == 0
    shown = capsys.readouterr().out
    assert f"{EVENTS} loyaltyPoints, in a staging query and its contract:" in shown
    assert "    record ->> 'loyaltyPoints' as loyalty_points,\n" in shown
    assert "    loyalty_points: {type: numeric, optional: true}\n" in shown
    assert tool.house.layers("drift", "nothing") == 1
