"""What really happened, counted while it was told, for tests to compare."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from demo.company.clock import Clock, iso
from demo.company.people import Account, known
from demo.company.settings import Settings


@dataclass
class SourceTruth:
    """One source of events; an event that arrived twice is one event and two lines."""

    files: int = 0
    files_out_of_order: int = 0
    lines: int = 0
    events: Counter[str] = field(default_factory=Counter)  # by name of a track, else by type
    flaws: Counter[str] = field(default_factory=Counter)


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
    clock, now = settings.clock, settings.clock.now
    return {
        "seed": settings.seed,
        "teachers": settings.teachers,
        "months": settings.months,
        "events": settings.events,
        "schools": settings.school_count,
        "horizon": settings.horizon,
        "lived": settings.lived,
        "from": iso(clock.start),
        "until": iso(now),
        "accounts": _of_accounts(clock, known(accounts, now)),
    }


def _of_accounts(clock: Clock, accounts: list[Account]) -> dict[str, Any]:
    came = Counter(account.came_by for account in accounts)
    new = [account.signed_up_at for account in accounts if account.signed_up_at >= clock.start]
    verified = [one.verified_at for one in accounts if one.verified_at is not None]
    return {
        "all": len(accounts),
        "deleted": sum(not account.is_live(clock.now) for account in accounts),
        "verified": sum(at < clock.now for at in verified),
        "came_by": dict(sorted(came.items())),
        "signed_up": by_month(clock, Counter(map(clock.month_of, new))),
    }
