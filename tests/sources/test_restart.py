"""A load that is killed anywhere goes on from there: nothing is lost and nothing is doubled."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from layers import load
from layers.sources import Batch, Declaration, Reader, Unseen, files, reader
from tests.sources.conftest import Connect
from tests.sources.events import Folder, event
from tests.sources.house import House
from tests.sources.vendors import READINGS


class KilledError(BaseException):
    """As when the machine goes."""


@dataclass
class Killed:
    """A reader that dies when so many batches were taken, or in the middle of the next one."""

    real: Reader
    batches: int
    in_the_middle: bool

    @property
    def independent(self) -> bool:
        return self.real.independent

    def read(self, cursor: dict[str, Any], unseen: Unseen) -> Iterator[Batch]:
        for number, batch in enumerate(self.real.read(cursor, unseen)):
            if number == self.batches and self.in_the_middle:
                yield replace(batch, records=_dying(batch.records))
            if number == self.batches:
                raise KilledError
            yield batch
        raise KilledError

    def window(self, start: Any, end: Any, cursor: Any) -> Iterator[Batch]:
        raise NotImplementedError


def _dying(records: Iterable[Any]) -> Iterator[Any]:
    yield next(iter(records))
    raise KilledError


def kill(
    house: House, patch: pytest.MonkeyPatch, name: str, batches: int, *, in_the_middle: bool
) -> None:
    """Loads, is killed, and stages what is there."""

    def dying(declaration: Declaration, object_name: str) -> Killed:
        return Killed(reader(declaration, object_name), batches, in_the_middle)

    with patch.context() as patched:
        patched.setattr(load, "reader", dying)
        with pytest.raises(KilledError):
            house.load(name)
    source, object_name = name.split(".")
    for relation in house.staging(source, [object_name]):
        house.stage(relation.name)


@pytest.mark.parametrize("in_the_middle", [False, True], ids=["between", "within"])
@pytest.mark.parametrize("name", READINGS)
def test_a_reading_that_is_killed_at_any_page_goes_on_from_there(
    house: House, connect: Connect, monkeypatch: pytest.MonkeyPatch, name: str, in_the_middle: bool
) -> None:
    reading = READINGS[name]
    with reading.opened(connect) as vendor:
        wanted = None
        for page in range(-1, reading.requests):
            house.reset()
            if reading.cursor:
                house.stands_at(reading.name, reading.cursor)
            if page >= 0:
                kill(house, monkeypatch, reading.name, page, in_the_middle=in_the_middle)
                assert house.query("select count(*) as n from layers.loads")[0].n == page
            before = len(vendor.requests)
            assert house.read(reading.name) == []
            if page >= 0 and reading.requests - page < 3:
                # behind a reading that was complete, each of up to three lists is asked for once
                assert len(vendor.requests) - before <= reading.requests - page + 2
            found = house.staged(reading.relation)
            wanted = wanted or found
            assert found == wanted
            assert len(house.raw(reading.name)) >= len(found)


@pytest.mark.parametrize("in_the_middle", [False, True], ids=["between", "within"])
@pytest.mark.parametrize("batch", range(5))
def test_files_that_were_read_before_the_kill_are_not_read_again(
    house: House,
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    batch: int,
    in_the_middle: bool,
) -> None:
    monkeypatch.setattr(files, "FILES_PER_BATCH", 2)
    folder = Folder(tmp_path, connect)
    for number in range(10):
        folder.drop(number, [event(number * 10 + n) for n in range(5)])

    kill(house, monkeypatch, "rudderstack.events", batch, in_the_middle=in_the_middle)
    assert len(house.raw("rudderstack.events")) <= batch * 10
    assert house.read("rudderstack.events") == []

    said = [record["messageId"] for record in house.raw("rudderstack.events")]
    assert sorted(said) == sorted({f"m{n * 10 + m}" for n in range(10) for m in range(5)})
    assert len(house.rows("stg_rudderstack_tracks")) == 50
