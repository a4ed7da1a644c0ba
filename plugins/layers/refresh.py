"""Refresh: a presentation table is made anew for the months that a change below it can touch.

A relation that `when` names says of each of its rows which span of time it can influence. The
months that the old and the new version of every changed row touch are computed, from those rows
alone whose span touches them; a month that nothing touched stands as it was.
"""

from collections.abc import Callable, Mapping
from typing import Any

import psycopg

from layers import influence, record, watermarks
from layers.candidates import candidate
from layers.ddl import table
from layers.errors import ProjectError
from layers.gathering import FED
from layers.influence import Instants
from layers.project import Project
from layers.promises import Refresh
from layers.relation import Relation
from layers.rules import columns, literal, quoted
from layers.warehouse import Connection, one, text

COME = "pg_temp.layers_come"  # what the months give now
NONE = "{}"  # no month
Query = Callable[[Mapping[str, str]], str]  # by what stands in for the tables that are read


def why_not(
    connection: Connection,
    project: Project,
    relation: Relation,
    said: Refresh,
    before: dict[str, Any],
) -> str | None:
    """Why what changed below a table says nothing of its months, if so."""
    moved = _moved(connection, project, relation, before)
    for name in moved:
        if name not in said.when:
            return f"{name} has changed"
    found = connection.execute(
        "select c.key, count(*), bool_and((c.value ->> 'is_recorded')::boolean)"
        " from layers.publications p, jsonb_each(p.changes) c where p.unit = 'dmn'"
        f" and {_between(connection, relation, before)} and c.key = any(%s) group by c.key",
        [list(moved)],
    )
    told = {name: count for name, count, is_recorded in found if is_recorded}
    for name, versions in moved.items():
        if told.get(name) != versions:
            return f"{name} has changed in more rows than are remembered"
    return None


def touched(
    connection: Connection,
    project: Project,
    relation: Relation,
    said: Refresh,
    before: dict[str, Any],
) -> str:
    """The months that changed rows touch, the old versions and the new: a multirange of days."""
    since, zone = _between(connection, relation, before), literal(project.settings.time_zone)
    spans = []
    for name in _moved(connection, project, relation, before):
        other = project.relations[name]
        span = influence.span(said.when[name], other.contract, zone)
        mine = f"relation = {literal(name)} and {since}"
        spans += [f"select {span} as span from ({rows}) r" for rows in _versions(other, mine)]
    if not spans:
        return NONE
    first = f"date_trunc('month', lower(span) at time zone {zone})::date"
    behind = f"(date_trunc('month', upper(span) at time zone {zone}) + interval '1 month')::date"
    (months,) = one(
        connection,
        text(
            f"select coalesce(range_agg(daterange({first}, {behind})), '{NONE}')::text"
            f" from ({' union all '.join(spans)}) s where not isempty(span)"
        ),
    )
    return str(months)


def _moved(
    connection: Connection, project: Project, relation: Relation, before: dict[str, Any]
) -> dict[str, int]:
    """The relations of the domain that changed since a build, each with how often."""
    lower = [name for name in sorted(relation.reads) if project.relations[name].layer == "dmn"]
    now = record.versions(connection, lower)
    since = {name: now[name] - before["versions"].get(name, 0) for name in lower}
    return {name: versions for name, versions in since.items() if versions}


def _between(connection: Connection, relation: Relation, before: dict[str, Any]) -> str:
    """Of the domain's publications, those since the one that a build read."""
    now = watermarks.below(connection, relation.unit).below or 0
    return f"publication > {int(before['below'] or 0)} and publication <= {int(now)}"


