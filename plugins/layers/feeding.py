"""Feeding: an incremental entity's candidate follows the rows below it that have changed.

The candidate of the last build stays. Fed are the rows staged since then, and for each relation in
`also` the rows that agree with one of its rows that is new, changed or gone; what they gave before
goes, what they give now comes. `layers.builds` says of each build which one it follows (`before`)
and how many rows were fed, or why it was made in full.
"""

from dataclasses import dataclass
from typing import Any

from layers import record
from layers.candidates import candidate, changed, held, is_done, is_there, touched
from layers.contract import EntityContract, Incremental
from layers.ddl import table
from layers.project import Project
from layers.relation import Relation
from layers.rules import columns, literal, quoted
from layers.warehouse import Connection, one, text

FED, LEFT = "pg_temp.layers_fed", "pg_temp.layers_left"


@dataclass(frozen=True)
class Feed:
    """What is fed: the build whose candidate is kept, and what stands in for the query's tables."""

    before: dict[str, Any]
    stands_in: dict[str, str]


def incremental(relation: Relation) -> Incremental | None:
    """What an entity's contract says of feeding it, if it says anything."""
    contract = relation.contract
    return contract.incremental if isinstance(contract, EntityContract) else None


def marks(connection: Connection, project: Project, relation: Relation) -> dict[str, Any]:
    """How far staging is of what a relation is fed from, and what its rules rest on besides."""
    said = incremental(relation)
    if said is None:
        return {}
    found = connection.execute(
        "select relation, load_id from layers.staged where relation = any(%s)",
        [[name for name in (*said.by, *said.also) if project.relations[name].layer == "stg"]],
    )
    return {**dict(found.fetchall()), "first_instant": str(project.settings.first_instant)}


def prepare(connection: Connection, project: Project, relation: Relation) -> Feed | str:
    """Gathers the rows to be fed; or says why the candidate has to be built in full."""
    said, before = incremental(relation), record.latest_build(connection, relation)
    if said is None:
        return "it is not incremental"
    if before is None or not is_there(connection, relation) or not is_done(connection, relation):
        return "no candidate of its present query and contract is there"
    if one(connection, "select to_regclass(%s)", touched(relation))[0] is None:
        return "nothing is noted yet of what differs from the published"
    if reason := _why_not(connection, project, relation, before):
        return reason
    for name in ("layers_fed", "layers_left"):
        connection.execute(text(f"drop table if exists pg_temp.{name}"))
    return Feed(before, _gather(connection, project, relation, said, before))


def _why_not(
    connection: Connection, project: Project, relation: Relation, before: dict[str, Any]
) -> str | None:
    said = incremental(relation)
    assert said is not None
    published = one(
        connection, "select fingerprint from layers.published where unit = %s", relation.unit
    )
    if published is None or published[0] != record.fingerprint(project, relation.unit):
        return "contracts or queries beside it have changed since the last publication"
    if before["marks"].get("first_instant") != str(project.settings.first_instant):
        return "the first month of project.yaml has changed"
    lower = [name for name in relation.reads if project.relations[name].layer == "stg"]
    now, rewritten = record.versions(connection, lower), record.rewritten(connection, lower)
    for name in lower:
        seen = before["versions"].get(name, 0)
        if name not in (*said.by, *said.also) and now[name] != seen:
            return f"{name} has changed"
        if rewritten[name] > seen:
            return f"{name} was staged anew, or keys of its source were compared"
    for other in project.same_layer(relation):
        followed, rows = _since(connection, other, before)
        if not followed:
            return f"what changed in {other.name} is not known"
        if rows and other.name not in said.also:
            return f"{other.name} has changed"
    return None


def _since(connection: Connection, other: Relation, before: dict[str, Any]) -> tuple[bool, int]:
    """Whether all builds since the one that was read say what changed, and in how many rows."""
    followed, rows = one(
        connection,
        "select coalesce(bool_and(changed is not null), true), coalesce(sum(changed), 0)"
        " from layers.builds where relation = %s and build_id > %s",
        *(other.name, before["candidates"].get(other.name, 0)),
    )
    return bool(followed), int(rows)


