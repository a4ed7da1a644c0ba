"""Two sheets of the finance people: what was planned, and what each campaign cost.

`budgets.csv` begins with a byte order mark, `campaign_spend.csv` has semicolons. Of the running
month, the spend is what has come together so far.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from demo.company.business import Business
from demo.company.campaigns import MarketingCampaign
from demo.company.chance import Chance
from demo.company.clock import Clock
from demo.company.files import write_text
from demo.company.people import Account
from demo.company.settings import Settings
from demo.company.sheets import Sheet

MARK = "\ufeff"
MISSING = 5  # every fifth month nobody has planned anything
TOTAL = "Total (ask Marta)"


@dataclass
class Finance:
    """Both sheets as they stand now."""

    settings: Settings
    accounts: list[Account]
    business: Business
    campaigns: list[MarketingCampaign]
    budgets: Sheet = field(init=False)
    spend: Sheet = field(init=False)

    def __post_init__(self) -> None:
        """Write line after line."""
        clock, seed = self.settings.clock, self.settings.seed
        self.budgets = self._budgets(clock, Chance(seed, "budgets"))
        self.spend = self._spend(clock, Chance(seed, "spend"))

    def write(self, directory: Path) -> None:
        """`budgets.csv` and `campaign_spend.csv`."""
        budgets, spend = self.budgets.lines, self.spend.lines
        write_text(directory / "budgets.csv", MARK + "\r\n".join(budgets) + "\r\n")
        write_text(directory / "campaign_spend.csv", "\n".join(spend) + "\n")

    def truth(self) -> dict[str, Any]:
        """What both say."""
        return {"budgets": self.budgets.truth(), "campaign_spend": self.spend.truth()}

    def _budgets(self, clock: Clock, chance: Chance) -> Sheet:
        sheet = Sheet(("month", "metric", "amount"), ",")
        months = list(enumerate(clock.month_keys()))
        for number, key in months:
            if number == min(1, len(months) - 1):
                sheet.repeat_header()
            amounts = list(self._planned(number, clock, chance))
            if number % MISSING != MISSING - 1:
                for way, (metric, amount) in enumerate(amounts, start=number):
                    sheet.put((key, metric), amount, way)
        key = months[0][1]
        sheet.leave_empty()
        sheet.scribble("see other tab,,")
        sheet.put((key, "mrr_eur"), Decimal(1_250), way=1)
        return sheet

    def _planned(self, month: int, clock: Clock, chance: Chance) -> Iterator[tuple[str, Decimal]]:
        """Not far from what comes true, rounded as people do."""
        at = clock.month_starts(month + 1)
        day = min(clock.days - 1, clock.day_of(at))
        active = sum(one.active_from <= day < one.active_until for one in self.accounts)
        running = (
            term.agreed.seats * term.agreed.month_price
            for term in self.business.terms
            if term.starts_at <= at < (term.end or at + 1) and not term.agreed.is_trial
        )
        for metric, amount in (("active_users", Decimal(active)), ("mrr_eur", sum(running))):
            guess = float(amount) * (0.85 + 0.4 * chance.random())
            yield metric, Decimal(max(10, round(guess / 10) * 10))

    def _spend(self, clock: Clock, chance: Chance) -> Sheet:
        sheet = Sheet(("month", "campaign_id", "spend_eur"), ";")
        months = clock.month_keys()
        for number, key in enumerate(months):
            begins, ends = clock.month_starts(number), clock.month_starts(number + 1)
            part = Decimal(min(clock.now, ends) - begins) / Decimal(ends - begins)
            for way, one in enumerate(self.campaigns, start=number):
                whole = one.spend(number, clock, chance)
                if whole:
                    sheet.put((key, one.id), (whole * part).quantize(Decimal("0.01")), way)
            if number == 0:
                sheet.put((key, self.campaigns[0].id), Decimal(900), way=2)
                sheet.leave_empty()
                sheet.scribble(f"{TOTAL};;1,250")
                sheet.repeat_header()
        return sheet
