"""HubSpot's objects: which properties an answer has, and how lists of them page.

Every property is text or null. A list goes by id, from the smallest on, and `after` is the last id
of the page before. Campaigns belong to another product and differ in all of this.
"""

import base64
import binascii
from bisect import bisect_right
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from demo.answer import Call
from demo.page import EXTRA, Kind, Page, Record, seconds

MOST = 100
CAMPAIGNS = "/marketing/v3/campaigns"


@dataclass(frozen=True)
class Object:
    """A kind of object: the properties of every answer, and those where none are asked for."""

    name: str
    always: frozenset[str]
    default: frozenset[str]
    kind: Kind

    @property
    def modified(self) -> str:
        """The property with the time of the last change."""
        return next(name for name in self.always if name.endswith("lastmodifieddate"))

    def whole(self, record: Record) -> Record:
        """An object with the properties that repeat what stands beside them."""
        beside = {
            "createdate": record["createdAt"],
            self.modified: record["updatedAt"],
            "hs_object_id": record["id"],
        }
        return {**record, "properties": {**beside, **record["properties"]}}

    def known(self, records: list[Record]) -> frozenset[str]:
        """The properties that there are."""
        return self.default.union(*(record["properties"] for record in records))

    def shown(self, record: Record, asked: Collection[str], known: frozenset[str]) -> Record:
        """An object with the properties asked for; those that there are not are left out."""
        names = (self.always | frozenset(asked)) & known if asked else self.default
        values = {name: record["properties"].get(name) for name in sorted(names)}
        return {**record, "properties": values}


def _object(name: str, text: str, modified: str, default: str) -> Object:
    always = frozenset({"createdate", "hs_object_id", modified})
    kind = Kind(
        text=f"properties.{text}",
        number=f"properties.{text}",
        changed=("updatedAt", f"properties.{modified}"),
        ids=("id", "properties.hs_object_id"),
        fields="properties",
        extra=str(EXTRA),
    )
    return Object(name, always, always | frozenset(default.split()), kind)


OBJECTS: Mapping[str, Object] = {
    "contacts": _object("contacts", "firstname", "lastmodifieddate", "email firstname lastname"),
    "companies": _object("companies", "name", "hs_lastmodifieddate", "domain name"),
}
CAMPAIGN = Kind(
    text="properties.hs_name",
    number="properties.hs_name",
    changed=("updatedAt",),
    fields="properties",
    extra=f"00000000-0000-4000-8000-{EXTRA:012}",
)


def number(record: Record) -> int:
    """The id of anything but a campaign."""
    return int(record["id"])


def listed(
    object_: Object, rows: list[Record], known: frozenset[str], call: Call, url: str
) -> Page:
    """Of objects in the order of their ids, those behind `after`."""
    limit, after = call.whole("limit", 10, MOST), call.whole("after", 0, least=0)
    start = bisect_right(rows, after, key=number)
    stop = start + limit
    shown = [object_.shown(row, call.listed("properties"), known) for row in rows[start:stop]]
    more = paging(call, url, rows[stop - 1]["id"]) if len(rows) > stop else {}
    return Page(object_.kind, shown, "results", {"results": (), **more})


def campaigns(records: list[Record], call: Call, url: str) -> Page:
    """The campaigns from a place on, with the properties asked for by name and no others."""
    limit, start = call.whole("limit", 50, MOST), _place(call.query.get("after", ""))
    rows = _sorted([row for row in records if not row.get("archived")], call.query.get("sort"))
    asked = call.listed("properties")
    shown = [_campaign(row, asked) for row in rows[start : start + limit]]
    more = paging(call, url, _after(start + limit)) if len(rows) > start + limit else {}
    return Page(CAMPAIGN, shown, "results", {"total": len(rows), "results": (), **more})


def paging(call: Call, url: str, after: str) -> dict[str, object]:
    """Where the next page is."""
    query = [(name, value) for name, values in call.parameters.items() for value in values]
    kept = [(name, value) for name, value in query if name != "after"]
    link = f"{url}{call.path}?{urlencode([*kept, ('after', after)])}"
    return {"paging": {"next": {"after": after, "link": link}}}


def _campaign(record: Record, asked: Collection[str]) -> Record:
    properties = {
        name: value for name, value in sorted(record["properties"].items()) if name in asked
    }
    kept = {name: record[name] for name in ("id", "createdAt", "updatedAt")}
    return {**kept, "properties": properties, "businessUnits": record.get("businessUnits", [])}


def _sorted(rows: list[Record], sort: str | None) -> list[Record]:
    name = (sort or "createdAt").removeprefix("-")
    if name not in ("hs_name", "createdAt", "updatedAt"):
        raise ValueError(f"sort: {sort} is none of hs_name, createdAt, updatedAt")
    rows = sorted(rows, key=lambda row: str(row["id"]))
    if name == "hs_name":
        rows.sort(key=lambda row: row["properties"].get(name) or "", reverse=sort == f"-{name}")
    else:
        rows.sort(key=lambda row: seconds(row[name]), reverse=sort == f"-{name}")
    return rows


def _after(start: int) -> str:
    return base64.b64encode(str(start).encode()).decode()


def _place(after: str) -> int:
    try:
        return int(base64.b64decode(after, validate=True).decode() or "0")
    except (binascii.Error, ValueError):
        raise ValueError(f"after: {after} is not a valid cursor") from None


def first_after(path: str) -> str:
    """The `after` that leads to the first page."""
    return _after(0) if path == CAMPAIGNS else "0"