def _gather(
    connection: Connection,
    project: Project,
    relation: Relation,
    said: Incremental,
    before: dict[str, Any],
) -> dict[str, str]:
    """Makes the temporary tables of the rows to be fed, named as what they are of."""
    key = relation.contract.key
    values = {
        name: _changed_values(connection, project, name, column, before)
        for name, column in said.also.items()
    }
    asked = []
    for name in said.by:
        fed_from = project.relations[name]
        keys = columns(fed_from.contract.key, "b")
        rows = f"select {keys} from {table(fed_from)} b where"
        asked.append(f"{rows} b.layers_load_id > {int(before['marks'].get(name, 0))}")
        asked += [
            f"{rows} {_agrees(project, relation, name, said.also[other], found)}"
            for other, found in values.items()
            if found
        ]
    names = ", ".join(quoted(name) for name in key)
    connection.execute(
        text(
            f"create temporary table layers_fed ({names}) on commit drop as {' union '.join(asked)}"
        )
    )
    connection.execute(text(f"analyze {FED}"))
    return {name: _fed_rows(connection, project.relations[name], key) for name in said.by}


def _agrees(project: Project, relation: Relation, by: str, column: str, values: str) -> str:
    from layers.incremental import agreeing  # reads SQL, which is slow to begin

    found = agreeing(project, relation, by, column)
    nothing = f"({found}) is null and exists (select from ({values}) v (value) where value is null)"
    return f"(({found}) in ({values}) or {nothing})"


def _changed_values(
    connection: Connection,
    project: Project,
    name: str,
    column: str,
    before: dict[str, Any],
) -> str | None:
    """The query for the values of a column in rows that are new, changed or gone, if any are."""
    other = project.relations[name]
    if other.layer == "stg":
        mark = int(before["marks"].get(name, 0))
        found = f"select {quoted(column)} from {table(other)} where layers_load_id > {mark}"
    else:
        seen, kind = int(before["candidates"].get(name, 0)), other.contract.columns[column].type
        found = (
            f"select value::{kind} from {changed(other)}"
            f" where column_name = {literal(column)} and build_id > {seen}"
        )
        if one(connection, "select to_regclass(%s)", changed(other))[0] is None:
            return None
    return found if one(connection, text(f"select exists ({found})"))[0] else None


def _fed_rows(connection: Connection, fed_from: Relation, key: tuple[str, ...]) -> str:
    """A temporary table with the name of a relation and those of its rows that are fed."""
    name = f"pg_temp.{quoted(fed_from.name)}"
    same = f"({columns(fed_from.contract.key, 'b')}) in (select {columns(key)} from {FED})"
    connection.execute(text(f"drop table if exists {name}"))
    connection.execute(
        text(
            f"create temporary table {quoted(fed_from.name)} on commit drop as"
            f" select b.* from {table(fed_from)} b where {same}"
        )
    )
    connection.execute(text(f"analyze {name}"))
    return name


def replace(
    connection: Connection, relation: Relation, feed: Feed, selected: str
) -> tuple[int, int]:
    """Puts what the fed rows give now in the place of what they gave; all rows, and those fed."""
    key, own = relation.contract.key, columns(relation.contract.columns)
    same = " and ".join(f"c.{quoted(k)} = f.{quoted(k)}" for k in key)
    connection.execute(
        text(
            "create temporary table layers_left on commit drop"
            " as select c.ctid as layers_place, c.* from"
            f" {candidate(relation)} c join {FED} f on {same}"
        )
    )
    marks_gone = f"delete from {held(relation, feed.before['build_id'])} h using {LEFT} l"
    connection.execute(text(f"{marks_gone} where h.place = l.layers_place"))
    gone = connection.execute(
        text(f"delete from {candidate(relation)} c using {LEFT} l where c.ctid = l.layers_place")
    ).rowcount
    come = connection.execute(
        text(f"insert into {candidate(relation)} ({own}) {selected}")
    ).rowcount
    (fed,) = one(connection, text(f"select count(*) from {FED}"))
    return int(feed.before["rows"]) - gone + come, int(fed)


def touch(connection: Connection, relation: Relation, build_id: int) -> None:
    """Remembers the fed keys until they are published."""
    keys = columns(relation.contract.key)
    connection.execute(
        text(
            f"insert into {touched(relation)} (layers_build_id, {keys})"
            f" select {build_id}, {keys} from {FED}"
        )
    )


def index(connection: Connection, relation: Relation) -> None:
    """Lets single rows of a candidate that was built in full be found, and none is touched yet."""
    contract = relation.contract
    assert isinstance(contract, EntityContract)
    ways = {contract.key, *(link.by for link in contract.relationships.values())}
    for way in sorted(ways):
        connection.execute(text(f"create index on {candidate(relation)} ({columns(way)})"))
    keys = ", ".join(f"{quoted(k)} {contract.columns[k].type}" for k in contract.key)
    connection.execute(text(f"drop table if exists {touched(relation)}"))
    connection.execute(
        text(f"create unlogged table {touched(relation)} (layers_build_id bigint not null, {keys})")
    )
    connection.execute(
        text(f"create index on {touched(relation)} ({columns(contract.key)}, layers_build_id)")
    )
