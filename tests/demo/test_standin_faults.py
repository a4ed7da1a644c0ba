"""Each fault does what it says, in every list of every vendor, and to the answer it hits only."""

import copy
import json
from functools import cache
from typing import Any

import pytest
import requests

from demo.faults import DEPTH, FAULTS, LONG, LONG_NAME
from demo.page import EXTRA
from tests.demo.stand_ins import FEEDS, Feed, Json

EXTRAS = "latin1 nul surrogate long_number type_change field_vanishes future_record".split()
ADDED = ("field_appears", "long_name")


@pytest.fixture(params=FEEDS)
def feed(request: pytest.FixtureRequest) -> Feed:
    return FEEDS[request.param]


def both(feed: Feed, fault: str) -> tuple[requests.Response, requests.Response]:
    """The second page with a fault, and without one when it is asked for again."""
    with feed.open(faults={2: fault}) as stand_in:
        return feed.second(stand_in)


@cache
def undisturbed(path: str) -> list[Json]:
    """The second page of a stand-in that never fails."""
    (feed,) = (feed for feed in FEEDS.values() if feed.path == path)
    with feed.open() as stand_in:
        return feed.read(feed.second(stand_in)[0])


def parted(records: list[Json]) -> tuple[list[Json], list[Json]]:
    """The records of the company, and those that only a fault has put there."""
    extra = [one for one in records if str(EXTRA) in str(one["id"])]
    return [one for one in records if one not in extra], extra


@pytest.mark.parametrize("fault", [name for name in FAULTS if name not in ("401_for_good", "cut")])
def test_asking_again_gives_an_honest_answer(feed: Feed, fault: str) -> None:
    _, again = both(feed, fault)
    assert again.status_code == 200
    if fault != "shift":
        assert len(feed.read(again)) == 2
        assert feed.read(again) == undisturbed(feed.path)


@pytest.mark.parametrize(
    ("fault", "status"), [("429", 429), ("429_bare", 429), ("500", 500), ("502", 502), ("503", 503)]
)
def test_an_answer_can_be_an_error(feed: Feed, fault: str, status: int) -> None:
    hit, _ = both(feed, fault)
    assert hit.status_code == status
    assert hit.headers.get("Retry-After") == ("1" if fault == "429" else None)


@pytest.mark.parametrize("fault", ["not_json", "empty"])
def test_an_answer_can_be_no_json_at_all(feed: Feed, fault: str) -> None:
    hit, _ = both(feed, fault)
    assert (hit.status_code, hit.content == b"") == (200, fault == "empty")
    with pytest.raises(requests.JSONDecodeError):
        hit.json()


def test_a_connection_can_end_in_the_middle_of_the_body(feed: Feed) -> None:
    with feed.open(faults={1: "cut"}) as stand_in:
        with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
            feed.ask(stand_in, feed.query)
        assert len(feed.read(feed.ask(stand_in, feed.query))) == 2


def test_a_token_can_expire_for_good_between_two_requests(feed: Feed) -> None:
    with feed.open(faults={2: "401_for_good"}) as stand_in:
        for _ in range(4):
            feed.ask(stand_in, feed.query)
    assert stand_in.statuses == [200, 401, 401, 401]


def test_a_page_can_be_repeated(feed: Feed) -> None:
    with feed.open(faults={3: "repeat"}) as stand_in:
        first = feed.ask(stand_in, feed.query)
        feed.ask(stand_in, feed.query)
        again = feed.ask(stand_in, feed.follow(first.json(), feed.query))
        second = feed.ask(stand_in, feed.follow(first.json(), feed.query))
    assert again.content == first.content
    assert feed.read(second) != feed.read(first)


@pytest.mark.parametrize("fault", EXTRAS)
def test_a_spoilt_record_comes_beside_those_of_the_page(feed: Feed, fault: str) -> None:
    hit, calm = (feed.read(answer) for answer in both(feed, fault))
    others, extra = parted(hit)
    assert others == calm
    assert len(extra) == 1


@pytest.mark.parametrize(
    ("fault", "written"),
    [
        ("latin1", b"caf\xe9"),
        ("nul", b"nothing \\u0000 here"),
        ("surrogate", b"half \\ud800 a pair"),
        ("long_number", str(LONG).encode()),
        ("long_name", LONG_NAME.encode()),
        ("field_appears", b'"x_appeared": "new"'),
        ("deep", b"[" * DEPTH + b"]" * DEPTH),
    ],
)
def test_what_was_spoilt_is_there_as_it_was_written(feed: Feed, fault: str, written: bytes) -> None:
    hit, calm = both(feed, fault)
    assert written in hit.content
    assert written not in calm.content
    assert (len(str(LONG)), len(LONG_NAME) >= 70) == (78, True)


def test_bytes_that_are_not_utf_8_do_not_decode(feed: Feed) -> None:
    hit, calm = both(feed, "latin1")
    calm.content.decode("utf-8")
    with pytest.raises(UnicodeDecodeError):
        hit.content.decode("utf-8")


def test_a_deep_record_is_valid_json_all_the_same(feed: Feed) -> None:
    hit, calm = both(feed, "deep")
    shallow = copy.copy(hit)
    shallow._content = hit.content.replace(b"[" * DEPTH + b"]" * DEPTH, b"0")
    others, (extra,) = parted(feed.read(shallow))
    assert others == feed.read(calm)
    assert "x_deep" in json.dumps(extra)


