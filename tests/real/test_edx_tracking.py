"""Open edX: event logs with comments between the events, and events inside of texts."""

import json
from collections import Counter

import pytest

from tests.real import plain
from tests.real.runs import Result

README = {
    "active_users": ("active_users_tracking.jsonl", 23),
    "enrollment_trends": ("enrollment_trends_tracking.jsonl", 15),
    "segment": ("load_events_acceptance_segment_20150414.jsonl", 6),
    "problem_response": ("problem_response_tracking.jsonl.gz", 846),
    "student_engagement": ("student_engagement_acceptance_tracking.jsonl.gz", 248),
    "student_forum": ("student_forum_activity.jsonl", 24),
    "user_activity": ("user_activity_tracking.jsonl.gz", 207),
    "video_timeline": ("video_timeline.jsonl", 25),
}
# the README counts line breaks, and the last line of courses.json ends without one
CATALOG = {"course_list": 4, "courses": 1 + 1}
LOGS = [name for name in README if name not in ("active_users", "segment")]


def events(result: Result, name: str) -> list[dict[str, object]]:
    """The lines of a log that are JSON."""
    return [found for line in written(result, name) if (found := parsed(line)) is not None]


def written(result: Result, name: str) -> list[str]:
    """The lines of a log that are not blank."""
    text = plain.text(result.folder / README[name][0])
    return [line for line in text.split("\n") if line.strip()]


def parsed(line: str) -> dict[str, object] | None:
    try:
        return dict(json.loads(line))
    except ValueError:
        return None


def test_every_record_is_accounted_for(result: Result) -> None:
    assert result.problems() == []


def test_reading_again_changes_nothing(result: Result) -> None:
    assert result.read_again() == []


@pytest.mark.parametrize("name", README)
def test_good_lines_and_rejected_ones_are_all_that_are_not_blank(result: Result, name: str) -> None:
    account, good = result.accounts[name], len(events(result, name))
    assert account.read == len(written(result, name)) == README[name][1]
    assert (account.staged, account.rejected) == (good, account.read - good)
    assert account.unclaimed == 0


def test_the_logs_have_as_many_lines_as_the_readme_counts(result: Result) -> None:
    accounts = [result.accounts[name] for name in README]
    assert sum(account.read for account in accounts) == 1_394
    assert sum(account.rejected for account in accounts) == 40
    assert {name: result.accounts[name].staged for name in CATALOG} == CATALOG


def test_lines_that_are_no_json_are_rejected_one_by_one(result: Result) -> None:
    wanted = Counter(
        (name, README[name][0], line.strip())
        for name in README
        for line in written(result, name)
        if parsed(line) is None
    )
    rejects = result.rejects()
    assert Counter((row.object, row.file, row.record.decode()) for row in rejects) == wanted
    # the ten exact repeats that the README counts are all among the comments
    assert sum(times - 1 for times in wanted.values()) == 10
    assert {row.reason for row in rejects} == {"is not JSON that Postgres can hold"}


@pytest.mark.parametrize("name", LOGS)
def test_an_event_is_read_whether_it_is_an_object_or_a_text(result: Result, name: str) -> None:
    def said(event: object) -> object:
        if not isinstance(event, str):
            return json.dumps(event, sort_keys=True)
        return parsed_text(event)

    staged = result.rows(f"stg_edx_{name}")
    assert Counter(parsed_text(row.event) for row in staged) == Counter(
        said(event["event"]) or None for event in events(result, name)
    )


def parsed_text(text: str | None) -> str | None:
    """JSON in one spelling; what is none, as it is; empty is nothing."""
    try:
        return json.dumps(json.loads(text), sort_keys=True) if text else None
    except ValueError:
        return text


def test_as_many_events_are_texts_as_the_readme_counts(result: Result) -> None:
    tracked = [event.get("event") for name in LOGS for event in events(result, name)]
    segment = [event.get("event") for event in events(result, "segment")]
    assert sum(isinstance(event, str) for event in tracked + segment) == 1_090


@pytest.mark.parametrize("name", LOGS)
def test_a_user_is_a_number_however_it_is_written(result: Result, name: str) -> None:
    def user(event: dict[str, object]) -> int | None:
        context = event.get("context")
        found = context.get("user_id") if isinstance(context, dict) else None
        return int(found) if found not in (None, "") else None

    staged = result.rows(f"stg_edx_{name}")
    assert Counter(row.user_id for row in staged) == Counter(map(user, events(result, name)))


def test_people_and_days_do_not_depend_on_the_order_of_lines(result: Result) -> None:
    for name in LOGS:
        staged = Counter((r.username, r.happened_at) for r in result.rows(f"stg_edx_{name}"))
        assert staged == Counter(
            (event["username"] or None, plain.instant(str(event["time"])))
            for event in events(result, name)
        )


def test_an_offset_without_a_colon_is_read(result: Result) -> None:
    recorded = {str(e["messageId"]): str(e["originalTimestamp"]) for e in events(result, "segment")}
    staged = {row.message_id: row.original_at for row in result.rows("stg_edx_segment")}
    assert staged == {key: plain.instant(said) for key, said in recorded.items()}
    assert any(said.endswith("+0100") for said in recorded.values())
