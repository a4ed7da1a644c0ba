"""HubSpot: recorded answers to searches for companies, handed out to whatever we search for."""

import json
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.real import plain
from tests.real.runs import Replay, Result
from tests.real.serving import Answer, Request

NOTHING: dict[str, Any] = {"results": []}


def searches(folder: Path) -> list[dict[str, Any]]:
    """The recorded searches for companies, in their order."""
    exchanges = plain.lines(folder / "interactions_v1_v3.jsonl.gz")
    return [one for one in exchanges if urlsplit(one["url"]).path.endswith("/COMPANY/search")]


def found(folder: Path) -> list[dict[str, Any]]:
    """The companies in the recorded answers, in their order."""
    return [c for one in searches(folder) for c in one["body"].get("results", [])]


class Recorded(Replay):
    """Lists are empty; a search gets the next recorded answer, a refusal where one was recorded."""

    def __init__(self, folder: Path) -> None:
        self.left = searches(folder)[::-1]
        self.first = self.left[-1]["headers"]["date"]
        self.statuses: Counter[int] = Counter()

    @property
    def is_used_up(self) -> bool:
        """Whether every recorded answer was given."""
        return not self.left

    def answer(self, request: Request) -> Answer:
        if request.method == "GET" or not self.left:
            return Answer(NOTHING, date=self.first)
        one = self.left.pop()
        self.statuses[one["status"]] += 1
        return Answer(one["body"], one["status"], one["headers"]["date"])


def test_every_record_is_accounted_for(result: Result) -> None:
    assert result.problems() == []


def test_reading_again_changes_nothing(result: Result) -> None:
    assert result.read_again() == []


def test_all_recorded_answers_are_taken_and_a_refusal_loses_nothing(result: Result) -> None:
    statuses = Counter(one["status"] for one in searches(result.folder))
    assert statuses == {200: 226, 429: 22}
    assert isinstance(result.service, Recorded)
    assert result.service.statuses == statuses
    assert result.accounts["companies"].read == len(found(result.folder))
    assert result.raw("hubspot.companies") == found(result.folder)


def test_the_newest_version_of_each_of_114_companies_is_staged(result: Result) -> None:
    newest = plain.newest(found(result.folder), "updatedAt")
    assert len(newest) == 114
    staged = result.rows("stg_hubspot_companies")
    assert {row.company_id: row.modified_at for row in staged} == {
        key: plain.instant(company["updatedAt"]) for key, company in newest.items()
    }


@pytest.mark.parametrize(
    ("column", "name"),
    [("name", "name"), ("domain", "domain"), ("website", "website"), ("twitter", "twitterhandle")],
)
def test_properties_are_those_of_the_newest_version(result: Result, column: str, name: str) -> None:
    newest = plain.newest(found(result.folder), "updatedAt")
    staged = {row.company_id: getattr(row, column) for row in result.rows("stg_hubspot_companies")}
    assert staged == {key: one["properties"].get(name) or None for key, one in newest.items()}


def test_versions_that_were_seen_before_are_superseded_or_repeated(result: Result) -> None:
    account, records = result.accounts["companies"], found(result.folder)
    assert account.superseded + account.repeated == len(records) - 114
    assert (account.rejected, account.unclaimed) == (0, 0)


def untied(records: list[dict[str, Any]]) -> set[str]:
    """The companies whose newest version is one: two say something else at the same millisecond."""
    newest = plain.newest(records, "updatedAt")
    others = {
        (c["id"], json.dumps(c)) for c in records if c["updatedAt"] == newest[c["id"]]["updatedAt"]
    }
    return {key for key, times in Counter(key for key, _ in others).items() if times == 1}


def test_the_newest_version_wins_whatever_the_order_of_arrival(result: Result) -> None:
    """The last test here, as it reads everything once more: backwards, and in large answers."""
    backwards, size = found(result.folder)[::-1], 99
    columns = result.warehouse.project.relation("stg_hubspot_companies").contract.columns
    compared = untied(backwards)

    def said() -> list[tuple[object, ...]]:
        rows = [r for r in result.rows("stg_hubspot_companies") if r.company_id in compared]
        return [tuple(getattr(row, name) for name in columns) for row in rows]

    before = said()
    assert isinstance(result.service, Recorded)
    result.service.left = [
        {"status": 200, "headers": {"date": result.service.first}, "body": {"results": some}}
        for some in (backwards[at : at + size] for at in range(0, len(backwards), size))
    ][::-1]
    while result.service.left:
        result.read()
    assert said() == before
    result.replay("hubspot")  # all versions at once, the oldest in the last load
    assert (said(), result.failures) == (before, [])
