"""Changes: what differs between two candidates of a relation that incremental entities read.

Kept are the values of the columns by which those entities' rows agree with it; and the number of
rows that differ, as an entity that does not name the relation in `also` is built in full then.
"""

from layers import feeding, record
from layers.candidates import candidate, changed, is_there
from layers.feeding import LEFT
from layers.gathering import FED
from layers.project import Project
from layers.relation import Relation
from layers.rules import columns, literal, quoted
from layers.warehouse import Connection, one, text


def watched(project: Project, relation: Relation) -> list[str] | None:
    """The columns by which incremental entities agree with a relation; none if none reads it."""
    readers = _readers(project, relation)
    also = [getattr(feeding.how(reader), "also", {}) for reader in readers]
    found = {names[relation.name] for names in also if relation.name in names}
    return sorted(found) if readers else None


def _readers(project: Project, relation: Relation) -> list[Relation]:
    unit = project.units[relation.unit]
    return [one_of for one_of in unit if relation.name in one_of.reads and one_of.is_incremental]


def set_aside(connection: Connection, project: Project, relation: Relation) -> str | None:
    """Keeps the candidate that is there until the next one is compared with it; its new name."""
    if watched(project, relation) is None or not is_there(connection, relation):
        return None
    latest = record.latest_build(connection, relation)
    assert latest is not None
    name = f"before_{latest['build_id']}"
    connection.execute(text(f"alter table {candidate(relation)} rename to {name}"))
    return f"{quoted(relation.layer + '_candidates')}.{name}"


def compare(
    connection: Connection, project: Project, relation: Relation, build_id: int, aside: str
) -> int:
    """Notes what differs from the former candidate, and drops that; gives the number of rows."""
    key, names = relation.contract.key, columns(relation.contract.columns, "o")
    same = " and ".join(f"o.{quoted(k)} = n.{quoted(k)}" for k in key)
    differ = f"({names}) is distinct from ({columns(relation.contract.columns, 'n')})"
    both = ", ".join(
        f"o.{quoted(c)}::text as old_{number}, n.{quoted(c)}::text as new_{number}"
        for number, c in enumerate(watched(project, relation) or ())
    )
    both = both or "1 as anything"
    connection.execute(text("drop table if exists pg_temp.layers_differ"))
    rows = connection.execute(
        text(
            f"create temporary table layers_differ on commit drop as select {both}"
            f" from {aside} o full join {candidate(relation)} n on {same} where {differ}"
        )
    ).rowcount
    connection.execute(text(f"drop table {aside}"))
    values = [
        f"select {literal(c)} as c, {age}_{number} as v from pg_temp.layers_differ"
        for number, c in enumerate(watched(project, relation) or ())
        for age in ("old", "new")
    ]
    _note(connection, project, relation, build_id, values)
    return rows


def note_fed(connection: Connection, project: Project, relation: Relation, build_id: int) -> int:
    """Notes what an incremental build replaced; gives the number of fed rows."""
    same = ", ".join(quoted(k) for k in relation.contract.key)
    values = []
    for c in watched(project, relation) or ():
        values.append(f"select {literal(c)} as c, {quoted(c)}::text as v from {LEFT}")
        values.append(
            f"select {literal(c)} as c, {quoted(c)}::text as v from {candidate(relation)}"
            f" where ({same}) in (select {same} from {FED})"
        )
    if values:
        _note(connection, project, relation, build_id, values)
    return int(one(connection, text(f"select count(*) from {FED}"))[0])


def _note(
    connection: Connection,
    project: Project,
    relation: Relation,
    build_id: int,
    values: list[str],
) -> None:
    """Adds values under a build, and forgets what every reader has seen."""
    connection.execute(
        text(
            f"create unlogged table if not exists {changed(relation)}"
            " (build_id bigint, column_name text, value text)"
        )
    )
    if values:
        connection.execute(
            text(
                f"insert into {changed(relation)} select distinct {build_id}, c, v"
                f" from ({' union all '.join(values)}) v"
            )
        )
    connection.execute(
        text(
            f"delete from {changed(relation)} where build_id <="
            f" (select min((candidates ->> {literal(relation.name)})::bigint)"
            " from (select distinct on (relation) candidates from layers.builds"
            " where relation = any(%s) order by relation, build_id desc) latest)"
        ),
        [[reader.name for reader in _readers(project, relation)]],
    )
