"""A small support desk, and somebody who asks its stand-in."""

from typing import Any

import requests

from demo.freshdesk import Freshdesk

Json = dict[str, Any]

TICKETS = "/api/v2/tickets"
AGENTS = "/api/v2/agents"
CONTACTS = "/api/v2/contacts"
KEY = "secret"
ALWAYS = "1970-01-01T00:00:00Z"


def a_ticket(number: int, **more: Any) -> Json:
    """A ticket of some days ago; the last ones were changed first."""
    return {
        "id": number,
        "subject": "Pupils are missing",
        "description": "<div>Pupils</div>",
        "description_text": "Pupils",
        "status": 2,
        "priority": 1,
        "requester_id": 501,
        "created_at": f"2026-10-{1 + number % 5:02}T08:00:00Z",
        "updated_at": f"2026-10-{30 - number:02}T08:00:00Z",
        "stats": {"resolved_at": None},
        **more,
    }


def a_helpdesk() -> Json:
    """23 tickets, two of them hidden; 3 agents; 4 contacts, one of them deleted."""
    tickets = [a_ticket(number) for number in range(1, 24)]
    tickets[21]["deleted"] = True
    tickets[22]["spam"] = True
    contacts = [
        {
            "id": 501 + number,
            "name": f"Contact {number}",
            "email": f"c{number}@example.org",
            "active": number < 2,
            "updated_at": f"2026-10-0{1 + number}T08:00:00Z",
        }
        for number in range(4)
    ]
    contacts[3]["deleted"] = True
    return {
        "now": "2026-11-01T00:00:00Z",
        "tickets": tickets,
        "agents": [
            {
                "id": 77 - number,
                "ticket_scope": 1,
                "updated_at": "2026-10-01T08:00:00Z",
                "contact": {"name": f"Agent {number}", "email": f"a{number}@example.com"},
            }
            for number in range(3)
        ],
        "contacts": contacts,
    }


def get(desk: Freshdesk, path: str, **query: str | int) -> requests.Response:
    return requests.get(desk.url + path, params=query, auth=(KEY, "X"), timeout=5)


def all_tickets(desk: Freshdesk, **query: str | int) -> requests.Response:
    return get(desk, TICKETS, updated_since=ALWAYS, **query)


def ids(response: requests.Response) -> list[int]:
    return [row["id"] for row in response.json()]
