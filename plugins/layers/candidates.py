"""Candidates and what belongs to them: the tables of a layer that no reader sees.

They are unlogged. A crash of the server empties all of them, and what is empty is built again.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

from layers import record
from layers.ddl import table
from layers.relation import Relation
from layers.rules import quoted
from layers.warehouse import Connection, one, text


def candidate(relation: Relation) -> str:
    """The qualified, quoted name of a relation's candidate."""
    return table(relation, f"{relation.layer}_candidates")


def held(relation: Relation, build_id: int) -> str:
    """The table of the rows of a build that break rules: place, rule, step, effect, by itself."""
    return f"{quoted(relation.layer + '_candidates')}.held_{build_id}"


def touched(relation: Relation) -> str:
    """The table of the keys that may differ from what is published, each with its build."""
    name = hashlib.sha256(relation.name.encode()).hexdigest()[:16]
    return f"{quoted(relation.layer + '_candidates')}.touched_{name}"


def changed(relation: Relation) -> str:
    """The table of what changed in a candidate that incremental ones read: columns and values."""
    name = hashlib.sha256(relation.name.encode()).hexdigest()[:16]
    return f"{quoted(relation.layer + '_candidates')}.changed_{name}"


def count(connection: Connection, relation: Relation) -> int:
    """How many rows a candidate has."""
    return int(one(connection, text(f"select count(*) from {candidate(relation)}"))[0])


def is_there(connection: Connection, relation: Relation) -> bool:
    """Whether a relation's candidate is what its latest build made of its present query."""
    return _is_there(connection, relation, record.latest_build(connection, relation))


def unfit(
    connection: Connection, relations: Sequence[Relation], *, is_counted: bool = True
) -> set[str]:
    """The relations that have no candidate, or no checked one.

    Where it `is_counted` no row of it may be missing; else it is enough that it was not emptied.
    """
    latest = record.latest_builds(connection, relations)
    return {
        relation.name
        for relation in relations
        if not _is_there(connection, relation, latest[relation.name], is_counted=is_counted)
        or not _is_done(connection, relation, latest[relation.name])
    }


def _is_there(
    connection: Connection,
    relation: Relation,
    latest: dict[str, Any] | None,
    *,
    is_counted: bool = True,
) -> bool:
    if not latest or latest["fingerprint"] != relation.fingerprint:
        return False
    if one(connection, "select to_regclass(%s)", candidate(relation))[0] is None:
        return False
    if relation.is_incremental or not is_counted:  # too large to be counted again and again
        filled = one(connection, text(f"select exists (select from {candidate(relation)})"))[0]
        return bool(filled) == bool(latest["rows"])
    return count(connection, relation) == int(latest["rows"])


def is_done(connection: Connection, relation: Relation) -> bool:
    """Whether the latest build of a relation is checked, and its broken rows are still noted."""
    return _is_done(connection, relation, record.latest_build(connection, relation))


def _is_done(connection: Connection, relation: Relation, latest: dict[str, Any] | None) -> bool:
    if not latest or latest["checked_at"] is None:
        return False
    noted = one(connection, "select to_regclass(%s)", held(relation, latest["build_id"]))
    return noted[0] is not None
