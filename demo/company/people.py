"""People sign up, use the product for a while and leave; some have several browsers, some share one.

The backend knows their accounts. What a browser has seen and who identified in it changes while events are told.
"""

import unicodedata
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Literal

from demo.company import names
from demo.company.browsers import Browser, browser
from demo.company.chance import Chance
from demo.company.clock import DAY, HOUR, MINUTE, Clock
from demo.company.settings import Settings

OTHER_PEOPLE = 0.1  # school leaders and office staff, on top of the teachers
BEFORE, INVITED = 0.2, 0.12  # signed up before the first month; came without a visit to the website
NEVER_START, ONLY_LOOK = 0.12, 0.08
DELETED = 0.02
SHARED = 0.015


@dataclass(slots=True, eq=False)
class Account:
    """Somebody who has signed up, with the moments in milliseconds and the days of the company's clock."""

    id: str
    email: str
    full_name: str
    country: str
    is_teacher: bool
    came_by: Literal["website", "invitation", "before"]
    signed_up_at: int
    verified_at: int | None
    updated_at: int
    active_from: int
    active_until: int
    weight: float  # how much somebody does, 1 being usual
    only_looks: bool  # opens the app, and does nothing in it that counts
    deleted_at: int | None = None
    browsers: list[tuple[int, Browser]] = field(default_factory=list)  # each from a day on
    borrowed: tuple[int, Browser] | None = None  # a colleague's


def found(settings: Settings) -> list[Account]:
    """Everybody who ever signed up, teachers first; the first of them never leaves."""
    chance = Chance(settings.seed, "people")
    clock = settings.clock
    count = settings.teachers + round(settings.teachers * OTHER_PEOPLE)
    days = chance.choices(range(clock.days), cum_weights=_sign_ups_by_day(clock), k=count)
    taken: set[str] = set()
    accounts = []
    for number, day in enumerate(days):
        share = 0 if number == 0 else chance.random()
        account = _account(chance, clock, _origin(share), day, taken)
        account.is_teacher = number < settings.teachers
        accounts.append(account)
    _let_stay(accounts[0], clock)
    _delete_some(accounts, chance, clock)
    _share_some(accounts, chance, clock)
    return accounts


def _sign_ups_by_day(clock: Clock) -> list[float]:
    return list(accumulate(clock.busy(day) * (0.6 + 0.8 * day / clock.days) for day in range(clock.days)))


def _origin(share: float) -> Literal["website", "invitation", "before"]:
    if share < BEFORE:
        return "before"
    return "invitation" if share < BEFORE + INVITED else "website"


def _account(
    chance: Chance, clock: Clock, came_by: Literal["website", "invitation", "before"], day: int, taken: set[str]
) -> Account:
    older = came_by == "before"
    signed_up_at = clock.start - HOUR - chance.below(540 * DAY) if older else clock.at_work(day, chance)
    verified_at = signed_up_at + int(chance.around(4 * MINUTE, 1.5)) if chance.happens(0.94) else None
    if verified_at is not None and verified_at >= clock.end:
        verified_at = None
    first = clock.day_of(signed_up_at) + 1
    stays = 0 if chance.happens(NEVER_START) else 1 + int(chance.expovariate(1 / 420))
    name = f"{chance.pick(names.FIRST_NAMES)} {chance.pick(names.LAST_NAMES)}"
    account = Account(
        id=chance.uuid(),
        email=_address(name, chance, taken),
        full_name=name,
        country=chance.pick(names.COUNTRIES),
        is_teacher=True,
        came_by=came_by,
        signed_up_at=signed_up_at,
        verified_at=verified_at,
        updated_at=verified_at or signed_up_at,
        active_from=max(first, 0),
        active_until=min(first + stays, clock.days),
        weight=min(chance.around(1, 0.8), 6),
        only_looks=chance.happens(ONLY_LOOK),
    )
    if chance.happens(0.3):  # somebody edits their profile
        account.updated_at += chance.below(clock.end - account.updated_at)
    account.browsers = _own_browsers(account, chance, clock)
    return account


def _address(name: str, chance: Chance, taken: set[str]) -> str:
    """An e-mail address that nobody has, whatever its case; a few people write theirs with capitals."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().replace("'", "")
    domain = chance.pick(names.FREE_MAIL_DOMAINS if chance.happens(0.2) else names.SCHOOL_DOMAINS)
    local, number = plain.replace(" ", "."), 1
    while f"{local}@{domain}".lower() in taken:
        number += 1
        local = f"{plain.replace(' ', '.')}{number}"
    taken.add(f"{local}@{domain}".lower())
    return f"{local if chance.happens(0.06) else local.lower()}@{domain}"


def _own_browsers(account: Account, chance: Chance, clock: Clock) -> list[tuple[int, Browser]]:
    count = chance.pick((1, 1, 1, 1, 1, 1, 1, 2, 2, 3))
    later = [account.active_from + 2 + chance.below(150) for _ in range(count - 1)]
    days = [account.active_from, *sorted(day for day in later if day < clock.days)]
    return [(day, browser(chance)) for day in days]


def _let_stay(account: Account, clock: Clock) -> None:
    """Make sure that there is somebody to do something on every day."""
    account.active_until, account.weight, account.only_looks = clock.days, 1.0, False


def _delete_some(accounts: list[Account], chance: Chance, clock: Clock) -> None:
    """Some accounts are deleted softly; now and then the same person signs up again, with the same address."""
    old = [account for account in accounts[1:] if account.signed_up_at < clock.end - 30 * DAY]
    gone = chance.sample(old, min(len(old), max(3, round(len(accounts) * DELETED))))
    for number, account in enumerate(gone):
        earliest = max(account.signed_up_at, clock.start) + 2 * DAY
        account.deleted_at = account.updated_at = earliest + chance.below(clock.end - DAY - earliest)
        account.active_until = min(account.active_until, clock.day_of(account.deleted_at))
        if number % 3 == 0:
            _return(account, accounts, gone)


def _return(account: Account, accounts: list[Account], gone: list[Account]) -> None:
    for other in accounts[1:]:
        if other.signed_up_at > (account.deleted_at or 0) + DAY and other not in gone:
            other.email, other.full_name = account.email.lower(), account.full_name
            return


def _share_some(accounts: list[Account], chance: Chance, clock: Clock) -> None:
    """A colleague logs in on somebody's browser, days after its owner did."""
    hosts = [account for account in accounts if account.came_by == "website"]
    for host in chance.sample(hosts, min(len(hosts), max(2, round(len(accounts) * SHARED)))):
        guest = chance.pick(accounts)
        day = max(host.active_from, guest.active_from) + 3
        if guest is not host and day < guest.active_until:
            guest.borrowed = day, host.browsers[0][1]
