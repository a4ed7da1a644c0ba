"""What Zendesk calculates of a ticket: how often, when, and after how many minutes."""

from typing import Any

from demo.company.clock import MINUTE, iso_seconds
from demo.company.support import Case

Json = dict[str, Any]
API = "https://acme-learning.zendesk.example/api/v2"
FIRST = 7_416_204_700_000
BUSINESS_HOURS = 0.28  # of all hours, roughly


def metric_set(number: int, case: Case, now: int, updated_at: int) -> Json:
    """The metrics of a ticket; an agent's first public comment is its first reply."""
    is_taken, replied_at = case.taken_by(now) is not None, case.answered_by(now)
    return {
        "url": f"{API}/ticket_metrics/{FIRST + number}.json",
        "id": FIRST + number,
        "ticket_id": number,
        "group_stations": 1,
        "assignee_stations": int(is_taken),
        "reopens": int(case.is_reopened(now)),
        "replies": 0 if replied_at is None else 1 + int(case.is_reopened(now)),
        **_times(case, now, updated_at, replied_at),
        **_durations(case, now, replied_at),
    }


def first_reply_minutes(case: Case, now: int) -> int | None:
    """Whole minutes from opening to the first reply, once there is one."""
    replied_at = case.answered_by(now)
    return None if replied_at is None else (replied_at - case.opened_at) // MINUTE


def _times(case: Case, now: int, updated_at: int, replied_at: int | None) -> Json:
    """Moments; that of the last solving stays when the ticket is opened again."""
    assigned_at = None if case.taken_by(now) is None else iso_seconds(case.assigned_at)
    solved_at = case.solved_by(now)
    return {
        "created_at": iso_seconds(case.opened_at),
        "updated_at": iso_seconds(updated_at),
        "assignee_updated_at": assigned_at,
        "requester_updated_at": iso_seconds(case.opened_at),
        "status_updated_at": iso_seconds(updated_at),
        "custom_status_updated_at": iso_seconds(updated_at),
        "initially_assigned_at": assigned_at,
        "assigned_at": assigned_at,
        "solved_at": None if solved_at is None else iso_seconds(solved_at),
        "latest_comment_added_at": iso_seconds(replied_at or case.opened_at),
    }


def _durations(case: Case, now: int, replied_at: int | None) -> Json:
    """Whole minutes since the ticket was opened, rounded down."""
    is_solved = case.solved_at is not None and case.solved_at <= now
    solved_at = case.solved_by(now)
    return {
        "reply_time_in_minutes": _minutes(case, replied_at),
        "first_resolution_time_in_minutes": _minutes(case, case.solved_at if is_solved else None),
        "full_resolution_time_in_minutes": _minutes(case, solved_at),
        "agent_wait_time_in_minutes": _minutes(case, None),
        "requester_wait_time_in_minutes": _minutes(case, solved_at),
        "on_hold_time_in_minutes": {"calendar": 0, "business": 0},
    }


def _minutes(case: Case, until: int | None) -> Json:
    if until is None:
        return {"calendar": None, "business": None}
    calendar = (until - case.opened_at) // MINUTE
    return {"calendar": calendar, "business": int(calendar * BUSINESS_HOURS)}
