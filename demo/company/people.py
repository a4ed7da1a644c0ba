"""People sign up, use the product for a while and leave; some use several browsers, some share one.

The backend knows their accounts. What a browser has seen changes while events are told.
"""

from dataclasses import dataclass, field
from itertools import accumulate
from typing import Literal

from demo.company import names
from demo.company.addresses import Addresses
from demo.company.browsers import Browser, browser
from demo.company.chance import Chance
from demo.company.clock import DAY, HOUR, MINUTE, Clock
from demo.company.settings import Settings

CameBy = Literal["website", "invitation", "before"]

OTHER_PEOPLE = 0.1  # school leaders and office staff, on top of the teachers
BEFORE = 0.2  # signed up before the first month
INVITED = 0.12  # by a colleague, without a visit to the website
VERIFIED, EDITS_PROFILE = 0.94, 0.3
NEVER_START, ONLY_LOOK = 0.12, 0.08
STAYS_DAYS = 420  # on average
DELETED, SHARED = 0.02, 0.015
ASKED = 10  # colleagues, until one is there for another three weeks


@dataclass(slots=True, eq=False)
class Account:
    """Somebody who has signed up; moments in milliseconds, days of the company's clock."""

    id: str
    email: str
    full_name: str
    country: str
    is_teacher: bool
    came_by: CameBy
    signed_up_at: int
    weight: float  # how much somebody does, 1 being usual
    only_looks: bool  # opens the app, and does nothing in it that counts
    verified_at: int | None = None
    edited_at: int | None = None
    deleted_at: int | None = None
    active_from: int = 0
    active_until: int = 0
    browsers: list[tuple[int, Browser]] = field(default_factory=list)  # each from a day on
    borrowed: tuple[int, Browser] | None = None  # a colleague's

    def is_live(self, now: int) -> bool:
        """Has signed up, and is not deleted, by that moment."""
        return self.signed_up_at < now and (self.deleted_at is None or self.deleted_at >= now)


def known(accounts: list[Account], now: int) -> list[Account]:
    """Those who have signed up by a moment."""
    return [account for account in accounts if account.signed_up_at < now]


def found(settings: Settings) -> list[Account]:
    """Everybody who ever signed up, teachers first; the first of them never leaves."""
    chance, clock = Chance(settings.seed, "people"), settings.clock
    count = settings.teachers + round(settings.teachers * OTHER_PEOPLE)
    days = chance.choices(range(clock.days), cum_weights=_sign_ups_by_day(clock), k=count)
    addresses = Addresses(chance)
    accounts: list[Account] = []
    for number, day in enumerate(days):
        came_by = _way(0 if number == 0 else chance.random())
        account = _sign_up(chance, clock, came_by, day, addresses)
        account.is_teacher = number < settings.teachers
        _use(account, chance, clock)
        accounts.append(account)
    first = accounts[0]
    first.active_until, first.weight, first.only_looks = clock.days, 1.0, False
    _delete_some(accounts, chance, clock)
    _share_some(accounts, chance)
    return accounts


def _sign_ups_by_day(clock: Clock) -> list[float]:
    days = range(clock.days)
    return list(accumulate(clock.busy(day) * (0.6 + 0.8 * day / clock.days) for day in days))


def _way(share: float) -> CameBy:
    if share < BEFORE:
        return "before"
    return "invitation" if share < BEFORE + INVITED else "website"


def _sign_up(
    chance: Chance, clock: Clock, came_by: CameBy, day: int, addresses: Addresses
) -> Account:
    earlier = clock.start - HOUR - chance.below(540 * DAY)
    signed_up_at = earlier if came_by == "before" else clock.at_work(day, chance)
    name = f"{chance.pick(names.FIRST_NAMES)} {chance.pick(names.LAST_NAMES)}"
    return Account(
        id=chance.uuid(),
        email=addresses.of(name),
        full_name=name,
        country=chance.pick(names.COUNTRIES),
        is_teacher=True,
        came_by=came_by,
        signed_up_at=signed_up_at,
        weight=min(chance.around(1, 0.8), 6),
        only_looks=chance.happens(ONLY_LOOK),
    )


def _use(account: Account, chance: Chance, clock: Clock) -> None:
    """Verify the address, use the product for a while, edit the profile."""
    verified_at = account.signed_up_at + int(chance.around(4 * MINUTE, 1.5))
    if chance.happens(VERIFIED) and verified_at < clock.end:
        account.verified_at = verified_at
    if chance.happens(EDITS_PROFILE):
        settled = account.verified_at or account.signed_up_at
        account.edited_at = settled + chance.below(clock.end - settled)
    first = clock.day_of(account.signed_up_at) + 1
    stays = 0 if chance.happens(NEVER_START) else 1 + int(chance.expovariate(1 / STAYS_DAYS))
    account.active_from = max(first, 0)
    account.active_until = min(first + stays, clock.days)
    more = chance.pick((0, 0, 0, 0, 0, 0, 0, 1, 1, 2))
    days = sorted(account.active_from + 2 + chance.below(150) for _ in range(more))
    own = [account.active_from, *(day for day in days if day < clock.days)]
    account.browsers = [(day, browser(chance)) for day in own]


def _delete_some(accounts: list[Account], chance: Chance, clock: Clock) -> None:
    """Some accounts are deleted softly; every third of these people signs up again."""
    old = [one for one in accounts[1:] if one.signed_up_at < clock.end - 20 * DAY]
    gone = chance.sample(old, min(len(old), max(3, round(len(accounts) * DELETED))))
    for account in gone:
        earliest = max(account.signed_up_at, clock.start) + 2 * DAY
        deleted_at = earliest + chance.below(clock.end - DAY - earliest)
        account.deleted_at = deleted_at
        if account.edited_at and account.edited_at > deleted_at:
            account.edited_at = None
        account.active_until = min(account.active_until, clock.day_of(deleted_at))
    others = [one for one in accounts[1:] if one.deleted_at is None]
    for account in gone[::3]:
        _return(account, others)


def _return(gone: Account, others: list[Account]) -> None:
    """Of the later accounts, one is the same person's, with the same address."""
    for other in others:
        if other.signed_up_at > (gone.deleted_at or 0) + DAY:
            other.email, other.full_name = gone.email.lower(), gone.full_name
            others.remove(other)
            return


def _share_some(accounts: list[Account], chance: Chance) -> None:
    """A colleague logs in on somebody's browser, days after its owner did."""
    hosts = [account for account in accounts if account.came_by == "website"]
    for host in chance.sample(hosts, min(len(hosts), max(3, round(len(accounts) * SHARED)))):
        for guest in chance.choices(accounts, k=ASKED):
            day = max(host.active_from, guest.active_from) + 3
            if guest is not host and day + 20 < guest.active_until and guest.borrowed is None:
                guest.borrowed = day, host.browsers[0][1]
                break
