"""E-mail addresses: a person's name at a school or a free service, unique whatever the case."""

import unicodedata

from demo.company import names
from demo.company.chance import Chance

FREE_MAIL, WITH_CAPITALS = 0.2, 0.06


class Addresses:
    """The addresses that are taken."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._taken: set[str] = set()

    def of(self, name: str) -> str:
        """A new address for somebody of this name; a few people write theirs with capitals."""
        chance = self._chance
        free = chance.happens(FREE_MAIL)
        domain = chance.pick(names.FREE_MAIL_DOMAINS if free else names.SCHOOL_DOMAINS)
        local = self._unused(_ascii(name), domain)
        return f"{local if chance.happens(WITH_CAPITALS) else local.lower()}@{domain}"

    def _unused(self, local: str, domain: str) -> str:
        candidate, number = local, 1
        while f"{candidate}@{domain}".lower() in self._taken:
            number += 1
            candidate = f"{local}{number}"
        self._taken.add(f"{candidate}@{domain}".lower())
        return candidate


def _ascii(name: str) -> str:
    """`Zoë O'Brien` is `Zoe.OBrien` in an address."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return plain.replace("'", "").replace(" ", ".")
