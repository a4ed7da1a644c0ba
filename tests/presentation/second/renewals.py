"""What became of each commitment once it was due: told one by one, then counted."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.presentation.second.calendar import Period, day_of, midnight, periods
from tests.presentation.second.facts import Facts, Term
from tests.presentation.second.figures import share
from tests.presentation.second.mrr import worth

NOTHING = Decimal(0)
GRACE = timedelta(days=30)


@dataclass(frozen=True)
class Renewal:
    """One commitment of one subscription; `renewed_eur` is nothing unless it is renewed."""

    due: date
    outcome: str
    due_eur: Decimal
    renewed_eur: Decimal


def monthly(facts: Facts, as_of: datetime) -> list[dict[str, Any]]:
    """`prs_renewals_monthly`: by the month of the due date."""
    due_in = defaultdict(list)
    for renewal in _renewals(facts, as_of):
        due_in[renewal.due.replace(day=1)].append(renewal)
    return [_month(month, due_in[month.start]) for month in periods("month", facts.begins, as_of)]


def _renewals(facts: Facts, as_of: datetime) -> Iterator[Renewal]:
    story = defaultdict(list)
    for term in sorted(facts.terms, key=lambda term: term.start):
        if term.start <= as_of:
            story[term.subscription].append(term)
    for terms in story.values():
        for due in {term.due for term in terms if term.due is not None}:
            yield _renewal(due, terms, as_of)


def _renewal(due: date, terms: list[Term], as_of: datetime) -> Renewal:
    committed = [place for place, term in enumerate(terms) if term.due == due]
    earlier = [terms[place] for place in committed if day_of(terms[place].start) < due]
    after = terms[committed[-1] + 1 : committed[-1] + 2]
    renewing = [
        term for term in after if term.began_by == "renewal" and day_of(term.start) <= due + GRACE
    ]
    if renewing:
        outcome = "renewed"
    else:
        outcome = "pending" if as_of < midnight(due + GRACE + timedelta(days=1)) else "lapsed"
    return Renewal(due, outcome, worth(earlier[-1:]), worth(renewing))


def _month(month: Period, renewals: list[Renewal]) -> dict[str, Any]:
    outcomes = [one.outcome for one in renewals]
    renewed, lapsed = outcomes.count("renewed"), outcomes.count("lapsed")
    decided = [one for one in renewals if one.outcome != "pending"]
    decided_due = sum((one.due_eur for one in decided), NOTHING)
    decided_renewed = sum((min(one.due_eur, one.renewed_eur) for one in decided), NOTHING)
    return {
        "month": month.start,
        "month_key": month.key,
        "is_complete_month": month.is_complete,
        "is_settled": month.is_over_for(days=31),
        "due_count": len(renewals),
        "renewed_count": renewed,
        "pending_count": outcomes.count("pending"),
        "lapsed_count": lapsed,
        "decided_count": renewed + lapsed,
        "due_mrr_eur": sum((one.due_eur for one in renewals), NOTHING),
        "renewed_mrr_eur": sum((one.renewed_eur for one in renewals), NOTHING),
        "decided_due_mrr_eur": decided_due,
        "decided_renewed_mrr_eur": decided_renewed,
        "renewal_rate": share(renewed, renewed + lapsed),
        "renewal_rate_by_value": share(decided_renewed, decided_due),
    }
