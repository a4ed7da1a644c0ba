"""The company's months are London's, and no event leaves its month in doubt."""

from datetime import UTC, datetime

import pytest

from demo.company.clock import HOUR, Clock, iso, milliseconds, off_the_hour

FULL_HOUR = milliseconds(datetime(2026, 6, 30, 23, tzinfo=UTC))  # July begins in London


def test_just_before_a_full_hour_nothing_happens() -> None:
    """An event is received within two seconds: it must not be sent in June and arrive in July."""
    moved = {at: off_the_hour(at) for at in range(FULL_HOUR - 5_000, FULL_HOUR + 5_000)}
    assert not any(FULL_HOUR - 2_000 <= later < FULL_HOUR for later in moved.values())
    assert {later - at for at, later in moved.items()} == {0, 2_000}
    assert off_the_hour(FULL_HOUR - HOUR // 2) == FULL_HOUR - HOUR // 2


@pytest.mark.parametrize(
    ("at", "month"),
    [
        (datetime(2026, 6, 30, 22, 59, 59, tzinfo=UTC), "2026-06"),
        (datetime(2026, 6, 30, 23, 0, 0, tzinfo=UTC), "2026-07"),
        (datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC), "2026-10"),
    ],
)
def test_a_month_begins_at_midnight_in_london(at: datetime, month: str) -> None:
    clock = Clock(datetime(2026, 11, 1, tzinfo=UTC), months=6)
    assert clock.month_keys()[clock.month_of(milliseconds(at))] == month


def test_a_company_of_months_begins_on_the_same_day_or_the_last_of_a_shorter_month() -> None:
    assert iso(Clock(datetime(2026, 11, 1, tzinfo=UTC), 24).start) == "2024-11-01T00:00:00.000Z"
    assert iso(Clock(datetime(2026, 3, 31, 7, tzinfo=UTC), 1).start) == "2026-02-28T07:00:00.000Z"
