"""`make real DATA=…`: the pipeline on what other people recorded, and where every record went."""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="layers-airflow-"))
os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")

from rich.console import Console
from rich.table import Table

from layers import reading
from tests.conftest import ROOT
from tests.real.replay import exports
from tests.real.runs import MISSING_PAGE, Account, Result, run
from tests.servers import make_owner, postgres


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints an account for each recorded export."""
    parser = argparse.ArgumentParser(prog="make real", description=__doc__)
    parser.add_argument("data", type=Path, help="the folder of the recorded packs")
    data = parser.parse_args(arguments).data.resolve()
    if not (data / "zendesk-recorded").is_dir():
        parser.error(f"{data} has no zendesk-recorded/; name the folder of the recorded packs")
    project = reading.load(ROOT)
    problems: list[str] = []
    with postgres() as server, tempfile.TemporaryDirectory() as folder:
        make_owner(server)
        for number, export in enumerate(exports(data / "zendesk-recorded")):
            with run(server, project, export, data, Path(folder) / str(number)) as result:
                problems += show(result)
    return 1 if problems else 0


def show(result: Result) -> list[str]:
    """Prints one run's account, and how its loads ended; returns what is not as it should be."""
    console = Console()
    console.width = max(console.width, 120)
    table = Table(title=f"Zendesk's export, {result.name}", title_justify="left")
    for number, column in enumerate(fields(Account)):
        table.add_column(column.name, justify="right" if number else "left")
    for account in result.accounts.values():
        values = vars(account).values()
        table.add_row(*("" if value is None else str(value) for value in values))
    console.print(table)
    said = ", ".join(
        f"{count} {kind or 'without a type'}" for kind, count in result.unclaimed().items()
    )
    lines = [f"events that no staging relation selects: {said}"]
    lines += [f"broke off, as recorded: {f}" for f in result.failures if f.endswith(MISSING_PAGE)]
    problems = result.problems()
    for line in [*lines, *(f"WRONG: {problem}" for problem in problems), ""]:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    return problems


if __name__ == "__main__":
    sys.exit(main())
