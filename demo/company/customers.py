"""Organisations run schools; schools are founded into one, and now and then move to another."""

from __future__ import annotations

from dataclasses import dataclass, field

from demo.company import names
from demo.company.chance import Chance
from demo.company.clock import DAY, Clock
from demo.company.settings import Settings

SIZES, HOW_OFTEN = (1, 2, 3, 5), (60, 22, 12, 6)  # schools of an organisation
MOVES, CLOSES = 0.03, 0.02  # of all schools
PHASES = ("primary", "primary", "secondary", "secondary", "all-through", "16 plus")
LETTERS = "ABDEFGHJLNPQRSTUWXYZ"


@dataclass(slots=True, eq=False)
class Organisation:
    """Who buys: a trust, a local authority, or a school that stands alone."""

    name: str
    kind: str
    country: str
    schools: list[School] = field(default_factory=list)  # that it was founded with
    id: int = 0
    created_at: int = 0
    deleted_at: int | None = None
    company_id: str | None = None  # in HubSpot


@dataclass(slots=True, eq=False)
class School:
    """Where teachers work; a school that closes is deleted softly."""

    name: str
    urn: str
    postcode: str
    phase: str
    founded_in: Organisation
    popularity: float  # how many people work there, compared with the others
    id: int = 0
    created_at: int = 0
    moved: tuple[int, Organisation] | None = None
    deleted_at: int | None = None
    gone_at: int | None = None  # its row was removed

    def organisation(self, at: int) -> Organisation:
        """Whose it is at a moment."""
        return self.moved[1] if self.moved and self.moved[0] <= at else self.founded_in


def found(settings: Settings) -> list[Organisation]:
    """All organisations with their schools; those with several come first."""
    chance = Chance(settings.seed, "customers")
    sizes = _sizes(settings.school_count, chance)
    titles = Titles(chance)
    customers = [_organisation(size, titles, chance) for size in sorted(sizes, reverse=True)]
    _move_some(customers, settings.clock, chance)
    _close_some(customers, settings.clock, chance)
    return customers


def _sizes(left: int, chance: Chance) -> list[int]:
    """How many schools each has; the first has two, and there are three at least."""
    sizes = [2, 1]
    left -= sum(sizes)
    while left:
        sizes.append(min(left, chance.choices(SIZES, HOW_OFTEN)[0]))
        left -= sizes[-1]
    return sizes


def soon(clock: Clock, chance: Chance, days: int = 6) -> int:
    """A moment in the first days after one looks first, where any are planned, else never."""
    span = min(clock.horizon, days) or days
    return clock.first_now + DAY // 24 + chance.below(span * DAY - DAY // 12)


@dataclass
class Titles:
    """Names of schools and organisations, each given once."""

    chance: Chance
    taken: set[str] = field(default_factory=set)

    def new(self, kind: str) -> str:
        """A name that ends with the kind; where all are taken, with a number."""
        place = self.chance.pick(names.PLACES).replace("-", " ").title()
        number, name = 1, f"{place} {kind}"
        while name in self.taken:
            number += 1
            name = f"{place} {kind} {number}"
        self.taken.add(name)
        return name


def _organisation(size: int, titles: Titles, chance: Chance) -> Organisation:
    kind = "school" if size == 1 else chance.pick(("trust", "trust", "local_authority"))
    title = {"trust": "Learning Trust", "local_authority": "Council"}.get(kind, "School Board")
    organisation = Organisation(titles.new(title), kind, chance.pick(names.COUNTRIES))
    organisation.schools = [_school(organisation, titles, chance) for _ in range(size)]
    return organisation


def _school(organisation: Organisation, titles: Titles, chance: Chance) -> School:
    letters = "".join(chance.pick(LETTERS) for _ in range(4))
    return School(
        name=titles.new(chance.pick(names.KINDS).title()),
        urn=str(100_000 + chance.below(50_000)),
        postcode=f"{letters[:2]}{1 + chance.below(30)} {1 + chance.below(9)}{letters[2:]}",
        phase=chance.pick(PHASES),
        founded_in=organisation,
        popularity=chance.around(1, 0.5),
    )


def _move_some(customers: list[Organisation], clock: Clock, chance: Chance) -> None:
    """A trust hands a school to another; each keeps one. One moves soon after one looks first."""
    givers = [one for one in customers if len(one.schools) > 1]
    count = max(1, round(MOVES * sum(len(one.schools) for one in customers)))
    for number, giver in enumerate(givers[: count + 1]):
        taker = chance.pick([one for one in customers if one is not giver])
        past = clock.start + (clock.first_now - clock.start) // 4
        at = past + chance.below((clock.first_now - past) * 3 // 4)
        giver.schools[-1].moved = (soon(clock, chance) if number == count else at), taker


def _close_some(customers: list[Organisation], clock: Clock, chance: Chance) -> None:
    """Only a school whose organisation keeps another one closes."""
    several = [one.schools for one in customers if len(one.schools) > 1]
    candidates = [schools[0] for schools in reversed(several)]
    count = max(1, round(CLOSES * sum(len(one.schools) for one in customers)))
    for school in candidates[:count]:
        half = (clock.first_now - clock.start) // 2
        school.deleted_at = clock.start + half + chance.below(half * 9 // 10)
