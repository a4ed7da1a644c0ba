"""Drift: fields that sources send and nobody declared, and declared ones that are not as they were.

A new field is noted once and is no alarm: it is in the raw record. A declared field that was in
every record and is in none any more, or comes as another type than ever, is one. All records of a
small load are looked at, of a large one a sample from all over it.
"""

from dataclasses import dataclass

from layers.shapes import MOST_PATHS, Path, Shapes, written
from layers.warehouse import Connection

ENOUGH = 10  # records, until they say what a field always is, or that it is gone
ALWAYS = 0.99
OURS = ("_line", "layers_keys")


@dataclass(frozen=True)
class Alarm:
    """Something that became of a declared field, in words; `fields` are relation.column."""

    path: str
    fields: tuple[str, ...]
    said: str

    def __str__(self) -> str:
        return f"{self.path} ({', '.join(self.fields)}) {self.said}"


def note(
    connection: Connection, source: str, object_name: str, shapes: Shapes, *, is_whole: bool
) -> list[Alarm]:
    """Remembers what the records of a load look like; gives what is wrong with declared fields.

    Of a load that broke off only new fields are noted: nobody would hear the alarm.
    """
    known = _known(connection, source, object_name)
    alarms: list[Alarm] = []
    room = MOST_PATHS - len(known)
    for path in sorted({*shapes.present, *shapes.declared} - {(name,) for name in OURS}):
        said, is_declared = written(path), path in shapes.declared
        before = known.get(said)
        types = sorted(shapes.types[path])
        if before is None:
            if shapes.present[path] and (is_declared or room > 0):
                room -= 1
                _insert(connection, (source, object_name, said), is_declared, types)
                _count(connection, (source, object_name, said), shapes, path)
            continue
        if is_declared and not is_whole:
            continue
        if is_declared:
            alarms += _alarms(connection, (source, object_name, said), shapes, path, before)
            _count(connection, (source, object_name, said), shapes, path)
        elif before.is_declared:
            _undeclare(connection, (source, object_name, said))
    return alarms


@dataclass(frozen=True)
class _Known:
    is_declared: bool
    types: list[str]
    present: int
    records: int
    absent: int
    is_missing: bool


def _known(connection: Connection, source: str, object_name: str) -> dict[str, _Known]:
    found = connection.execute(
        "select path, is_declared, types, present, records, absent, missing_since is not null"
        " from layers.drift where source = %s and object = %s",
        [source, object_name],
    )
    return {path: _Known(*rest) for path, *rest in found}


def _alarms(
    connection: Connection, at: tuple[str, str, str], shapes: Shapes, path: Path, before: _Known
) -> list[Alarm]:
    fields, alarms = shapes.declared[path], []
    new = sorted(shapes.types[path] - set(before.types))
    if new:
        connection.execute(
            "update layers.drift set types = types || %s::text[], changed_at = clock_timestamp()"
            " where (source, object, path) = (%s, %s, %s)",
            [new, *at],
        )
        if before.types and before.is_declared and before.present >= ENOUGH:
            was, now = " or ".join(before.types), " or ".join(new)
            alarms.append(Alarm(at[2], fields, f"was {was} and comes as {now}"))
    was_always = (
        before.is_declared and before.records and (before.present >= ALWAYS * before.records)
    )
    absent = 0 if shapes.present[path] else before.absent + shapes.records
    _count_absent(connection, at, absent)
    if was_always and absent >= ENOUGH and not before.is_missing:
        said = f"was in every record and is in none of the last {absent:,}"
        alarms.append(Alarm(at[2], fields, said))
        _miss(connection, at, is_missing=True)
    elif before.is_missing and shapes.present[path]:
        _miss(connection, at, is_missing=False)
    return alarms


def _insert(
    connection: Connection,
    at: tuple[str, str, str],
    is_declared: bool,
    types: list[str],
) -> None:
    connection.execute(
        "insert into layers.drift (source, object, path, is_declared, types)"
        " values (%s, %s, %s, %s, %s) on conflict do nothing",
        [*at, is_declared, types],
    )


def _count(connection: Connection, at: tuple[str, str, str], shapes: Shapes, path: Path) -> None:
    """How often a declared field is there; a load in which it never is does not count."""
    if path in shapes.declared and shapes.present[path]:
        connection.execute(
            "update layers.drift set is_declared = true, present = present + %s,"
            " records = records + %s"
            " where (source, object, path) = (%s, %s, %s) and missing_since is null",
            [shapes.present[path], shapes.records, *at],
        )


def _count_absent(connection: Connection, at: tuple[str, str, str], absent: int) -> None:
    connection.execute(
        "update layers.drift set absent = %s where (source, object, path) = (%s, %s, %s)"
        " and absent <> %s",
        [absent, *at, absent],
    )


def _miss(connection: Connection, at: tuple[str, str, str], *, is_missing: bool) -> None:
    connection.execute(
        "update layers.drift set missing_since = case when %s then clock_timestamp() end"
        " where (source, object, path) = (%s, %s, %s)",
        [is_missing, *at],
    )


def _undeclare(connection: Connection, at: tuple[str, str, str]) -> None:
    connection.execute(
        "update layers.drift set is_declared = false, missing_since = null"
        " where (source, object, path) = (%s, %s, %s)",
        [*at],
    )
