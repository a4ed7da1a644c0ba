"""What was asked of each agent in each month, how quickly it was answered, and what waits."""

from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from tests.presentation.second.calendar import Period, periods
from tests.presentation.second.facts import Facts, Ticket
from tests.presentation.second.figures import percentile

MINUTE = timedelta(minutes=1)
HALF, NINE_TENTHS = Fraction(1, 2), Fraction(9, 10)


def monthly(facts: Facts, as_of: datetime) -> list[dict[str, Any]]:
    """`prs_ticket_resolution_monthly`.

    That a ticket was reopened, or is answered, is as the desk says it is by now.
    """
    desks = {agent: [one for one in facts.tickets if one.agent == agent] for agent in facts.agents}
    desks["all"] = facts.tickets
    return [
        _row(facts, month, agent, tickets)
        for month in periods("month", facts.begins, as_of)
        for agent, tickets in desks.items()
    ]


def _row(facts: Facts, month: Period, agent: str, tickets: list[Ticket]) -> dict[str, Any]:
    opened = [one for one in tickets if month.has(one.opened_at)]
    solved = [one for one in tickets if month.has(one.solved_at)]
    replies = [minutes for one in opened if (minutes := _answered(one, month)) is not None]
    return {
        "month": month.start,
        "month_key": month.key,
        "agent_id": agent,
        "is_complete_month": month.is_complete,
        "opened_tickets": len(opened),
        "solved_tickets": len(solved),
        "backlog_tickets": sum(_waits(one, month.end) for one in tickets),
        "reopened_tickets": sum(one.was_reopened for one in opened),
        "tickets_from_seat_holders": sum(_has_seat(facts, one) for one in opened),
        "median_first_reply_minutes": percentile(HALF, replies),
        "p90_first_reply_minutes": percentile(NINE_TENTHS, replies),
        "median_resolution_minutes": percentile(HALF, [_took(one) for one in solved]),
    }


def _answered(ticket: Ticket, month: Period) -> int | None:
    """The minutes of a first reply that has happened."""
    minutes = ticket.reply_minutes
    if minutes is None or ticket.opened_at + minutes * MINUTE > month.as_of:
        return None
    return minutes


def _waits(ticket: Ticket, moment: datetime) -> bool:
    is_solved = ticket.solved_at is not None and ticket.solved_at <= moment
    return ticket.opened_at <= moment and not is_solved


def _has_seat(facts: Facts, ticket: Ticket) -> bool:
    account = ticket.account
    return account is not None and facts.seat_type(account, ticket.opened_at) != "none"


def _took(ticket: Ticket) -> Fraction:
    assert ticket.solved_at is not None
    passed = ticket.solved_at - ticket.opened_at
    return Fraction(passed // timedelta(microseconds=1), MINUTE // timedelta(microseconds=1))
