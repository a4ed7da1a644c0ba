"""A project is what a company declares: its sources, contracts and queries, in build order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from functools import cached_property
from zoneinfo import ZoneInfo, available_timezones

from pydantic import field_validator

from layers.contract import EntityContract, StagingContract
from layers.errors import ProjectError
from layers.language import Frozen, Span
from layers.relation import Relation
from layers.sources import Declaration

RAW = {"loaded_on": "date", "load_id": "bigint", "ordinal": "bigint", "record": "jsonb"}
BOOKKEEPING = {
    "layers_load_id": "bigint",
    "layers_ordinal": "bigint",
    "layers_gone": "text",
    "deletion_noticed_at": "timestamptz",
    "is_deleted": "boolean",
}


class Settings(Frozen):
    """`sql/project.yaml`: what holds for the whole company.

    `acronyms` are words that its labels write in capitals.
    """

    project: str
    time_zone: str
    first_month: str
    as_of_step: Span = "1 hour"
    acronyms: tuple[str, ...] = ()
    keep_differences: int = 100_000  # changed rows of a relation that a publication remembers
    keep_history: Span = "100 days"  # builds, checks, stagings, and the rows publications changed
    keep_restatements: Span = "1100 days"  # three years: what audits and comparisons look back on

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("no such time zone; wanted one like Europe/London")
        return value

    @field_validator("first_month")
    @classmethod
    def _month(cls, value: str) -> str:
        try:
            datetime.strptime(value, "%Y-%m")
        except ValueError:
            raise ValueError("wanted a month like 2026-01") from None
        return value

    @property
    def first_day(self) -> date:
        """The first day of the first month."""
        return date.fromisoformat(f"{self.first_month}-01")

    @property
    def first_instant(self) -> datetime:
        """The midnight, in the reporting time zone, at which the first month begins."""
        return datetime.combine(self.first_day, datetime.min.time(), ZoneInfo(self.time_zone))


class UseCase(Frozen):
    """`sql/prs/<use case>.yaml`: one schema of presentation tables and what it promises."""

    use_case: str
    needs: tuple[str, ...]
    promised_freshness: Span


@dataclass(frozen=True)
class Problem:
    """Something wrong with a file, in words that stand by themselves."""

    file: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.message}"


@dataclass(frozen=True)
class Project:
    """Everything that a company declares, in the order in which it is built."""

    settings: Settings
    sources: Mapping[str, Declaration]
    use_cases: Mapping[str, UseCase]
    relations: Mapping[str, Relation]
    problems: tuple[Problem, ...] = field(default=())

    @classmethod
    def broken(cls, problem: Problem) -> "Project":
        """A project that cannot be read at all."""
        settings = Settings(project="?", time_zone="UTC", first_month="1970-01")
        return cls(settings, {}, {}, {}, (problem,))

    @cached_property
    def units(self) -> dict[str, list[Relation]]:
        """What is published as a whole: `dmn` and each use case, their relations in build order."""
        units: dict[str, list[Relation]] = {}
        for relation in self.relations.values():
            if relation.layer != "stg":
                units.setdefault(relation.unit, []).append(relation)
        return units

    def relation(self, name: str) -> Relation:
        """A relation by its name. Raises ProjectError where there is none."""
        if name not in self.relations:
            near = get_close_matches(name, self.relations, 1)
            hint = f"did you mean {near[0]}?" if near else "layers status lists what there is"
            raise ProjectError(f"no relation '{name}'; {hint}")
        return self.relations[name]

    def needed(self, use_case: str) -> list[str]:
        """The sources that a use case needs, by their names or by their roles."""
        needs = self.use_cases[use_case].needs
        return [name for name, s in self.sources.items() if name in needs or s.role in needs]

    def below(self, names: Iterable[str]) -> set[str]:
        """The relations that these rest on, directly or not, down to staging."""
        found: set[str] = set()
        pending = list(names)
        while pending:
            read = self.relations[pending.pop()].reads & self.relations.keys()
            pending += read - found
            found |= read
        return found

    def sources_of(self, unit: str) -> list[str]:
        """The sources that a unit rests on, and those that its use case needs besides."""
        rests = {
            self.relations[name].folder for name in self.below(r.name for r in self.units[unit])
        }
        cases = [name for name in self.use_cases if unit in ("dmn", f"prs_{name}")]
        rests |= {source for case in cases for source in self.needed(case)}
        return [name for name in self.sources if name in rests]

    @property
    def clock(self) -> str | None:
        """The source in whose time the company lives, where that is not the warehouse's."""
        return next((name for name, s in self.sources.items() if s.has_its_own_time), None)

    def staged_from(self, source: str) -> list[Relation]:
        """The staging relations of a source that have a query; others are only drawn so far."""
        found = [r for r in self.relations.values() if r.schema == f"stg_{source}"]
        return [relation for relation in found if relation.query is not None]

    def picked(self, source: str, object_name: str) -> dict[tuple[str, ...], tuple[str, ...]]:
        """The paths that staging picks out of an object's raw records, and by which columns."""
        picked: dict[tuple[str, ...], tuple[str, ...]] = {}
        for relation in self.staged_from(source):
            if f"src_{source}.{object_name}" in relation.reads:
                for column, path in relation.picks:
                    by = f"{relation.name}.{column}" if column else relation.name
                    picked[path] = (*picked.get(path, ()), by)
        return picked

    def same_layer(self, relation: Relation) -> list[Relation]:
        """The relations of its own unit that a relation reads, which are built before it."""
        return [r for r in self.units[relation.unit] if r.name in relation.reads]

    def lower(self, unit: str) -> list[str]:
        """The names of the relations below a unit that its relations read."""
        own = {relation.name for relation in self.units.get(unit, [])}
        read = set().union(*(relation.reads for relation in self.units.get(unit, [])))
        return sorted(read - own)

    def consumers(self, unit: str) -> list[str]:
        """The units that read what a unit, or a source as `stg_<source>`, publishes."""
        names = {r.name for r in self.relations.values() if r.schema == unit}
        return [other for other in self.units if other != unit and names & set(self.lower(other))]


def columns_of(relation: Relation) -> dict[str, str]:
    """All columns of a relation's table: those of its contract and those the engine adds."""
    contract = relation.contract
    is_staged = relation.layer == "stg" and relation.folder != "layers"
    added = BOOKKEEPING if is_staged else {}
    if isinstance(contract, StagingContract) and contract.history:
        added = added | {"valid_during": "tstzrange"}
    return contract.types | added


def kept_for(use_case: str) -> tuple[str, str]:
    """The names of what the engine itself keeps in a use case's schema, beside its tables."""
    return f"prs_{use_case}_freshness", f"prs_{use_case}_restatements"


def entity(relation: Relation) -> EntityContract | None:
    """The relation's contract where it is an entity's."""
    return relation.contract if isinstance(relation.contract, EntityContract) else None
