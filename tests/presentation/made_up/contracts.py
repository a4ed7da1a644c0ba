"""Organisations, and what they agree to, one term after the other, some of it with gaps."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from tests.presentation.made_up.chance import FIRST, Chance, london
from tests.presentation.made_up.folder import Folder, Line, written
from tests.presentation.second.calendar import midnight
from tests.presentation.second.figures import rounded

ORGANISATIONS, SUBSCRIPTIONS = 5, 8
# months of a billing period and currency
PLANS = {1: (12, "EUR"), 2: (1, "EUR"), 3: (12, "USD"), 4: (1, "EUR")}
USUAL = (1, 1, 1, 2, 2, 4)
WAYS = ("renewal", "renewal", "change", "change", "new")
DAYS = (-20, -1, 0, 0, 1, 30, 30, 31)  # from a due date to the end of the term
DISCOUNTS = (None, "0", "10", "12.5", "33.3333", "100")


@dataclass
class Agreed:
    """A term, as far as the next one depends on it."""

    began_by: str
    due: date | None
    is_trial: bool


class Contracts:
    """Terms that follow one another within each subscription."""

    def __init__(self, chance: Chance, folder: Folder) -> None:
        self._chance, self._folder = chance, folder
        self.subscriptions = range(1, SUBSCRIPTIONS + 1)
        self._terms = 0
        since = "2024-01-01T00:00:00Z"
        for number in range(1, ORGANISATIONS + 1):
            names = {"id": number, "name": f"Trust {number}", "created_at": since}
            folder.row("backend_organisations", **names)
            folder.row("backend_schools", **names, organisation_id=number)
        for number, (months, currency) in PLANS.items():
            period = "year" if months == 12 else "month"
            plan = {"id": number, "name": f"Plan {number}", "billing_period": period}
            price = {"price_per_seat": 9, "currency": currency, "is_free": number == 4}
            folder.row("backend_plans", **plan, **price, created_at=since)
        for number in self.subscriptions:
            organisation = 1 + number % ORGANISATIONS
            row = {"id": number, "organisation_id": organisation, "started_at": since}
            folder.row("backend_subscriptions", **row)
            self._story(number, organisation)

    def _story(self, subscription: int, organisation: int) -> None:
        chance = self._chance
        starts = FIRST if subscription == 1 else chance.moment()
        before: Agreed | None = None
        for left in range(chance.number(1, 7), 0, -1):
            agreed = self._agreed(starts, before)
            ends = self._ends(starts, agreed.due)
            if left == 1 and chance.happens(0.5):
                ends = None
            self._write((subscription, organisation), (starts, ends), agreed)
            if ends is None or ends >= chance.end:
                return
            starts = ends if chance.happens(0.6) else chance.later(ends, 45)
            before = agreed

    def _agreed(self, starts: datetime, before: Agreed | None) -> Agreed:
        chance = self._chance
        began_by = chance.pick(WAYS) if before else "new"
        if began_by == "change" and before and before.due and chance.happens(0.8):
            return Agreed(began_by, before.due, is_trial=False)
        is_trial = began_by == "new" and chance.happens(0.3)
        has_date = not is_trial and chance.happens(0.8)
        return Agreed(began_by, self._due(london(starts)) if has_date else None, is_trial)

    def _due(self, starts_on: date) -> date:
        """Some day after the first; its 30 days may be over just when nobody knows more."""
        decided = london(self._chance.as_of) - timedelta(days=self._chance.number(30, 32))
        if decided > starts_on and self._chance.happens(0.3):
            return decided
        return starts_on + timedelta(days=self._chance.number(1, 200))

    def _ends(self, starts: datetime, due: date | None) -> datetime | None:
        """About when the commitment is over, or whenever it is."""
        chance = self._chance
        if due is not None and chance.happens(0.7):
            ends = midnight(due + timedelta(days=chance.pick(DAYS)))
            if ends > starts:
                return ends
        return chance.later(starts, 150)

    def _write(
        self, whose: tuple[int, int], during: tuple[datetime, datetime | None], agreed: Agreed
    ) -> None:
        chance, (subscription, organisation), (starts, ends) = self._chance, whose, during
        self._terms += 1
        # what is agreed in dollars is held; the first term of all is in euro
        plan = 3 if self._terms > 1 and chance.happens(0.1) else chance.pick(USUAL)
        price = Decimal(0 if plan == 4 else chance.number(0, 20_000)) / 100
        discount = chance.pick(DISCOUNTS)
        row: Line = {"id": self._terms, "subscription_id": subscription, "plan_id": plan}
        row |= {"seats": chance.number(0, 9), "price_per_seat": price}
        row |= {"discount_percent": discount, "starts_at": starts, "ends_at": ends}
        row |= {"began_by": agreed.began_by, "renewal_due_on": agreed.due}
        self._folder.row("backend_subscription_terms", **row, is_trial=agreed.is_trial)
        told: Line = {"id": self._terms, "organisation": organisation, "subscription": subscription}
        told |= {"starts": written(starts), "ends": written(ends), "seats": row["seats"]}
        told |= {"month_price_eur": _month_price(price, discount, plan)}
        told |= {"is_trial": agreed.is_trial, "began_by": agreed.began_by}
        told |= {"renewal_due_on": agreed.due and agreed.due.isoformat()}
        told |= {"held": None if PLANS[plan][1] == "EUR" else "currency"}
        self._folder.lines["terms"].append(told)


def _month_price(price: Decimal, discount: str | None, plan: int) -> str:
    part = 1 - Fraction(discount or "0") / 100
    return str(rounded(Fraction(price) * part / PLANS[plan][0], 8))
