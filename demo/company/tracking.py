"""The events of the website and the product, told day by day and written as they are told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from demo.company import product, site
from demo.company.activity import Activity
from demo.company.chance import Chance
from demo.company.collector import Collector
from demo.company.flaws import IN_PRODUCT, ON_WEBSITE, Flaw, Plan
from demo.company.people import Account, known
from demo.company.settings import Settings
from demo.company.truth import by_month, of_source, web_users
from demo.company.visits import Visits, record

ON_THE_WEBSITE = 0.25  # of all events


@dataclass
class Tracking:
    """What is tracked of the company, in a directory."""

    settings: Settings
    accounts: list[Account]
    directory: Path

    def write(self, progress: Callable[[float], None]) -> dict[str, Any]:
        """Exactly `settings.events` different events up to the first day on which one looks.

        Nothing of them is kept in memory; says what was told.
        """
        truth = self.directory / "truth"
        with (
            record(truth) as visits,
            (truth / "activity.jsonl").open("w", encoding="utf-8") as activity,
        ):
            self._gather(visits, Activity(self.settings.clock, activity))
            self._tell(progress)
        return self._truth()

    def _gather(self, visits: Visits, activity: Activity) -> None:
        """Both sources and whoever uses them."""
        clock, self._activity = self.settings.clock, activity
        self._website = self._collector(site.SOURCE, ON_WEBSITE)
        self._app = self._collector(product.SOURCE, IN_PRODUCT)
        self._site = site.Site(self.accounts, clock, self._dice("site"), self._website, visits)
        self._product = product.Product(
            self.accounts, clock, self._dice("product"), self._app, activity, visits
        )

    def _tell(self, progress: Callable[[float], None]) -> None:
        days, first = self.settings.clock.days_known, self.settings.clock.days_at_first
        visited, used = _parts(self._site.demand(), first), _parts(self._product.demand(), first)
        events, on_website = self.settings.events, round(self.settings.events * ON_THE_WEBSITE)
        seen = told = 0
        for day in range(days):
            self._open(day)
            come = visited[day] / visited[-1]
            more = self._site.tell(day, come, round(on_website * visited[day]) - seen)
            seen, told = seen + more, told + more
            by_now = round(on_website * visited[day]) + round((events - on_website) * used[day])
            told += self._product.tell(day, by_now - told)
            self._close()
            progress((day + 1) / days)

    def _truth(self) -> dict[str, Any]:
        clock = self.settings.clock
        users = {month: self._activity.users(month) for month in range(len(clock.month_keys()))}
        return {
            "sources": {
                site.SOURCE: of_source(self._website.truth),
                product.SOURCE: of_source(self._app.truth),
            },
            "active_users": by_month(clock, users),
            "qualifying_events": by_month(clock, self._activity.events),
            "web_users": web_users(known(self.accounts, clock.now), self._site.strangers),
        }

    def _open(self, day: int) -> None:
        for source in (self._website, self._app):
            source.open(day)

    def _close(self) -> None:
        for source in (self._website, self._app):
            source.close()
        self._activity.write()

    def _dice(self, part: str) -> Chance:
        return Chance(self.settings.seed, part)

    def _collector(self, source: str, one_of: Mapping[Flaw, int]) -> Collector:
        plan = Plan(self._dice(f"flaws of {source}"), one_of)
        return Collector(
            self.directory, source, self.settings.clock, plan, self._dice(f"way of {source}")
        )


def _parts(demand: list[float], days: int) -> list[float]:
    """For each day, how much of the demand of the first days is met by its end; 1 on the last."""
    sums = list(accumulate(demand))
    return [until_now / sums[days - 1] for until_now in sums]
