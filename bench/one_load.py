"""One load and staging of a source in a process of its own; prints seconds and memory as JSON.

python -m bench.one_load SOURCE, or without a source what a process has that loads nothing.
"""

import json
import resource
import sys
import time
from contextlib import closing
from pathlib import Path

from layers import load, reading, stage, warehouse

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Loads and stages the source that is named; all that a task imports is imported before."""
    from airflow.sdk import BaseHook, ObjectStoragePath  # noqa: F401, as in a forked task

    source = sys.argv[1] if len(sys.argv) > 1 else None
    project = reading.load(ROOT)
    seconds = {"load": 0.0, "stage": 0.0}
    with closing(warehouse.connect("loader", "bench")) as connection:
        began = time.monotonic()
        for name in project.sources[source].objects if source else ():
            load.load(connection, project, str(source), name, "bench")
        seconds["load"] = time.monotonic() - began
        began = time.monotonic()
        for relation in project.staged_from(source) if source else ():
            stage.stage(connection, relation, "bench")
        seconds["stage"] = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(seconds | {"megabytes": peak}))


if __name__ == "__main__":
    main()
