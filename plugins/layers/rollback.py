"""Rollback: a use case as an earlier publication left it, and released again.

It is a publication like any other, made of the rows that later ones remembered. The use case is
held back then, or the next run would publish the mistake again.
"""

import time

import psycopg

from layers import difference, record, restating, sweep, touching
from layers.ddl import table
from layers.difference import Difference
from layers.errors import DataError, ProjectError, WarehouseError
from layers.project import Project
from layers.relation import Relation
from layers.restating import Restating
from layers.rules import columns, literal, quoted
from layers.warehouse import Connection, errors_told, locked, one, text
from layers.watermarks import Known


def rollback(connection: Connection, project: Project, unit: str, to: int, run: str) -> int:
    """Makes a use case's tables what they were after publication `to`; returns the new number.

    Raises ProjectError where `unit` is no use case, WarehouseError where there is no such
    publication or the rows of one since then are not remembered, DataError where its rows break
    what contracts promise since.
    """
    began = time.monotonic()
    if not unit.startswith("prs_") or unit not in project.units:
        there = ", ".join(name for name in project.units if name.startswith("prs_"))
        raise ProjectError(f"'{unit}' is no use case that could be taken back; there are {there}")
    with errors_told(f"taking back {unit}"), locked(connection, unit), connection.transaction():
        _ensure_possible(connection, unit, to)
        difference.ready(connection)
        changes = {
            relation.name: _take_back(connection, relation, to) for relation in project.units[unit]
        }
        changed = {name: change for name, change in changes.items() if change}
        for name in changed:
            record.moved(connection, name)
            # what is published is no longer what its candidate was compared with
            touching.widen(connection, project.relation(name))
        number = _publish(connection, project, unit, to, run, changed, began)
        connection.execute(
            "insert into layers.held_back (unit, publication) values (%s, %s)"
            " on conflict (unit) do update set publication = excluded.publication",
            [unit, to],
        )
    sweep.sweep(connection, project, changes)
    return number


def release(connection: Connection, unit: str) -> bool:
    """Lets a use case be published again; whether it was held back."""
    with errors_told(f"releasing {unit}"):
        gone = connection.execute("delete from layers.held_back where unit = %s", [unit])
    return bool(gone.rowcount)


def _ensure_possible(connection: Connection, unit: str, to: int) -> None:
    if not one(
        connection,
        "select 1 from layers.publications where unit = %s and publication = %s",
        unit,
        to,
    ):
        known = connection.execute(
            "select publication from layers.publications where unit = %s"
            " order by publication desc limit 5",
            [unit],
        ).fetchall()
        last = ", ".join(str(number) for (number,) in known) or "none"
        raise WarehouseError(f"{unit} has no publication {to}; its last are {last}")
    forgotten = one(
        connection,
        "select publication, c.key from layers.publications p, jsonb_each(p.changes) c"
        " where p.unit = %s and p.publication > %s and not (c.value ->> 'is_recorded')::boolean"
        " order by publication desc limit 1",
        *(unit, to),
    )
    if forgotten:
        raise WarehouseError(
            f"{unit}: publication {forgotten[0]} changed rows of {forgotten[1]} that are not "
            "remembered: the first that filled it, more than keep_differences, or longer ago than "
            "keep_history (sql/project.yaml); so nothing before it can be had"
        )


def _take_back(connection: Connection, relation: Relation, to: int) -> Difference:
    """Gives every row that later publications changed what it had before the first of them."""
    connection.execute("drop table if exists pg_temp.taken_back")
    connection.execute(
        text(
            "create temporary table taken_back on commit drop as"
            " select distinct on (key) key, before from layers.differences"
            f" where relation = {literal(relation.name)} and publication > {to}"
            " order by key, publication"
        )
    )
    key = ", ".join(f"{literal(k)}, l.{quoted(k)}" for k in relation.contract.key)
    connection.execute(text(_remember(relation, key)))
    mine = f"pg_temp.recorded r where r.relation = {literal(relation.name)}"
    _write_back(connection, relation, key, mine)
    counted = one(
        connection,
        text(
            "select count(*) filter (where operation = 'insert'), count(*) filter (where operation"
            f" = 'update'), count(*) filter (where operation = 'delete') from {mine}"
        ),
    )
    return Difference(*counted)


def _write_back(connection: Connection, relation: Relation, key: str, mine: str) -> None:
    """Puts what is remembered of rows in the place of what they are; `mine` are those of one."""
    live, names = table(relation), columns(relation.contract.columns)
    connection.execute(
        text(
            f"delete from {live} l using {mine}"
            f" and r.operation <> 'insert' and jsonb_build_object({key}) = r.key"
        )
    )
    try:
        connection.execute(
            text(
                f"insert into {live} ({names}) select {columns(relation.contract.columns, 'n')}"
                f" from (select r.* from {mine} and r.operation <> 'delete') b"
                f" cross join lateral jsonb_populate_record(null::{live}, b.after) n"
            )
        )
    except psycopg.errors.IntegrityError as error:
        raise DataError(
            f"{relation.name}: rows that were published then break what {relation.file} promises "
            f"now: {error.diag.message_primary}\n"
            "    take that promise back first, or mend the cause and publish anew"
        ) from None


def _remember(relation: Relation, key: str) -> str:
    """What is taken back can be had again, too."""
    return (
        "insert into pg_temp.recorded"
        f" select {literal(relation.name)}, b.key, case when b.before is null then 'delete'"
        " when l.row is null then 'insert' else 'update' end, l.row, b.before"
        " from pg_temp.taken_back b left join"
        f" (select jsonb_build_object({key}) as key, to_jsonb(l) as row from {table(relation)} l) l"
        " on l.key = b.key where l.row is distinct from b.before"
    )


def _publish(
    connection: Connection,
    project: Project,
    unit: str,
    to: int,
    run: str,
    changed: dict[str, Difference],
    began: float,
) -> int:
    versions, *known = one(
        connection,
        "select versions, coalesce(watermarks, '{}'), data_as_of::text, below"
        " from layers.publications where publication = %s",
        to,
    )
    said = {name: vars(change) for name, change in changed.items()}
    cause = {"rolled_back_to": to}
    number = record.publication(
        connection, unit, run, versions, said, cause, Known(*known), time.monotonic() - began
    )
    difference.number(connection, number)
    restating.keep(Restating(connection, project, unit, number, cause), changed)
    connection.execute(
        "update layers.published set publication = p.publication, versions = p.versions,"
        " watermarks = p.watermarks, data_as_of = p.data_as_of, below = p.below,"
        " confirmed_at = clock_timestamp() from layers.publications p"
        " where published.unit = p.unit and p.publication = %s",
        [number],
    )
    return number
