"""`make real DATA=…`: the pipeline on what other people recorded, and where every record went."""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.real import example, runs

HERE = Path(__file__).parent
PACKS = "LAYERS_REAL_DATA"


def main(arguments: Sequence[str] | None = None) -> int:
    """Reads every pack and prints its account; 1 where anything does not add up."""
    parser = argparse.ArgumentParser(prog="make real", description=__doc__)
    parser.add_argument("data", type=Path, help="the folder of the recorded packs")
    data = parser.parse_args(arguments).data.resolve()
    missing = [pack for pack in packs() if not (data / pack).is_dir()]
    if missing:
        parser.error(f"{data} has no {missing[0]}/; name the folder of the recorded packs")
    os.environ[PACKS] = str(data)
    report = Report()
    quietly = ["-s", "-o", "addopts=", "-p", "no:terminal", "-p", "no:cacheprovider"]
    pytest.main([*quietly, str(HERE)], [report])
    return report.end()


def packs() -> list[str]:
    """The packs that have a project here."""
    return sorted(path.parents[1].name for path in HERE.glob("*/sql/project.yaml"))


class Report:
    """What pytest tells while the packs are read: a block for each, and what is wrong with it."""

    def __init__(self) -> None:
        self.claims: Counter[str] = Counter()
        self.wrong = 0

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Any:
        """A pack was read to its end: prints where its records are."""
        result = yield
        if isinstance(result, runs.Result | example.Result):
            print("\n  ".join([result.pack, *told(result)]), flush=True)
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Counts the claims that hold, and prints those that do not."""
        if report.failed or report.skipped:
            self.wrong += 1
            print(
                f"  WRONG: {report.nodeid.rpartition('::')[2]}\n{report.longreprtext}", flush=True
            )
        elif report.when == "call":
            self.claims["hold"] += 1

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A module of tests that cannot be read is wrong too."""
        if report.failed:
            self.wrong += 1
            print(f"WRONG: {report.nodeid}\n{report.longreprtext}", flush=True)

    def end(self) -> int:
        """Prints the sum; 1 where anything is wrong, or nothing was claimed."""
        print(f"{self.claims['hold']} claims hold, {self.wrong} do not")
        return 1 if self.wrong or not self.claims["hold"] else 0


def told(result: runs.Result | example.Result) -> Iterator[str]:
    """Where the records of each object are, what was built of them, and why some were rejected."""
    yield from (str(account) for account in result.accounts.values() if account.read)
    if isinstance(result, example.Result):
        yield from map(str, result.published.values())
        yield from (f"broke off, as recorded: {failure}" for failure in result.failures)
        return
    # without their lines, so that those of one kind are counted together
    reasons = Counter(reject.reason.split(": ", 2)[-1] for reject in result.rejects())
    yield from (f"{times:,} rejected: {reason}" for reason, times in reasons.items())


if __name__ == "__main__":
    sys.exit(main())
