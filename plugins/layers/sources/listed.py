"""Lists that are read whole, page by page: what two readings do not have is no longer there.

Pages shift while they are read, so one reading may miss a record that is there. Only what neither
of two readings in a row has seen counts as gone; and a reading counts only if it went through from
the first page to the last without an odd one, and saw no id twice and none that cannot be kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from layers.sources.pages import Page, can_be_kept

KEYS_PER_RECORD = 1_000


@dataclass
class Listed:
    """The ids of one reading; `counts` is false once it cannot be trusted.

    A cursor keeps `listed`, all ids of the last reading that counts, and whether they `moved`:
    were not those of the one before.
    """

    name: str
    before: list[str] | None
    had_moved: bool
    counts: bool
    ids: set[str] = field(default_factory=set)

    @classmethod
    def behind(cls, name: str, cursor: dict[str, Any]) -> "Listed":
        """The reading that begins at a cursor; `name` is the field that has a record's id."""
        is_begun = bool(cursor.keys() - {"listed", "moved"})  # by a run that did not end
        return cls(name, cursor.get("listed"), bool(cursor.get("moved", True)), not is_begun)

    def see(self, page: Page) -> None:
        """The records of a page are there."""
        ids = [str(found) for o in page.objects() if (found := o.get(self.name)) is not None]
        is_whole = len(ids) == len(page.records) == len(set(ids)) and all(map(can_be_kept, ids))
        self.counts &= is_whole and not page.is_second_look and self.ids.isdisjoint(ids)
        self.ids.update(ids)

    def cursor(self) -> dict[str, Any]:
        """What the next reading has to know of this one; nothing if it does not count."""
        if not self.counts:
            return {}
        found = sorted(self.ids)
        return {"listed": found, "moved": found != self.before}

    def keys(self) -> Iterator[bytes]:
        """All ids that are there, as records; none where nothing can have gone."""
        import json

        if not self.counts or self.before is None:
            return
        if not self.had_moved and sorted(self.ids) == self.before:
            return
        there = sorted(self.ids.union(self.before))
        for start in range(0, len(there), KEYS_PER_RECORD):
            some = there[start : start + KEYS_PER_RECORD]
            yield json.dumps({"layers_keys": some}).encode()
