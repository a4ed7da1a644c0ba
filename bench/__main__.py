"""`make bench`: every figure of one run, and exit 1 where one is not within its limit."""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence

os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="layers-airflow-"))
os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")

from bench import layers_run, parsing, task

BENCHES = {"parsing": parsing.figures, "task": task.figures, "run": layers_run.figures}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benches that are named, or all."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("bench", nargs="*", choices=[*BENCHES, []], help="all, if none is named")
    met = True
    for name in parser.parse_args(arguments).bench or BENCHES:
        for figure in BENCHES[name]():
            print(figure, flush=True)
            met = met and figure.is_met
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
