"""`make bench`: every figure of one run, and exit 1 where one is not within its limit."""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence

os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="layers-airflow-"))
os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")

from bench import (
    backend,
    checks,
    dashboard,
    day,
    handtuned,
    incremental,
    layers_run,
    pages,
    parsing,
    publishing,
    readers,
    sources,
    task,
)

BENCHES = {
    "parsing": parsing.figures,
    "task": task.figures,
    "run": layers_run.figures,
    "sources": sources.figures,
    "backend": backend.figures,
    "pages": pages.figures,
    "publishing": publishing.figures,
    "incremental": incremental.figures,
    "checks": checks.figures,
    "readers": readers.figures,
    "dashboard": dashboard.figures,
}
# ten million events take a quarter of an hour, and 30 GB of disk
ASKED = {
    "grown": sources.grown,
    "day": day.figures,
    "handtuned": handtuned.figures,
    "plans": handtuned.with_plans,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benches that are named, or all."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "bench", nargs="*", choices=[*BENCHES, *ASKED, []], help="all, if none is named"
    )
    met = True
    for name in parser.parse_args(arguments).bench or BENCHES:
        for figure in (BENCHES | ASKED)[name]():
            print(figure, flush=True)
            met = met and figure.is_met
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
