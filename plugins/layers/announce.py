"""Announce: says how far a source is known, and whether somebody downstream has to be woken.

What the engine knows itself is a source like any other: the relations of `stg_layers`.
"""

from typing import Any

from psycopg import sql

from layers import history, record
from layers.project import Project
from layers.raw import drop_expired
from layers.rules import columns, quoted
from layers.warehouse import Connection, errors_told, lock_relation, one, text


def announce(connection: Connection, project: Project, source: str) -> list[str]:
    """Moves a source's watermark, and names the units that stand for an older state of it."""
    with errors_told(f"announcing {source}"):
        with connection.transaction():
            _keep_watermark(connection, project, source)
        keep_settings(connection, project)
        _forget_raw(connection, project, source)
        history.forget_stagings(connection, project, source)
        schemas = (f"stg_{source}", "stg_layers", *_between(project))
        return sorted({u for s in schemas for u in record.someone_behind(connection, project, s)})


def _between(project: Project) -> list[str]:
    """The units that others read: their runs wake those whose own wake-up was lost."""
    return [unit for unit in project.units if project.consumers(unit)]


def _keep_watermark(connection: Connection, project: Project, source: str) -> None:
    """The least moment of all objects of a source, rounded down to the project's step.

    It moves back where a clock was wrong, and somebody has said since what it is.
    """
    lock_relation(connection, "stg_layers_watermarks")
    (known,) = one(
        connection,
        "select case when count(*) = count(c.loaded_until) then"
        " date_bin(%s::interval, min(c.loaded_until), timestamptz '2000-01-01') end"
        " from unnest(%s::text[]) as wanted (object)"
        " left join layers.cursors c on c.source = %s and c.object = wanted.object",
        *(project.settings.as_of_step, list(project.sources[source].objects), source),
    )
    if known is not None and not _unstaged(connection, project, source):
        table = sql.SQL("stg_layers.stg_layers_watermarks")
        moved = connection.execute(
            sql.SQL(
                "insert into {table} (source, loaded_until) values (%s, %s)"
                " on conflict (source) do update set loaded_until = excluded.loaded_until"
                " where stg_layers_watermarks.loaded_until <> excluded.loaded_until"
            ).format(table=table),
            [source, known],
        )
        if moved.rowcount:
            record.moved(connection, "stg_layers_watermarks")


def _unstaged(connection: Connection, project: Project, source: str) -> list[str]:
    """The relations of a source that have not staged everything which is loaded."""
    found = connection.execute(
        "select w.relation from unnest(%s::text[], %s::text[]) as w (relation, object)"
        " left join layers.staged s using (relation) where coalesce(s.load_id, 0) <"
        " (select max(l.load_id) from layers.loads l where l.source = %s and l.object = w.object)",
        [
            [relation.name for relation in project.staged_from(source)],
            [relation.references[0].table for relation in project.staged_from(source)],
            source,
        ],
    )
    return [name for (name,) in found]


def keep_settings(connection: Connection, project: Project) -> None:
    """What `sql/project.yaml` and the use cases say, where queries can read it."""
    settings = project.settings
    said = [(settings.project, settings.time_zone, settings.first_day, settings.first_instant)]
    needs = [(name, need) for name in project.use_cases for need in project.needed(name)]
    _keep(connection, project, "stg_layers_settings", said)
    _keep(connection, project, "stg_layers_use_cases", needs)


def _keep(connection: Connection, project: Project, name: str, rows: list[tuple[Any, ...]]) -> None:
    """Makes a relation of `stg_layers` hold these rows, and says so if that changed it."""
    names = list(project.relations[name].contract.columns)
    table = f"stg_layers.{quoted(name)}"
    with connection.transaction():
        lock_relation(connection, name)
        found = connection.execute(text(f"select {columns(names)} from {table}")).fetchall()
        if sorted(found) == sorted(rows):
            return
        connection.execute(text(f"delete from {table}"))
        places = ", ".join(["%s"] * len(names))
        with connection.cursor() as cursor:
            cursor.executemany(
                text(f"insert into {table} ({columns(names)}) values ({places})"), rows
            )
        record.moved(connection, name)


def _forget_raw(connection: Connection, project: Project, source: str) -> None:
    """Drops raw records that are staged and older than the source wants to keep them."""
    declaration = project.sources[source]
    for object_name in declaration.objects if declaration.keep_raw else ():
        readers = [
            relation.name
            for relation in project.staged_from(source)
            if f"src_{source}.{object_name}" in relation.reads
        ]
        drop_expired(connection, source, object_name, str(declaration.keep_raw), readers)
