"""Visitors come to the website, some through a campaign; a few sign up at the end of a visit.

What accounts do there is planned ahead. Visitors who never sign up, four of five, are made up when
they come.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from demo.company.browsers import Browser, browser
from demo.company.chance import Chance
from demo.company.clock import MINUTE, SECOND, Clock, off_the_hour
from demo.company.collector import Collector
from demo.company.names import Campaign
from demo.company.payload import (
    SITE,
    campaign_context,
    compact,
    identify,
    page,
    seen_page,
    session,
    track,
)
from demo.company.people import Account
from demo.company.visits import Visits
from demo.company.website import FOLLOWED, PAGES, REFERRERS

SOURCE = "2fTqVh0sJw8ExB5rKd2MzCyN6Ut"
STRANGERS = 4  # visitors who never sign up, for each who does


@dataclass(slots=True)
class Visit:
    """One browser on the website for up to an hour; a sign-up is the last thing in its visit."""

    at: int
    browser: Browser
    signs_up: Account | None = None
    is_strangers: bool = False


class Site:
    """The website, day by day."""

    def __init__(
        self,
        accounts: list[Account],
        clock: Clock,
        chance: Chance,
        collector: Collector,
        visits: Visits,
    ) -> None:
        self._clock = clock
        self._chance = chance
        self._collector = collector
        self._visits = visits
        self._agenda: defaultdict[int, list[Visit]] = defaultdict(list)
        for account in accounts:
            for visit in self._visits_of(account):
                self._agenda[clock.day_of(visit.at)].append(visit)
        known = {visit.browser.anonymous_id for visits in self._agenda.values() for visit in visits}
        self._expected_strangers = STRANGERS * len(known)
        self._invited = 0
        self.strangers = 0  # how many browsers were seen in which nobody ever identifies

    def demand(self) -> list[float]:
        """How many people come on each day, in no particular unit."""
        days = self._clock.days
        return [self._clock.busy(day) * (0.7 + 0.6 * day / days) for day in range(days)]

    def tell(self, day: int, known: float, budget: int) -> int:
        """About as many events of one day; says how many.

        `known` is the part of all strangers who have come by its end.
        """
        self._invite(day, round(self._expected_strangers * known))
        visits = sorted(self._agenda.pop(day, []), key=lambda visit: visit.at)
        spare = budget - len(visits) - sum(visit.signs_up is not None for visit in visits)
        told = 0
        for left, visit in zip(range(len(visits), 0, -1), visits, strict=True):
            more = max(
                0, int(spare / left * (1 if left == 1 else 0.3 + 1.4 * self._chance.random()))
            )
            spare -= more
            told += self._visit(visit, 1 + more)
        return told

    def _visits_of(self, account: Account) -> Iterator[Visit]:
        """Before signing up, to sign up, anonymously on a second device, as a customer."""
        chance, clock = self._chance, self._clock
        if account.came_by == "invitation":
            return
        days: list[tuple[int, Browser]] = []
        if account.came_by == "website":
            day, first = clock.day_of(account.signed_up_at), account.browsers[0][1]
            yield Visit(account.signed_up_at, first, signs_up=account)
            days += [(day - 1 - chance.below(25), first) for _ in range(chance.below(4))]
        days += [
            (since - 1 - chance.below(10), other)
            for since, other in account.browsers[1:]
            if chance.happens(0.5)
        ]
        if chance.happens(0.2):
            days.append((account.active_from + chance.below(200), account.browsers[0][1]))
        for day, other in days:
            if 0 <= day < clock.days:
                yield Visit(clock.at_work(day, chance), other)

    def _invite(self, day: int, until_now: int) -> None:
        """Strangers come, and some of them come again."""
        chance, clock = self._chance, self._clock
        for _ in range(until_now - self._invited):
            stranger = browser(chance)
            self._agenda[day].append(_strangers(clock.at_work(day, chance), stranger))
            again = day + 1 + chance.below(30)
            while again < clock.days and chance.happens(0.3):
                self._agenda[again].append(_strangers(clock.at_work(again, chance), stranger))
                again += 1 + chance.below(30)
        self._invited = max(self._invited, until_now)

    def _visit(self, visit: Visit, count: int) -> int:
        chance, seen = self._chance, visit.browser
        gap = min(90 * SECOND, 50 * MINUTE // count)
        start = visit.at - gap * count if visit.signs_up else visit.at
        campaign = chance.pick(FOLLOWED) if seen.account is None and chance.happens(0.4) else None
        known = self._browse(seen, start, gap, count, campaign)
        if known and not seen.visited:
            seen.visited = True
            self.strangers += visit.is_strangers
        if visit.signs_up:
            self._sign_up(visit.signs_up, seen)
        return count + (visit.signs_up is not None)

    def _browse(
        self, seen: Browser, start: int, gap: int, count: int, campaign: Campaign | None
    ) -> int:
        """Look around; says how many of these events are known by now."""
        chance, head = self._chance, session(seen, start)
        seen_at: list[int] = []
        landed = False
        for number in range(count):
            at = off_the_hour(start + number * gap + chance.below(gap * 4 // 5))
            if number and chance.happens(0.06):
                known_at = self._click(head, seen, at)
            else:
                known_at = self._look(head, seen, at, None if number else campaign, not number)
            if known_at is not None:
                seen_at.append(known_at)
                landed = landed or number == 0
        if seen_at:
            followed = campaign.name if campaign and landed else None
            self._visits.seen(seen.anonymous_id, min(seen_at), followed, len(seen_at))
        return len(seen_at)

    def _look(
        self, head: str, seen: Browser, at: int, campaign: Campaign | None, landing: bool
    ) -> int | None:
        chance = self._chance
        path, title = chance.pick(PAGES)
        referrer = chance.pick(REFERRERS) if landing else f"{SITE}/"
        shown = seen_page(SITE, path, title, referrer, campaign)
        body = page(
            head, chance.uuid(), title, shown, campaign_context(campaign) if campaign else ""
        )
        return self._collector.emit("page", body, at, seen.ip)

    def _click(self, head: str, seen: Browser, at: int) -> int | None:
        event = "demo_requested" if self._chance.happens(0.15) else "cta_clicked"
        path, title = self._chance.pick(PAGES)
        shown = seen_page(SITE, path, title, f"{SITE}/")
        body = track(
            head, self._chance.uuid(), event, shown, compact({"label": title, "position": "header"})
        )
        return self._collector.emit(event, body, at, seen.ip)

    def _sign_up(self, account: Account, seen: Browser) -> None:
        """The moment of the sign-up is the one that the backend has."""
        seen.identify(account)
        head, shown = (
            session(seen, account.signed_up_at),
            seen_page(SITE, "/sign-up", "Sign up", f"{SITE}/pricing"),
        )
        body = identify(head, self._chance.uuid(), shown, account)
        known_at = self._collector.deliver("identify", body, account.signed_up_at, seen.ip)
        self._visits.identified(seen.anonymous_id, account, known_at)


def _strangers(at: int, browser: Browser) -> Visit:
    return Visit(at, browser, is_strangers=True)
