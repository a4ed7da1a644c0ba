"""Restating: what a publication changed in complete rows is kept, cell by cell, with its cause.

It comes from the difference that publishing computes anyway, and is kept in its transaction,
however large that is. Of a row that is gone all cells are, and all of one that came back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from layers import catalog
from layers.ddl import table
from layers.difference import Difference
from layers.project import Project
from layers.relation import Relation
from layers.restatements import name_of
from layers.rules import literal, quoted
from layers.standing import Standing, cause_of
from layers.warehouse import Connection, text


@dataclass(frozen=True)
class Restating:
    """A publication that changed rows, and for what the unit stood before it and stands now."""

    connection: Connection
    project: Project
    unit: str
    number: int
    cause: dict[str, Any]
    before: Standing | None = None
    now: Standing | None = None


def remember(connection: Connection, anew: list[Relation]) -> None:
    """Puts the complete rows of tables that are made anew aside, before they are."""
    if not anew:
        return
    connection.execute(
        "create temporary table former (relation text, key jsonb, before jsonb) on commit drop"
    )
    for relation in anew:
        wanted = {relation.complete_when or "", *relation.contract.key}
        if wanted <= catalog.columns(connection, table(relation)).keys():
            connection.execute(
                text(
                    f"insert into pg_temp.former select {literal(relation.name)}, {_key(relation)},"
                    f" to_jsonb(l) from {table(relation)} l where {_flag(relation)}"
                )
            )


def compare(connection: Connection, anew: list[Relation]) -> None:
    """Adds what became of the rows put aside to the transaction's differences."""
    for relation in anew:
        connection.execute(
            text(
                "insert into pg_temp.recorded select f.relation, f.key, case when l.row is null"
                " then 'delete' else 'update' end, f.before, l.row, false from pg_temp.former f"
                f" left join ({_live(relation)}) l using (key)"
                f" where f.relation = {literal(relation.name)}"
            )
        )


def keep(restating: Restating, changed: Mapping[str, Difference]) -> None:
    """Keeps the restatements of a publication, and forgets those that are old enough."""
    kept = 0
    relations = [restating.project.relations[name] for name in changed]
    flagged = [relation for relation in relations if relation.complete_when]
    restated = _restated(restating.connection, flagged) if flagged else set()
    for relation in flagged:
        if relation.name in restated:
            kept += _keep(restating, relation, _changed(relation))
        if changed[relation.name].inserted and restating.cause != {"first": True}:
            kept += _keep(restating, relation, _returned(relation))
    if kept:
        restating.connection.execute(
            text(
                f"delete from {name_of(restating.unit)} where published_at < now() - %s::interval"
            ),
            [restating.project.settings.keep_restatements],
        )


def _restated(connection: Connection, flagged: list[Relation]) -> set[str]:
    """The relations in which rows that were complete are no longer what they were."""
    asked = " union all ".join(f"select relation from ({_changed(one)}) c" for one in flagged)
    return {
        name for (name,) in connection.execute(text(f"select distinct relation from ({asked}) r"))
    }


def _changed(relation: Relation) -> str:
    """Rows of the transaction's differences that were complete: what they were, and are."""
    return (
        "select relation, key, before, after, operation = 'delete' as is_gone from pg_temp.recorded"
        f" where relation = {literal(relation.name)} and operation <> 'insert'"
        f" and (before ->> {literal(relation.complete_when or '')})::boolean"
    )


def _returned(relation: Relation) -> str:
    """Rows that are there, and were said to be gone."""
    last = (
        f"select distinct on (key) key, is_row_gone from {name_of(relation.unit)}"
        f" where relation = {literal(relation.name)} order by key, restatement_id desc"
    )
    return (
        "select key, null::jsonb as before, l.row as after, false as is_gone"
        f" from ({last}) g join ({_live(relation)}) l using (key) where g.is_row_gone"
    )


def _keep(restating: Restating, relation: Relation, rows: str) -> int:
    """Keeps every cell that differs between before and after; a new column has no before."""
    contract = relation.contract
    filled = restating.before.columns.get(relation.name) if restating.before else None
    names = [n for n in filled or contract.columns if n in contract.columns]
    masked = [name for name, column in contract.columns.items() if column.pii]
    cursor = restating.connection.execute(
        text(
            f"insert into {name_of(restating.unit)} (publication, published_at, relation, key,"
            " column_name, old_value, new_value, is_row_gone, cause)"
            " select p.publication, p.published_at, %(relation)s, r.key || %(key)s, c.name,"
            f" {_shown('before')}, {_shown('after')}, r.is_gone, %(cause)s"
            f" from ({rows}) r cross join unnest(%(names)s::text[]) with ordinality c (name, place)"
            " join layers.publications p on p.publication = %(number)s"
            " where coalesce(r.before -> c.name, 'null') <> coalesce(r.after -> c.name, 'null')"
            " and (r.before is null or r.before ? c.name) order by r.key, c.place"
        ),
        {
            "relation": relation.name,
            "number": restating.number,
            "names": [name for name in names if name not in contract.key],
            "masked": masked,
            "key": Jsonb({name: "***" for name in contract.key if name in masked}),
            "cause": Jsonb(_cause(restating, relation)),
        },
    )
    return cursor.rowcount


def _shown(row: str) -> str:
    """A cell as text, or stars where it is somebody's."""
    cell = f"r.{row} ->> c.name"
    return f"case when c.name = any(%(masked)s) and {cell} is not null then '***' else {cell} end"


def _cause(restating: Restating, relation: Relation) -> dict[str, Any]:
    if restating.before is None or restating.now is None:
        return restating.cause
    return cause_of(
        *(restating.connection, restating.project, relation, restating.cause),
        *(restating.before, restating.now),
    )


def _live(relation: Relation) -> str:
    return f"select {_key(relation)} as key, to_jsonb(l) as row from {table(relation)} l"


def _key(relation: Relation) -> str:
    named = ", ".join(f"{literal(name)}, l.{quoted(name)}" for name in relation.contract.key)
    return f"jsonb_build_object({named})"


def _flag(relation: Relation) -> str:
    return f"l.{quoted(relation.complete_when or '')}"
