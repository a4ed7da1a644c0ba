"""Contacts in HubSpot: most who signed up, some under another address, and many who never did."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from demo.company import names
from demo.company.addresses import Addresses
from demo.company.chance import Chance
from demo.company.clock import DAY, MINUTE, SECOND, Clock
from demo.company.crm_objects import CrmObject
from demo.company.customers import Organisation, soon
from demo.company.people import Account

FIRST_ID, STEP = 12_801, 50
KNOWN, CAME_EARLIER, DISAGREES, NEVER_SIGNED_UP = 0.92, 0.3, 0.04, 0.15
TWICE, MERGED, ARCHIVED, NEVER_TYPED = 0.03, 0.6, 0.015, 0.1


@dataclass
class AddressBook:
    """Everybody whom marketing knows."""

    accounts: list[Account]
    works_for: Mapping[Account, Organisation]
    holders: Mapping[Account, int]  # since when somebody has a seat
    clock: Clock
    chance: Chance

    def __post_init__(self) -> None:
        """Addresses that nobody else has, for those who use another one here."""
        self._addresses = Addresses(self.chance)

    def contacts(self) -> list[CrmObject]:
        """All that are planned, in the order of their ids."""
        people = [one for one in self.accounts if self.chance.happens(KNOWN)]
        known = [self._of_account(one, n) for n, one in enumerate(people)]
        known += self._strangers(max(5, round(len(self.accounts) * NEVER_SIGNED_UP)))
        known += list(self._twins(known))
        for one in self.chance.sample(known, max(2, round(len(known) * ARCHIVED))):
            if one.gone_at is None and not one.swallows:
                age = max(DAY, self.clock.first_now - one.created_at)
                one.archived_at = one.created_at + self.chance.below(age)
        last = next(one for one in known if one.archived_at is None and one.gone_at is None)
        last.archived_at = soon(self.clock, self.chance)
        known.sort(key=lambda one: one.created_at)
        for number, one in enumerate(known):
            one.id = str(FIRST_ID + STEP * number)
        return known

    def _of_account(self, account: Account, number: int) -> CrmObject:
        chance, signed_up_at = self.chance, account.signed_up_at
        earlier = signed_up_at - MINUTE - chance.below(90 * DAY)
        came_at = earlier if chance.happens(CAME_EARLIER) else signed_up_at + chance.below(MINUTE)
        disagrees = number == 2 or chance.happens(DISAGREES)
        name = account.full_name
        email = self._addresses.of(name) if disagrees else account.email.lower()
        contact = self._contact(name, email, came_at, self.works_for.get(account))
        if came_at < signed_up_at:
            contact.properties["lifecyclestage"] = "subscriber"
            contact.change(signed_up_at + 2 * SECOND, lifecyclestage="lead")
        if account in self.holders:
            contact.change(self.holders[account] + MINUTE, lifecyclestage="customer")
        if account.deleted_at and chance.happens(0.5):
            contact.archived_at = account.deleted_at + DAY
        return contact

    def _strangers(self, count: int) -> Iterator[CrmObject]:
        span = self.clock.end - self.clock.start
        for _ in range(count):
            chance = self.chance
            name = f"{chance.pick(names.FIRST_NAMES)} {chance.pick(names.LAST_NAMES)}"
            came_at = self.clock.start + chance.below(span)
            contact = self._contact(name, f"x.{self._addresses.of(name)}", came_at, None)
            if chance.happens(0.4):
                contact.change(came_at + chance.below(60 * DAY), lifecyclestage="opportunity")
            yield contact

    def _twins(self, known: list[CrmObject]) -> Iterator[CrmObject]:
        """The same person again, with the same address or another; mostly both become one."""
        chance, clock = self.chance, self.clock
        old = [one for one in known if one.created_at < clock.first_now - 20 * DAY]
        old = [one for one in old if one.archived_at is None] or known[:1]
        count = max(4, round(len(known) * TWICE))
        for number, one in enumerate(chance.sample(old, min(count, len(old)))):
            span = max(DAY, clock.first_now - DAY - one.created_at)
            twin = CrmObject(
                one.created_at + chance.below(span), dict(one.properties), one.modified
            )
            if number % 2:
                twin.properties["email"] = f"{twin.properties['firstname']}.{number}@post.example"
            if number == 0:
                one.swallow(soon(clock, chance, 1), twin)
            elif number == 1 or chance.happens(MERGED):
                one.swallow(twin.created_at + chance.below(20 * DAY) + DAY, twin)
            yield twin

    def _contact(
        self, name: str, email: str, came_at: int, organisation: Organisation | None
    ) -> CrmObject:
        chance = self.chance
        first, _, last = name.partition(" ")
        at = came_at // SECOND * SECOND if chance.happens(0.5) else came_at
        nothing = chance.pick(("", None)) if chance.happens(NEVER_TYPED) else last
        properties: dict[str, str | None] = {
            "email": email,
            "firstname": first,
            "lastname": nothing,
            "company": organisation.name if organisation else chance.pick(("", None)),
            "associatedcompanyid": organisation.company_id if organisation else None,
            "lifecyclestage": "lead",
        }
        return CrmObject(at, properties, "lastmodifieddate")
