"""Stage: raw records become typed rows, the newest version of each key, or rejects.

Set-based: a few statements read the raw records behind the mark. Staging a record twice changes
nothing, so a mark may be set back at any time.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from layers import record
from layers.errors import DataError, ProjectError
from layers.relation import Relation
from layers.rules import allowed
from layers.span import Staged
from layers.spans import stage_retried, stage_spans
from layers.staging import contract_of, raw
from layers.staging_table import ensure
from layers.warehouse import Connection, errors_told, lock_relation, one, text

NEVER = 2**63 - 1


def stage(connection: Connection, relation: Relation, run: str) -> Staged:
    """Stages the raw records behind the relation's mark.

    Raises DataError, after everything that can be staged is committed, where more records were
    rejected than `reject_limit` allows.
    """
    return _stage(connection, relation, run, None)


def replay(
    connection: Connection, relation: Relation, run: str, since: datetime | None = None
) -> Staged:
    """Stages again what was loaded since a moment, or all raw records that are still there."""
    return _stage(connection, relation, run, since or datetime.min)


def retry(connection: Connection, relation: Relation) -> Staged:
    """Judges the rejected records of a relation once more, from the rejects themselves."""
    began = time.monotonic()
    with errors_told(f"staging {relation.name}"), _ready(connection, relation):
        staged = stage_retried(connection, relation)
        staged.seconds = time.monotonic() - began
        if staged.inserted or staged.updated:
            record.moved(connection, relation.name, is_rewritten=True)
    return staged


def _stage(connection: Connection, relation: Relation, run: str, since: datetime | None) -> Staged:
    began = time.monotonic()
    with errors_told(f"staging {relation.name}"), _ready(connection, relation):
        mark, upto = _span(connection, relation)
        if since is not None:
            mark = min(mark, _before(connection, relation, since))
        if upto <= mark:
            return Staged(relation.name)
        replayed = _replayed(connection, relation, mark)
        staged = stage_spans(connection, relation, mark, upto, replayed)
        staged.seconds = time.monotonic() - began
        _remember(connection, relation, staged, upto, run)
    if staged.rejected > allowed(contract_of(relation).reject_limit, staged.read):
        raise DataError(_too_many(relation, staged))
    return staged


@contextmanager
def _ready(connection: Connection, relation: Relation) -> Iterator[None]:
    """A transaction over a table that follows its contract, and that nobody else stages.

    The table is changed in a short transaction before: it is not taken from builds for longer.
    """
    if relation.query is None:
        raise ProjectError(f"{relation.file}: has no query yet, so nothing can be staged")
    with connection.transaction():
        lock_relation(connection, relation.name)
        if ensure(connection, relation):
            record.moved(connection, relation.name, is_rewritten=True)
    with connection.transaction():
        lock_relation(connection, relation.name)
        yield


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
    return (found[0] if found else 0), upto


def _before(connection: Connection, relation: Relation, since: datetime) -> int:
    """The load before the first one since a moment."""
    (first,) = one(
        connection,
        "select min(load_id) from layers.loads where source = %s and object = %s"
        " and loaded_at >= greatest(%s::timestamptz, '0001-01-02Z')",
        *(relation.folder, relation.references[0].table, since),
    )
    return NEVER if first is None else int(first) - 1


def _replayed(connection: Connection, relation: Relation, mark: int) -> int | None:
    """The oldest load behind a mark that is judged anew: rows and rejects of before are there.

    Rejects of raw records that are no longer there stay: they cannot be judged any more.
    """
    (staged, rejected) = one(
        connection,
        "select (select max(to_load_id) from layers.stagings where relation = %s),"
        " (select max(load_id) from layers.rejects where relation = %s)",
        *(relation.name, relation.name),
    )
    if max(staged or 0, rejected or 0) <= mark:
        return None
    (oldest,) = one(
        connection, text(f"select min(load_id) from {raw(relation)} where load_id > {mark}")
    )
    if oldest is not None:
        connection.execute(
            "delete from layers.rejects where relation = %s and load_id >= %s",
            [relation.name, oldest],
        )
    return None if oldest is None else int(oldest)


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
    if staged.inserted or staged.updated or staged.gone or staged.deleted:
        record.moved(connection, relation.name, is_rewritten=staged.is_rewritten)


def _too_many(relation: Relation, staged: Staged) -> str:
    return (
        f"{relation.name}: {staged.rejected:,} of {staged.read:,} records were rejected, more than "
        f"reject_limit {contract_of(relation).reject_limit}; the others are staged. To see them, "
        f"layers rejects {relation.name}, or:\n"
        "    select column_name, wanted, value, convert_from(record, 'UTF8') from layers.rejects"
        f" where relation = '{relation.name}'"
    )
