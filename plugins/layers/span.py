"""One span of loads: its records are read, judged, and merged into a staging table."""

from dataclasses import dataclass

import psycopg

from layers import catalog, merging, staging, vanishing
from layers.ddl import table
from layers.relation import Relation
from layers.rules import allowed
from layers.warehouse import Connection, one, text

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
class Span:
    """Loads behind `mark` up to `upto`, all of one kind."""

    mark: int
    upto: int
    kind: str


def stage_span(
    connection: Connection,
    relation: Relation,
    fed: str,
    counts: Staged,
    span: Span,
    replayed: int | None,
) -> None:
    """Stages what is fed of a span, and counts what becomes of it."""
    is_guarded = _judge(connection, relation, fed)
    if span.kind == "whole":
        drop(connection, "layers_said")
        connection.execute(text(vanishing.remember_said(relation)))
    read, bad = one(connection, text(staging.count_judged(relation, is_guarded=is_guarded)))
    if span.kind == "whole":  # what was wrong with an earlier one is mended, or is told again
        connection.execute(text(staging.forget_rejects(relation, span.upto)))
    if bad:
        connection.execute(text(staging.refuse(relation, fed, is_guarded=is_guarded)))
    if staging.contract_of(relation).duplicates == "reject":
        bad += run(connection, staging.refuse_duplicates(relation, fed))
    counts.read += read
    counts.rejected += bad
    _merge(connection, relation, counts, replayed)
    if replayed is not None:
        counts.gone += run(connection, merging.drop_unsaid(relation, max(replayed, span.mark + 1)))
    if staging.contract_of(relation).history:
        connection.execute(text(merging.set_periods(relation)))
    if span.kind == "whole" and not _is_doubtful(connection, relation, span.upto, read, bad):
        gone = run(connection, vanishing.mark_absent(relation, span.upto))
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
    drop(connection, "layers_judged")
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
        return run(connection, merging.fill(relation, in_order=True))
    try:
        with connection.transaction():
            connection.execute("set local lock_timeout = '1s'")
            keys = catalog.constraints(connection, table(relation)).items()
            (key,) = [name for name, kind in keys if kind == "p"]
            connection.execute(text(merging.without_key(relation, key)))
    except psycopg.errors.LockNotAvailable:
        return run(connection, merging.fill(relation, in_order=True))
    filled = run(connection, merging.fill(relation, in_order=False))
    connection.execute(text(merging.with_key(relation)))
    return filled


def drop(connection: Connection, name: str) -> None:
    """Drops a temporary table of an earlier span, if there is one."""
    connection.execute(text(f"drop table if exists pg_temp.{name}"))


def run(connection: Connection, statement: str) -> int:
    """Runs a statement; how many rows it touched."""
    return connection.execute(text(statement)).rowcount
