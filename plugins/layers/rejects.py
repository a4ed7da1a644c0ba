"""Rejects: what could not be loaded or staged, why, and once more after a contract was mended."""

from collections.abc import Iterator
from typing import Any

from layers.project import Project
from layers.relation import Relation
from layers.warehouse import Connection, errors_told

SHOWN = 20  # records of a relation or object, newest first
LONGEST = 160  # characters of a record


def summary(connection: Connection) -> list[dict[str, Any]]:
    """How many rejects there are, by what they were to become and by reason."""
    with errors_told("asking for the rejects"):
        found = connection.execute(
            "select coalesce(relation, source || '.' || object), coalesce(column_name, ''),"
            " regexp_replace(reason, '^(.*: )?line \\d+: ', ''), count(*),"
            " max(rejected_at)::timestamptz(0)::text"
            " from layers.rejects group by 1, 2, 3 order by 1, 4 desc, 2, 3"
        )
        names = ("of", "column", "reason", "count", "newest")
        return [dict(zip(names, row, strict=True)) for row in found]


def records(connection: Connection, project: Project, name: str) -> list[dict[str, Any]]:
    """The newest rejects of a relation, or of an object as `source.object`, and why."""
    hidden = personal(project, name)
    with errors_told("asking for the rejects"):
        found = connection.execute(
            "select load_id, file, column_name, value, wanted, reason, record from layers.rejects"
            " where coalesce(relation, source || '.' || object) = %s"
            " order by reject_id desc limit %s",
            [name, SHOWN],
        ).fetchall()
    return list(_told(found, hidden))


def personal(project: Project, name: str) -> frozenset[str]:
    """The columns of a relation that are somebody's own, or of all that pick from an object."""
    readers = [r for r in project.relations.values() if name in (r.name, *_picked(r))]
    return frozenset(
        n for relation in readers for n, column in relation.contract.columns.items() if column.pii
    )


def _picked(relation: Relation) -> list[str]:
    """The objects that a staging relation picks from, as `source.object`."""
    return [read.removeprefix("src_") for read in relation.reads if read.startswith("src_")]


def _told(found: list[tuple[Any, ...]], hidden: frozenset[str]) -> Iterator[dict[str, Any]]:
    for load_id, file, column, value, wanted, reason, record in found:
        text = bytes(record).decode("utf-8", "backslashreplace").replace("\0", "\\0")
        shown = text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text):,} characters)"
        yield {
            "load": load_id,
            "file": file,
            "column": column,
            "value": "***" if column in hidden else value,
            "wanted": wanted,
            "reason": reason,
            # a record with somebody's own columns is not for the terminal
            "record": "***" if hidden else shown,
        }
