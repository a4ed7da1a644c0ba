"""Status: how every source, relation and use case stands."""

from typing import Any

from layers import record
from layers.ddl import table
from layers.project import Project
from layers.relation import Relation
from layers.warehouse import Connection, one, text

Row = dict[str, Any]


def status(loader: Connection, project: Project) -> dict[str, Any]:
    """Who is behind, how far each source is known, and rows, held, rejected, seconds per relation.

    Rows are counted as the role `loader` may: by the records of `layers`, not by the tables.
    """
    return {
        "behind": [u for u in project.units if record.is_behind(loader, project, u)],
        "sources": _sources(loader),
        "relations": [_relation(loader, r) for r in project.relations.values()],
        "publications": _publications(loader),
    }


def _sources(connection: Connection) -> list[Row]:
    found = connection.execute(
        "select source, object, loaded_until, moved_at, (select coalesce(sum(records), 0)::bigint"
        " from layers.loads l where l.source = c.source and l.object = c.object)"
        " from layers.cursors c order by source, object"
    )
    names = ("source", "object", "loaded_until", "read_at", "records")
    return [dict(zip(names, row, strict=True)) for row in found]


def _publications(connection: Connection) -> list[Row]:
    found = connection.execute(
        "select p.unit, p.publication, n.published_at, p.confirmed_at from layers.published p"
        " left join layers.publications n using (publication) order by p.unit"
    )
    names = ("unit", "publication", "published_at", "confirmed_at")
    return [dict(zip(names, row, strict=True)) for row in found]


def _relation(connection: Connection, relation: Relation) -> Row:
    said: Row = {"relation": relation.name, "rows": None, "held": 0, "rejected": 0, "seconds": None}
    return said | (_staged if relation.layer == "stg" else _published)(connection, relation)


def _staged(connection: Connection, relation: Relation) -> Row:
    rows = one(connection, text(f"select count(*) from {table(relation)}"))
    (rejected,) = one(
        connection, "select count(*) from layers.rejects where relation = %s", relation.name
    )
    seconds = one(
        connection,
        "select seconds from layers.stagings where relation = %s order by staged_at desc limit 1",
        relation.name,
    )
    return {"rows": rows[0], "rejected": rejected, "seconds": seconds and float(seconds[0])}


def _published(connection: Connection, relation: Relation) -> Row:
    latest = record.latest_build(connection, relation)
    (held,) = one(connection, "select count(*) from layers.held where relation = %s", relation.name)
    (rows,) = one(
        connection,
        "select sum((changes -> %s ->> 'inserted')::bigint - (changes -> %s ->> 'deleted')::bigint)"
        " from layers.publications where unit = %s and changes ? %s",
        *(relation.name, relation.name, relation.unit, relation.name),
    )
    published = int(rows or 0)
    return {"rows": published, "held": held, "seconds": latest and float(latest["seconds"])}
