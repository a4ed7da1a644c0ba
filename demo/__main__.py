"""The example company on this machine: its data, a server and Airflow, from nothing to full tables.

It goes on until Ctrl-C; with --exit it ends when the data has reached every table. While it runs,
`python -m demo tick` moves the company a day on.
"""

import signal
import sys
from collections.abc import Sequence

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
    from demo import tick, wake

    state = parse_tick(arguments, (tick.__doc__ or "").splitlines()[0]).resolve()
    try:
        print(f"the company lives until {tick.tick(state):%Y-%m-%d %H:%M %Z}", flush=True)
        woken = wake.wake(state)
        print(f"woken: {', '.join(woken)}" if woken else "no Airflow of this demo runs to notice")
    except DemoError as failure:
        print(f"FAILED: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
