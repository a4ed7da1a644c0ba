"""Who is known at the support desk: agents, administrators, and whoever has asked for help."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from demo.company import names
from demo.company.chance import Chance
from demo.company.clock import DAY, SECOND, Clock, iso_seconds
from demo.company.people import Account
from demo.company.support import AGENTS, EXPORT_LAG, Case

Json = dict[str, Any]
API = "https://acme-learning.zendesk.example/api/v2"
FIRST_AGENT, FIRST_REQUESTER, STEP = 7_416_203_998_106, 7_416_310_551_258, 4_112  # beyond 32 bits
OLDER = 0.3  # of all requesters, the first ones: the product did not send its user id yet
ERASED = 0.01  # of all requesters
WRITTEN_OTHERWISE = 0.2  # of the older ones: capitals where the backend has none

UNUSED = names.words("phone photo organization_id alias details notes signature last_login_at")
ANYBODY: Mapping[str, object] = {
    "email": None,
    "external_id": None,
    "time_zone": "London",
    "iana_time_zone": "Europe/London",
    "locale_id": 1176,
    "locale": "en-GB",
    "role_type": None,
    "verified": True,
    "active": True,
    "suspended": False,
    "shared": False,
    "moderator": False,
    "ticket_restriction": "requested",
    "tags": [],
    "user_fields": {},
    **dict.fromkeys(UNUSED),
}


@dataclass(slots=True, eq=False)
class Requester:
    """Somebody who asks for help, known by an e-mail address."""

    id: int
    email: str
    asked_at: int  # for the first time
    accounts: list[tuple[int, Account]] = field(default_factory=list)  # each from a request on
    has_external_id: bool = False
    writes_otherwise: bool = False
    touched_at: int = 0
    erased_at: int | None = None

    def account(self, now: int) -> Account | None:
        """Who signed up again has the later account."""
        return next((one for since, one in reversed(self.accounts) if since <= now), None)

    def is_erased(self, now: int) -> bool:
        """Has asked for being forgotten."""
        return self.erased_at is not None and self.erased_at <= now

    def updated_at(self, now: int) -> int:
        """When something about them changed last."""
        moments = [self.asked_at, self.touched_at, self.erased_at or 0]
        return max(at for at in (*moments, *(since for since, _ in self.accounts)) if at <= now)

    def leads_by(self, live: Mapping[str, Account], now: int) -> str:
        """How the desk's user leads to an account: by `external_id`, by `email`, or `none`."""
        if self.is_erased(now):
            return "none"
        if self.account(now) and self.has_external_id:
            return "external_id"
        return "email" if self.email in live else "none"


def requesters(cases: list[Case], clock: Clock, chance: Chance) -> dict[str, Requester]:
    """Everybody who will ask, by address, in the order of asking."""
    known: dict[str, Requester] = {}
    for case in cases:
        new = Requester(FIRST_REQUESTER + STEP * len(known), case.email, case.opened_at)
        one = known.setdefault(case.email, new)
        if case.account and (not one.accounts or one.accounts[-1][1] is not case.account):
            one.accounts.append((case.opened_at, case.account))
    older = int(len(known) * OLDER)
    for number, one in enumerate(known.values()):
        one.has_external_id = number >= older and bool(one.accounts)
        one.writes_otherwise = number < older and chance.happens(WRITTEN_OTHERWISE)
        one.touched_at = one.asked_at + chance.below(60 * DAY)
    _erase_some(list(known.values()), clock, chance)
    return known


def _erase_some(known: list[Requester], clock: Clock, chance: Chance) -> None:
    """One of those who have asked when one looks first, at least, is erased by then."""
    now = clock.first_now - EXPORT_LAG
    asked = [one for one in known if one.asked_at < now - DAY] or known[:1]
    for one in chance.sample(asked, max(1, round(len(asked) * ERASED))):
        one.erased_at = _between(one.asked_at, now, chance)
    later = [one for one in asked if one.erased_at is None]
    for one in chance.sample(later, min(len(later), round(len(asked) * ERASED / 3) + 1)):
        one.erased_at = _between(now, clock.end + DAY, chance) + 1


def _between(first: int, last: int, chance: Chance) -> int:
    return (first + chance.below(last - first)) // SECOND * SECOND


def requester_user(one: Requester, now: int) -> Json:
    """An end-user; an erased one keeps neither address nor external id."""
    account = one.account(now)
    name = account.full_name if account else one.email.split("@")[0].capitalize()
    user = _user(one.id, name, "end-user", one.asked_at, one.updated_at(now))
    if one.is_erased(now):
        return user | {"active": False, "name": "Permanently Deleted User"}
    external_id = account.id if account and one.has_external_id else None
    email = one.email.title() if one.writes_otherwise else one.email
    return user | {"email": email, "external_id": external_id}


def agent_id(agent: int) -> int:
    """The id of an agent, administrators following the agents."""
    return FIRST_AGENT + STEP * agent


def agent_user(agent: int, hired_at: int) -> Json:
    """Somebody who works at the desk; administrators can take tickets too."""
    name = names.AGENT_NAMES[agent]
    address = f"{name.split()[0].lower()}@{names.COMPANY_DOMAIN}"
    role = "agent" if agent < AGENTS else "admin"
    user = _user(agent_id(agent), name, role, hired_at, hired_at)
    return user | {"email": address, "moderator": True, "ticket_restriction": None, "role_type": 4}


def _user(id_: int, name: str, role: str, created_at: int, updated_at: int) -> Json:
    return {
        "id": id_,
        "url": f"{API}/users/{id_}.json",
        "name": name,
        "role": role,
        "created_at": iso_seconds(created_at),
        "updated_at": iso_seconds(updated_at),
        **ANYBODY,
    }
