"""The price list: by the year with a commitment or by the month without, and for nothing."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Period = Literal["month", "year"]


@dataclass(frozen=True)
class Plan:
    """What one seat costs for one billing period, before any discount."""

    id: int
    name: str
    billing_period: Period
    price_per_seat: Decimal
    currency: str = "EUR"
    is_free: bool = False

    @property
    def months(self) -> int:
        """Of a billing period."""
        return 12 if self.billing_period == "year" else 1


ESSENTIALS_MONTHLY = Plan(1, "Essentials monthly", "month", Decimal("6.50"))
ESSENTIALS = Plan(2, "Essentials", "year", Decimal("66.00"))
COMPLETE_MONTHLY = Plan(3, "Complete monthly", "month", Decimal("9.90"))
COMPLETE = Plan(4, "Complete", "year", Decimal("99.00"))
TRUST = Plan(5, "Complete for trusts", "year", Decimal("84.00"))
FREE = Plan(6, "Free", "month", Decimal("0.00"), is_free=True)
FREE_FOR_A_YEAR = Plan(7, "Free for a year", "year", Decimal("0.00"), is_free=True)
COMPLETE_US = Plan(8, "Complete US", "year", Decimal("110.00"), currency="USD")

PLANS = (
    *(ESSENTIALS_MONTHLY, ESSENTIALS, COMPLETE_MONTHLY, COMPLETE, TRUST),
    *(FREE, FREE_FOR_A_YEAR, COMPLETE_US),
)
