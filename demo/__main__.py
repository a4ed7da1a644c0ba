"""The example company on this machine: its data, a server and Airflow, from nothing to full tables.

It goes on until Ctrl-C; with --exit it ends when the data has reached every table.
"""

import signal
import sys
from collections.abc import Sequence

from demo.errors import DemoError
from demo.options import parse

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the demo; 0 when all went well, 1 when something failed, 130 when it was stopped."""
    options = parse(arguments, __doc__ or "")
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


if __name__ == "__main__":
    sys.exit(main())
