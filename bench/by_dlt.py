"""The same files by dlt, in a process of its own; prints seconds as JSON.

python -m bench.by_dlt append|arrow FOLDER DSN FILES
"""

import gzip
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

ROWS = 5_000


def main() -> None:
    """Loads so many files by a pipeline of dlt, with its defaults or from Arrow tables."""
    import dlt

    how, folder, dsn, files = sys.argv[1:]
    found = sorted(Path(folder).glob("rudder-logs/*/*/*.json.gz"))[: int(files)]
    records = _arrow(found) if how == "arrow" else _records(found)
    with tempfile.TemporaryDirectory(prefix="layers-bench-dlt-") as home:
        pipeline = dlt.pipeline(
            "bench",
            pipelines_dir=home,
            destination=dlt.destinations.postgres(dsn),
            dataset_name=f"dlt_{how}",
        )
        began = time.monotonic()
        kind = {"loader_file_format": "csv"} if how == "arrow" else {}
        pipeline.run(records, table_name="events", write_disposition="append", **kind)
        seconds = time.monotonic() - began
        (rows,) = pipeline.sql_client().__enter__().execute_sql("select count(*) from events")[0]
    print(json.dumps({"seconds": seconds, "rows": rows}))


def _records(found: list[Path]) -> Iterator[dict[str, Any]]:
    for path in found:
        with gzip.open(path, "rb") as lines:
            for line in lines:
                try:
                    yield json.loads(line)
                except ValueError:
                    continue


def _arrow(found: list[Path]) -> Iterator[Any]:
    """What our staging picks, as flat tables of texts: no raw record, no types, no repeats gone."""
    import pyarrow

    names = "messageId anonymousId userId type event timestamp originalTimestamp sentAt receivedAt"
    records = _records(found)
    while batch := list(islice(records, ROWS)):
        rows = [{name: record.get(name) for name in names.split()} for record in batch]
        yield pyarrow.Table.from_pylist(rows)


if __name__ == "__main__":
    main()
