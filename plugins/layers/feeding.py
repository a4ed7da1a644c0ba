"""Feeding: the candidate of a relation follows what has changed below it.

The candidate of the last build stays. What the rows that are fed gave before goes, what they give
now comes: rows of staging for an incremental entity (`gathering`), months for a presentation table
that says how it is refreshed (`refresh`). `layers.builds` says of each build which one it follows
(`before`) and how many rows were fed, or why it was made in full.
"""

from dataclasses import dataclass
from typing import Any

from layers import followed, gathering, record, refresh
from layers.candidates import candidate, held, is_done, is_there, touched
from layers.contract import EntityContract
from layers.gathering import FED
from layers.project import Project
from layers.promises import Incremental, Refresh
from layers.refresh import Query
from layers.relation import Relation
from layers.rules import columns, quoted
from layers.warehouse import Connection, one, text

LEFT = "pg_temp.layers_left"  # what the fed rows gave before


@dataclass(frozen=True)
class Feed:
    """What is fed: the build whose candidate is kept, and the query for the rows that come.

    `months` are those that are refreshed, as a multirange of days.
    """

    before: dict[str, Any]
    selected: str
    months: str | None = None


def how(relation: Relation) -> Incremental | Refresh | None:
    """What a contract says of feeding its query, if it says anything."""
    if isinstance(relation.contract, EntityContract):
        return relation.contract.incremental
    return getattr(relation.contract, "refresh", None)


def marks(
    connection: Connection, project: Project, relation: Relation, feed: Feed | str
) -> dict[str, Any]:
    """What a later build has to know of this one besides what it read."""
    said = how(relation)
    if said is None:
        return {}
    found = {
        "first_instant": str(project.settings.first_instant),
        "time_zone": project.settings.time_zone,
    }
    if isinstance(said, Incremental):
        return found | gathering.marks(connection, project, said)
    return found | ({"months": feed.months} if isinstance(feed, Feed) else {})


def prepare(
    connection: Connection, project: Project, relation: Relation, query: Query
) -> Feed | str:
    """Gathers what is to be fed; or says why the candidate has to be built in full.

    `query` is the relation's own, by what stands in for the tables that it reads.
    """
    said, before = how(relation), record.latest_build(connection, relation)
    if said is None:
        return "it is not incremental"
    if isinstance(said, Refresh):
        refresh.ensure_possible(connection, project, relation, said, query)
    if before is None or not is_there(connection, relation) or not is_done(connection, relation):
        return "no candidate of its present query and contract is there"
    if one(connection, "select to_regclass(%s)", touched(relation))[0] is None:
        return "nothing is noted yet of what differs from the published"
    if reason := _why_not(connection, project, relation, before):
        return reason
    for name in ("layers_fed", "layers_left"):
        connection.execute(text(f"drop table if exists pg_temp.{name}"))
    if isinstance(said, Refresh):
        return _refreshed(connection, project, relation, said, before, query)
    reason = gathering.why_not(connection, project, relation, said, before)
    stands_in = reason or gathering.gather(connection, project, relation, said, before)
    return stands_in if isinstance(stands_in, str) else Feed(before, query(stands_in))


def _refreshed(
    connection: Connection,
    project: Project,
    relation: Relation,
    said: Refresh,
    before: dict[str, Any],
    query: Query,
) -> Feed | str:
    """Computes the months that changes touch."""
    if reason := followed.why_not(connection, project, relation, said, before):
        return reason
    months = followed.touched(connection, project, relation, said, before)
    if refresh.are_all(connection, relation, said, months):
        return "every month of it is touched"
    selected = query(refresh.gather(connection, project, said, months))
    come = refresh.differing(connection, relation, said, months, selected)
    return refresh.without_key(connection, relation) or Feed(before, come, months)


def _why_not(
    connection: Connection, project: Project, relation: Relation, before: dict[str, Any]
) -> str | None:
    """Why nothing can be fed, whatever it is: a changed project, or a candidate that was read."""
    published = one(
        connection, "select fingerprint from layers.published where unit = %s", relation.unit
    )
    if published is None or published[0] != record.fingerprint(project, relation.unit):
        return "contracts or queries beside it have changed since the last publication"
    settings = project.settings
    if before["marks"].get("first_instant") != str(settings.first_instant):
        return "the first month of project.yaml has changed"
    if before["marks"].get("time_zone") != settings.time_zone:
        return "the time zone of project.yaml has changed"
    named = getattr(how(relation), "also", {})
    for other in project.same_layer(relation):
        is_known, rows = _since(connection, other, before)
        if not is_known:
            return f"what changed in {other.name} is not known"
        if rows and other.name not in named:
            return f"{other.name} has changed"
    return None


def _since(connection: Connection, other: Relation, before: dict[str, Any]) -> tuple[bool, int]:
    """Whether all builds since the one that was read say what changed, and in how many rows."""
    is_known, rows = one(
        connection,
        "select coalesce(bool_and(changed is not null), true), coalesce(sum(changed), 0)"
        " from layers.builds where relation = %s and build_id > %s",
        *(other.name, before["candidates"].get(other.name, 0)),
    )
    return bool(is_known), int(rows)


def replace(connection: Connection, relation: Relation, feed: Feed) -> tuple[int, int]:
    """Puts what is fed now in the place of what it gave; all rows, and those fed."""
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
        text(f"insert into {candidate(relation)} ({own}) {feed.selected}")
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
    links = contract.relationships.values() if isinstance(contract, EntityContract) else ()
    ways = {contract.key, *(link.by for link in links)}
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
