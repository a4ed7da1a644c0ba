"""A relation is a table of one layer: a contract, and beside it the query that fills it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from layers.contract import KINDS, Contract

# Words of a contract that explain and change no row.
EXPLAINS = frozenset(
    "additivity answers definition entity grain label means pii remove_after replaced_by"
    " unit".split()
)


@dataclass(frozen=True)
class Reference:
    """A table that a query reads, and where its name stands: characters `start` up to `end`.

    `alias` is the name that the query's author gave it, if any.
    """

    schema: str
    table: str
    start: int
    end: int
    alias: str | None = None

    @property
    def name(self) -> str:
        """The relation's name; a raw object's with its schema, as that alone is unique."""
        return f"{self.schema}.{self.table}" if self.schema.startswith("src_") else self.table


@dataclass(frozen=True)
class Relation:
    """One table: its place, its promise, and how it is filled.

    `folder` is the source of a staging relation and the use case of a presentation table; it is
    empty in `dmn`. `query` is empty while the model is drawn and no data is there yet, and for the
    relations that the engine itself keeps (`stg_layers`). `select_end` is the character behind its
    first `select`; `picks` are, of a staging query, columns and the paths in the raw record;
    `plain_picks` are the columns that are one field of it, as it stands.
    """

    name: str
    layer: str
    folder: str
    file: str
    contract: Contract
    content: dict[str, Any]
    query: str | None = None
    references: tuple[Reference, ...] = ()
    select_end: int = 0
    picks: tuple[tuple[str, tuple[str, ...]], ...] = ()
    plain_picks: tuple[str, ...] = ()

    @property
    def schema(self) -> str:
        """The schema its table is in."""
        return f"{self.layer}_{self.folder}" if self.folder else self.layer

    @property
    def unit(self) -> str:
        """What it is published with: the layer `dmn`, or its use case's schema."""
        return self.schema

    @property
    def reads(self) -> frozenset[str]:
        """The names of the tables its query reads, raw objects as `schema.table`."""
        return frozenset(reference.name for reference in self.references)

    @property
    def is_incremental(self) -> bool:
        """Whether its query may be fed only some rows: an entity's, or those of some months."""
        said = (getattr(self.contract, name, None) for name in ("incremental", "refresh"))
        return any(said)

    @property
    def complete_when(self) -> str | None:
        """The column that says of a row that nothing it counts is still to come, if there is one.

        `is_settled` where a presentation table has it, else `is_complete_…`.
        """
        if self.layer != "prs":
            return None
        flags = [n for n, column in self.contract.columns.items() if column.type == "boolean"]
        complete = (name for name in flags if name.startswith("is_complete_"))
        return "is_settled" if "is_settled" in flags else next(complete, None)

    @property
    def fingerprint(self) -> str:
        """The same as long as contract and query ask for the same rows, whatever they explain."""
        asked = {k: v for k, v in self.content.items() if k not in EXPLAINS}
        asked["columns"] = {
            name: {k: v for k, v in column.items() if k not in EXPLAINS}
            for name, column in self.content["columns"].items()
        }
        said = json.dumps([asked, self.query], sort_keys=True, default=str)
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    def to_json(self) -> dict[str, Any]:
        """The relation as plain JSON values, from which `from_json` makes it again."""
        plain = {name: value for name, value in vars(self).items() if name != "contract"}
        return plain | {
            "references": [asdict(reference) for reference in self.references],
            "reads": sorted(self.reads),
            "schema": self.schema,
        }

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> "Relation":
        """A relation from its JSON values."""
        names = {field.name for field in fields(cls)} - {"contract", "references"}
        references = tuple(Reference(**reference) for reference in said["references"])
        contract = KINDS[said["layer"]].model_validate(said["content"])
        plain = {name: said[name] for name in names}
        plain["picks"] = tuple((column, tuple(path)) for column, path in said["picks"])
        plain["plain_picks"] = tuple(said["plain_picks"])
        return cls(contract=contract, references=references, **plain)

    def query_with(self, names: Mapping[str, str]) -> str:
        """The query with table names replaced at their places, every other byte as it was.

        `names` gives, for a table's name as in `reads`, the SQL that stands in its place.
        """
        assert self.query is not None
        text, position = [], 0
        for ref in sorted(self.references, key=lambda ref: ref.start):
            if ref.name in names:
                text += [self.query[position : ref.start], names[ref.name]]
                position = ref.end
        return "".join([*text, self.query[position:]])
