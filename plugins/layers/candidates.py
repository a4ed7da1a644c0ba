"""Candidates and what belongs to them: the tables of a layer that no reader sees.

They are unlogged. A crash of the server empties all of them, and what is empty is built again.
"""

import hashlib

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
    latest = record.latest_build(connection, relation)
    if latest is None or latest["fingerprint"] != relation.fingerprint:
        return False
    if one(connection, "select to_regclass(%s)", candidate(relation))[0] is None:
        return False
    if relation.is_incremental:  # too large to be counted again and again
        filled = one(connection, text(f"select exists (select from {candidate(relation)})"))[0]
        return bool(filled) == bool(latest["rows"])
    return count(connection, relation) == int(latest["rows"])


def is_done(connection: Connection, relation: Relation) -> bool:
    """Whether the latest build of a relation is checked, and its broken rows are still noted."""
    latest = record.latest_build(connection, relation)
    if latest is None or latest["checked_at"] is None:
        return False
    noted = one(connection, "select to_regclass(%s)", held(relation, latest["build_id"]))
    return noted[0] is not None
