"""Marks: how far an object of a source is read: a cursor, and files that are loaded."""

from psycopg.types.json import Jsonb

from layers.errors import TemporaryError
from layers.sources import Batch, Cursor, File
from layers.warehouse import Connection, one


def cursor_of(connection: Connection, source: str, object_name: str) -> Cursor:
    """How far an object is read; empty where it never was."""
    found = one(
        connection,
        "select cursor from layers.cursors where source = %s and object = %s",
        *(source, object_name),
    )
    return dict(found[0]) if found else {}


def unseen(connection: Connection, source: str, object_name: str, files: list[File]) -> list[File]:
    """Of files that are there, those that are not loaded, or not as long as they are now."""
    found = connection.execute(
        "select f.place from unnest(%s::text[], %s::bigint[]) with ordinality as f (name, size,"
        " place) left join layers.files l on l.source = %s and l.object = %s and l.file = f.name"
        " where l.file is null or l.size <> f.size",
        [[file.name for file in files], [file.size for file in files], source, object_name],
    )
    return [files[place - 1] for (place,) in found]


def count_files(
    connection: Connection, source: str, object_name: str, batch: Batch, load_id: int
) -> None:
    """These count as loaded; what was rejected of them before is judged again."""
    if not batch.files:
        return
    names = [file.name for file in batch.files]
    connection.execute(
        "delete from layers.rejects where source = %s and object = %s and file = any(%s)"
        " and relation is null",
        [source, object_name, names],
    )
    connection.execute(
        "insert into layers.files (source, object, file, load_id, size)"
        " select %s, %s, name, %s, size from unnest(%s::text[], %s::bigint[]) as f (name, size)"
        " on conflict (source, object, file) do update set load_id = excluded.load_id,"
        " size = excluded.size",
        [source, object_name, load_id, names, [file.size for file in batch.files]],
    )


def move_cursor(
    connection: Connection,
    source: str,
    object_name: str,
    batch: Batch,
    before: Cursor | None,
    *,
    is_our_time: bool = True,
) -> None:
    """The cursor behind a batch, where it still stands before it; a window leaves it alone.

    What is known lies not before what was, nor beyond our own clock where that is the company's.
    Raises TemporaryError where another load moved it.
    """
    if batch.cursor is None:
        return
    if cursor_of(connection, source, object_name) != before:
        raise TemporaryError(f"{source}.{object_name}: another load moved the cursor; run it again")
    latest = "clock_timestamp()" if is_our_time else "'infinity'::timestamptz"
    connection.execute(
        "insert into layers.cursors as c (source, object, cursor, loaded_until)"
        f" values (%s, %s, %s, case when %s > {latest} then {latest} else %s end)"
        " on conflict (source, object) do update set cursor = excluded.cursor,"
        " loaded_until = greatest(excluded.loaded_until,"
        f" case when c.loaded_until <= {latest} then c.loaded_until end),"
        " moved_at = clock_timestamp()",
        [source, object_name, Jsonb(batch.cursor), batch.loaded_until, batch.loaded_until],
    )
