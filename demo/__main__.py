"""The example company on this machine: its data, a server and Airflow, from nothing to full tables.

It goes on until Ctrl-C; with --exit it ends when the data has reached every table.
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from demo import report
from demo.errors import DemoError
from demo.play import Options, play

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the demo; 0 when all went well, 1 when something failed, 130 when it was stopped."""
    options = _parse(arguments)
    console = Console()
    for wish in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(wish, signal.default_int_handler)
    try:
        play(options, console)
    except KeyboardInterrupt:
        console.print("stopped")
        return INTERRUPTED
    except DemoError as failure:
        report.show_failure(failure, console)
        return 1
    return 0


def _parse(arguments: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    add = parser.add_argument
    add("--exit", action="store_true", help="end when the data has reached every table")
    add("--teachers", type=_count, default=800, metavar="N", help="how many teachers (800)")
    add("--months", type=_count, default=24, metavar="N", help="how many months of history (24)")
    add("--events", type=_count, default=100_000, metavar="N", help="how many events (100000)")
    add("--seed", type=int, default=1, metavar="N", help="equal seeds give equal companies (1)")
    add("--state", type=Path, default=Path(".demo"), metavar="DIR", help="for its files (.demo)")
    return Options(**vars(parser.parse_args(arguments)))


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
