"""What the vendors' stand-ins hold in these tests, and how each object of theirs is read."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from demo.freshdesk import Freshdesk
from demo.hubspot import HubSpot
from demo.standin import StandIn
from demo.zendesk import Zendesk
from tests.sources.conftest import Connect

Json = dict[str, Any]
TOKEN = "a-token-that-nobody-may-see"
NOW = "2026-11-01T00:00:00Z"
NOW_S = 1_793_491_200
PEOPLE = 230  # of each kind: three pages of HubSpot and Freshdesk


def at(minutes: int) -> str:
    """A time of October, one minute of which passes between two records."""
    return f"2026-10-{1 + minutes // 1440:02}T{minutes // 60 % 24:02}:{minutes % 60:02}:00.250Z"


def crm_object(number: int, changed: str, modified: str, **more: Any) -> Json:
    """A contact or a company."""
    created = "2026-09-01T08:00:00Z"
    beside = {"createdate": created, modified: changed, "hs_object_id": str(number)}
    times = {"createdAt": created, "updatedAt": changed}
    return {"id": str(number), "properties": {**beside, **more}, **times, "archived": False}


def contact(number: int, changed: str, **more: Any) -> Json:
    """A contact of HubSpot."""
    named = {"email": f"c{number}@example.org", "firstname": f"Zoë {number}", "lastname": ""}
    return crm_object(number, changed, "lastmodifieddate", **(named | more))


def archived(record: Json, when: str) -> Json:
    """The object as it is in the archived list."""
    return {**record, "archived": True, "archivedAt": when}


def portal() -> Json:
    """HubSpot: the last ones changed first, and one in a hundred a minute ago."""
    times = [at(10_000 - 7 * n) if n % 100 else "2026-10-31T23:59:00Z" for n in range(PEOPLE)]
    gone = [archived(contact(5_000 + n, at(n)), at(20_000 + n)) for n in range(110)]
    closed = crm_object(6_000, at(1), "hs_lastmodifieddate", name="Closed")
    return {
        "now": NOW,
        "contacts": [contact(1_000 + n, when) for n, when in enumerate(times)] + gone,
        "companies": [
            crm_object(3_000 + n, when, "hs_lastmodifieddate", name=f"School {n}")
            for n, when in enumerate(times)
        ]
        + [archived(closed, at(30_000))],
        "campaigns": [
            {
                "id": f"00000000-0000-4000-8000-{n:012}",
                "properties": {"hs_name": f"Campaign {n}", "hs_start_date": "2026-10-01"},
                "createdAt": at(0),
                "updatedAt": when,
            }
            for n, when in enumerate(times)
        ],
    }


def ticket(number: int, generated: int, **more: Any) -> Json:
    """A ticket of Zendesk."""
    return {
        "id": number,
        "subject": "Pupils are missing",
        "status": "open",
        "requester_id": 9_000_000_000_000,
        "created_at": at(0),
        "updated_at": at(number % 1000),
        "generated_timestamp": generated,
        "metric_set": {"reopens": 0, "reply_time_in_minutes": {"calendar": 7}},
        **more,
    }


def user(number: int, changed: str, **more: Any) -> Json:
    """A user of Zendesk."""
    return {
        "id": number,
        "name": f"Zoë {number}",
        "email": f"u{number}@example.org",
        "role": "end-user",
        "active": True,
        "locale_id": 1176,
        "created_at": at(0),
        "updated_at": changed,
        **more,
    }


def desk() -> Json:
    """Zendesk: five tickets to a second, and ids that do not follow the time."""
    return {
        "now": NOW,
        "tickets": [ticket(4_000 - n, NOW_S - 100_000 + n // 5 * 60) for n in range(PEOPLE)],
        "users": [user(9_000_000_000_000 - n, at(10_000 + n)) for n in range(PEOPLE)],
    }


def helpdesk() -> Json:
    """Freshdesk: 110 tickets of one second, which only pages tell apart; some deleted or spam."""
    times = [at(10_000 if n < 110 else 10_000 + n)[:-5] + "Z" for n in range(PEOPLE)]
    return {
        "now": NOW,
        "tickets": [
            {
                "id": 2_000 - n,
                "subject": "Pupils are missing",
                "status": 2,
                "created_at": at(0),
                "updated_at": when,
                **({19: {"deleted": True}, 39: {"spam": True}}.get(n % 40, {})),
            }
            for n, when in enumerate(times)
        ],
        "agents": [
            {
                "id": 700 + n,
                "ticket_scope": 1,
                "updated_at": when,
                "contact": {"name": f"A {n}", "email": f"a{n}@example.com"},
            }
            for n, when in enumerate(times)
        ],
        "contacts": [
            {
                "id": 7_000 + n,
                "name": f"C {n}",
                "email": f"c{n}@example.org",
                "company_id": 1,
                "active": True,
                "updated_at": when,
            }
            for n, when in enumerate(times)
        ],
    }


@dataclass(frozen=True)
class Reading:
    """An object of a vendor as it is read from somewhere to its end, in so many requests."""

    kind: type[StandIn]
    company: Callable[[], Json]
    name: str  # source.object
    requests: int
    cursor: Json | None = None
    places: tuple[int, ...] = field(default=())

    @property
    def relation(self) -> str:
        """What is staged of it."""
        return f"stg_{self.name.replace('.', '_')}"

    def places_of_faults(self) -> tuple[int, ...]:
        """The first, a middle and the last request."""
        return self.places or (1, (self.requests + 1) // 2, self.requests)

    def opened(self, connect: Connect, company: Json | None = None, **settings: Any) -> StandIn:
        """The vendor's stand-in, and the connection that leads to it."""
        company = self.company() if company is None else company
        made = self.kind(company, password=TOKEN, **settings)
        logins: dict[type[StandIn], Json] = {
            HubSpot: {"password": TOKEN},
            Zendesk: {"login": "agent@example.com/token", "password": TOKEN},
            Freshdesk: {"login": TOKEN, "password": "X"},
        }
        source = self.name.split(".")[0]
        connect(source, conn_type="http", host=made.url, **logins[self.kind])
        return made


# a reading of HubSpot that knows everything up to October, and the archived up to its 10th
SINCE = {
    "phase": "search",
    "since": "2026-10-01T00:00:00+00:00",
    "archived_at": "2026-10-10T00:00:00+00:00",
}
READINGS = {
    # three pages of the list, two of the archived, and a search for the last minutes
    "hubspot contacts, first": Reading(HubSpot, portal, "hubspot.contacts", 6, places=(1, 3, 4, 6)),
    # three pages of a search, and two of the archived
    "hubspot contacts, later": Reading(HubSpot, portal, "hubspot.contacts", 5, SINCE),
    "hubspot companies": Reading(HubSpot, portal, "hubspot.companies", 5),
    "hubspot campaigns": Reading(HubSpot, portal, "hubspot.campaigns", 3),
    "zendesk tickets": Reading(Zendesk, desk, "zendesk.tickets", 3),
    "zendesk users": Reading(Zendesk, desk, "zendesk.users", 3),
    # live ones, those of one full second twice, as pages shift; then the deleted ones and spam
    "freshdesk tickets": Reading(
        Freshdesk, helpdesk, "freshdesk.tickets", 9, places=(1, 3, 4, 5, 6, 9)
    ),
    "freshdesk agents": Reading(Freshdesk, helpdesk, "freshdesk.agents", 3),
    "freshdesk contacts": Reading(Freshdesk, helpdesk, "freshdesk.contacts", 3),
}
