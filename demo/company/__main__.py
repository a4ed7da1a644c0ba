"""Generate the example company: `python -m demo.company --directory DIR`."""

import sys
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime
from pathlib import Path

from demo.company import UNTIL, generate


def main() -> None:
    """Read the size of the company, write it, and say how far that has come."""
    asked = _arguments()
    try:
        generate(
            asked.directory,
            seed=asked.seed,
            teachers=asked.teachers,
            months=asked.months,
            events=asked.events,
            until=asked.until,
            schools=asked.schools,
            horizon=asked.horizon,
            lived=asked.lived,
            progress=_show,
        )
    except ValueError as error:
        sys.exit(str(error))


def _arguments() -> Namespace:
    parser = ArgumentParser("python -m demo.company", description=__doc__)
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--teachers", type=int, default=800)
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument(
        "--until",
        type=_moment,
        default=UNTIL,
        help="the company's last moment, in UTC unless it says",
    )
    add = parser.add_argument
    add("--schools", type=int, help="as many as so many teachers have, unless it says")
    add("--horizon", type=int, default=0, help="days that are planned beyond that moment")
    add("--lived", type=int, default=0, help="of these, days that have passed")
    return parser.parse_args()


def _moment(text: str) -> datetime:
    written = datetime.fromisoformat(text)
    return written if written.tzinfo else written.replace(tzinfo=UTC)


def _show(source: str, part: float) -> None:
    """A line for each source that is written; on a terminal, its percentage before."""
    if part == 1 or sys.stderr.isatty():
        print(f"\r{source} {part:4.0%}", end="\n" if part == 1 else "", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
