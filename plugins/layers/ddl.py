"""Tables as contracts describe them: columns, constraints and comments as statements.

Constraints carry a hash of what they say in their name, so that comparing names tells which ones a
changed contract adds or takes away.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from psycopg import sql

from layers import deprecation, rules
from layers.contract import CheckedContract, EntityContract
from layers.project import Project
from layers.relation import Relation
from layers.rules import columns, quoted
from layers.warehouse import text

_UNIQUE = " deferrable initially immediate"


@dataclass(frozen=True)
class Constraint:
    """A constraint or index of a table; `to` is the table that a foreign key leads to."""

    name: str
    kind: str
    definition: str
    to: str | None = None

    def add(self, table: str, *, validated: bool = True) -> sql.SQL:
        """The statement that adds it to `table`, a qualified and quoted name."""
        if self.kind == "index":
            return text(f"create index {quoted(self.name)} on {table} {self.definition}")
        later = "" if validated or self.kind not in ("check", "foreign") else " not valid"
        return text(
            f"alter table {table} add constraint {quoted(self.name)} {self.definition}{later}"
        )

    def add_beside_readers(self, table: str) -> tuple[str, str]:
        """A unique one's statements: its index is made first, which no reader waits for."""
        name, of = quoted(self.name), self.definition.removeprefix("unique ").removesuffix(_UNIQUE)
        return (
            f"create unique index {name} on {table} {of}",
            f"alter table {table} add constraint {name} unique using index {name}{_UNIQUE}",
        )


def table(relation: Relation, schema: str | None = None) -> str:
    """The qualified, quoted name of a relation's table."""
    return f"{quoted(schema or relation.schema)}.{quoted(relation.name)}"


def create(project: Project, relation: Relation) -> sql.SQL:
    """The live table without its key: columns, `not null` and checks."""
    filled = required(relation)
    instants = instant_periods(project, relation)
    lines = [
        f"{quoted(name)} {column.type}{' not null' if name in filled else ''}"
        for name, column in relation.contract.columns.items()
    ]
    lines += [
        # of no instant there is no range; from null to null would be all time
        f"{quoted(period)} {kind} generated always as"
        f" (case when {instant} is not null then {kind}({instant}, {instant}, '[]') end) stored"
        for period, (instant, kind) in instants.items()
    ]
    lines += [
        f"constraint {quoted(one.name)} {one.definition}"
        for one in constraints(project, relation)
        if one.kind == "check"
    ]
    return text(f"create table {table(relation)} ({', '.join(lines)})")


def instant_periods(project: Project, relation: Relation) -> dict[str, tuple[str, str]]:
    """The generated ranges beside instants at which something temporal must be there.

    By name: the instant's column, quoted, and the type of the range.
    """
    found: dict[str, tuple[str, str]] = {}
    for rule in rules.of(project, relation):
        if isinstance(rule, rules.ReferenceRule) and rule.period and rule.is_instant:
            kind = relation.contract.columns[rule.period].type
            ranges = {"timestamptz": "tstzrange", "date": "daterange"}
            found[_instant_period(rule.period)] = (quoted(rule.period), ranges[kind])
    return found


def _instant_period(instant: str) -> str:
    return f"layers_{instant}"[:63]


def required(relation: Relation) -> set[str]:
    """Columns that are never empty, where no promise about that is a mere warning."""
    contract = relation.contract
    warned: set[str] = set()
    if isinstance(contract, CheckedContract) and contract.on_violation == "warn":
        warned = set(contract.columns)
    if isinstance(contract, EntityContract):
        for link in contract.relationships.values():
            if link.on_violation == "warn":
                warned |= set(link.by)
    return {
        name
        for name, column in contract.columns.items()
        if name in contract.key or not (column.optional or name in warned)
    }


def comments(relation: Relation) -> dict[str, str]:
    """What the contract says of the table (under the empty name) and of its columns."""
    contract = relation.contract
    said = f"{contract.definition} " if isinstance(contract, EntityContract) else ""
    goes = deprecation.sentence(contract) if isinstance(contract, CheckedContract) else ""
    found = {"": f"{said}Grain: {contract.grain}. {goes}".rstrip()}
    for name, column in contract.columns.items():
        parts = [column.means, column.unit and f"[{column.unit}]", deprecation.sentence(column)]
        if meaning := " ".join(filter(None, parts)):
            found[name] = meaning
    return found


def constraints(project: Project, relation: Relation) -> list[Constraint]:
    """Everything native that guards a live table; a rule that only warns has nothing native."""
    return list(_constraints(project, relation))


def _constraints(project: Project, relation: Relation) -> Iterator[Constraint]:
    contract = relation.contract
    overlaps = " without overlaps" if contract.overlaps_never else ""
    key = f"primary key ({columns(contract.key)}{overlaps})"
    yield _named(relation, "pk", "key", "primary", key)
    for rule in rules.of(project, relation):
        if rule.on_violation == "warn":
            continue
        if isinstance(rule, rules.RowRule) and not rule.is_not_null:
            yield _named(relation, "ck", rule.name, "check", f"check ({rule.holds})")
        elif isinstance(rule, rules.UpperBound):
            unique = f"unique ({columns(rule.columns)}){_UNIQUE}"
            yield _named(relation, "uq", rule.name, "unique", unique)
        elif isinstance(rule, rules.ReferenceRule):
            yield from _foreign(relation, project.relations[rule.to], rule)


def _foreign(
    relation: Relation, target: Relation, rule: rules.ReferenceRule
) -> Iterator[Constraint]:
    by, key = columns(rule.by), columns(rule.to_key)
    if rule.period and rule.to_period:
        period = quoted(_instant_period(rule.period) if rule.is_instant else rule.period)
        index = f"using gist ({by}, {period})"
        by, key = f"{by}, period {period}", f"{key}, period {quoted(rule.to_period)}"
    leads = f"foreign key ({by}) references {table(target)} ({key}) deferrable initially deferred"
    yield _named(relation, "fk", rule.name, "foreign", leads, rule.to)
    if rule.period:
        yield _named(relation, "ix", rule.name, "index", index)
    elif relation.contract.key[: len(rule.by)] != rule.by:
        yield _named(relation, "ix", rule.name, "index", f"({by})")


def _named(
    relation: Relation, prefix: str, name: str, kind: str, definition: str, to: str | None = None
) -> Constraint:
    slug = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:40]
    mark = hashlib.sha256(f"{relation.name} {definition}".encode()).hexdigest()[:8]
    return Constraint(f"{prefix}_{slug}_{mark}", kind, definition, to)
