"""A request for help as Zendesk's export writes it, cut off at the moment of the export."""

from collections.abc import Mapping
from typing import Any

from demo.company.chance import Chance
from demo.company.clock import DAY, SECOND, iso_seconds
from demo.company.metrics import metric_set
from demo.company.names import words
from demo.company.support import CLOSES_AFTER, Case

Json = dict[str, Any]
API = "https://acme-learning.zendesk.example/api/v2"
SUBJECTS = (
    *("I cannot log in", "Pupils are missing from my class", "How do I assign a quiz?"),
    *("Invoice for our school", "The lesson does not load", "Wrong marks in the report"),
    *("Can I move to another school?", "Printing worksheets", "Password reset never came"),
    *("Feature request: dark mode", "Lesson is too long", "Zoë's café quiz"),
)
PRIORITIES = ("low", "normal", "normal", "normal", "high", "urgent", None)
RECALCULATED = 0.45  # of all tickets, by the system after their last update, a month later at most

NOTHING = (
    "external_id recipient organization_id forum_topic_id problem_id due_at satisfaction_rating"
)
LISTS = (
    "collaborator_ids follower_ids email_cc_ids sharing_agreement_ids followup_ids "
    "custom_fields fields"
)
ANY_TICKET: Mapping[str, object] = {
    "tags": [],
    "has_incidents": False,
    "is_public": True,
    "allow_channelback": False,
    "allow_attachments": True,
    "from_messaging_channel": False,
    "group_id": 7_416_204_110_874,
    "brand_id": 7_416_203_990_042,
    "ticket_form_id": 7_416_204_002_330,
    **dict.fromkeys(words(NOTHING)),
    **{name: [] for name in words(LISTS)},
}


def ticket(
    number: int, case: Case, people: tuple[int, int | None], now: int, chance: Chance
) -> Json:
    """A ticket and its metrics; `people` are the ids of who asked and who has taken it."""
    requester, assignee = people
    updated_at = max(_moments(case, now))
    return {
        "url": f"{API}/tickets/{number}.json",
        "id": number,
        "created_at": iso_seconds(case.opened_at),
        "updated_at": iso_seconds(updated_at),
        "generated_timestamp": _generated(updated_at, now, chance),
        "status": case.status(now),
        "requester_id": requester,
        "submitter_id": requester,
        "assignee_id": assignee,
        **_words(chance),
        **ANY_TICKET,
        "metric_set": metric_set(number, case, now, updated_at),
    }


def _words(chance: Chance) -> Json:
    """What the requester wrote, and where."""
    subject = chance.pick(SUBJECTS)
    return {
        "via": {
            "channel": chance.pick(("web", "email")),
            "source": {"from": {}, "to": {}, "rel": None},
        },
        "type": chance.pick(("question", "incident", "problem", None)),
        "subject": subject,
        "raw_subject": subject,
        "description": f"Hello,\n\n{subject}.\n\nThank you",
        "priority": chance.pick(PRIORITIES),
    }


def _moments(case: Case, now: int) -> list[int]:
    """Everything that has happened by now."""
    solving = (case.solved_at, case.reopened_at, case.solved_again_at, case.deleted_at)
    moments = [case.assigned_at, case.replied_at, *(at for at in solving if at is not None)]
    if case.status(now) == "closed":
        moments.append((case.solved_by(now) or now) + CLOSES_AFTER)
    return [case.opened_at, *(at for at in moments if at <= now)]


def _generated(updated_at: int, now: int, chance: Chance) -> int:
    """When the export's version was made, in epoch seconds: with the update or after it."""
    later = int(chance.around(DAY, 1.5)) if chance.happens(RECALCULATED) else 0
    recalculated_at = updated_at + min(later, 30 * DAY)
    return (recalculated_at if recalculated_at <= now else updated_at) // SECOND
