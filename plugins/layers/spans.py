"""Spans of loads, staged one after the other: what is staged runs from load to load.

Loads of records that follow each other are one span. A load of everything, or of all keys, is a
span of its own, since what it does not name is gone from then on.
"""

from collections.abc import Iterator

from layers import staging, vanishing
from layers.relation import Relation
from layers.span import Span, Staged, drop, run, stage_span
from layers.warehouse import Connection, one, text

NEWEST = 2**63 - 1


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
            stage_span(connection, relation, fed, counts, span, replayed)
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
    drop(connection, "layers_said")
    connection.execute(text(vanishing.read_keys(relation, load_id)))
    gone = run(connection, vanishing.mark_absent(relation, load_id))
    back = run(connection, vanishing.mark_present(relation))
    counts.deleted, counts.updated = counts.deleted + gone, counts.updated + back
    counts.is_rewritten |= bool(gone or back)


def _take_over(connection: Connection, relation: Relation, counts: Staged) -> None:
    """Rows that another one has swallowed are deleted, as long as it says so."""
    back, gone = run(connection, vanishing.unmark_merged(relation)), 0
    if staging.contract_of(relation).swallows:
        gone = run(connection, vanishing.mark_merged(relation))
    counts.deleted, counts.updated = counts.deleted + gone, counts.updated + back
    counts.is_rewritten |= bool(gone or back)


def stage_retried(connection: Connection, relation: Relation) -> Staged:
    """Stages the rejected records of a relation; those that still do not fit are rejected anew."""
    counts = Staged(relation.name, is_rewritten=True)
    drop(connection, "layers_retried")
    connection.execute(text(staging.take_rejects(relation)))
    connection.execute(
        "delete from layers.rejects where relation = %s and column_name is not null",
        [relation.name],
    )
    fed = f"select * from {staging.RETRIED}"
    stage_span(connection, relation, fed, counts, Span(0, 0, "records"), None)
    if compared := [
        span.upto for span in _spans(connection, relation, 0, NEWEST) if span.kind == "keys"
    ]:
        _compare_keys(connection, relation, counts, compared[-1])
    if staging.contract_of(relation).swallows:
        _take_over(connection, relation, counts)
    return counts


def _spans(connection: Connection, relation: Relation, mark: int, upto: int) -> Iterator[Span]:
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
            yield Span(mark, load_id - 1, "records")
        yield Span(load_id - 1, load_id, kind)
        mark = load_id
    if upto > mark:
        yield Span(mark, upto, "records")
