"""HubSpot's search over an index: filters, one sort, and never more than 10,000 results.

Pages are places in the order of the moment: an object that changes between two of them pulls the
rest forward. What changed in the last seconds is not in the index yet; archived objects never are.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from demo.hubspot_filter import Filter, Value, filter_of, value
from demo.page import Record

MOST = 200
RESULTS = 10_000


@dataclass(frozen=True)
class Search:
    """What somebody searches for; ValueError says what HubSpot does not understand."""

    groups: list[list[Filter]]
    names: frozenset[str]  # of the properties in filters
    properties: list[str]
    sort: str
    is_descending: bool
    start: int
    limit: int

    def check(self, known: frozenset[str]) -> None:
        """Filters are by properties that there are."""
        for name in sorted(self.names - known):
            raise ValueError(f"There was a problem with the request: no property {name}")

    @property
    def order(self) -> tuple[str, bool]:
        """By which property, and whether the greatest comes first."""
        return self.sort, self.is_descending

    def sorted(self, records: list[Record]) -> list[Record]:
        """Everything in order; what is equal comes by id."""
        by_id = sorted(records, key=lambda record: int(record["id"]))
        return sorted(by_id, key=self._place, reverse=self.is_descending)

    def found(self, records: list[Record]) -> list[Record]:
        """The objects that fit at least one group, all where there is none."""
        if not self.groups:
            return records
        if [len(group) for group in self.groups] == [1]:  # by far the most searches
            return list(filter(self.groups[0][0], records))
        return [
            record
            for record in records
            if any(all(passes(record) for passes in group) for group in self.groups)
        ]

    def _place(self, record: Record) -> Value:
        return value(record["properties"].get(self.sort) or "")


def read(body: bytes) -> Search:
    """The search that is the body of a request."""
    try:
        asked = json.loads(body or b"{}")
        groups = [group["filters"] for group in asked.get("filterGroups") or []]
        filters = [[filter_of(one) for one in group] for group in groups]
        names = frozenset(one["propertyName"] for group in groups for one in group)
        sort, is_descending = _sort(asked.get("sorts") or [])
    except (json.JSONDecodeError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"Invalid input JSON: {error}") from None
    start, limit = _whole(asked, "after", 0), _whole(asked, "limit", 10)
    if not 1 <= limit <= MOST:
        raise ValueError(f"limit: must be from 1 to {MOST}, and is {limit}")
    if start + limit > RESULTS:
        raise ValueError(f"after: a search pages through {RESULTS:,} results and no further")
    return Search(filters, names, asked.get("properties") or [], sort, is_descending, start, limit)


def _whole(asked: Mapping[str, Any], name: str, default: int) -> int:
    text = str(asked.get(name, default) or default)
    if not text.isdecimal():
        raise ValueError(f"{name}: must be a whole number, and is {text}")
    return int(text)


def _sort(sorts: list[Any]) -> tuple[str, bool]:
    """One sort at most: an object, or a name with `-` before it for descending."""
    if len(sorts) > 1:
        raise ValueError("sorts: only one is supported")
    if not sorts:
        return "createdate", False
    if isinstance(sorts[0], str):
        return sorts[0].removeprefix("-"), sorts[0].startswith("-")
    return sorts[0]["propertyName"], sorts[0].get("direction") == "DESCENDING"
