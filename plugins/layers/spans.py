"""Spans of loads, staged one after the other: what is staged runs from load to load.

Loads of records that follow each other are one span. A load of everything, or of all keys, is a
span of its own, since what it does not name is gone from then on.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg

from layers import catalog, merging, staging
from layers.ddl import table
from layers.relation import Relation
from layers.rules import allowed
from layers.warehouse import Connection, one, text

NEWEST = 2**63 - 1
MANY = 10_000  # rows, from which on it is worth making a key after them


@dataclass
class Staged:
    """What became of the raw records that one staging read.

    read = inserted + superseded + repeated + rejected; an update supersedes the version before it.
    `gone` are rows that no raw record says any more, since the contract says something else;
    `deleted` are rows that the source no longer has. It `is_rewritten` where rows have changed that
    still say they came with an older load.
    """

    relation: str
    read: int = 0
    inserted: int = 0
    updated: int = 0
    superseded: int = 0
    repeated: int = 0
    rejected: int = 0
    gone: int = 0
    deleted: int = 0
    seconds: float = 0.0
    is_rewritten: bool = False


@dataclass(frozen=True)
class _Span:
    """Loads behind `mark` up to `upto`, all of one kind."""

    mark: int
    upto: int
    kind: str


def stage_spans(
    connection: Connection, relation: Relation, mark: int, upto: int, replayed: int | None
) -> Staged:
    """Stages the loads behind `mark` up to `upto`; those from `replayed` on were staged before."""
    counts = Staged(relation.name, is_rewritten=replayed is not None)
    for span in _spans(connection, relation, mark, upto):
        if span.kind == "keys":
            _compare_keys(connection, relation, counts, span.upto)
        else:
            fed = staging.span(relation, span.mark, span.upto)
            _stage(connection, relation, fed, counts, span, replayed)
    swallows = staging.contract_of(relation).swallows
    if replayed is not None or (swallows and (mark == 0 or _has_changed(counts))):
        _take_over(connection, relation, counts)
    return counts


def _has_changed(counts: Staged) -> bool:
    return bool(counts.inserted or counts.updated or counts.gone or counts.deleted)


def _compare_keys(connection: Connection, relation: Relation, counts: Staged, load_id: int) -> None:
    """Rows whose keys a load did not name are deleted from then on, those it names are not.

    Of a load of which something was rejected nobody knows what it would have named.
    """
    (unread,) = one(connection, "select rejected from layers.loads where load_id = %s", load_id)
    if unread or not staging.names_its_key(relation):
        return
    _drop(connection, "layers_said")
    connection.execute(text(merging.read_keys(relation, load_id)))
    gone = _run(connection, merging.mark_absent(relation, load_id))
    back = _run(connection, merging.mark_present(relation))
    counts.deleted, counts.updated = counts.deleted + gone, counts.updated + back
    counts.is_rewritten |= bool(gone or back)


def _take_over(connection: Connection, relation: Relation, counts: Staged) -> None:
    """Rows that another one has swallowed are deleted, as long as it says so."""
    back, gone = _run(connection, merging.unmark_merged(relation)), 0
    if staging.contract_of(relation).swallows:
        gone = _run(connection, merging.mark_merged(relation))
    counts.deleted, counts.updated = counts.deleted + gone, counts.updated + back
    counts.is_rewritten |= bool(gone or back)


def stage_retried(connection: Connection, relation: Relation) -> Staged:
    """Stages the rejected records of a relation; those that still do not fit are rejected anew."""
    counts = Staged(relation.name, is_rewritten=True)
    _drop(connection, "layers_retried")
    connection.execute(text(staging.take_rejects(relation)))
    connection.execute(
        "delete from layers.rejects where relation = %s and column_name is not null",
        [relation.name],
    )
    fed = f"select * from {staging.RETRIED}"
    _stage(connection, relation, fed, counts, _Span(0, 0, "records"), None)
    if compared := [
        span.upto for span in _spans(connection, relation, 0, NEWEST) if span.kind == "keys"
    ]:
        _compare_keys(connection, relation, counts, compared[-1])
    if staging.contract_of(relation).swallows:
        _take_over(connection, relation, counts)
    return counts


def _spans(connection: Connection, relation: Relation, mark: int, upto: int) -> Iterator[_Span]:
    special = connection.execute(
        text(
            "select load_id, kind from layers.loads l where source = %s and object = %s"
            " and load_id > %s and load_id <= %s and kind <> 'records'"
            # one whose raw records have expired says nothing any more, and not that all is gone
            f" and (records = 0 or exists (select from {staging.raw(relation)} r"
            " where r.load_id = l.load_id)) order by load_id"
        ),
        [relation.folder, relation.references[0].table, mark, upto],
    ).fetchall()
    for load_id, kind in special:
        if load_id - 1 > mark:
            yield _Span(mark, load_id - 1, "records")
        yield _Span(load_id - 1, load_id, kind)
        mark = load_id
    if upto > mark:
        yield _Span(mark, upto, "records")


def _stage(
    connection: Connection,
    relation: Relation,
    fed: str,
    counts: Staged,
    span: _Span,
    replayed: int | None,
) -> None:
    is_guarded = _judge(connection, relation, fed)
    if span.kind == "whole":
        _drop(connection, "layers_said")
        connection.execute(text(merging.remember_said(relation)))
    read, bad = one(connection, text(staging.count_judged(relation, is_guarded=is_guarded)))
    if span.kind == "whole":  # what was wrong with an earlier one is mended, or is told again
        connection.execute(text(staging.forget_rejects(relation, span.upto)))
    if bad:
        connection.execute(text(staging.refuse(relation, fed, is_guarded=is_guarded)))
    if staging.contract_of(relation).duplicates == "reject":
        bad += _run(connection, staging.refuse_duplicates(relation, fed))
    counts.read += read
    counts.rejected += bad
    _merge(connection, relation, counts, replayed)
    if replayed is not None:
        counts.gone += _run(connection, merging.drop_unsaid(relation, max(replayed, span.mark + 1)))
    if staging.contract_of(relation).history:
        connection.execute(text(merging.set_periods(relation)))
    if span.kind == "whole" and not _is_doubtful(connection, relation, span.upto, read, bad):
        gone = _run(connection, merging.mark_absent(relation, span.upto))
        counts.deleted += gone
        counts.is_rewritten |= bool(gone)


def _is_doubtful(
    connection: Connection, relation: Relation, load_id: int, read: int, bad: int
) -> bool:
    """Whether too much of a load of everything was rejected to say what is not among it."""
    (unread,) = one(connection, "select rejected from layers.loads where load_id = %s", load_id)
    limit = staging.contract_of(relation).reject_limit
    return bool(bad + unread > _share(limit, read + unread))


def _share(limit: str, rows: int) -> float:
    """How many a limit lets pass; unlike the limit of a task, of a few rows not ten."""
    return min(allowed(limit, rows), max(1.0, rows / 4))


def _judge(connection: Connection, relation: Relation, fed: str) -> bool:
    """Reads all values plainly, and again by guarded readings where one of them raises."""
    _drop(connection, "layers_judged")
    try:
        with connection.transaction():
            connection.execute(text(staging.judge(relation, fed, is_guarded=False)))
    except psycopg.DataError:
        connection.execute(text(staging.judge(relation, fed, is_guarded=True)))
        return True
    return False


def _merge(
    connection: Connection, relation: Relation, counts: Staged, replayed: int | None
) -> None:
    older, same = one(connection, text(merging.keep_newest(relation)))
    if one(connection, text(f"select not exists (select from {table(relation)})"))[0]:
        inserted, updated, superseded, repeated = _fill(connection, relation), 0, 0, 0
    else:
        found = one(connection, text(merging.merge(relation, replayed)))
        inserted, updated, superseded, repeated = found
    counts.inserted += inserted
    counts.updated += updated
    counts.superseded += older - same + superseded + updated
    counts.repeated += same + repeated


def _fill(connection: Connection, relation: Relation) -> int:
    """Fills an empty table, its key made after its rows where nobody else looks at it."""
    (rows,) = one(connection, text(f"select count(*) from {staging.JUDGED}"))
    if rows < MANY:
        return _run(connection, merging.fill(relation, in_order=True))
    try:
        with connection.transaction():
            connection.execute("set local lock_timeout = '1s'")
            keys = catalog.constraints(connection, table(relation)).items()
            (key,) = [name for name, kind in keys if kind == "p"]
            connection.execute(text(merging.without_key(relation, key)))
    except psycopg.errors.LockNotAvailable:
        return _run(connection, merging.fill(relation, in_order=True))
    filled = _run(connection, merging.fill(relation, in_order=False))
    connection.execute(text(merging.with_key(relation)))
    return filled


def _drop(connection: Connection, name: str) -> None:
    connection.execute(text(f"drop table if exists pg_temp.{name}"))


def _run(connection: Connection, statement: str) -> int:
    return connection.execute(text(statement)).rowcount
