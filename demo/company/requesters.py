"""Who is known at the support desk: agents, administrators, and whoever has asked for help."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from demo.company import names
from demo.company.chance import Chance
from demo.company.clock import DAY, iso_seconds
from demo.company.people import Account
from demo.company.support import AGENTS, Case

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


@dataclass(slots=True)
class Requester:
    """Somebody who has asked for help, known by an e-mail address."""

    id: int
    email: str
    asked_at: int  # for the first time
    account: Account | None
    has_external_id: bool = False
    is_erased: bool = False

    def leads_by(self, live: Mapping[str, Account]) -> str:
        """How the desk's user leads to an account: by `external_id`, by `email`, or `none`."""
        if self.is_erased:
            return "none"
        if self.account and self.has_external_id:
            return "external_id"
        return "email" if self.email in live else "none"


def requesters(cases: list[Case], chance: Chance) -> dict[str, Requester]:
    """Everybody who asked, by address; who signed up again has the later account."""
    known: dict[str, Requester] = {}
    for case in cases:
        new = Requester(
            FIRST_REQUESTER + STEP * len(known), case.email, case.opened_at, case.account
        )
        one = known.setdefault(case.email, new)
        one.account = case.account or one.account
    older = int(len(known) * OLDER)
    for number, one in enumerate(known.values()):
        one.has_external_id = number >= older and one.account is not None
    for one in chance.sample(list(known.values()), max(1, round(len(known) * ERASED))):
        one.is_erased = True
    return known


def requester_user(one: Requester, now: int, chance: Chance) -> Json:
    """An end-user; an erased one keeps neither address nor external id."""
    name = one.account.full_name if one.account else one.email.split("@")[0].capitalize()
    updated_at = min(one.asked_at + chance.below(60 * DAY), now)
    user = _user(one.id, name, "end-user", one.asked_at, updated_at)
    if one.is_erased:
        return user | {"active": False, "name": "Permanently Deleted User"}
    otherwise = not one.has_external_id and chance.happens(WRITTEN_OTHERWISE)
    external_id = one.account.id if one.account and one.has_external_id else None
    email = one.email.title() if otherwise else one.email
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
