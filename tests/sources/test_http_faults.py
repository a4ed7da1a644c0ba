"""Every fault at every vendor: afterwards the rows are those of a reading without it."""

import copy
import re
from typing import Any

import pytest

from demo.faults import FAULTS
from demo.page import EXTRA
from tests.sources.conftest import Connect
from tests.sources.house import House
from tests.sources.vendors import READINGS, Json, Reading

Rows = dict[Any, dict[str, Any]]
# What Postgres cannot hold is among the rejects, with its reason; all else is staged.
UNREADABLE = {
    "latin1": "is not UTF-8",
    "nul": "is not JSON that Postgres can hold",
    "surrogate": "is not JSON that Postgres can hold",
    "deep": "is nested 50,000 deep and more, more than Postgres bears",
}
SPOILT = ("long_number", "type_change", "field_vanishes", "future_record")
CASES = [
    pytest.param(name, place, fault, id=f"{name}, {fault} at {place}")
    for name, reading in READINGS.items()
    for place in reading.places_of_faults()
    for fault in FAULTS
]


def read(house: House, connect: Connect, reading: Reading, company: Json, **settings: Any) -> Any:
    """One reading; what failed, and the requests that it made."""
    with reading.opened(connect, company, **settings) as vendor:
        return house.read(reading.name), vendor.requests


def begin(house: House, reading: Reading) -> None:
    house.reset()
    if reading.cursor:
        house.stands_at(reading.name, reading.cursor)


_CALM: dict[str, Rows] = {}


def undisturbed(house: House, connect: Connect, name: str, company: Json | None = None) -> Rows:
    """The rows of a reading without faults."""
    reading = READINGS[name]
    if company is None and name in _CALM:
        return _CALM[name]
    begin(house, reading)
    failed, requests = read(house, connect, reading, company or reading.company())
    assert failed == []
    found = house.staged(reading.relation)
    if company is None:
        assert (len(requests), len(found) > 200) == (reading.requests, True)
        _CALM[name] = found
    return found


def without_extra(rows: Rows) -> Rows:
    return {key: row for key, row in rows.items() if str(EXTRA) not in key}


@pytest.mark.parametrize(("name", "place", "fault"), CASES)
def test_after_a_fault_the_rows_are_those_of_an_undisturbed_reading_and_stay_so(
    shared_house: House, connect: Connect, name: str, place: int, fault: str
) -> None:
    house, reading = shared_house, READINGS[name]
    undisturbed(house, connect, name)
    begin(house, reading)
    company = copy.deepcopy(reading.company())

    failed, _ = read(house, connect, reading, company, faults={place: fault})
    assert bool(failed) is fault.startswith("401"), failed
    if failed or fault == "shift":  # what has changed behind our back comes with the next reading
        failed, _ = read(house, connect, reading, company)
        assert failed == []
    rows, rejects = house.staged(reading.relation), house.rejects()
    versions, whole = house.moved(), house.whole(reading.relation)
    failed, _ = read(house, connect, reading, company)

    assert (failed, house.moved()) == ([], versions)
    assert house.whole(reading.relation) == whole
    assert_accounted(reading, fault, rows, rejects)
    wanted = undisturbed(house, connect, name, company if fault == "shift" else None)
    assert without_extra(rows) == wanted


def assert_accounted(reading: Reading, fault: str, rows: Rows, rejects: list[str]) -> None:
    """The spoilt record is staged, or rejected with its reason; nothing else is rejected."""
    wanted = [f"{reading.name} {UNREADABLE[fault]}"] if fault in UNREADABLE else []
    if fault == "field_vanishes" and reading.name == "hubspot.campaigns":
        wanted = [f"{reading.relation} name is missing"]
    found = [re.sub(r"nested 50,00\d deep,", "nested 50,000 deep and more,", r) for r in rejects]
    assert found == wanted
    assert (len(rows) > len(without_extra(rows))) is (fault in SPOILT and not wanted)
