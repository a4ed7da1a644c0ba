"""What the company has in HubSpot: contacts, companies and campaigns, as they stand now."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from demo.company.business import Business
from demo.company.campaigns import MarketingCampaign, campaigns
from demo.company.chance import Chance
from demo.company.clock import iso
from demo.company.companies import companies
from demo.company.contacts import AddressBook
from demo.company.crm_objects import CrmObject, Json
from demo.company.customers import Organisation
from demo.company.files import write_lists
from demo.company.people import Account
from demo.company.settings import Settings


@dataclass
class HubSpot:
    """All that is planned of it; organisations learn the ids of their companies here."""

    settings: Settings
    accounts: list[Account]
    business: Business

    def __post_init__(self) -> None:
        """Companies first: contacts name them."""
        clock, seed = self.settings.clock, self.settings.seed
        found = companies(self.business.organisations, clock, Chance(seed, "companies"))
        self.companies = sorted(found.values(), key=lambda one: one.id)
        book = AddressBook(
            self.accounts, self._works_for(), self._holders(), clock, Chance(seed, "contacts")
        )
        self.contacts = book.contacts()
        self.campaigns: list[MarketingCampaign] = campaigns(clock, Chance(seed, "campaigns"))

    def write(self, path: Path) -> None:
        """One object a line."""
        now = self.settings.clock.now
        lists: dict[str, Iterable[object]] = {
            "contacts": _shown(self.contacts, now),
            "companies": _shown(self.companies, now),
            "campaigns": [one.as_hubspot(now) for one in self.campaigns],
        }
        write_lists(path, iso(now), lists)

    def truth(self) -> Json:
        """Who is who: the account's address decides, and HubSpot does not always have it."""
        now = self.settings.clock.now
        contacts = list(_shown(self.contacts, now))
        merged = [(one, at) for one in self.contacts for at, _ in one.swallows if at < now]
        return {
            "contacts": len(contacts),
            "archived_contacts": sum(one["archived"] for one in contacts),
            "merged_contacts": len(merged),
            "companies": len(list(_shown(self.companies, now))),
            "campaigns": {one.name: one.id for one in self.campaigns},
        }

    def _works_for(self) -> dict[Account, Organisation]:
        return {one.account: one.school.founded_in for one in self.business.memberships}

    def _holders(self) -> dict[Account, int]:
        return {one.account: one.assigned_at for one in reversed(self.business.assignments)}


def _shown(objects: list[CrmObject], now: int) -> Iterator[Json]:
    for one in objects:
        shown = one.shown(now)
        if shown is not None:
            yield shown
