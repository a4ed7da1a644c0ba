"""Status: how every source, relation and use case stands."""

from collections.abc import Callable, Iterator
from typing import Any

from layers import freshness, record
from layers.ddl import table
from layers.project import Project
from layers.relation import Relation
from layers.warehouse import Connection, one, text, writer

Row = dict[str, Any]


def status(connect: Callable[[str], Connection], project: Project) -> dict[str, Any]:
    """Who is behind, how far each source is known, and rows, held, rejected, seconds per relation.

    `connect` gives a connection as a role: each layer's rows are counted by who writes it.
    """
    loader = connect("loader")
    return {
        "behind": [u for u in project.units if record.is_behind(loader, project, u)],
        "sources": _sources(loader),
        "relations": [*_raw(loader, project), *_relations(connect, project)],
        "publications": _publications(loader),
    }


def _raw(connection: Connection, project: Project) -> Iterator[Row]:
    for source, declaration in project.sources.items():
        for name in declaration.objects:
            rows, rejected, seconds = one(
                connection,
                "select coalesce(sum(records), 0)::bigint, coalesce(sum(rejected), 0)::bigint,"
                " sum(seconds)::float from layers.loads where source = %s and object = %s",
                *(source, name),
            )
            yield _row(f"src_{source}.{name}", rows, rejected=rejected, seconds=seconds)


def _relations(connect: Callable[[str], Connection], project: Project) -> Iterator[Row]:
    for relation in project.relations.values():
        connection = connect(writer(relation.layer))
        ask = _staged if relation.layer == "stg" else _published
        yield ask(connection, relation)


def _row(
    relation: str,
    rows: int,
    held: int = 0,
    rejected: int = 0,
    seconds: Any = None,
    how: str = "",
) -> Row:
    return {
        "relation": relation,
        "rows": rows,
        "held": held,
        "rejected": rejected,
        "seconds": None if seconds is None else float(seconds),
        "how": how,
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
        text(
            "select p.unit, p.publication, n.published_at, p.confirmed_at, p.data_as_of,"
            f" f.freshness from layers.published p left join ({freshness.STANDING}) f using (unit)"
            " left join layers.publications n on n.publication = p.publication order by p.unit"
        )
    )
    names = ("unit", "publication", "published_at", "confirmed_at", "data_as_of", "freshness")
    return [dict(zip(names, row, strict=True)) for row in found]


def _staged(connection: Connection, relation: Relation) -> Row:
    (rejected,) = one(
        connection, "select count(*) from layers.rejects where relation = %s", relation.name
    )
    last = one(
        connection,
        "select seconds from layers.stagings where relation = %s order by staged_at desc limit 1",
        relation.name,
    )
    rows = _count(connection, relation)
    return _row(relation.name, rows, rejected=rejected, seconds=last and last[0])


def _published(connection: Connection, relation: Relation) -> Row:
    latest = record.latest_build(connection, relation)
    (held,) = one(connection, "select count(*) from layers.held where relation = %s", relation.name)
    rows = _count(connection, relation)
    seconds = latest and latest["seconds"]
    return _row(relation.name, rows, held=held, seconds=seconds, how=_how(relation, latest))


def _how(relation: Relation, latest: dict[str, Any] | None) -> str:
    """How a relation was filled, where there is more to say than that its query ran."""
    if relation.query is None:
        return "not yet filled"
    if not relation.is_incremental or latest is None:
        return ""
    return f"{latest['fed']:,} fed" if latest["fed"] is not None else "in full"


def _count(connection: Connection, relation: Relation) -> int:
    if one(connection, "select to_regclass(%s)", table(relation))[0] is None:
        return 0
    return int(one(connection, text(f"select count(*) from {table(relation)}"))[0])
