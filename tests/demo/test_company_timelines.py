"""The timelines of events against the event files, read again."""

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from tests.demo.plain import Company, Line, rows_of
from tests.demo.test_company_events import QUALIFYING


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds)


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _given(lines: list[Line]) -> datetime:
    """Of an event that arrived twice, the line that was received last counts."""
    return max(lines, key=lambda line: line.at("receivedAt")).at("timestamp")


def _web_events(company: Company) -> list[list[Line]]:
    return [
        lines
        for lines in company.distinct.values()
        if lines[0].source == company.website and lines[0].event["type"] != "identify"
    ]


def test_activity_is_that_of_the_files_by_account_and_hour(company: Company) -> None:
    start = datetime.fromisoformat(company.truth["from"])
    known = {account["id"] for account in company.accounts}
    found: defaultdict[tuple[str, datetime], list[datetime]] = defaultdict(list)
    for lines in company.distinct.values():
        line = lines[0]
        if line.event.get("event") not in QUALIFYING or line.event["userId"] not in known:
            continue
        if start <= line.at("timestamp") <= line.at("receivedAt"):
            at = _given(lines)
            found[line.event["userId"], _hour(at)].append(at)
    told: defaultdict[tuple[str, datetime], list[datetime]] = defaultdict(list)
    events: Counter[tuple[str, datetime]] = Counter()
    for account, first, last, count in rows_of(company.directory, "truth/activity.jsonl"):
        assert _hour(_moment(first)) == _hour(_moment(last))
        key = account, _hour(_moment(first))
        told[key] += [_moment(first), _moment(last)]
        events[key] += count
    assert events == {key: len(times) for key, times in found.items()}
    spans = {key: (min(times), max(times)) for key, times in told.items()}
    assert spans == {key: (min(times), max(times)) for key, times in found.items()}


def test_visits_are_all_events_of_the_website_by_browser(company: Company) -> None:
    found = Counter(line.event["anonymousId"] for line, *_ in _web_events(company))
    told: Counter[str] = Counter()
    for browser, _, _, events in rows_of(company.directory, "truth/visits.jsonl"):
        told[browser] += events
    assert told == found


def test_the_first_event_of_each_browser_and_its_campaign(company: Company) -> None:
    first: dict[str, list[Line]] = {}
    for lines in _web_events(company):
        browser = lines[0].event["anonymousId"]
        if browser not in first or _given(lines) < _given(first[browser]):
            first[browser] = lines
    told: dict[str, tuple[int, str | None]] = {}
    for browser, at, campaign, _ in rows_of(company.directory, "truth/visits.jsonl"):
        told[browser] = min(told.get(browser, (at, campaign)), (at, campaign), key=lambda t: t[0])
    assert told.keys() == first.keys()
    for browser, lines in first.items():
        at, campaign = told[browser]
        assert _moment(at) == _given(lines)
        assert campaign == lines[0].event["context"].get("campaign", {}).get("name")


def test_every_event_with_a_campaign_begins_a_visit(company: Company) -> None:
    found = Counter(
        (line.event["anonymousId"], line.event["context"]["campaign"]["name"])
        for line, *_ in _web_events(company)
        if "campaign" in line.event["context"]
    )
    visits = rows_of(company.directory, "truth/visits.jsonl")
    assert Counter((b, campaign) for b, _, campaign, _ in visits if campaign) == found


def test_identifies_are_those_of_the_files(company: Company) -> None:
    found = {
        (line.event["anonymousId"], line.event["userId"], line.at("timestamp"))
        for line in company.whole
        if line.event["type"] == "identify"
    }
    told = rows_of(company.directory, "truth/identifies.jsonl")
    assert {(browser, account, _moment(at)) for browser, account, at in told} == found


def test_timelines_of_events_are_in_the_order_of_days(company: Company) -> None:
    rows = rows_of(company.directory, "truth/activity.jsonl")
    days = [first // 86_400_000 for _, first, _, _ in rows]
    assert all(b >= a - 1 for a, b in pairwise(days))
    assert json.loads((company.directory / "truth.json").read_text())["lived"] == 0
