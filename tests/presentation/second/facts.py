"""What is true of a company, read from `truth.json` and `truth/*.jsonl` as its generator left it.

Nothing is as any query does it: who holds which seat, and who works where, is asked instant by
instant. What METRICS.md keeps out of every number is out here: terms in another currency, the
seats of people who never had a school, tickets that nobody took.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.domain import timelines
from tests.domain.timelines import at, some

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Span:
    """From a moment until just before another, perhaps for ever."""

    start: datetime
    end: datetime | None

    def holds(self, moment: datetime) -> bool:
        return self.start <= moment and (self.end is None or moment < self.end)


@dataclass(frozen=True)
class Term(Span):
    organisation: str
    subscription: str
    seats: int
    price: Decimal
    is_trial: bool
    began_by: str
    due: date | None


@dataclass(frozen=True)
class Licence(Span):
    teacher: str
    seat: str
    kind: str
    subscription: str


@dataclass(frozen=True)
class Membership(Span):
    teacher: str
    school: str


@dataclass(frozen=True)
class Burst:
    """What counts that one account did within an hour."""

    account: str
    first: datetime
    last: datetime


@dataclass(frozen=True)
class Visit:
    browser: str
    at: datetime
    campaign: str | None  # its name, whether marketing knows it or not


@dataclass(frozen=True)
class Ticket:
    agent: str
    account: str | None
    opened_at: datetime
    reply_minutes: int | None
    was_reopened: bool
    solved_at: datetime | None


class Facts:
    """Everything, whenever it happened: who reckons asks up to when it counts."""

    def __init__(self, folder: Path) -> None:
        truth = folder / "truth"
        told = json.loads((folder / "truth.json").read_text())
        self.terms = list(_terms(truth))
        self.licences = list(_licences(truth))
        self.memberships = [
            Membership(start, end, teacher, school)
            for teacher, start, end, school in timelines.memberships(truth)
        ]
        self.signed_up = {
            one["id"]: some(one["signed_up_at"]) for one in timelines.read(truth, "accounts")
        }
        self.activity = [
            Burst(account, moment(first), moment(last))
            for account, first, last, _ in timelines.read(truth, "activity")
        ]
        self.visits = [
            Visit(browser, moment(when), campaign)
            for browser, when, campaign, _ in timelines.read(truth, "visits")
        ]
        self.identifies = [
            (browser, account, moment(when))
            for browser, account, when in timelines.read(truth, "identifies")
        ]
        self.tickets = list(_tickets(truth))
        self.agents: list[str] = told["zendesk"]["agents"]
        self.campaigns: dict[str, str] = told["hubspot"]["campaigns"]
        self.budgets = _amounts(told["finance"]["budgets"])
        self.spend = _amounts(told["finance"]["campaign_spend"])
        self._licences_of = defaultdict(list)
        for licence in self.licences:
            self._licences_of[licence.teacher].append(licence)

    @property
    def begins(self) -> datetime:
        """The earliest of all that is reported."""
        return min(
            [
                *(term.start for term in self.terms),
                *(burst.first for burst in self.activity),
                *(visit.at for visit in self.visits),
                *(ticket.opened_at for ticket in self.tickets),
            ]
        )

    def licences_of(self, teacher: str) -> list[Licence]:
        return self._licences_of[teacher]

    def seat_type(self, account: str, moment: datetime) -> str:
        """What kind of seat somebody holds at a moment."""
        held = [one.kind for one in self._licences_of[account] if one.holds(moment)]
        assert len(held) <= 1, f"{account} holds {held} at {moment}"
        return held[0] if held else "none"

    def active(self, as_of: datetime) -> Iterator[tuple[str, datetime]]:
        """Account and last moment of each hour in which it did something that counts.

        A burst that goes on after the moment asked for, a full hour, can only have begun at it.
        """
        assert (as_of.minute, as_of.second, as_of.microsecond) == (0, 0, 0), as_of
        for burst in self.activity:
            if burst.first <= as_of:
                yield burst.account, burst.last if burst.last <= as_of else burst.first


def moment(milliseconds: int) -> datetime:
    return EPOCH + timedelta(milliseconds=milliseconds)


def _terms(truth: Path) -> Iterator[Term]:
    for one in timelines.read(truth, "terms"):
        if one["held"] is None:
            due = one["renewal_due_on"]
            yield Term(
                start=some(one["starts"]),
                end=at(one["ends"]),
                organisation=str(one["organisation"]),
                subscription=str(one["subscription"]),
                seats=one["seats"],
                price=Decimal(one["month_price_eur"]),
                is_trial=one["is_trial"],
                began_by=one["began_by"],
                due=None if due is None else date.fromisoformat(due),
            )


def _licences(truth: Path) -> Iterator[Licence]:
    members = {one["account"] for one in timelines.read(truth, "memberships")}
    for teacher, start, end, seat, kind, subscription in timelines.licences(truth):
        if teacher in members:
            yield Licence(start, end, teacher, seat, kind, subscription)


def _tickets(truth: Path) -> Iterator[Ticket]:
    for one in timelines.read(truth, "tickets"):
        if one["agent"] is not None:
            yield Ticket(
                agent=one["agent"],
                account=one["account"],
                opened_at=some(one["opened_at"]),
                reply_minutes=one["first_reply_minutes"],
                was_reopened=one["was_reopened"],
                solved_at=at(one["solved_at"]),
            )


def _amounts(sheet: dict[str, Any]) -> dict[tuple[str, str], Decimal]:
    """By month, as `2026-03`, and what the sheet says it is of."""
    return {(month, of): Decimal(amount) for month, of, amount in sheet["amounts"]}
