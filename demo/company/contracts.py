"""What an organisation agrees to: subscriptions, and their terms one after the other.

A term knows when it was agreed, and each end that was agreed for it, with the moment from which
that one holds: a commitment ends on the day it is due unless a change, a renewal or the end of
everything comes first. Terms of one subscription never overlap.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from demo.company.chance import Chance
from demo.company.clock import DAY, Clock
from demo.company.customers import Organisation
from demo.company.london import london_date, years_later
from demo.company.plans import Plan

BeganBy = Literal["new", "renewal", "change"]
DISCOUNTS = ("0", "0", "0", "0", "5", "10", "12.5", "20")
HUNDRED, EIGHT_PLACES = Decimal(100), Decimal("0.00000001")


@dataclass(frozen=True, slots=True)
class Agreed:
    """So many seats of a plan, at a price per seat and billing period."""

    plan: Plan
    seats: int
    price: Decimal
    discount: Decimal  # percent
    is_trial: bool

    @property
    def month_price(self) -> Decimal:
        """Of one seat, after the discount, to eight places."""
        price = self.price * (HUNDRED - self.discount) / HUNDRED / self.plan.months
        return price.quantize(EIGHT_PLACES, ROUND_HALF_UP)


@dataclass(slots=True, eq=False)
class Term:
    """What is agreed for a while."""

    subscription: Subscription
    agreed: Agreed
    starts_at: int
    agreed_at: int
    began_by: BeganBy
    due: date | None
    ends: list[tuple[int, int | None]]  # from a moment on, when it ends as far as is agreed
    id: int = 0

    @property
    def end(self) -> int | None:
        """When it ends in the end."""
        return self.ends[-1][1]


@dataclass(slots=True, eq=False)
class Subscription:
    """The frame of terms; `cancels` and `ends` say what was known from a moment on."""

    organisation: Organisation
    started_at: int
    terms: list[Term] = field(default_factory=list)
    cancels: list[tuple[int, int | None]] = field(default_factory=list)
    ends: list[tuple[int, int | None]] = field(default_factory=list)
    id: int = 0


@dataclass
class Deal:
    """The story of one organisation's subscriptions, told forwards: `at` is how far it has come."""

    organisation: Organisation
    clock: Clock
    chance: Chance
    seats: int
    at: int
    subscriptions: list[Subscription] = field(default_factory=list)

    @property
    def is_planned(self) -> bool:
        """There is time left to tell of."""
        return self.at < self.clock.end

    @property
    def last(self) -> Term:
        """The term that is told last."""
        return self.subscriptions[-1].terms[-1]

    def open(self) -> None:
        """A new subscription."""
        self.subscriptions.append(Subscription(self.organisation, self.at))

    def trial(self, plan: Plan, days: int = 30) -> None:
        """The plan for nothing, for some days."""
        self._term(plan, self.at + days * DAY, "new", None, is_trial=True)
        self.at += days * DAY

    def commit(self, plan: Plan, by: BeganBy = "new", *, agreed: int | None = None) -> None:
        """A year of a plan, perhaps agreed before it starts."""
        end = years_later(self.at)
        self._term(plan, end, by, london_date(end), agreed=agreed)
        self.at = end

    def run(self, plan: Plan, days: int | None = None, by: BeganBy = "new") -> None:
        """A plan without a commitment, until somebody cancels it, if ever."""
        self._term(plan, None, by, None)
        if days is None:
            self.at = self.clock.end
        else:
            self.at += days * DAY
            self.last.ends.append((self.at - min(5, days) * DAY, self.at))

    def change(self, after: int, plan: Plan | None = None, seats: int = 0) -> None:
        """So many days into the last term something else is agreed; what is due stays due."""
        last = self.last
        at = last.starts_at + after * DAY
        until = last.end
        last.ends.append((at, at))
        self.seats = max(1, seats or self.seats)
        self.at = at
        discount = last.agreed.discount
        self._term(plan or last.agreed.plan, until, "change", last.due, discount=discount)
        self.at = self.clock.end if until is None else until

    def renew_early(self, days: int) -> None:
        """Before it is due: the new year begins at once."""
        self.at -= days * DAY
        self.last.ends.append((self.at, self.at))
        self.commit(self.last.agreed.plan, "renewal")

    def wait(self, days: int) -> None:
        """Nothing is agreed for a while."""
        self.at += days * DAY

    def stop(self, asked_before: int | None = None) -> None:
        """The subscription is over; somebody may have asked for that some days before."""
        subscription = self.subscriptions[-1]
        if asked_before is not None:
            asked_at = self.at - asked_before * DAY
            subscription.cancels.append((asked_at, asked_at))
        subscription.ends.append((self.at, self.at))

    def resume(self) -> None:
        """The subscription that was over goes on."""
        self.subscriptions[-1].ends.append((self.at, None))
        self.subscriptions[-1].cancels.append((self.at, None))

    def _term(
        self,
        plan: Plan,
        end: int | None,
        by: BeganBy,
        due: date | None,
        *,
        is_trial: bool = False,
        discount: Decimal | None = None,
        agreed: int | None = None,
    ) -> None:
        if discount is None:
            free = is_trial or plan.is_free
            discount = Decimal("0" if free else self.chance.pick(DISCOUNTS))
        agreed = self.at if agreed is None else agreed
        subscription, price, ends = self.subscriptions[-1], plan.price_per_seat, [(agreed, end)]
        what = Agreed(plan, self.seats, price, discount, is_trial)
        subscription.terms.append(Term(subscription, what, self.at, agreed, by, due, ends))
