"""A browser is all that the tracking sees of a person, until somebody identifies in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from demo.company import names
from demo.company.chance import Chance

if TYPE_CHECKING:
    from demo.company.people import Account

NETWORKS = ("192.0.2", "198.51.100", "203.0.113")  # reserved for documentation


@dataclass(slots=True, eq=False)
class Browser:
    """One browser on one device, known by a random id in its local storage."""

    anonymous_id: str
    ip: str
    device: str  # the part of an event's context that is always the same: JSON without braces
    visited: bool = False  # was seen on the website
    owner: Account | None = None  # who identified here first
    account: Account | None = None  # who identified here last
    is_shared: bool = False

    def identify(self, account: Account) -> None:
        """From now on, events are of this account."""
        self.owner = self.owner or account
        self.is_shared = self.is_shared or account is not self.owner
        self.account = account


def browser(chance: Chance) -> Browser:
    """A browser that nobody has used yet."""
    user_agent, locale = chance.pick(names.USER_AGENTS), chance.pick(names.LOCALES)
    device = _device(user_agent, locale, chance.pick(names.SCREENS))
    return Browser(chance.uuid(), address(chance), device)


def address(chance: Chance) -> str:
    """An IP address that belongs to nobody."""
    return f"{chance.pick(NETWORKS)}.{1 + chance.below(254)}"


@cache
def _device(user_agent: str, locale: str, screen: tuple[int, int]) -> str:
    width, height = screen
    context = {
        "library": {
            "name": "RudderLabs JavaScript SDK",
            "version": "3.23.1",
            "snippetVersion": "3.0.60",
        },
        "locale": locale,
        "os": {"name": "", "version": ""},
        "screen": {"density": 24, "width": width, "height": height},
        "timezone": "GMT+0000",
        "userAgent": user_agent,
    }
    return json.dumps(context, separators=(",", ":"))[1:-1]