def _versions(other: Relation, mine: str) -> list[str]:
    """Queries for all versions that changed rows had: what is remembered, and what came to stay."""
    live, changed = table(other), f"layers.differences d where {mine}"
    found = [
        f"select v.* from (select * from {changed} and {side} is not null) d"
        f" cross join lateral jsonb_populate_record(null::{live}, d.{side}) v"
        for side in ("before", "after")
    ]
    same = " and ".join(f"l.{quoted(k)} = v.{quoted(k)}" for k in other.contract.key)
    return [
        *found,
        f"select l.* from (select key from {changed} and operation = 'insert') d"
        f" cross join lateral jsonb_populate_record(null::{live}, d.key) v join {live} l on {same}",
    ]


def gather(connection: Connection, project: Project, said: Refresh, months: str) -> dict[str, str]:
    """Views that stand in for relations: of each, the rows that can influence these months."""
    zone = literal(project.settings.time_zone)
    found = one(
        connection,
        text(
            "select range_agg(i)::text, lower(range_agg(i))::text, upper(range_agg(i))::text from"
            # a clock that goes back may show the midnight between two months twice
            f" (select tstzrange(lower(d)::timestamp at time zone {zone} - interval '1 day',"
            f" upper(d)::timestamp at time zone {zone} + interval '1 day') as i"
            f" from unnest({literal(months)}::datemultirange) d) i"
        ),
    )
    stands_in = {name: f"pg_temp.{quoted(name)}" for name in said.when}
    for name, when in said.when.items():
        other = project.relations[name]
        touching = influence.touching(when, other.contract, zone, Instants(*found))
        connection.execute(text(f"drop view if exists {stands_in[name]}"))
        rows = f"select * from {table(other)} where {touching}"
        connection.execute(text(f"create temporary view {quoted(name)} as {rows}"))
    return stands_in


def differing(
    connection: Connection, relation: Relation, said: Refresh, months: str, selected: str
) -> str:
    """Computes months, and marks the rows that differ as fed; gives the query for what comes."""
    own, key = columns(relation.contract.columns), columns(relation.contract.key)
    asked = f"where ({quoted(said.by)} <@ {literal(months)}::datemultirange) is not false"
    if months == NONE:
        asked = "where false"
    connection.execute(text(f"drop table if exists {COME}"))
    connection.execute(
        text(
            "create temporary table layers_come on commit drop as"
            f" select * from ({selected}) s {asked}"
        )
    )
    _forget(connection, said)
    old, new = f"select {own} from {candidate(relation)} {asked}", f"select {own} from {COME}"
    connection.execute(
        text(
            f"create temporary table layers_fed on commit drop as select distinct {key} from"
            f" (({old} except all {new}) union all ({new} except all {old})) d"
        )
    )
    connection.execute(text(f"analyze {FED}"))
    return f"{new} where ({key}) in (select {key} from {FED})"


def without_key(connection: Connection, relation: Relation) -> str | None:
    """Why months cannot be put in the place of others: rows that nobody could name, if any came."""
    empty = " or ".join(f"{quoted(name)} is null" for name in relation.contract.key)
    if one(connection, text(f"select exists (select from {FED} where {empty})"))[0]:
        return f"rows came without their key: {', '.join(relation.contract.key)}"
    return None


def ensure_possible(
    connection: Connection, project: Project, relation: Relation, said: Refresh, query: Query
) -> None:
    """Refuses a span or a query that cannot be asked of some rows, also while all are asked for."""
    try:
        with connection.transaction():
            selected = query(gather(connection, project, said, NONE))
            connection.execute(text(f"select * from ({selected}) s limit 0"))
            _forget(connection, said)
    except (psycopg.ProgrammingError, psycopg.NotSupportedError, psycopg.DataError) as error:
        raise ProjectError(
            f"{relation.file}: refresh: of some rows of its tables, as views, its query cannot be "
            f"asked: {error.diag.message_primary}; correct its spans, write the query otherwise, "
            "or say refresh no more"
        ) from None


def _forget(connection: Connection, said: Refresh) -> None:
    """Drops our views, which would keep others from altering the tables below them."""
    for name in said.when:
        connection.execute(text(f"drop view pg_temp.{quoted(name)}"))
