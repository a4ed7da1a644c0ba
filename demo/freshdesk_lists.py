"""Freshdesk's lists: which tickets, agents and contacts there are to be seen, and in what order.

Deleted tickets and spam show under their own filter only, those created more than 30 days ago only
with `updated_since`; deleted contacts only as `state=deleted`. So the vendor documents it (API v2).
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from demo.answer import Call
from demo.content import Content
from demo.page import Kind, Record, seconds

DAYS = 30 * 24 * 3600
INCLUDED: Mapping[str, tuple[str, ...]] = {
    "stats": ("stats",),
    "requester": ("requester",),
    "description": ("description", "description_text"),
}


class Wrong(ValueError):  # noqa: N818, it is what Freshdesk finds wrong with a field
    """What is wrong with a field of a request."""

    def __init__(self, field: str, message: str, code: str = "invalid_value") -> None:
        super().__init__(f"{field}: {message}")
        self.entry = {"field": field, "message": message, "code": code}

    @classmethod
    def whole(cls, call: Call, name: str, default: int, most: int | None = None) -> int:
        """A positive number of the query."""
        try:
            return call.whole(name, default, most)
        except ValueError:
            limit = f" less than or equal to {most}" if most else ""
            raise cls(name, f"It should be a Positive Integer{limit}") from None

    @classmethod
    def time(cls, call: Call, name: str) -> float | None:
        """A time of the query, in seconds since 1970."""
        text = call.query.get(name)
        if text is None:
            return None
        try:
            # a plus that was not escaped is a blank by now
            return seconds(text.replace(" ", "+"))
        except ValueError:
            raise cls(name, "It should be in the 'combined date and time ISO8601' format") from None

    @classmethod
    def one_of(cls, call: Call, name: str, values: str) -> str | None:
        """A word of the query."""
        word = call.query.get(name)
        if word is not None and word not in values.split():
            raise cls(name, f"It should be one of these values: '{','.join(values.split())}'")
        return word

    @classmethod
    def unless_known(cls, call: Call, names: str) -> None:
        """Freshdesk takes no parameter that it does not know."""
        for name in call.query:
            if name not in names.split():
                raise cls(name, "Unexpected/invalid field in request", "invalid_field")


class Listing(ABC):
    """One list."""

    records: ClassVar[str]
    kind: ClassVar[Kind]

    @abstractmethod
    def rows(self, records: list[Record], call: Call, now: float) -> list[Record]:
        """All that is to be seen, in order; Wrong where the request is."""

    def shown(self, record: Record, call: Call, content: Content) -> Record:
        """A record as it is answered."""
        return record

    def is_descending(self, call: Call) -> bool:
        """Whether the last comes first."""
        return False


class _Tickets(Listing):
    records = "tickets"
    kind = Kind("subject", "status")

    def rows(self, records: list[Record], call: Call, now: float) -> list[Record]:
        Wrong.unless_known(
            call, "updated_since filter include page per_page order_by order_type requester_id"
        )
        Wrong.one_of(call, "order_type", "asc desc")
        for name in call.listed("include"):
            if name not in INCLUDED:
                raise Wrong("include", f"It should be one of these values: '{','.join(INCLUDED)}'")
        order = Wrong.one_of(call, "order_by", "created_at due_by updated_at status")
        return sorted(
            self._found(records, call, now),
            key=lambda row: (_place(row.get(order or "created_at")), int(row["id"])),
            reverse=self.is_descending(call),
        )

    def _found(self, records: list[Record], call: Call, now: float) -> list[Record]:
        wanted = Wrong.one_of(call, "filter", "deleted spam")
        found = [row for row in records if _filter(row) == wanted]
        if requester := call.query.get("requester_id"):
            found = [row for row in found if str(row["requester_id"]) == requester]
        since = Wrong.time(call, "updated_since")
        if since is None:
            return [row for row in found if seconds(row["created_at"]) >= now - DAYS]
        return [row for row in found if seconds(row["updated_at"]) >= since]

    def is_descending(self, call: Call) -> bool:
        return call.query.get("order_type", "desc") == "desc"

    def shown(self, record: Record, call: Call, content: Content) -> Record:
        included = call.listed("include")
        hidden = {field for name in INCLUDED if name not in included for field in INCLUDED[name]}
        shown = {name: value for name, value in record.items() if name not in hidden}
        return shown | ({"requester": _who(record, content)} if "requester" in included else {})


class _Agents(Listing):
    records = "agents"
    kind = Kind("contact.name", "ticket_scope")

    def rows(self, records: list[Record], call: Call, now: float) -> list[Record]:
        Wrong.unless_known(call, "page per_page email state")
        email = call.query.get("email")
        found = [row for row in records if email in (None, row["contact"]["email"])]
        return sorted(found, key=lambda row: int(row["id"]))


class _Contacts(Listing):
    records = "contacts"
    kind = Kind("name", "company_id")

    def rows(self, records: list[Record], call: Call, now: float) -> list[Record]:
        Wrong.unless_known(call, "page per_page email state _updated_since")
        state = Wrong.one_of(call, "state", "verified unverified blocked deleted")
        since = Wrong.time(call, "_updated_since")
        email = call.query.get("email")
        found = [row for row in records if _state(row, state) and email in (None, row["email"])]
        if since is not None:
            found = [row for row in found if seconds(row["updated_at"]) >= since]
        return sorted(found, key=lambda row: int(row["id"]))


def _place(value: object) -> float:
    return seconds(value) if isinstance(value, str) else float(str(value or 0))


def _filter(ticket: Record) -> str | None:
    """The only filter under which a ticket shows, None for every one that is in use."""
    return "deleted" if ticket.get("deleted") else "spam" if ticket.get("spam") else None


def _state(contact: Record, state: str | None) -> bool:
    if contact.get("deleted") or state == "deleted":
        return bool(contact.get("deleted")) and state == "deleted"
    if contact.get("blocked") or state == "blocked":
        return bool(contact.get("blocked")) and state == "blocked"
    return state is None or bool(contact.get("active")) is (state == "verified")


def _who(ticket: Record, content: Content) -> Record | None:
    names = ("id", "name", "email", "mobile", "phone")
    for contact in content.records("contacts"):
        if contact["id"] == ticket["requester_id"]:
            return {name: contact.get(name) for name in names}
    return None


TICKETS, AGENTS, CONTACTS = _Tickets(), _Agents(), _Contacts()
