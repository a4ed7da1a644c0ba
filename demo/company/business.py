"""The company's customers as they really are: who belongs to whom, what is agreed, who sits where.

Everything that is planned has its number here already, in the order in which it comes to be, so
that a row has one number whenever one looks.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from demo.company.chance import Chance
from demo.company.clock import DAY, HOUR, Clock
from demo.company.contracts import Subscription, Term
from demo.company.customers import Organisation, School, found, soon
from demo.company.dealing import agree
from demo.company.people import Account
from demo.company.seats import Assignment, Seat, assign
from demo.company.settings import Settings
from demo.company.staff import Membership, employ


class Numbered(Protocol):
    """Something with a number."""

    id: int


N = TypeVar("N", bound=Numbered)


@dataclass(frozen=True)
class Business:
    """Everything that is planned, each kind in the order of its numbers."""

    organisations: list[Organisation]
    schools: list[School]
    memberships: list[Membership]
    subscriptions: list[Subscription]
    terms: list[Term]
    seats: list[Seat]
    assignments: list[Assignment]


def build(settings: Settings, accounts: list[Account]) -> Business:
    """Customers and their schools, then who works there, what is agreed, and who gets a seat."""
    customers = found(settings)
    memberships = employ(settings, accounts, customers)
    people = Counter(one.school.organisation(one.started_at) for one in memberships)
    subscriptions = agree(settings, customers, people)
    _say_goodbye(customers, subscriptions, memberships, settings.clock)
    office = assign(settings, subscriptions, memberships, accounts)
    if office.homeless:
        memberships.append(_at_last(office.homeless, customers[0].schools[0], settings))
    chance = Chance(settings.seed, "beginnings")
    _begin(customers, memberships, subscriptions, settings.clock, chance)
    schools = [school for one in customers for school in one.schools]
    schools.append(_mistake(customers[0].schools[0], settings.clock, chance))
    return Business(
        _numbered(customers, lambda one: one.created_at),
        _numbered(schools, lambda one: one.created_at),
        _numbered(memberships, lambda one: one.recorded_at),
        _numbered(subscriptions, lambda one: one.terms[0].agreed_at),
        _numbered([t for one in subscriptions for t in one.terms], lambda one: one.agreed_at),
        _numbered(office.seats, lambda one: one.created_at),
        _numbered(office.assignments, lambda one: one.assigned_at),
    )


def _at_last(account: Account, school: School, settings: Settings) -> Membership:
    """Days after one looks first, the backend names the school of somebody who had none."""
    at = soon(settings.clock, Chance(settings.seed, "homeless"), days=3)
    return Membership(account, school, "teacher", at, at)


def _numbered(things: Sequence[N], born: Callable[[N], int]) -> list[N]:
    ordered = sorted(things, key=born)
    for number, thing in enumerate(ordered, start=1):
        thing.id = number
    return ordered


def _say_goodbye(
    customers: list[Organisation],
    subscriptions: list[Subscription],
    memberships: list[Membership],
    clock: Clock,
) -> None:
    """One organisation that has ended everything is deleted, with its schools."""
    ends: dict[Organisation, int] = {}
    for one in subscriptions:
        last = one.terms[-1].end
        ends[one.organisation] = max(ends.get(one.organisation, 0), last or clock.end)
    for organisation, end in ends.items():
        if end + 45 * DAY < clock.first_now and len(customers) > 20:
            organisation.deleted_at = end + 40 * DAY
            break
    else:
        return
    for school in organisation.schools:
        school.deleted_at = school.deleted_at or organisation.deleted_at
    for member in memberships:
        if member.school in organisation.schools and member.started_at < organisation.deleted_at:
            member.ended_at = member.ended_at or max(organisation.deleted_at, member.recorded_at)


def _begin(
    customers: list[Organisation],
    memberships: list[Membership],
    subscriptions: list[Subscription],
    clock: Clock,
    chance: Chance,
) -> None:
    """An organisation is known before anybody works for it or anything is agreed."""
    first: dict[Any, int] = {}
    for one in memberships:
        first[one.school] = min(first.get(one.school, clock.start), one.recorded_at)
    for each in subscriptions:
        seen = first.get(each.organisation, clock.start)
        first[each.organisation] = min(seen, each.started_at)
    for organisation in customers:
        schools = [first.get(school, clock.start) for school in organisation.schools]
        known = min(first.get(organisation, clock.start), *schools)
        organisation.created_at = known - HOUR - chance.below(20 * DAY)
        for school in organisation.schools:
            school.created_at = organisation.created_at + chance.below(HOUR)


def _mistake(like: School, clock: Clock, chance: Chance) -> School:
    """The same school typed twice, whose row is removed days later."""
    twin = School(like.name, like.urn, like.postcode, like.phase, like.founded_in, 0)
    twin.created_at, twin.gone_at = clock.first_now - 4 * DAY, soon(clock, chance)
    return twin
