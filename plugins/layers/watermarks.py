"""Watermarks: how far each source says that it is known, in what a unit stands for.

They go the way of the data. A build of the domain reads them in the snapshot in which it reads
staging, a build of a use case takes those of the domain's publication that it reads.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from layers.project import Project
from layers.warehouse import Connection, one

Watermarks = dict[str, str | None]  # source to a moment in ISO 8601, in UTC


@dataclass(frozen=True)
class Known:
    """How far sources are known; `below` is the domain's publication of which that is said."""

    watermarks: Watermarks
    data_as_of: str | None = None
    below: int | None = None


def below(connection: Connection, unit: str) -> Known:
    """How far all sources are known in what a build of a unit reads now."""
    if unit == "dmn":
        found = one(
            connection,
            "select jsonb_object_agg(source, loaded_until), null"
            " from stg_layers.stg_layers_watermarks",
        )
    else:
        found = one(
            connection, "select watermarks, publication from layers.published where unit = 'dmn'"
        )
    return Known(found[0] or {}, None, found[1]) if found else Known({})


def of_builds(connection: Connection, project: Project, unit: str, builds: Iterable[int]) -> Known:
    """What all of a unit's candidates can say: of each source the least that one of them knew."""
    found = connection.execute(
        "select coalesce(watermarks, '{}'), below from layers.builds where build_id = any(%s)",
        [list(builds)],
    ).fetchall()
    said = {
        name: _least(watermarks.get(name) for watermarks, _ in found)
        for name in project.sources_of(unit)
    }
    return Known(
        said, _data_as_of(project, unit, said), max((n for _, n in found if n), default=None)
    )


def differ(
    connection: Connection, unit: str, said: Watermarks | None, sources: Iterable[str]
) -> bool:
    """Whether one of these sources is known to another moment than a unit says."""
    now = below(connection, unit).watermarks
    return any((said or {}).get(name) != now.get(name) for name in sources)


def _data_as_of(project: Project, unit: str, said: Watermarks) -> str | None:
    """The least moment of the sources that a use case needs, of all where it names none."""
    if unit == "dmn":
        return None
    return _least(said[name] for name in project.needed(unit.removeprefix("prs_")) or said)


def _least(moments: Iterable[str | None]) -> str | None:
    known = list(moments)
    if not all(known):
        return None
    return min((moment for moment in known if moment), key=datetime.fromisoformat, default=None)
