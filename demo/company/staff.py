"""Where people work: mostly at one school, some at two, some at none; and some move on."""

from dataclasses import dataclass
from itertools import accumulate

from demo.company.chance import Chance
from demo.company.clock import DAY, HOUR, MINUTE, SECOND, Clock
from demo.company.customers import Organisation, School, soon
from demo.company.people import Account
from demo.company.settings import Settings

MOVES, AT_TWO, WAS_THERE = 0.08, 0.03, 0.2
TEACHERS_WITHOUT, OTHERS_WITHOUT = 0.05, 0.35
MOVER, AT_TWO_SCHOOLS = 1, 2  # these teachers always show what happens
EARLIEST = 400 * DAY  # how long before the sign-up somebody came to a school


@dataclass(slots=True, eq=False)
class Membership:
    """One person at one school for a while."""

    account: Account
    school: School
    role: str
    started_at: int
    recorded_at: int  # when the product learnt of it
    ended_at: int | None = None
    id: int = 0
    gone_at: int | None = None  # its row was removed: it was never true


def employ(
    settings: Settings, accounts: list[Account], customers: list[Organisation]
) -> list[Membership]:
    """All memberships, in the order of the accounts."""
    chance, clock = Chance(settings.seed, "staff"), settings.clock
    schools = [school for one in customers for school in one.schools]
    places = _Places(schools, list(accumulate(one.popularity for one in schools)), chance)
    memberships: list[Membership] = []
    for number, account in enumerate(accounts):
        without = TEACHERS_WITHOUT if account.is_teacher else OTHERS_WITHOUT
        if number in (MOVER, AT_TWO_SCHOOLS) or not chance.happens(without):
            memberships += _career(account, number, places, clock, chance)
    memberships.append(_mistake(memberships[0], places, clock, chance))
    return memberships


@dataclass
class _Places:
    schools: list[School]
    popularity: list[float]
    chance: Chance

    def one(self, but: School | None = None) -> School:
        while True:
            school = self.chance.choices(self.schools, cum_weights=self.popularity)[0]
            if school is not but:
                return school


def _career(
    account: Account, number: int, places: _Places, clock: Clock, chance: Chance
) -> list[Membership]:
    recorded = account.signed_up_at + MINUTE + chance.below(30 * MINUTE)
    started = recorded - chance.below(EARLIEST) if chance.happens(WAS_THERE) else recorded
    first = Membership(account, places.one(), _role(account, chance), started, recorded)
    career = [first]
    if number == MOVER or chance.happens(MOVES):
        career += _move(first, places, clock, chance)
    elif number == AT_TWO_SCHOOLS or chance.happens(AT_TWO):
        career.append(_second(first, places, chance))
    for one in career:
        _end(one, account.deleted_at if chance.happens(0.5) else None)
        _end(one, one.school.deleted_at)
    return career


def _role(account: Account, chance: Chance) -> str:
    return "teacher" if account.is_teacher else chance.pick(("leader", "office"))


def _move(first: Membership, places: _Places, clock: Clock, chance: Chance) -> list[Membership]:
    """To another school, after some weeks without any or at once."""
    span = clock.end - 2 * DAY - first.recorded_at
    if span < 10 * DAY:
        return []
    first.ended_at = first.recorded_at + 5 * DAY + chance.below(span - 5 * DAY)
    gap = chance.below(40 * DAY) if chance.happens(0.5) else 0
    started, school = first.ended_at + gap, places.one(first.school)
    return [Membership(first.account, school, first.role, started, started + HOUR)]


def _second(first: Membership, places: _Places, chance: Chance) -> Membership:
    """A second school, some days or months later; half of these end again."""
    started = first.recorded_at + DAY + chance.below(90 * DAY)
    other = Membership(
        first.account, places.one(first.school), first.role, started, started + MINUTE
    )
    if chance.happens(0.5):
        other.ended_at = started + DAY + chance.below(200 * DAY)
    return other


def _end(one: Membership, at: int | None) -> None:
    """At the latest then; who came afterwards stays a day."""
    if at is not None and (one.ended_at is None or one.ended_at > at):
        one.ended_at = max(at, one.started_at + DAY, one.recorded_at)


def _mistake(like: Membership, places: _Places, clock: Clock, chance: Chance) -> Membership:
    """Somebody clicked on a wrong school, and days later the row is removed."""
    at = clock.first_now - 2 * DAY // SECOND * SECOND
    wrong = Membership(like.account, places.one(like.school), like.role, at, at)
    wrong.gone_at = soon(clock, chance)
    return wrong
