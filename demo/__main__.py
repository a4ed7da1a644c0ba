"""The example company on this machine: its data, a server and Airflow, from nothing to full tables.

It goes on until Ctrl-C; with --exit it ends when the data has reached every table. While it runs,
`python -m demo tick` moves the company a day on.
"""

import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from demo.errors import DemoError
from demo.options import parse, parse_tick

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the demo; 0 when all went well, 1 when something failed, 130 when it was stopped."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["tick"]:
        return _tick(given[1:])
    options = parse(given, __doc__ or "")
    for wish in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(wish, signal.default_int_handler)
    try:
        from demo.play import play  # takes a second: a wrong argument or a Ctrl-C need not wait

        play(options)
    except KeyboardInterrupt:
        print("stopped")
        return INTERRUPTED
    except DemoError as failure:
        print(f"\nFAILED: {failure}", file=sys.stderr)
        return 1
    return 0


def _tick(arguments: Sequence[str]) -> int:
    """A day goes by; 0 when it has, 1 when there is no company or its story is at its end."""
    from demo import tick

    state = parse_tick(arguments, (tick.__doc__ or "").splitlines()[0]).resolve()
    try:
        print(f"the company lives until {tick.tick(state):%Y-%m-%d %H:%M %Z}", flush=True)
        _follow(state)
    except DemoError as failure:
        print(f"FAILED: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the day flows on where the demo runs")
        return INTERRUPTED
    return 0


def _follow(state: Path) -> None:
    """What the day brought flows at once, and is drawn when it is through."""
    from rich.console import Console

    from demo import report, wake
    from demo.play import REPOSITORY
    from demo.steps import Steps

    flow = wake.running(REPOSITORY, state)
    if flow is None:
        print("no Airflow of this demo runs to notice")
        return
    woken, steps = flow.wake(), Steps(Console())
    with steps.step(f"Woken: {', '.join(woken)}") as say:
        flow.wait_until_through(woken, say)
    with steps.step("Drawing what is published"):
        flow.layers.report(report.page(state))
    print(f"the report   {report.page(state).as_uri()}")


if __name__ == "__main__":
    sys.exit(main())
