"""The same company with Freshdesk for its support desk, in the form of Freshdesk's API v2.

The cases, agents and requesters are those of Zendesk, with the same ids, so the same support tables
must come of it. Status and priority are numbers, there is no state before an agent takes a ticket,
a deleted ticket says so beside its status, and a ticket opened again forgets when it was resolved.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from demo.company.chance import Chance
from demo.company.clock import iso_seconds
from demo.company.desk import Desk
from demo.company.files import write_lists
from demo.company.requesters import Json
from demo.company.support import CLOSES_AFTER, Case

STATUSES = {"new": 2, "open": 2, "pending": 3, "hold": 3, "solved": 4, "closed": 5}
PRIORITIES = {"low": 1, "normal": 2, "high": 3, "urgent": 4, None: 1}
ANY_TICKET: Mapping[str, object] = {
    "cc_emails": [],
    "fwd_emails": [],
    "reply_cc_emails": [],
    "fr_escalated": False,
    "is_escalated": False,
    "email_config_id": None,
    "group_id": None,
    "company_id": None,
    "product_id": None,
    "to_emails": None,
    "custom_fields": {},
    "tags": [],
}
ANY_CONTACT: Mapping[str, object] = {
    **dict.fromkeys(("address", "company_id", "description", "job_title", "mobile", "phone")),
    "twitter_id": None,
    "language": "en",
    "time_zone": "London",
    "custom_fields": {},
    "tags": [],
}


@dataclass
class Freshdesk:
    """What the other desk would hold."""

    desk: Desk
    chance: Chance

    def write(self, path: Path) -> None:
        """One object a line."""
        people = list(self.desk.users())
        lists = {
            "tickets": self._tickets(),
            "agents": [_agent(user) for user in people if user["role"] != "end-user"],
            "contacts": [_contact(user) for user in people if user["role"] == "end-user"],
        }
        write_lists(path, iso_seconds(self.desk.settings.clock.now), lists)

    def _tickets(self) -> Iterator[Json]:
        for case, known in zip(self.desk.cases, self.desk.tickets(), strict=True):
            yield self._ticket(case, known, is_spam=self.chance.happens(0.3))

    def _ticket(self, case: Case, known: Json, *, is_spam: bool) -> Json:
        now = self.desk.now
        status = "open" if case.is_deleted(now) else case.status(now)
        return {
            "id": known["id"],
            "requester_id": known["requester_id"],
            "responder_id": known["assignee_id"],
            "status": STATUSES[status],
            "priority": PRIORITIES[known["priority"]],
            "source": 1 if known["via"]["channel"] == "email" else 2,
            "subject": known["subject"],
            "type": known["type"] and known["type"].capitalize(),
            "created_at": known["created_at"],
            "updated_at": known["updated_at"],
            "deleted": case.is_deleted(now) and not is_spam,
            "spam": case.is_deleted(now) and is_spam,
            **ANY_TICKET,
            "stats": _stats(case, status, known, now),
        }


def _stats(case: Case, status: str, known: Json, now: int) -> Json:
    """When what happened last; nothing where it has not happened."""
    replied_at, solved_at = case.answered_by(now), case.solved_by(now)
    is_solved = status in ("solved", "closed") and solved_at is not None
    is_closed = status == "closed" and solved_at is not None
    return {
        "agent_responded_at": _written(max(replied_at or 0, solved_at or 0) or None),
        "requester_responded_at": _written(case.reopened_at if case.is_reopened(now) else None),
        "first_responded_at": _written(replied_at),
        "status_updated_at": known["updated_at"],
        "reopened_at": _written(case.reopened_at if case.is_reopened(now) else None),
        "resolved_at": _written(solved_at if is_solved else None),
        "closed_at": _written(solved_at + CLOSES_AFTER if solved_at and is_closed else None),
        "pending_since": _written(replied_at if STATUSES[status] == 3 else None),
    }


def _written(at: int | None) -> str | None:
    return None if at is None else iso_seconds(at)


def _agent(user: Json) -> Json:
    """Somebody who works at the desk: who they are stands in `contact`."""
    times = {"created_at": user["created_at"], "updated_at": user["updated_at"]}
    person = {name: user[name] for name in ("name", "email", "active")}
    return {
        "id": user["id"],
        "available": True,
        "occasional": False,
        "ticket_scope": 1,
        "type": "support_agent",
        "signature": None,
        "available_since": None,
        **times,
        "contact": {**person, "job_title": None, "language": "en", "time_zone": "London", **times},
    }


def _contact(user: Json) -> Json:
    """Somebody who asked; one who was erased is deleted, without address and product id."""
    return {
        "id": user["id"],
        "name": user["name"],
        "email": user["email"],
        "active": user["active"],
        "deleted": not user["active"],
        "unique_external_id": user["external_id"],
        "created_at": user["created_at"],
        "updated_at": user["updated_at"],
        **ANY_CONTACT,
    }
