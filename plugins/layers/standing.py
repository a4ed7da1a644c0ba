"""Standing: for which state of the layers below a unit is published, and what made it another.

Written with every publication, and also where no row had to change.
"""

from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from layers import record, watermarks
from layers.project import Project
from layers.relation import Relation
from layers.warehouse import Connection, one
from layers.watermarks import Known

Columns = dict[str, list[str]]


@dataclass(frozen=True)
class Standing:
    """The versions of the layer below, the builds, and how far the sources were known in them.

    `columns` are those that each relation has filled.
    """

    versions: dict[str, int]
    builds: dict[str, int]
    fingerprint: str
    columns: Columns
    known: Known


def of(connection: Connection, unit: str) -> Standing | None:
    """For what a unit stands that was published before."""
    found = one(
        connection,
        "select versions, builds, fingerprint, coalesce(columns, '{}'), coalesce(watermarks, '{}'),"
        " data_as_of::text, below from layers.published where unit = %s",
        unit,
    )
    if found is None:
        return None
    versions, builds, fingerprint, columns, *known = found
    return Standing(versions, builds, fingerprint, columns, Known(*known))


def now(connection: Connection, project: Project, unit: str) -> Standing:
    """For what a unit's candidates stand."""
    made = builds(connection, project, unit)
    return Standing(
        _versions(connection, project, unit),
        made,
        record.fingerprint(project, unit),
        {relation.name: list(relation.contract.columns) for relation in project.units[unit]},
        watermarks.of_builds(connection, project, unit, made.values()),
    )


def builds(connection: Connection, project: Project, unit: str) -> dict[str, int]:
    """The build that each relation's candidate is."""
    latest = record.latest_builds(connection, project.units[unit])
    return {name: build["build_id"] for name, build in latest.items()}


def cause(
    connection: Connection, project: Project, unit: str, before: Standing | None, now: Standing
) -> dict[str, Any]:
    """What moved below since a unit's last publication, and which of its contracts changed."""
    if before is None:
        return {"first": True}
    moved = sorted(n for n, version in now.versions.items() if before.versions.get(n, 0) != version)
    if before.fingerprint == now.fingerprint:
        return {"moved": moved}
    return {"moved": moved, "contracts": _changed(connection, project, unit, before)}


def cause_of(
    connection: Connection,
    project: Project,
    relation: Relation,
    said: dict[str, Any],
    before: Standing,
    now: Standing,
) -> dict[str, list[str]]:
    """Of what caused a publication, what one of its relations rests on.

    The sources are those that moved in the domain's publications since the one before.
    """
    rests = {relation.name, *project.below([relation.name])}
    causes = [said, *_domain_causes(connection, before.known.below, now.known.below)]
    moved = {name for cause in causes for name in cause.get("moved", ())} & rests
    folders = {project.relations[name].folder for name in moved if name.startswith("stg_")}
    contracts = {name for cause in causes for name in cause.get("contracts", ())} & rests
    if moved & {"stg_layers_settings", "stg_layers_use_cases"}:
        contracts.add("sql/project.yaml")
    found = {
        "sources": sorted(folders - {"layers"}),
        "moved": sorted(name for name in moved if not name.startswith("stg_")),
        "contracts": sorted(contracts),
    }
    return {what: names for what, names in found.items() if names}


def _domain_causes(
    connection: Connection, after: int | None, until: int | None
) -> list[dict[str, Any]]:
    found = connection.execute(
        "select cause from layers.publications where unit = 'dmn'"
        " and publication > %s and publication <= %s"
        " and cause ->> 'contracts' is distinct from 'true'",
        [after, until],
    )
    return [cause for (cause,) in found]


def confirm(connection: Connection, unit: str, number: int | None, now: Standing) -> None:
    """Says for which state of the layer below the unit stands now, changed or not."""
    connection.execute(
        "insert into layers.published (unit, publication, versions, fingerprint, builds, columns,"
        " watermarks, data_as_of, below) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " on conflict (unit) do update set"
        " publication = coalesce(excluded.publication, published.publication),"
        " versions = excluded.versions, fingerprint = excluded.fingerprint,"
        " builds = excluded.builds, columns = excluded.columns,"
        " watermarks = excluded.watermarks, data_as_of = excluded.data_as_of,"
        " below = excluded.below, confirmed_at = clock_timestamp()",
        [
            *(unit, number, Jsonb(now.versions), now.fingerprint, Jsonb(now.builds)),
            *(Jsonb(now.columns), Jsonb(now.known.watermarks), now.known.data_as_of),
            now.known.below,
        ],
    )


def _versions(connection: Connection, project: Project, unit: str) -> dict[str, int]:
    """The versions of the layer below that the candidates stand for."""
    lower = record.versions(connection, project.lower(unit))
    latest = record.latest_builds(connection, project.units[unit])
    for relation in project.units[unit]:
        seen = latest[relation.name]["versions"]
        lower |= {name: seen[name] for name in relation.reads if name in seen}
    return lower


def _changed(connection: Connection, project: Project, unit: str, before: Standing) -> list[str]:
    """The relations that ask for other rows than at the last publication, or are new, or gone."""
    found = connection.execute(
        "select relation, fingerprint from layers.builds where build_id = any(%s)",
        [list(before.builds.values())],
    ).fetchall()
    then, now = dict(found), {r.name: r.fingerprint for r in project.units[unit]}
    return sorted(name for name in then.keys() | now if then.get(name) != now.get(name))
