"""What organisations pay at the end of each month, and in which one way that came about."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.presentation.second.calendar import Period, periods
from tests.presentation.second.facts import Facts, Term
from tests.presentation.second.figures import rounded, share

Row = dict[str, Any]
WAYS = ("new", "reactivation", "expansion", "contraction", "churned")
SUMS = ("mrr_eur", "opening_mrr_eur", *(f"{way}_mrr_eur" for way in WAYS))


def worth(terms: list[Term]) -> Decimal:
    """What these terms together bring in a month; trials bring nothing."""
    paid = [one.seats * Fraction(one.price) for one in terms if not one.is_trial]
    return rounded(sum(paid, Fraction(0)), 4)


def by_organisation(facts: Facts, as_of: datetime) -> list[Row]:
    """`prs_organisation_mrr_monthly`: from the first month with money on."""
    agreed = defaultdict(list)
    for term in facts.terms:
        if term.start <= as_of:
            agreed[term.organisation].append(term)
    months = list(periods("month", facts.begins, as_of))
    return [
        {"organisation_id": organisation, **row}
        for organisation, terms in agreed.items()
        for row in _history(terms, months)
    ]


def _history(terms: list[Term], months: list[Period]) -> Iterator[Row]:
    before, was_customer = Decimal(0), False
    for month in months:
        running = [one for one in terms if one.holds(month.end)]
        now = worth(running)
        if was_customer or now > 0:
            way = _way(before, now, was_customer)
            yield {
                "month": month.start,
                "month_key": month.key,
                "is_complete_month": month.is_complete,
                "is_paying": now > 0,
                "is_active": bool(running),
                "mrr_eur": now,
                "opening_mrr_eur": before,
                **{f"{one}_mrr_eur": abs(now - before) if one == way else 0 for one in WAYS},
            }
            was_customer = True
        before = now


def _way(before: Decimal, now: Decimal, was_customer: bool) -> str | None:
    if not before and now:
        return "reactivation" if was_customer else "new"
    if before and not now:
        return "churned"
    if before == now:
        return None
    return "expansion" if now > before else "contraction"


def together(facts: Facts, as_of: datetime) -> list[Row]:
    """`prs_mrr_monthly`: every month, also those in which nobody pays."""
    by_month = defaultdict(list)
    for row in by_organisation(facts, as_of):
        by_month[row["month"]].append(row)
    return [
        _total(month, by_month[month.start], facts.budgets.get((month.key, "mrr_eur")))
        for month in periods("month", facts.begins, as_of)
    ]


def _total(month: Period, rows: list[Row], budget: Decimal | None) -> Row:
    sums = {name: sum((row[name] for row in rows), Decimal(0)) for name in SUMS}
    opening, mrr = sums["opening_mrr_eur"], sums["mrr_eur"]
    kept = opening - sums["contraction_mrr_eur"] - sums["churned_mrr_eur"]

    def count(of: str) -> int:
        return sum(row[of] > 0 for row in rows)

    return {
        "month": month.start,
        "month_key": month.key,
        "is_complete_month": month.is_complete,
        **sums,
        "arr_eur": 12 * mrr,
        "paying_organisations": count("mrr_eur"),
        "opening_paying_organisations": count("opening_mrr_eur"),
        "new_organisations": count("new_mrr_eur"),
        "reactivated_organisations": count("reactivation_mrr_eur"),
        "churned_organisations": count("churned_mrr_eur"),
        "net_revenue_retention": share(kept + sums["expansion_mrr_eur"], opening),
        "gross_revenue_retention": share(kept, opening),
        "logo_churn_rate": share(count("churned_mrr_eur"), count("opening_mrr_eur")),
        "budgeted_mrr_eur": budget,
        "budget_attainment": share(mrr, budget),
    }
