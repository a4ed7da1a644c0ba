"""What marketing pays for, as HubSpot lists it, and what it cost by the month.

HubSpot knows all campaigns that links name but one, and one that nobody ever followed.
"""

from dataclasses import dataclass
from decimal import Decimal

from demo.company.chance import Chance
from demo.company.clock import DAY, Clock, iso, moment
from demo.company.crm_objects import Json, iso_as_hubspot
from demo.company.customers import soon
from demo.company.names import CAMPAIGNS

UNKNOWN = "partner-blog"  # HubSpot was never told of it
NOBODY_FOLLOWED = "governors-gala"
RAISED = "exam-season"  # gets more money days after one looks first


@dataclass(frozen=True)
class MarketingCampaign:
    """A campaign of HubSpot's; `monthly` is what a month of it costs, roughly, in EUR."""

    id: str
    name: str
    utm: str
    created_at: int
    starts_at: int
    ends_at: int | None
    budget: int
    monthly: int
    raised_at: int | None = None

    def spend(self, month: int, clock: Clock, chance: Chance) -> Decimal:
        """What a whole month cost."""
        begins, over = clock.month_starts(month), self.ends_at or clock.end
        runs = self.starts_at < begins + 31 * DAY and begins < over
        factor = 0.6 + 0.8 * chance.random()
        return Decimal(round(self.monthly * factor * 100) if runs else 0) / 100

    def as_hubspot(self, now: int) -> Json:
        """The answer of HubSpot, with every property that one may ask for by name."""
        is_raised = self.raised_at is not None and self.raised_at < now
        updated_at = self.raised_at if is_raised and self.raised_at else self.created_at
        properties = {
            "hs_name": self.name,
            "hs_start_date": moment(self.starts_at).date().isoformat(),
            "hs_end_date": moment(self.ends_at).date().isoformat() if self.ends_at else "",
            "hs_budget_items_sum_amount": str(self.budget + (2_000 if is_raised else 0)),
            "hs_currency_code": "EUR",
            "hs_utm": self.utm,
            "hs_campaign_status": "in_progress" if self.ends_at is None else "completed",
            "hs_object_id": str(int(self.id[:8], 16)),
        }
        return {
            "id": self.id,
            "properties": properties,
            "createdAt": iso(self.created_at),
            "updatedAt": iso_as_hubspot(updated_at),
            "businessUnits": [{"id": 0}],
        }


def campaigns(clock: Clock, chance: Chance) -> list[MarketingCampaign]:
    """All of HubSpot's."""
    followed = [(one.name, one.followed) for one in CAMPAIGNS if one.name != UNKNOWN]
    return [
        _campaign(name, weight, clock, chance) for name, weight in [*followed, (NOBODY_FOLLOWED, 2)]
    ]


def _campaign(name: str, weight: int, clock: Clock, chance: Chance) -> MarketingCampaign:
    created_at = clock.start - 20 * DAY - chance.below(60 * DAY)
    ended = clock.first_now - chance.below(max(1, (clock.first_now - clock.start) // 3))
    return MarketingCampaign(
        id=chance.uuid(),
        name=name,
        utm=f"utm_campaign={name}",
        created_at=created_at,
        starts_at=created_at + 10 * DAY,
        ends_at=ended if chance.happens(0.2) else None,
        budget=1_000 * (2 + weight),
        monthly=90 * weight,
        raised_at=soon(clock, chance, 1) if name == RAISED else None,
    )
