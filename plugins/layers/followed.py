"""Followed: which months the changes below a table touch, since a build of it read them.

Every publication of the domain remembers the rows that it changed. Of each of them the old and the
new version touch the span of time that the table's contract says they can influence.
"""

from typing import Any

from layers import influence, record, watermarks
from layers.ddl import table
from layers.project import Project
from layers.promises import Refresh
from layers.relation import Relation
from layers.rules import literal, quoted
from layers.warehouse import Connection, one, text

NONE = "{}"  # no month


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
    told = _told(connection, list(moved), _between(connection, relation, before))
    for name, versions in moved.items():
        if told.get(name) != versions:
            return f"{name} has changed in more rows than are remembered"
    return None


def _told(connection: Connection, names: list[str], between: str) -> dict[str, int]:
    """The relations of which every change is remembered, and still there, each with how often."""
    rows = " + ".join(f"(c.value ->> '{n}')::bigint" for n in ("inserted", "updated", "deleted"))
    found = connection.execute(
        text(
            "select c.key, count(*) from layers.publications p, jsonb_each(p.changes) c"
            " cross join lateral (select count(*) from layers.differences d"
            " where d.relation = c.key and d.publication = p.publication) kept (rows)"
            f" where p.unit = 'dmn' and {between} and c.key = any(%s) group by c.key"
            f" having bool_and((c.value ->> 'is_recorded')::boolean and kept.rows = {rows})"
        ),
        [names],
    )
    return dict(found.fetchall())


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
