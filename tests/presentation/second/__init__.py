"""A second reckoning of every number of METRICS.md, in plain Python, from what is true.

It is written from METRICS.md alone, and not as any query does it: month after month, everybody is
asked what holds then. A module per question; `RECKONINGS` has them by the table that answers it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.presentation.second import (
    active_users,
    funnel,
    mrr,
    renewals,
    seat_retention,
    seats,
    tickets,
)
from tests.presentation.second.facts import Facts

__all__ = ["RECKONINGS", "Facts", "Reckoning"]

PRODUCT, DESK = ("backend", "rudderstack"), ("zendesk", "backend")


@dataclass(frozen=True)
class Reckoning:
    """The rows of a table, as of the moment up to which the sources that it needs are known."""

    needs: tuple[str, ...]
    rows: Callable[[Facts, datetime], list[dict[str, Any]]]

    def as_of(self, known: Mapping[str, datetime]) -> datetime:
        return min(known[source] for source in self.needs)


RECKONINGS = {
    "prs_organisation_mrr_monthly": Reckoning(PRODUCT, mrr.by_organisation),
    "prs_mrr_monthly": Reckoning(PRODUCT, mrr.together),
    "prs_renewals_monthly": Reckoning(PRODUCT, renewals.monthly),
    "prs_organisation_seats_monthly": Reckoning(PRODUCT, seats.monthly),
    "prs_monthly_active_users": Reckoning(PRODUCT, active_users.monthly),
    "prs_seat_retention": Reckoning(PRODUCT, seat_retention.by_cohort),
    "prs_campaign_funnel_monthly": Reckoning(PRODUCT, funnel.monthly),
    "prs_ticket_resolution_monthly": Reckoning(DESK, tickets.monthly),
}
