"""Columns and tables that are to go: what to read instead, and the day until which they stay.

A contract says so beforehand, and the comment in the warehouse keeps what was said, so that it is
still known when the contract no longer is there. The day is one of people's calendar.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime

from layers.contract import CheckedContract
from layers.declared import unknown
from layers.errors import WarehouseError
from layers.project import Problem, Project
from layers.promises import Deprecated
from layers.relation import Relation

_SAID = re.compile(r"Deprecated: stays until (\d{4}-\d{2}-\d{2}); read [\w.]+ instead\.")


class TooEarlyError(WarehouseError):
    """Something would go before the day until which readers were told that it stays."""


def today() -> date:
    """The day it is."""
    return datetime.now(UTC).date()


def sentence(said: Deprecated) -> str:
    """What a comment says of something that is to go; empty where it stays."""
    if said.remove_after is None:
        return ""
    return f"Deprecated: stays until {said.remove_after}; read {said.replaced_by} instead."


def until(comment: str | None) -> date | None:
    """The day until which something stays, by the comment that it has in the warehouse."""
    found = _SAID.search(comment or "")
    return date.fromisoformat(found[1]) if found else None


def due(project: Project, day: date) -> list[Problem]:
    """What has stayed for as long as was promised, and may be removed; nothing of it is wrong."""
    return [
        Problem(relation.file, f"{what} was to stay until {said.remove_after} and may be removed")
        for relation in project.relations.values()
        for what, said in _declared(relation)
        if said.remove_after is not None and said.remove_after < day
    ]


def _declared(relation: Relation) -> Iterator[tuple[str, Deprecated]]:
    if isinstance(relation.contract, CheckedContract):
        yield relation.name, relation.contract
    for name, column in relation.contract.columns.items():
        yield f"column '{name}'", column


def problems(relation: Relation, relations: Mapping[str, Relation]) -> Iterator[str]:
    """What is wrong with what a contract says is to go."""
    contract = relation.contract
    if isinstance(contract, CheckedContract) and contract.replaced_by is not None:
        others = [n for n, r in relations.items() if r.layer == relation.layer and r != relation]
        if contract.replaced_by not in others:
            yield f"is replaced by '{contract.replaced_by}'; wanted another {relation.layer} table"
    for name, column in contract.columns.items():
        if column.replaced_by is None:
            continue
        where = f"column '{name}' has replaced_by, which"
        yield from unknown(contract.columns, where, [column.replaced_by])
        if column.replaced_by == name:
            yield f"{where} names itself; wanted what to read instead"
        if name in contract.key:
            yield f"column '{name}' is part of the key, which cannot go while its table stays"


def ensure_may_go(file: str, what: str, comment: str | None) -> bool:
    """Whether something was announced to go, and stayed as long as that said.

    Raises TooEarlyError where it was to stay longer.
    """
    day = until(comment)
    if day is not None and today() <= day:
        raise TooEarlyError(f"{file}: {too_early(what, day)}")
    return day is not None


def too_early(what: str, day: date) -> str:
    """Says that something is to stay, and what to do."""
    return (
        f"{what} is no longer declared, and readers were told that it stays until {day}; "
        "put it back until then, or publish it once with an earlier remove_after"
    )
