"""What readers see of `prs`: its tables as they are published, and how fresh each use case is.

It is read as Looker reads it. What a contract marks as somebody's (`pii`) is masked before it
leaves the warehouse.
"""

from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from layers.additivity import times
from layers.contract import Contract, PresentationContract
from layers.ddl import table
from layers.errors import NoConnectionError, ProjectError
from layers.lookml import freshness as declared
from layers.project import Project
from layers.relation import Relation
from layers.warehouse import Connection, connect, one, text

MASK = "***"
_FACTS = "publication, published_at, data_as_of, watermarks, freshness"


@dataclass(frozen=True)
class Freshness:
    """One row of a use case: up to when its sources are known, and whether that is as promised."""

    publication: int | None
    published_at: datetime | None
    data_as_of: datetime | None
    watermarks: dict[str, Any] | None
    freshness: str


@dataclass(frozen=True)
class Published:
    """Rows of a table, oldest first, each in the order of the contract; `count` is of them all.

    A table that nobody has made yet has none.
    """

    rows: list[tuple[Any, ...]]
    count: int
    is_there: bool


def reader(doing: str) -> Connection:
    """A connection as Looker's role; as the presenter where nobody has made `looker`."""
    try:
        return connect("looker", doing)
    except NoConnectionError:
        return connect("presenter", doing)


def presented(project: Project) -> list[Relation]:
    """The presentation tables by use case and name: what a person writes into sql/prs."""
    found = [
        relation
        for relation in project.relations.values()
        if isinstance(relation.contract, PresentationContract)
        and relation.name != declared.table(relation.folder)
    ]
    return sorted(found, key=lambda relation: (relation.folder, relation.name))


def presentation_table(project: Project, name: str) -> Relation:
    """A presentation table, with or without its schema. Raises ProjectError where it is none."""
    tables = {relation.name: relation for relation in presented(project)}
    wanted = name.rpartition(".")[2]
    if wanted in tables:
        return tables[wanted]
    near = get_close_matches(wanted, tables, 1)
    there = f"did you mean {near[0]}?" if near else f"there are {', '.join(tables) or 'none'}"
    what = f"'{name}' is no table of prs" if wanted in project.relations else f"no table '{name}'"
    raise ProjectError(f"{what}; {there}")


def read(connection: Connection, relation: Relation, newest: int | None = None) -> Published:
    """The rows of a table by its time, then by its key; all of them, or as many of the newest."""
    if one(connection, "select to_regclass(%s)", table(relation))[0] is None:
        return Published([], 0, is_there=False)
    (count,) = one(connection, text(f"select count(*) from {table(relation)}"))
    limit = "" if newest is None else f" limit {newest}"
    found = connection.execute(text(f"{_select(relation)}{limit}")).fetchall()
    return Published(found[::-1], count, is_there=True)


def _select(relation: Relation) -> str:
    """Newest first, so that a limit leaves out the oldest."""
    said = relation.contract
    names = ", ".join(_shown(said, name) for name in said.columns)
    order = [*times(said), *(name for name in said.key if name not in times(said))]
    by = ", ".join(f'"{name}" desc' for name in order)
    return f"select {names} from {table(relation)} as shown order by {by}"


def _shown(said: Contract, name: str) -> str:
    if said.columns[name].pii:
        return f"""case when shown."{name}" is not null then '{MASK}' end"""
    return f'shown."{name}"'


def freshness(connection: Connection, use_case: str) -> Freshness | None:
    """How fresh a use case says it is; None where it does not say."""
    name = f"prs_{use_case}.{declared.table(use_case)}"
    if one(connection, "select to_regclass(%s)", name)[0] is None:
        return None
    found = one(connection, text(f"select {_FACTS} from {name}"))
    return Freshness(*found) if found else None
