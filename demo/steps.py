"""What the demo is doing, for somebody who watches, and for somebody who reads a file of it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

Say = Callable[[str], None]
QUIET_SECONDS = 10
BAR_WIDTH = 30


def bar(share: float) -> str:
    """How far something is, from 0 to 1."""
    done = round(BAR_WIDTH * share)
    return f"{'━' * done}{'·' * (BAR_WIDTH - done)} {share:4.0%}"


class Steps:
    """One line per step, with the seconds since the demo began."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()

    @contextmanager
    def step(self, what: str) -> Iterator[Say]:
        """Print a line; what the step says of itself moves in place, or is a line now and then."""
        self._print(what)
        if self._console.is_terminal:
            with self._console.status("") as status:
                yield status.update
        else:
            yield self._now_and_then()

    def _now_and_then(self) -> Say:
        last = time.monotonic()

        def say(detail: str) -> None:
            nonlocal last
            if time.monotonic() - last > QUIET_SECONDS:
                last = time.monotonic()
                self._print(f"  {detail}")

        return say

    def _print(self, line: str) -> None:
        seconds = time.monotonic() - self._began
        self._console.print(
            f"{seconds:4.0f} s  {line}", highlight=False, markup=False, soft_wrap=True
        )
