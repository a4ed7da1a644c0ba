"""The timelines of events against the event files, read again."""

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from tests.demo.plain import Company, Line, rows_of
from tests.demo.test_company_events import QUALIFYING

NEAR = timedelta(seconds=2)  # how long an event is on its way


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _london(at: datetime) -> str:
    return at.astimezone(ZoneInfo("Europe/London")).date().isoformat()


def _web_lines(company: Company) -> list[Line]:
    return [
        line
        for [line, *_] in company.distinct.values()
        if line.source == company.website and line.event["type"] != "identify"
    ]


def test_activity_is_that_of_the_files_by_account_and_day(company: Company) -> None:
    start = datetime.fromisoformat(company.truth["from"])
    known = {account["id"] for account in company.accounts}
    found: defaultdict[tuple[str, str], list[datetime]] = defaultdict(list)
    for [line, *_] in company.distinct.values():
        if line.event.get("event") not in QUALIFYING or line.event["userId"] not in known:
            continue
        if start <= line.at("timestamp") <= line.at("receivedAt"):
            at = line.at("originalTimestamp")
            found[line.event["userId"], _london(at)].append(at)
    told: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    events: Counter[tuple[str, str]] = Counter()
    for account, first, last, count in rows_of(company.directory, "truth/activity.jsonl"):
        key = account, _london(_moment(first))
        told[key] += [first, last]
        events[key] += count
    assert events == {key: len(times) for key, times in found.items()}
    spans = {key: (_moment(min(times)), _moment(max(times))) for key, times in told.items()}
    assert spans == {key: (min(times), max(times)) for key, times in found.items()}


def test_visits_are_all_events_of_the_website_by_browser(company: Company) -> None:
    found = Counter(line.event["anonymousId"] for line in _web_lines(company))
    told: Counter[str] = Counter()
    for browser, _, _, events in rows_of(company.directory, "truth/visits.jsonl"):
        told[browser] += events
    assert told == found


def test_the_first_event_of_each_browser_and_its_campaign(company: Company) -> None:
    first: dict[str, Line] = {}
    for line in _web_lines(company):
        browser = line.event["anonymousId"]
        if browser not in first or line.at("timestamp") < first[browser].at("timestamp"):
            first[browser] = line
    told: dict[str, tuple[int, str | None]] = {}
    for browser, at, campaign, _ in rows_of(company.directory, "truth/visits.jsonl"):
        told[browser] = min(told.get(browser, (at, campaign)), (at, campaign), key=lambda t: t[0])
    assert told.keys() == first.keys()
    for browser, line in first.items():
        at, campaign = told[browser]
        assert abs(_moment(at) - line.at("timestamp")) < NEAR
        assert campaign == line.event["context"].get("campaign", {}).get("name")


def test_every_event_with_a_campaign_begins_a_visit(company: Company) -> None:
    found = Counter(
        (line.event["anonymousId"], line.event["context"]["campaign"]["name"])
        for line in _web_lines(company)
        if "campaign" in line.event["context"]
    )
    visits = rows_of(company.directory, "truth/visits.jsonl")
    assert Counter((b, campaign) for b, _, campaign, _ in visits if campaign) == found


def test_identifies_are_those_of_the_files(company: Company) -> None:
    found = {
        (line.event["anonymousId"], line.event["userId"], line.at("originalTimestamp"))
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
