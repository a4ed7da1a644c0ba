"""A hundred thousand small files, as a tool leaves them that writes one every few seconds."""

import os
import time
from pathlib import Path

import psutil
import pytest

from tests.sources.conftest import Connect
from tests.sources.events import Folder, event
from tests.sources.house import House

FILES = 100_000
MOST_LINKS = 10_000  # of one file, which are made faster than as many files
SECONDS = 60
MEGABYTES = 80  # above a process that has done nothing yet


@pytest.mark.slow
def test_a_hundred_thousand_small_files_are_read_once_in_a_minute_and_little_memory(
    house: House, connect: Connect, tmp_path: Path
) -> None:
    folder = Folder(tmp_path, connect)
    for number in range(FILES):
        if number % MOST_LINKS == 0:
            one = folder.drop(number, [event(0)])
        else:
            os.link(one, folder.place(number))
    before, began = psutil.Process(os.getpid()).memory_info().rss, time.monotonic()

    loaded = house.load("rudderstack.events")
    seconds = time.monotonic() - began
    grown = (psutil.Process(os.getpid()).memory_info().rss - before) / 2**20
    again = house.load("rudderstack.events")

    print(f"{seconds:.1f} s, then {again.seconds:.1f} s for nothing; {grown:.0f} MB more")
    assert (loaded.records, again.records) == (FILES, 0)
    assert (seconds < SECONDS, grown < MEGABYTES) == (True, True)
