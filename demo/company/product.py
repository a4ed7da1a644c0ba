"""Teachers sit down with the product: they open the app, and most do something that counts."""

from dataclasses import dataclass
from itertools import accumulate

from demo.company import sittings
from demo.company.activity import Activity
from demo.company.browsers import Browser
from demo.company.chance import Chance
from demo.company.clock import MINUTE, SECOND, Clock, off_the_hour
from demo.company.collector import Collector
from demo.company.payload import identify, session, track
from demo.company.people import Account
from demo.company.visits import Visits

SOURCE = "2fTqWmXbR7cLkN4vHs9ZpYdJ3Ga"
AT_ONCE = 100


@dataclass
class Product:
    """The app, day by day."""

    accounts: list[Account]
    clock: Clock
    chance: Chance
    collector: Collector
    activity: Activity
    visits: Visits

    def __post_init__(self) -> None:
        """Prepare what its events say."""
        self._properties = sittings.properties(self.chance)

    def demand(self) -> list[float]:
        """How much is done on each day, in no particular unit."""
        changes = [0.0] * (self.clock.days + 1)
        for account in self.accounts:
            if account.active_from < account.active_until:
                changes[account.active_from] += account.weight
                changes[account.active_until] -= account.weight
        weights = accumulate(changes[:-1])
        return [weight * self.clock.busy(day) for day, weight in enumerate(weights)]

    def tell(self, day: int, budget: int) -> int:
        """Exactly so many events of one day, or none where there are more than enough."""
        active = [one for one in self.accounts if one.active_from <= day < one.active_until]
        weights = list(accumulate(account.weight for account in active))
        told = 0
        while told < budget:
            for account in self.chance.choices(active, cum_weights=weights, k=AT_ONCE):
                if told < budget:
                    told += self._sitting(account, day, budget - told)
        return told

    def _sitting(self, account: Account, day: int, budget: int) -> int:
        """One account at one browser for up to an hour; says how many events that made."""
        chance, emit = self.chance, self.collector.emit
        counted: list[int] = []
        at = self.clock.at_work(day, chance)
        browser = self._browser(account, day)
        told = self._log_in(account, browser, at)
        choice = sittings.LOOKS if account.only_looks else sittings.SITTINGS
        events = chance.pick(choice)[: budget - told]
        head = session(browser, at)
        for event in events:
            at = off_the_hour(at + 5 * SECOND + chance.below(6 * MINUTE))
            properties = chance.pick(self._properties[event])
            body = track(head, chance.uuid(), event, sittings.PAGES[event], properties)
            known_at = emit(event, body, at, browser.ip)
            if known_at is not None and event in sittings.QUALIFYING:
                counted.append(known_at)
        if counted:
            self.activity.add(account, counted)
        return told + len(events)

    def _browser(self, account: Account, day: int) -> Browser:
        """Mostly the first one; a later one, or a colleague's, from its day on."""
        if account.borrowed and account.borrowed[0] <= day and self.chance.happens(0.3):
            return account.borrowed[1]
        if len(account.browsers) > 1 and self.chance.happens(0.4):
            since, other = self.chance.pick(account.browsers)
            if since <= day:
                return other
        return account.browsers[0][1]

    def _log_in(self, account: Account, browser: Browser, at: int) -> int:
        """Identify where somebody else did last, or nobody yet."""
        if browser.account is account:
            return 0
        browser.identify(account)
        message_id = self.chance.uuid()
        body = identify(session(browser, at), message_id, sittings.LOG_IN, account)
        at = off_the_hour(at)
        known_at = self.collector.deliver("identify", body, at, browser.ip)
        self.visits.identified(browser.anonymous_id, account, known_at)
        return 1
