"""Who holds which seat when: given to whoever comes, taken back from whoever has left.

Most seats follow what people do with the product, and flaws of real ones are among them: a teacher
with two seats at once, seats beyond what was agreed, holders long after the last term has ended,
holders who never do anything, people who come too late for a seat, and one who has no school.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from demo.company.chance import Chance
from demo.company.clock import DAY, HOUR, Clock
from demo.company.contracts import Subscription
from demo.company.customers import Organisation, soon
from demo.company.people import Account
from demo.company.settings import Settings
from demo.company.staff import Membership

SeatType = Literal["admin", "full", "viewer"]
RANKS: tuple[SeatType, ...] = ("admin", "full", "viewer")
WANT, IDLE_WANT, TIDY, ONE_MORE, SECOND_SEAT = 0.93, 0.2, 0.6, 0.2, 0.06
FOREVER = 1 << 62


@dataclass(slots=True, eq=False)
class Seat:
    """A place in a subscription."""

    subscription: Subscription
    seat_type: SeatType
    created_at: int
    id: int = 0
    taken: list[tuple[int, int]] = field(default_factory=list)

    def is_free(self, start: int, end: int) -> bool:
        """Nobody holds it at any moment in between."""
        return self.created_at <= start and all(e <= start or end <= s for s, e in self.taken)


@dataclass(slots=True, eq=False)
class Assignment:
    """One account on one seat for a while."""

    seat: Seat
    account: Account
    assigned_at: int
    released_at: int | None
    id: int = 0
    gone_at: int | None = None  # its row was removed: it was never meant


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody should have a seat for a while."""

    start: int
    end: int | None
    account: Account


@dataclass
class Office:
    """Where seats are given away."""

    clock: Clock
    chance: Chance
    seats: list[Seat] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    homeless: Account | None = None  # holds a seat, and nobody knows where they work

    def furnish(self, subscription: Subscription) -> list[Seat]:
        """As many seats as were ever agreed, each from the term on that brought it."""
        made: list[Seat] = []
        for term in subscription.terms:
            more = range(len(made), term.agreed.seats)
            made += [Seat(subscription, _type(number), term.agreed_at) for number in more]
        self.seats += made
        return made

    def give(self, seats: list[Seat], wish: Wish) -> None:
        """The first free seat; where there is none, sometimes one more than was agreed."""
        end = FOREVER if wish.end is None else wish.end
        seat = next((one for one in seats if one.is_free(wish.start, end)), None)
        if seat is None and self.chance.happens(ONE_MORE):
            seat = self._one_more(seats, "full", wish.start)
        if seat is not None:
            self._assign(seat, wish)

    def give_second(self, seats: list[Seat], first: Assignment) -> None:
        """A seat of another type meanwhile, so that for a while there are two."""
        end = first.released_at or self.clock.end
        start = first.assigned_at + (end - first.assigned_at) // 4
        wish = Wish(start, start + (end - first.assigned_at) // 3, first.account)
        kinds = [one for one in RANKS if one != first.seat.seat_type]
        kind = self.chance.pick(kinds)
        others = [one for one in seats if one.seat_type == kind]
        seat = next((one for one in others if one.is_free(start, wish.end or FOREVER)), None)
        self._assign(seat or self._one_more(seats, kind, start), wish)

    def mistake(self, first: Assignment) -> None:
        """A seat for the wrong person, whose row is removed days later."""
        at = self.clock.first_now - 3 * DAY
        seat = Seat(first.seat.subscription, "viewer", at)
        self.seats.append(seat)
        self._assign(seat, Wish(at, None, first.account))
        self.assignments[-1].gone_at = soon(self.clock, self.chance)

    def _one_more(self, seats: list[Seat], kind: SeatType, at: int) -> Seat:
        seat = Seat(seats[0].subscription, kind, at)
        seats.append(seat)
        self.seats.append(seat)
        return seat

    def _assign(self, seat: Seat, wish: Wish) -> None:
        seat.taken.append((wish.start, FOREVER if wish.end is None else wish.end))
        self.assignments.append(Assignment(seat, wish.account, wish.start, wish.end))


def assign(
    settings: Settings,
    subscriptions: list[Subscription],
    memberships: list[Membership],
    accounts: list[Account],
) -> Office:
    """All seats and who ever held them."""
    office = Office(settings.clock, Chance(settings.seed, "seats"))
    staff: defaultdict[Organisation, list[Membership]] = defaultdict(list)
    for one in memberships:
        if one.gone_at is None:
            staff[one.school.organisation(one.started_at)].append(one)
    for subscription in subscriptions:
        _fill(office, subscription, staff[subscription.organisation])
    members = {one.account for one in memberships}
    homeless = [one for one in accounts if one not in members and one.deleted_at is None]
    _extras(office, homeless)
    return office


def _type(number: int) -> SeatType:
    if number % 40 == 0:
        return "admin"
    return "viewer" if number % 6 == 5 else "full"


def _fill(office: Office, subscription: Subscription, staff: list[Membership]) -> None:
    seats, before = office.furnish(subscription), len(office.assignments)
    for wish in sorted(_wishes(office, subscription, staff), key=lambda wish: wish.start):
        office.give(seats, wish)
    for number, first in enumerate(office.assignments[before:]):
        long = (first.released_at or office.clock.end) - first.assigned_at > 40 * DAY
        if long and (number == 2 or office.chance.happens(SECOND_SEAT)):
            office.give_second(seats, first)


def _wishes(office: Office, subscription: Subscription, staff: list[Membership]) -> Iterator[Wish]:
    chance, clock = office.chance, office.clock
    first, last = subscription.terms[0].starts_at, subscription.terms[-1].end
    for one in staff:
        account = one.account
        idle = account.active_until <= account.active_from
        wanted, waits = chance.happens(IDLE_WANT if idle else WANT), chance.below(6 * DAY)
        start = max(one.started_at, one.recorded_at, account.signed_up_at, first) + HOUR + waits
        leaves = [one.ended_at, account.deleted_at]
        tidy = clock.starts(account.active_until) + 30 * DAY + chance.below(60 * DAY)
        if chance.happens(TIDY) and account.active_until < clock.days and not idle:
            leaves.append(max(tidy, start + 20 * DAY))
        if chance.happens(0.5) and last is not None:
            leaves.append(last + chance.below(10 * DAY))
        end = min((at for at in leaves if at is not None), default=None)
        is_over = last is not None and start >= last
        if wanted and not is_over and (end is None or end > start + DAY):
            yield Wish(start, end, account)


def _extras(office: Office, homeless: list[Account]) -> None:
    """One holder without a school, one assignment by mistake, one seat that is freed soon."""
    late = office.clock.first_now - 60 * DAY
    running = [one for one in office.assignments if one.released_at is None]
    old = [one for one in running if one.assigned_at < office.clock.first_now - 10 * DAY]
    if not old:
        return
    first = min(old, key=lambda one: one.assigned_at)
    without = [one for one in homeless if one.signed_up_at < late]
    if without and first.assigned_at < late:
        more = Seat(first.seat.subscription, "full", late)
        office.seats.append(more)
        office.assignments.append(Assignment(more, without[0], late, None))
        office.homeless = without[0]
    office.mistake(old[-1])
    old[len(old) // 2].released_at = soon(office.clock, office.chance)
