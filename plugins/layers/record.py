"""What happened, as the warehouse remembers it: the schema `layers`.

Marks live here and nowhere else, so an asset event that is lost, merged or repeated costs time and
never data.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

from psycopg.types.json import Jsonb

from layers import watermarks
from layers.project import Project
from layers.relation import Relation
from layers.warehouse import Connection, one
from layers.watermarks import Known

_STANDS_FOR = "select versions, fingerprint, watermarks from layers.published where unit = %s"


def versions(connection: Connection, names: list[str]) -> dict[str, int]:
    """The version of each relation; 0 for one whose rows never changed."""
    found = connection.execute(
        "select relation, version from layers.versions where relation = any(%s)", [names]
    )
    return dict.fromkeys(names, 0) | dict(found.fetchall())


def rewritten(connection: Connection, names: list[str]) -> dict[str, int]:
    """The version at which rows of a relation last changed that no newer load says so of."""
    found = connection.execute(
        "select relation, rewritten from layers.versions where relation = any(%s)", [names]
    )
    return dict.fromkeys(names, 0) | dict(found.fetchall())


def moved(connection: Connection, relation: str, *, is_rewritten: bool = False) -> None:
    """Says that a relation's rows changed, in the transaction that changes them.

    They are rewritten where not all that changed came with loads that were never staged before.
    """
    connection.execute(
        "insert into layers.versions as v (relation, version, rewritten) values (%s, 1, %s)"
        " on conflict (relation) do update set version = v.version + 1,"
        " rewritten = case when %s then v.version + 1 else v.rewritten end,"
        " changed_at = clock_timestamp()",
        [relation, int(is_rewritten), is_rewritten],
    )


def fingerprint(project: Project, unit: str) -> str:
    """The same as long as every contract and query of a unit says the same."""
    said = "".join(relation.fingerprint for relation in project.units[unit])
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def is_behind(connection: Connection, project: Project, unit: str) -> bool:
    """Whether a unit stands for another state than that of the layer below, or another project.

    A source that is known further, and in which no row changed, is another state, too.
    """
    found = one(connection, _STANDS_FOR, unit)
    if found is None:
        return True
    now = versions(connection, project.lower(unit))
    return bool(
        found[0] != now
        or found[1] != fingerprint(project, unit)
        or watermarks.differ(connection, unit, found[2], project.sources_of(unit))
    )


def someone_behind(connection: Connection, project: Project, schema: str) -> list[str]:
    """The units that read from a schema and stand for an older state of it, or of the project."""
    behind = []
    for unit in project.consumers(schema):
        found = one(connection, _STANDS_FOR, unit)
        if held_back(connection, unit) is not None:
            continue
        names = [n for n in project.lower(unit) if project.relations[n].schema == schema]
        now = versions(connection, names)
        own = schema.startswith("stg_")
        sources = [schema.removeprefix("stg_")] if own else project.sources_of(unit)
        if (
            found is None
            or found[1] != fingerprint(project, unit)
            or any(found[0].get(name, 0) != now[name] for name in names)
            or watermarks.differ(connection, unit, found[2], sources)
        ):
            behind.append(unit)
    return behind


def latest_build(connection: Connection, relation: Relation) -> dict[str, Any] | None:
    """The record of the build that a relation's candidate is."""
    found = one(
        connection,
        "select to_jsonb(b) from layers.builds b where relation = %s"
        " order by build_id desc limit 1",
        relation.name,
    )
    return dict(found[0]) if found else None


def latest_builds(
    connection: Connection, relations: Sequence[Relation]
) -> dict[str, dict[str, Any]]:
    """The records of the builds that candidates are, by relation; of one never built, nothing."""
    found = connection.execute(
        "select r.name, to_jsonb(b) from unnest(%s::text[]) r (name) left join lateral"
        " (select * from layers.builds where relation = r.name"
        " order by build_id desc limit 1) b on true",
        [[relation.name for relation in relations]],
    )
    return {name: build or {} for name, build in found}


def settled(connection: Connection, unit: str) -> dict[str, int]:
    """The builds, by relation, for which it is decided what is held."""
    found = one(connection, "select builds from layers.settlements where unit = %s", unit)
    return dict(found[0]) if found else {}


def settle(connection: Connection, unit: str, run: str, builds: dict[str, int]) -> None:
    """Says for which builds it is decided what is held."""
    connection.execute(
        "insert into layers.settlements (unit, run, builds) values (%s, %s, %s) on conflict (unit)"
        " do update set run = excluded.run, builds = excluded.builds,"
        " settled_at = clock_timestamp()",
        [unit, run, Jsonb(builds)],
    )


def unsettle(connection: Connection, unit: str) -> None:
    """Says that it has to be decided again what is held of a unit."""
    connection.execute("delete from layers.settlements where unit = %s", [unit])


def publication(
    connection: Connection,
    unit: str,
    run: str,
    versions: dict[str, int],
    changes: dict[str, Any],
    cause: dict[str, Any],
    known: Known,
    seconds: float,
) -> int:
    """Writes a publication, and gives its number."""
    (number,) = one(
        connection,
        "insert into layers.publications (unit, run, versions, changes, cause, watermarks,"
        " data_as_of, below, seconds) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " returning publication",
        *(unit, run, Jsonb(versions), Jsonb(changes), Jsonb(cause)),
        *(Jsonb(known.watermarks), known.data_as_of, known.below, seconds),
    )
    return int(number)


def held_back(connection: Connection, unit: str) -> int | None:
    """The publication to which a use case was taken back, and at which it stays."""
    found = one(connection, "select publication from layers.held_back where unit = %s", unit)
    return int(found[0]) if found else None
