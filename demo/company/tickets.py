"""A request for help as Zendesk's export writes it, cut off at the moment of the export."""

from typing import Any

from demo.company.chance import Chance
from demo.company.clock import DAY, MINUTE, SECOND, iso_seconds
from demo.company.support import Case

Json = dict[str, Any]
API = "https://acme-learning.zendesk.example/api/v2"
SUBJECTS = (
    *("I cannot log in", "Pupils are missing from my class", "How do I assign a quiz?", "Invoice for our school"),
    *("The lesson does not load", "Wrong marks in the report", "Can I move to another school?", "Printing worksheets"),
    *("Password reset e-mail never came", "Feature request: dark mode", "Lesson is too long", "Café Zoë's quiz"),
)
PRIORITIES = ("low", "normal", "normal", "normal", "high", "urgent", None)
GROUP, BRAND, FORM = 7_416_204_110_874, 7_416_203_990_042, 7_416_204_002_330
BUSINESS_HOURS = 0.28  # of all hours, roughly
RECALCULATED = 0.45  # of all tickets, by the system after their last update, at most a month later


def ticket(number: int, case: Case, people: tuple[int, int | None], now: int, chance: Chance) -> Json:
    """A ticket and its metrics; `people` are the ids of who asked and who has taken it."""
    requester, assignee = people
    updated_at = max(_moments(case, now))
    subject = chance.pick(SUBJECTS)
    return {
        "url": f"{API}/tickets/{number}.json",
        "id": number,
        "external_id": None,
        "via": {"channel": chance.pick(("web", "email")), "source": {"from": {}, "to": {}, "rel": None}},
        "created_at": iso_seconds(case.opened_at),
        "updated_at": iso_seconds(updated_at),
        "generated_timestamp": _generated(updated_at, now, chance),
        "type": chance.pick(("question", "incident", "problem", None)),
        "subject": subject,
        "raw_subject": subject,
        "description": f"Hello,\n\n{subject}.\n\nThank you",
        "priority": chance.pick(PRIORITIES),
        "status": case.status(now),
        "requester_id": requester,
        "submitter_id": requester,
        "assignee_id": assignee,
        **_constant(case),
        "metric_set": metric_set(number, case, now, updated_at),
    }


def _constant(case: Case) -> Json:
    """What this desk does not use, and is exported all the same."""
    nothing = ("recipient", "organization_id", "forum_topic_id", "problem_id", "due_at", "satisfaction_rating")
    lists = ("collaborator_ids", "follower_ids", "email_cc_ids", "custom_fields", "fields", "followup_ids")
    return {
        **dict.fromkeys(nothing),
        **{name: [] for name in lists},
        "sharing_agreement_ids": [],
        "tags": ["customer"] if case.account else [],
        "has_incidents": False,
        "is_public": True,
        "allow_channelback": False,
        "allow_attachments": True,
        "from_messaging_channel": False,
        "group_id": GROUP,
        "ticket_form_id": FORM,
        "brand_id": BRAND,
    }


def metric_set(number: int, case: Case, now: int, updated_at: int) -> Json:
    """The desk's own arithmetic: whole minutes, rounded down, from the moment that the ticket was opened."""
    assigned = case.assigned_at if case.taken_by(now) is not None else None
    replied = _replied(case, now)
    first = case.solved_at if case.solved_at is not None and case.solved_at <= now else None
    solved = case.solved_by(now)
    return {
        "url": f"{API}/ticket_metrics/{FORM + number}.json",
        "id": FORM + number,
        "ticket_id": number,
        "created_at": iso_seconds(case.opened_at),
        "updated_at": iso_seconds(updated_at),
        "group_stations": 1,
        "assignee_stations": 0 if assigned is None else 1,
        "reopens": int(case.is_reopened(now)),
        "replies": 0 if replied is None else 1 + int(case.is_reopened(now)),
        "assignee_updated_at": _written(assigned),
        "requester_updated_at": iso_seconds(case.opened_at),
        "status_updated_at": iso_seconds(updated_at),
        "initially_assigned_at": _written(assigned),
        "assigned_at": _written(assigned),
        "solved_at": _written(solved),
        "latest_comment_added_at": iso_seconds(replied or case.opened_at),
        "reply_time_in_minutes": _minutes(case, replied),
        "first_resolution_time_in_minutes": _minutes(case, first),
        "full_resolution_time_in_minutes": _minutes(case, solved),
        "agent_wait_time_in_minutes": _minutes(case, None),
        "requester_wait_time_in_minutes": _minutes(case, solved),
        "on_hold_time_in_minutes": {"calendar": 0, "business": 0},
        "custom_status_updated_at": iso_seconds(updated_at),
    }


def _replied(case: Case, now: int) -> int | None:
    """The first public comment of an agent."""
    return case.replied_at if case.taken_by(now) is not None and case.replied_at <= now else None


def _moments(case: Case, now: int) -> list[int]:
    """Everything that has happened by now."""
    happened = [case.assigned_at, case.replied_at] if case.agent is not None else []
    happened += [at for at in (case.solved_at, case.reopened_at, case.solved_again_at) if at is not None]
    closed = (case.solved_again_at or case.solved_at or now) + 4 * DAY
    return [case.opened_at, *(at for at in (*happened, closed) if at <= now)]


def _generated(updated_at: int, now: int, chance: Chance) -> int:
    """When the export's version was made, in epoch seconds: never before the update, often after it."""
    later = int(chance.around(DAY, 1.5)) if chance.happens(RECALCULATED) else 0
    return min(updated_at + min(later, 30 * DAY), now) // SECOND


def _minutes(case: Case, until: int | None) -> Json:
    if until is None:
        return {"calendar": None, "business": None}
    calendar = (until - case.opened_at) // MINUTE
    return {"calendar": calendar, "business": int(calendar * BUSINESS_HOURS)}


def _written(at: int | None) -> str | None:
    return None if at is None else iso_seconds(at)
