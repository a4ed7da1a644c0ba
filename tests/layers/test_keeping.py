"""Batches that are copied side by side: committed in their order, or not at all."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any, ClassVar

import pytest

from layers import load
from layers.errors import SourceError
from layers.marks import move_cursor
from layers.sources import Batch, Declaration, Unseen
from tests.layers.conftest import MakeShop


class Files:
    """A source whose batches do not depend on each other; the first may take its time."""

    independent: ClassVar[bool] = True

    def __init__(self, batches: int, slow: Event | None = None, broken: int | None = None) -> None:
        self.batches, self.slow, self.broken = batches, slow, broken

    def reader(self, _declaration: Declaration, _object_name: str) -> "Files":
        return self

    def read(self, cursor: dict[str, Any], _unseen: Unseen) -> Iterator[Batch]:
        for number in range(cursor.get("read", 0), self.batches):
            yield Batch(self.records(number), {"read": number + 1})

    def records(self, number: int) -> Iterator[bytes]:
        if number == self.broken:
            raise SourceError("the second half of this file is missing")
        if number == 0 and self.slow:
            self.slow.wait(1)  # as long as another batch needs to overtake it
        yield b'{"id": "%d"}' % number


def test_batches_side_by_side_are_all_there_once_and_in_their_order(
    shop: MakeShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    till = shop()
    monkeypatch.setattr(load, "reader", Files(7, slow=Event()).reader)

    loaded = till.load("sales")

    found = till.query("select load_id, record ->> 'id' as id from src_till.sales order by load_id")
    assert (loaded.records, loaded.batches) == (7, 7)
    assert [row.id for row in found] == [str(number) for number in range(7)]


@pytest.mark.parametrize("broken", range(5))
def test_behind_a_batch_that_fails_nothing_is_kept_and_the_next_run_goes_on_there(
    shop: MakeShop, monkeypatch: pytest.MonkeyPatch, broken: int
) -> None:
    till = shop()
    monkeypatch.setattr(load, "reader", Files(5, broken=broken).reader)

    with pytest.raises(SourceError, match="the second half of this file is missing"):
        till.load("sales")
    until_then = [row["id"] for row in till.raw("sales")]
    monkeypatch.setattr(load, "reader", Files(5).reader)
    till.load("sales")

    assert until_then == [str(number) for number in range(broken)]
    assert [row["id"] for row in till.raw("sales")] == [str(number) for number in range(5)]


def test_nothing_is_known_beyond_our_own_clock_and_a_wrong_one_is_taken_back(
    shop: MakeShop,
) -> None:
    """Once a page with a clock five hours ahead said so for five hours, whatever came after it."""
    till = shop()
    now = datetime.now(UTC)

    def known(until: datetime, before: dict[str, Any], *, is_our_time: bool) -> timedelta:
        batch = Batch((), {"until": until.isoformat()}, loaded_until=until)
        with till.connect("loader") as loader:
            move_cursor(loader, "till", "sales", batch, before, is_our_time=is_our_time)
        (row,) = till.query("select loaded_until as at, cursor from layers.cursors")
        before.update(row.cursor)
        return row.at - now  # type: ignore[no-any-return]

    cursor: dict[str, Any] = {}
    ahead, ago, earlier = timedelta(hours=5), -timedelta(minutes=5), -timedelta(minutes=9)
    assert known(now + ahead, cursor, is_our_time=False) == ahead  # the company's own time
    assert known(now + ago, cursor, is_our_time=True) == ago
    assert known(now + earlier, cursor, is_our_time=True) == ago  # what was known stays so
    assert timedelta() < known(now + ahead, cursor, is_our_time=True) < timedelta(minutes=5)
