"""What somebody may say to the demo: how large the company is, where files go, when to end."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from demo.company import UNTIL
from demo.company.settings import Settings


@dataclass(frozen=True)
class Options:
    """The choices of one demo."""

    exit: bool
    teachers: int
    months: int
    events: int
    seed: int
    state: Path


def parse(arguments: Sequence[str] | None, about: str) -> Options:
    """Read the command line; a wrong one ends the program with a word on what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=about)
    add = parser.add_argument
    add("--exit", action="store_true", help="end when the data has reached every table")
    add("--teachers", type=_count, default=800, metavar="N", help="how many teachers (800)")
    add("--months", type=_count, default=24, metavar="N", help="how many months of history (24)")
    add("--events", type=_count, default=100_000, metavar="N", help="how many events (100000)")
    add("--seed", type=int, default=1, metavar="N", help="equal seeds give equal companies (1)")
    add("--state", type=Path, default=Path(".demo"), metavar="DIR", help="for its files (.demo)")
    options = Options(**vars(parser.parse_args(arguments)))
    try:
        Settings(options.seed, options.teachers, options.months, options.events, UNTIL)
    except ValueError as error:
        parser.error(str(error))
    return options


def parse_tick(arguments: Sequence[str], about: str) -> Path:
    """The state directory of the demo in which a day is to go by."""
    parser = argparse.ArgumentParser(prog="python -m demo tick", description=about)
    parser.add_argument("--state", type=Path, default=Path(".demo"), metavar="DIR", help="(.demo)")
    return Path(parser.parse_args(arguments).state)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)
