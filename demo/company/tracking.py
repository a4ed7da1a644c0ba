"""The events of the website and the product, told day by day and written as they are told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any

from demo.company import product, site
from demo.company.chance import Chance
from demo.company.collector import Collector
from demo.company.flaws import IN_PRODUCT, ON_WEBSITE, Flaw, Plan
from demo.company.people import Account
from demo.company.settings import Settings
from demo.company.truth import Activity, by_month, of_source, web_users

ON_THE_WEBSITE = 0.25  # of all events


@dataclass
class Tracking:
    """What is tracked of the company, in a directory."""

    settings: Settings
    accounts: list[Account]
    directory: Path
    _activity: Activity = field(default_factory=Activity)

    def __post_init__(self) -> None:
        """Make both sources and whoever uses them."""
        clock = self.settings.clock
        self._website = self._collector(site.SOURCE, ON_WEBSITE)
        self._app = self._collector(product.SOURCE, IN_PRODUCT)
        self._site = site.Site(self.accounts, clock, self._dice("site"), self._website)
        self._product = product.Product(
            self.accounts, clock, self._dice("product"), self._app, self._activity
        )

    def write(self, progress: Callable[[float], None]) -> None:
        """Exactly `settings.events` different events, nothing of them kept in memory."""
        days, events = self.settings.clock.days, self.settings.events
        visited, used = _parts(self._site.demand()), _parts(self._product.demand())
        on_website = round(events * ON_THE_WEBSITE)
        seen = told = 0
        for day in range(days):
            self._open(day)
            more = self._site.tell(day, visited[day], round(on_website * visited[day]) - seen)
            seen, told = seen + more, told + more
            by_now = round(on_website * visited[day]) + round((events - on_website) * used[day])
            told += self._product.tell(day, by_now - told)
            self._close()
            progress((day + 1) / days)

    def truth(self) -> dict[str, Any]:
        """What was told."""
        clock = self.settings.clock
        users = {month: self._activity.users(month) for month in range(len(clock.month_keys()))}
        return {
            "sources": {
                site.SOURCE: of_source(self._website.truth),
                product.SOURCE: of_source(self._app.truth),
            },
            "active_users": by_month(clock, users),
            "qualifying_events": by_month(clock, self._activity.events),
            "web_users": web_users(self.accounts, self._site.strangers),
        }

    def _open(self, day: int) -> None:
        for source in (self._website, self._app):
            source.open(day)

    def _close(self) -> None:
        for source in (self._website, self._app):
            source.close()

    def _dice(self, part: str) -> Chance:
        return Chance(self.settings.seed, part)

    def _collector(self, source: str, one_of: Mapping[Flaw, int]) -> Collector:
        plan = Plan(self._dice(f"flaws of {source}"), one_of)
        return Collector(
            self.directory, source, self.settings.clock, plan, self._dice(f"way of {source}")
        )


def _parts(demand: list[float]) -> list[float]:
    """For each day, the part of the whole demand that is met by its end; 1 on the last."""
    sums = list(accumulate(demand))
    return [until_now / sums[-1] for until_now in sums]
