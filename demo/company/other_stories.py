"""How organisations get on that do not commit themselves, or do not pay, or do so differently."""

from demo.company.clock import DAY
from demo.company.contracts import Deal
from demo.company.plans import (
    COMPLETE,
    COMPLETE_MONTHLY,
    COMPLETE_US,
    ESSENTIALS,
    ESSENTIALS_MONTHLY,
    FREE,
    FREE_FOR_A_YEAR,
)
from demo.company.stories import renew


def tries_only(deal: Deal) -> None:
    """A trial, and no more."""
    deal.open()
    deal.trial(COMPLETE, 14)
    deal.stop()


def by_the_month(deal: Deal) -> None:
    """No commitment: seats come and go."""
    deal.open()
    deal.run(COMPLETE_MONTHLY)
    deal.change(after=45, seats=deal.seats + 3)
    deal.change(after=60, seats=deal.seats - 2)


def comes_back(deal: Deal) -> None:
    """Cancels by the month, and months later begins a new subscription."""
    deal.open()
    deal.run(ESSENTIALS_MONTHLY, 60)
    deal.stop(asked_before=5)
    deal.wait(70)
    deal.open()
    deal.run(ESSENTIALS_MONTHLY)


def goes_free(deal: Deal) -> None:
    """On the day it is due, to the free plan."""
    deal.open()
    deal.commit(ESSENTIALS)
    deal.run(FREE, by="renewal")


def goes_free_in_mid_year(deal: Deal) -> None:
    """To the free plan within the commitment, which stays due, at nothing."""
    deal.open()
    deal.commit(COMPLETE)
    deal.change(after=130, plan=FREE_FOR_A_YEAR)


def is_free(deal: Deal) -> None:
    """Free from the start, for a year at a time."""
    deal.open()
    deal.commit(FREE_FOR_A_YEAR)
    deal.run(FREE, by="renewal")


def free_then_pays(deal: Deal) -> None:
    """Free at first; half a year later it pays."""
    deal.open()
    deal.run(FREE)
    deal.change(after=60, plan=ESSENTIALS_MONTHLY)


def has_two(deal: Deal) -> None:
    """Two subscriptions at once, begun months apart."""
    deal.open()
    deal.commit(COMPLETE)
    renew(deal)
    deal.at = deal.subscriptions[0].started_at + 80 * DAY
    deal.seats = max(2, deal.seats // 3)
    deal.open()
    deal.run(ESSENTIALS_MONTHLY)


def in_dollars(deal: Deal) -> None:
    """Pays in another currency."""
    deal.open()
    deal.commit(COMPLETE_US)


def buys_nothing(deal: Deal) -> None:
    """Has schools and teachers, and no subscription."""
