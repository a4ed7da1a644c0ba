"""Load: raw records and the cursor behind them, in one transaction per batch.

A crash between any two statements loses nothing and doubles nothing, because how far we got is
written together with what we got, and nowhere else.
"""

import time
from dataclasses import dataclass
from typing import Any

from psycopg.sql import Identifier
from psycopg.types.json import Jsonb

from layers.copying import Copied, copy_records
from layers.errors import ProjectError, TemporaryError
from layers.project import Project
from layers.raw import ensure_partition, ensure_table
from layers.sources import Batch, reader
from layers.warehouse import Connection, errors_told, lock_relation, one


@dataclass
class Loaded:
    """What one run read of an object: records kept, lines rejected, batches, and seconds."""

    source: str
    object: str
    records: int = 0
    rejected: int = 0
    batches: int = 0
    seconds: float = 0.0


def load(
    connection: Connection, project: Project, source: str, object_name: str, run: str
) -> Loaded:
    """Reads an object from its cursor to its end and keeps every batch.

    Raises SourceError or TemporaryError where the source gives out; what was read until then is
    kept, and the next run goes on behind it.
    """
    declaration = project.sources.get(source)
    if declaration is None or object_name not in declaration.objects:
        raise ProjectError(f"sql/src/{source}.yaml: declares no object '{object_name}'")
    loaded, doing = Loaded(source, object_name), f"loading {source}.{object_name}"
    began = time.monotonic()
    with errors_told(doing):
        ensure_table(connection, f"src_{source}", object_name)
        cursor = _cursor(connection, source, object_name)
        files = _files(connection, source, object_name)
    for batch in reader(declaration, object_name).read(cursor, files):
        with errors_told(doing):
            cursor = _keep(connection, loaded, batch, cursor, run)
    loaded.seconds = time.monotonic() - began
    return loaded


def _keep(
    connection: Connection, loaded: Loaded, batch: Batch, before: dict[str, Any], run: str
) -> dict[str, Any]:
    source, object_name = loaded.source, loaded.object
    with connection.transaction():
        lock_relation(connection, f"src_{source}.{object_name}")
        if _cursor(connection, source, object_name) != before:
            raise TemporaryError(
                f"{source}.{object_name}: another load moved the cursor meanwhile; run it again"
            )
        ensure_partition(connection, f"src_{source}", object_name)
        copied = _copied(connection, loaded, batch, run)
        _move_cursor(connection, loaded, batch)
    loaded.records += copied.records
    loaded.rejected += len(copied.rejected)
    loaded.batches += 1
    return batch.cursor


def _copied(connection: Connection, loaded: Loaded, batch: Batch, run: str) -> Copied:
    began = time.monotonic()
    (load_id,) = one(
        connection,
        "insert into layers.loads (source, object, run) values (%s, %s, %s) returning load_id",
        *(loaded.source, loaded.object, run),
    )
    connection.execute("select set_config('layers.load_id', %s, true)", [str(load_id)])
    table = Identifier(f"src_{loaded.source}", loaded.object)
    copied = copy_records(connection, table, batch.records)
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into layers.rejects (source, object, load_id, record, reason, wanted)"
            " values (%s, %s, %s, %s, %s, 'json')",
            [
                (loaded.source, loaded.object, load_id, line.record, line.reason)
                for line in copied.rejected
            ],
        )
    connection.execute(
        "update layers.loads set records = %s, rejected = %s, seconds = %s where load_id = %s",
        [copied.records, len(copied.rejected), time.monotonic() - began, load_id],
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into layers.files (source, object, file, load_id) values (%s, %s, %s, %s)",
            [(loaded.source, loaded.object, name, load_id) for name in batch.files],
        )
    return copied


def _move_cursor(connection: Connection, loaded: Loaded, batch: Batch) -> None:
    connection.execute(
        "insert into layers.cursors (source, object, cursor, loaded_until) values (%s, %s, %s, %s)"
        " on conflict (source, object) do update set cursor = excluded.cursor,"
        " loaded_until = greatest(excluded.loaded_until, cursors.loaded_until),"
        " moved_at = clock_timestamp()",
        [loaded.source, loaded.object, Jsonb(batch.cursor), batch.loaded_until],
    )


def _cursor(connection: Connection, source: str, object_name: str) -> dict[str, Any]:
    found = one(
        connection,
        "select cursor from layers.cursors where source = %s and object = %s",
        *(source, object_name),
    )
    return dict(found[0]) if found else {}


def _files(connection: Connection, source: str, object_name: str) -> set[str]:
    found = connection.execute(
        "select file from layers.files where source = %s and object = %s", [source, object_name]
    )
    return {name for (name,) in found}
