"""Contacts and companies over time, in the form of HubSpot's CRM API v3.

Every property is text or null, and some people type nothing where they mean null. Times have a
fraction or none; they are in the order of time, not of letters. A contact that another one
swallowed is there no longer: the winner lists its id in `hs_merged_object_ids`.
"""

from dataclasses import dataclass, field
from typing import Any

from demo.company.clock import SECOND, iso, iso_seconds

Json = dict[str, Any]
Properties = dict[str, str | None]


def iso_as_hubspot(at: int) -> str:
    """A moment, without a fraction where it has none."""
    return iso(at) if at % SECOND else iso_seconds(at)


@dataclass(slots=True, eq=False)
class CrmObject:
    """A contact or a company; `modified` is the name of the property with its last change."""

    created_at: int
    properties: Properties
    modified: str
    changes: list[tuple[int, Properties]] = field(default_factory=list)
    swallows: list[tuple[int, "CrmObject"]] = field(default_factory=list)
    id: str = ""
    archived_at: int | None = None
    gone_at: int | None = None  # swallowed by another one

    def change(self, at: int, **values: str | None) -> None:
        """From a moment on, some properties have other values."""
        self.changes.append((at, values))

    def swallow(self, at: int, other: "CrmObject") -> None:
        """Somebody has noticed that both are the same person."""
        other.gone_at = at
        self.swallows.append((at, other))

    def shown(self, now: int) -> Json | None:
        """The object as it stands, or nothing where it is not there."""
        if self.created_at >= now or (self.gone_at is not None and self.gone_at < now):
            return None
        properties, updated_at = dict(self.properties), self.created_at
        for at, values in sorted(self.changes, key=lambda change: change[0]):
            if at < now:
                properties |= values
                updated_at = at
        merged = [(at, other.id) for at, other in self.swallows if at < now]
        updated_at = max([updated_at, *(at for at, _ in merged)])
        return self._form(properties, updated_at, [id_ for _, id_ in merged], now)

    def _form(self, properties: Properties, updated_at: int, merged: list[str], now: int) -> Json:
        is_archived = self.archived_at is not None and self.archived_at < now
        if is_archived and self.archived_at:
            updated_at = max(updated_at, self.archived_at)
        properties |= {
            "hs_object_id": self.id,
            "createdate": iso_as_hubspot(self.created_at),
            self.modified: iso_as_hubspot(updated_at),
        }
        if self.modified == "lastmodifieddate":
            properties["hs_merged_object_ids"] = ";".join(merged) or None
        shown: Json = {
            "id": self.id,
            "properties": properties,
            "createdAt": iso_as_hubspot(self.created_at),
            "updatedAt": iso_as_hubspot(updated_at),
            "archived": is_archived,
        }
        return shown | (
            {"archivedAt": iso_as_hubspot(self.archived_at or 0)} if is_archived else {}
        )
