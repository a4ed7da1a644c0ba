"""The truth about events and their flaws against the files, counted again."""

import json
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from demo.company import generate
from tests.demo.plain import Company, Line, filled, month_of

QUALIFYING = {
    "lesson_started",
    "lesson_completed",
    "quiz_created",
    "quiz_assigned",
    "report_viewed",
}


def test_there_are_exactly_so_many_different_events_as_were_asked_for(company: Company) -> None:
    assert len(company.distinct) == company.events


def test_lines_and_events_are_as_many_as_the_truth_says(company: Company) -> None:
    sources = company.truth["rudderstack"]["sources"]
    lines = Counter(line.source for line in company.lines)
    events: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for (source, _), [line, *_] in company.distinct.items():
        is_track = line.event["type"] == "track"
        events[source][line.event["event"] if is_track else line.event["type"]] += 1

    assert {source: told["lines"] for source, told in sources.items()} == lines
    assert {source: told["events"] for source, told in sources.items()} == events


def test_an_event_line_is_about_as_long_as_a_real_one(company: Company) -> None:
    mean = sum(len(line.text) for line in company.lines) / len(company.lines)
    assert 1_000 < mean < 1_400


def _flaw(lines: list[Line], start: datetime, known: set[str]) -> str | None:
    line = lines[0]
    if len(lines) > 1:
        return "twice"
    if line.at("timestamp") < start or line.at("timestamp") > line.at("receivedAt"):
        return "wrong_clock"
    if line.at("receivedAt") - line.at("timestamp") >= timedelta(days=1):
        return "late"
    if line.event["userId"] not in known:
        return "unknown_user"
    if "messageId" not in line.event:
        return "no_message_id"
    return "nul" if "\\u0000" in line.text else None


def test_flaws_are_as_many_as_the_truth_says_and_each_kind_occurs(company: Company) -> None:
    start = datetime.fromisoformat(company.truth["from"])
    known = {account["id"] for account in company.accounts} | {""}
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for (source, _), lines in company.distinct.items():
        if flaw := _flaw(lines, start, known):
            found[source][flaw] += 1
    for line in company.lines:
        if not line.is_json:
            found[line.source]["torn"] += 1

    sources = company.truth["rudderstack"]["sources"]
    assert {source: told["flaws"] for source, told in sources.items()} == found
    everywhere = {"late", "twice", "torn", "no_message_id"}
    assert set(found[company.website]) == everywhere
    assert set(found[company.product]) == everywhere | {"wrong_clock", "unknown_user", "nul"}


def test_an_event_that_came_twice_stands_in_two_files(company: Company) -> None:
    twice = [lines for lines in company.distinct.values() if len(lines) > 1]
    for lines in twice:
        assert len({line.file for line in lines}) == len(lines) == 2
        assert lines[0].event != lines[1].event


def test_wrong_clocks_and_unknown_users_stay_below_what_may_be_held(tmp_path: Path) -> None:
    generate(tmp_path, teachers=100, months=1, events=30_000)
    sources = json.loads((tmp_path / "truth.json").read_text())["rudderstack"]["sources"]
    for source in sources.values():
        tracks = sum(source["events"].values())
        assert source["flaws"].get("wrong_clock", 0) < 0.003 * tracks
        assert source["flaws"].get("unknown_user", 0) < 0.003 * tracks


def test_active_users_by_month_are_those_that_the_files_give(company: Company) -> None:
    start = datetime.fromisoformat(company.truth["from"])
    known = {account["id"] for account in company.accounts}
    users: defaultdict[str, set[str]] = defaultdict(set)
    events: Counter[str] = Counter()
    for [line, *_] in company.distinct.values():
        if line.event.get("event") not in QUALIFYING or line.event["userId"] not in known:
            continue
        if start <= line.at("timestamp") <= line.at("receivedAt"):
            users[month_of(line.at("timestamp"))].add(line.event["userId"])
            events[month_of(line.at("timestamp"))] += 1

    told = company.truth["rudderstack"]
    months = list(told["active_users"])
    counted = Counter({month: len(ids) for month, ids in users.items()})
    assert told["active_users"] == filled(counted, months)
    assert told["qualifying_events"] == filled(events, months)
    assert set(users) <= set(months)


def test_both_arrivals_of_an_event_fall_into_onemonth_of(company: Company) -> None:
    for lines in company.distinct.values():
        assert len({month_of(line.at("timestamp")) for line in lines}) == 1


def test_nobody_uses_the_product_before_signing_up(company: Company) -> None:
    signed_up = {one["id"]: datetime.fromisoformat(one["signed_up_at"]) for one in company.accounts}
    start = datetime.fromisoformat(company.truth["from"])
    for line in company.whole:
        if line.source == company.product and line.event["userId"] in signed_up:
            assert (
                line.at("timestamp") > signed_up[line.event["userId"]]
                or line.at("timestamp") < start  # a wrong clock
            )


@pytest.mark.parametrize("company", ["midnight"], indirect=True)
def test_holidays_and_weekends_are_quiet(company: Company) -> None:
    by_month = company.truth["rudderstack"]["qualifying_events"]
    days = Counter(line.at("timestamp").weekday() for [line, *_] in company.distinct.values())
    assert by_month["2026-08"] < by_month["2026-07"] / 2
    assert by_month["2026-10"] > by_month["2026-06"]
    assert days[5] + days[6] < (days[0] + days[1]) / 2
