"""What really happened, counted while it was told, for tests to compare."""

from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from typing import Any

from demo.company.clock import Clock, iso
from demo.company.people import Account
from demo.company.settings import Settings


@dataclass
class SourceTruth:
    """One source of events; an event that arrived twice is one event and two lines."""

    files: int = 0
    files_out_of_order: int = 0
    lines: int = 0
    events: Counter[str] = field(default_factory=Counter)  # by name of a track, else by type
    flaws: Counter[str] = field(default_factory=Counter)


@dataclass
class Activity:
    """Who did something that counts, in which of London's months."""

    events: Counter[int] = field(default_factory=Counter)
    _months: defaultdict[str, int] = field(
        default_factory=lambda: defaultdict(int)
    )  # a bit for each month

    def add(self, account: Account, month: int) -> None:
        """One qualifying event of an account."""
        self.events[month] += 1
        self._months[account.id] |= 1 << month

    def users(self, month: int) -> int:
        """Distinct accounts with a qualifying event in a month."""
        return sum(months >> month & 1 for months in self._months.values())


def by_month(clock: Clock, counts: dict[int, int] | Counter[int]) -> dict[str, int]:
    """Every month that has begun, those without anything too."""
    return {key: counts.get(month, 0) for month, key in enumerate(clock.month_keys())}


def of_source(source: SourceTruth) -> dict[str, Any]:
    """A source's counts, the names in alphabetical order."""
    return asdict(source) | {
        "events": dict(sorted(source.events.items())),
        "flaws": dict(sorted(source.flaws.items())),
    }


def web_users(accounts: list[Account], strangers: int) -> dict[str, int]:
    """Browsers on the website, and whose they turned out to be.

    A shared one belongs to whoever identified first.
    """
    browsers = [browser for account in accounts for _, browser in account.browsers]
    visited = [browser for browser in browsers if browser.visited]
    owners = Counter(browser.owner.id for browser in visited if browser.owner)
    return {
        "seen": strangers + len(visited),
        "never_identified": strangers + len(visited) - owners.total(),
        "identified": owners.total(),
        "accounts": len(owners),
        "accounts_with_several": sum(count > 1 for count in owners.values()),
        "shared_by_two_accounts": sum(browser.is_shared for browser in browsers),
        "identified_but_never_seen": sum(not b.visited and b.owner is not None for b in browsers),
        "accounts_without": len(accounts) - len(owners),
    }


def of_company(settings: Settings, accounts: list[Account]) -> dict[str, Any]:
    """Who the company is, and who signed up since its first month."""
    clock = settings.clock
    came = Counter(account.came_by for account in accounts)
    new = [account.signed_up_at for account in accounts if account.signed_up_at >= clock.start]
    return {
        "seed": settings.seed,
        "teachers": settings.teachers,
        "months": settings.months,
        "events": settings.events,
        "from": iso(clock.start),
        "until": iso(clock.end),
        "accounts": {
            "all": len(accounts),
            "deleted": sum(account.deleted_at is not None for account in accounts),
            "verified": sum(account.verified_at is not None for account in accounts),
            "came_by": dict(sorted(came.items())),
            "signed_up": by_month(clock, Counter(map(clock.month_of, new))),
        },
    }
