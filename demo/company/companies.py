"""Companies in HubSpot: one for nearly every organisation, and some that never bought anything."""

from demo.company import names
from demo.company.chance import Chance
from demo.company.clock import DAY, MINUTE, SECOND, Clock
from demo.company.crm_objects import CrmObject
from demo.company.customers import Organisation, soon

FIRST_ID, STEP = 7_945_028_643, 17
LEADS, TWICE, WITHOUT, NEVER_TYPED = 0.15, 0.05, 0.04, 0.08


def companies(
    customers: list[Organisation], clock: Clock, chance: Chance
) -> dict[Organisation | int, CrmObject]:
    """By organisation, and those of nobody by a number; organisations learn the id."""
    known: dict[Organisation | int, CrmObject] = {}
    for number, organisation in enumerate(customers):
        if number != 4 and not chance.happens(WITHOUT):
            created_at = _whole(organisation.created_at - chance.below(60 * DAY), chance)
            known[organisation] = _company(organisation.name, created_at, chance)
    for number in range(max(3, round(len(customers) * LEADS))):
        until = clock.end if number else clock.first_now - DAY
        created_at = _whole(clock.start + chance.below(until - clock.start), chance)
        known[number] = _company(f"{chance.pick(names.PLACES).title()} Prep", created_at, chance)
    for number, one in enumerate(list(known.values())):
        if number == 1 or chance.happens(TWICE):
            twin = CrmObject(one.created_at + DAY, dict(one.properties), one.modified)
            twin.archived_at = twin.created_at + 3 * DAY if number % 2 else None
            known[1_000_000 + number] = twin
    known[0].archived_at, known[1].properties["country"] = soon(clock, chance), None
    _number(known)
    return known


def _number(known: dict[Organisation | int, CrmObject]) -> None:
    for number, one in enumerate(sorted(known.values(), key=lambda one: one.created_at)):
        one.id = str(FIRST_ID + STEP * number)
    for owner, one in known.items():
        if isinstance(owner, Organisation):
            owner.company_id = one.id


def _company(name: str, created_at: int, chance: Chance) -> CrmObject:
    domain = f"{name.lower().replace(' ', '-')}.example"
    country = chance.pick(names.COUNTRIES)
    properties: dict[str, str | None] = {
        "name": name,
        "domain": "" if chance.happens(NEVER_TYPED) else domain,
        "country": chance.pick(("", None)) if chance.happens(NEVER_TYPED) else country,
    }
    company = CrmObject(created_at, properties, "hs_lastmodifieddate")
    if chance.happens(0.5):
        company.change(created_at + MINUTE + chance.below(200 * DAY))
    return company


def _whole(at: int, chance: Chance) -> int:
    """Every other moment is a whole second."""
    return at // SECOND * SECOND if chance.happens(0.5) else at