def test_a_number_can_become_an_object_and_a_field_can_vanish(feed: Feed) -> None:
    for fault in ("type_change", "field_vanishes"):
        others, (extra,) = parted(feed.read(both(feed, fault)[0]))
        before, after = (flat(record) for record in (others[0], extra))
        assert before != after
        if fault == "field_vanishes":
            assert len(set(before) - set(after)) == 1
        else:
            assert any(name.endswith(".value") for name in after)


@pytest.mark.parametrize("fault", ADDED)
def test_a_new_field_is_in_every_record(feed: Feed, fault: str) -> None:
    hit, calm = (feed.read(answer) for answer in both(feed, fault))
    for with_field, without in zip(hit, calm, strict=True):
        new = set(flat(with_field)) - set(flat(without))
        assert [name.split(".")[-1] for name in new] == [
            LONG_NAME if fault == "long_name" else "x_appeared"
        ]


def test_records_can_come_last_first(feed: Feed) -> None:
    hit, calm = both(feed, "out_of_order")
    assert feed.read(hit) == feed.read(calm)[::-1]


def test_an_older_version_can_come_after_the_newer_one(feed: Feed) -> None:
    hit, calm = (feed.read(answer) for answer in both(feed, "twins"))
    assert hit[:-1] == calm
    assert hit[-1]["id"] == calm[0]["id"]
    assert "an older version" in json.dumps(hit[-1])
    for name, moment in flat(hit[-1]).items():
        if "updated" in name.lower() or "generated" in name or "modified" in name:
            assert moment < flat(calm[0])[name]


def test_a_record_can_come_from_the_future(feed: Feed) -> None:
    hit, _ = both(feed, "future_record")
    times = [str(value) for value in flat(feed.read(hit)[-1]).values()]
    if feed.path != "/api/v2/ticket_metrics":  # they say nothing of when they changed
        assert any(text.startswith(("2026-11-01T05:00:00", "17935092")) for text in times)


def test_the_clock_of_the_header_can_be_wrong_by_hours(feed: Feed) -> None:
    hit, calm = both(feed, "wrong_clock")
    assert hit.headers["Date"] == "Sun, 01 Nov 2026 05:00:00 GMT"
    assert calm.headers["Date"] == "Sun, 01 Nov 2026 00:00:00 GMT"
    assert hit.content == calm.content


def test_a_page_can_lack_its_successor(feed: Feed) -> None:
    hit, calm = both(feed, "no_successor")
    assert feed.read(hit) == feed.read(calm)
    shape = FEED_ENDS[feed.kind.FILE](hit)
    assert shape == "nowhere"
    assert FEED_ENDS[feed.kind.FILE](calm) != "nowhere"


def test_a_page_can_name_itself_as_its_successor(feed: Feed) -> None:
    with feed.open(faults={1: "stands_still", 3: "stands_still"}) as stand_in:
        first = feed.ask(stand_in, feed.query)
        if feed.records:
            query = feed.follow(first.json(), feed.query)
            assert feed.read(feed.ask(stand_in, query)) == feed.read(first)
        else:
            again = requests.get(first.links["next"]["url"], **feed.login, timeout=5)
            assert feed.read(again) == feed.read(first)
        still = feed.ask(stand_in, feed.query)
    assert FEED_ENDS[feed.kind.FILE](still) not in ("nowhere", "end")


def test_a_shift_changes_one_record_for_good(feed: Feed) -> None:
    if feed.path in ("/api/v2/ticket_metrics", "/marketing/v3/campaigns"):
        return  # neither goes by a time of change
    company = feed.company()
    with feed.kind(company, password="secret", faults={1: "shift"}) as stand_in:
        feed.ask(stand_in, feed.query)
    names = ("tickets", "users", "contacts", "agents")
    changed = [
        one
        for name in names
        for one, before in zip(company.get(name, []), feed.company().get(name, []), strict=True)
        if one != before
    ]
    assert len(changed) == 1


def test_a_page_without_records_is_not_bent() -> None:
    feed = FEEDS["freshdesk agents"]
    with feed.open(faults={1: "nul"}) as stand_in:
        assert feed.read(feed.ask(stand_in, {"page": 9})) == []


def test_every_fault_says_what_it_does() -> None:
    assert all(len(words) > 10 for words in FAULTS.values())


def flat(record: Any, path: str = "") -> Json:
    """Values by their paths."""
    if not isinstance(record, dict) or not record:
        return {path: record}
    found: Json = {}
    for name, value in record.items():
        found |= flat(value, f"{path}.{name}".lstrip("."))
    return found


def _zendesk_end(answer: requests.Response) -> str:
    body = answer.json()
    is_end = not body["meta"]["has_more"] if "meta" in body else body["end_of_stream"]
    after = body.get("after_cursor") or body.get("meta", {}).get("after_cursor")
    return "end" if is_end else after or "nowhere"


def _hubspot_end(answer: requests.Response) -> str:
    body = answer.json()
    return body["paging"]["next"].get("after", "nowhere") if "paging" in body else "end"


def _freshdesk_end(answer: requests.Response) -> str:
    """A full page without a link: only who counts knows that there may be more."""
    if "next" in answer.links:
        return str(answer.links["next"]["url"])
    return "nowhere" if len(answer.json()) == 2 else "end"


FEED_ENDS = {
    "zendesk.json": _zendesk_end,
    "hubspot.json": _hubspot_end,
    "freshdesk.json": _freshdesk_end,
}
