"""Stage: raw records become typed rows, the newest version of each key, or rejects.

Set-based: one statement reads the raw records behind the mark. Staging a record twice changes
nothing, so a mark may be set back at any time.
"""

import time
from dataclasses import dataclass, replace

from layers import record
from layers.contract import StagingContract
from layers.ddl import table
from layers.errors import DataError, ProjectError
from layers.relation import Relation
from layers.rules import allowed
from layers.staging import raw, statement
from layers.staging_table import ensure
from layers.warehouse import Connection, errors_told, lock_relation, one, text

NEVER = 2**63 - 1


@dataclass(frozen=True)
class Staged:
    """What became of the raw records that one staging read.

    read = inserted + superseded + repeated + rejected; an update supersedes the version before it.
    `gone` are rows that no raw record says any more, since the contract says something else.
    """

    relation: str
    read: int = 0
    inserted: int = 0
    updated: int = 0
    superseded: int = 0
    repeated: int = 0
    rejected: int = 0
    gone: int = 0
    seconds: float = 0.0


def stage(connection: Connection, relation: Relation, run: str) -> Staged:
    """Stages the raw records behind the relation's mark.

    Raises DataError, after everything that can be staged is committed, where more records were
    rejected than `reject_limit` allows.
    """
    assert isinstance(relation.contract, StagingContract)
    if relation.query is None:
        raise ProjectError(f"{relation.file}: has no query yet, so nothing can be staged")
    began = time.monotonic()
    with errors_told(f"staging {relation.name}"), connection.transaction():
        lock_relation(connection, relation.name)
        if ensure(connection, relation):
            record.moved(connection, relation.name)
        mark, upto = _span(connection, relation)
        if upto <= mark:
            return Staged(relation.name)
        replayed = _replayed(connection, relation) if mark == 0 else None
        counts = one(connection, text(statement(relation, mark, upto, replayed)))
        staged = replace(Staged(relation.name, *counts), seconds=time.monotonic() - began)
        _remember(connection, relation, staged, upto, run)
    if staged.rejected > allowed(relation.contract.reject_limit, staged.read):
        raise DataError(_too_many(relation, staged))
    return staged


def _span(connection: Connection, relation: Relation) -> tuple[int, int]:
    """The last load that is staged, and the last that there is."""
    source, object_name = relation.folder, relation.references[0].table
    (upto,) = one(
        connection,
        "select coalesce(max(load_id), 0) from layers.loads where source = %s and object = %s",
        *(source, object_name),
    )
    found = one(
        connection,
        "select load_id from layers.staged where relation = %s and fingerprint = %s",
        *(relation.name, relation.fingerprint),
    )
    if found is None:  # never staged, or as another contract said: from the raw records again
        connection.execute(
            "delete from layers.rejects where relation = %s and load_id >= %s",
            [relation.name, _oldest(connection, relation)],
        )
    return (found[0] if found else 0), upto


def _replayed(connection: Connection, relation: Relation) -> int | None:
    """The oldest load that is still there, where the relation has rows from before."""
    if one(connection, text(f"select not exists (select from {table(relation)})"))[0]:
        return None
    oldest = _oldest(connection, relation)
    return oldest if oldest < NEVER else None


def _oldest(connection: Connection, relation: Relation) -> int:
    """The oldest load of which raw records are still there; what is older cannot be judged anew."""
    (oldest,) = one(connection, text(f"select min(load_id) from {raw(relation)}"))
    return NEVER if oldest is None else int(oldest)


def _remember(
    connection: Connection, relation: Relation, staged: Staged, upto: int, run: str
) -> None:
    connection.execute(
        "insert into layers.staged (relation, load_id, fingerprint) values (%s, %s, %s)"
        " on conflict (relation) do update set load_id = excluded.load_id,"
        " fingerprint = excluded.fingerprint",
        [relation.name, upto, relation.fingerprint],
    )
    connection.execute(
        "insert into layers.stagings (relation, run, to_load_id, read, inserted, updated,"
        " superseded, repeated, rejected, seconds) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            *(relation.name, run, upto, staged.read, staged.inserted, staged.updated),
            *(staged.superseded, staged.repeated, staged.rejected, staged.seconds),
        ],
    )
    if staged.inserted or staged.updated or staged.gone:
        record.moved(connection, relation.name)


def _too_many(relation: Relation, staged: Staged) -> str:
    assert isinstance(relation.contract, StagingContract)
    return (
        f"{relation.name}: {staged.rejected:,} of {staged.read:,} records were rejected, more than "
        f"reject_limit {relation.contract.reject_limit}; the others are staged. To see them:\n"
        "    select column_name, wanted, value, convert_from(record, 'UTF8') from layers.rejects"
        f" where relation = '{relation.name}'"
    )
