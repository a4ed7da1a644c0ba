"""Load: raw records and the cursor behind them, in one transaction per batch.

A crash between any two statements loses nothing and doubles nothing, because how far we got is
written together with what we got, and nowhere else.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

from layers.errors import DataError, ProjectError
from layers.keeping import Loaded, Loading
from layers.marks import cursor_of, unseen
from layers.project import Project
from layers.raw import ensure_table
from layers.rules import allowed
from layers.sources import Declaration, reader
from layers.warehouse import Connection, errors_told, locked


def load(
    connection: Connection, project: Project, source: str, object_name: str, run: str
) -> Loaded:
    """Reads an object from its cursor to its end and keeps every batch.

    Another load of the object that is still running is waited for. Raises SourceError or
    TemporaryError where the source gives out; what was read until then is kept, and the next run
    goes on behind it. Raises DataError, after everything is kept, where more lines than
    `reject_limit` are no records, or a declared field is not what it was.
    """
    declaration = _declared(project, source, object_name)
    loading = Loading(connection, project, source, object_name, run)
    with _alone(loading), loading.noted():
        with errors_told(loading.doing):
            cursor = cursor_of(connection, source, object_name)
        found = reader(declaration, object_name)
        batches = found.read(cursor, lambda files: unseen(connection, source, object_name, files))
        loading.keep_all(batches, cursor, side_by_side=found.independent)
    return _judged(declaration, loading)


def load_window(
    connection: Connection,
    project: Project,
    source: str,
    object_name: str,
    run: str,
    start: datetime,
    end: datetime,
) -> Loaded:
    """Reads again what changed from `start` up to `end`; the cursor stays where it is."""
    declaration = _declared(project, source, object_name)
    loading = Loading(connection, project, source, object_name, run)
    with _alone(loading), loading.noted():
        with errors_told(loading.doing):
            cursor = cursor_of(connection, source, object_name)
        batches = reader(declaration, object_name).window(start, end, cursor)
        loading.keep_all(batches, None, side_by_side=False)
    return _judged(declaration, loading)


def _declared(project: Project, source: str, object_name: str) -> Declaration:
    declaration = project.sources.get(source)
    if declaration is None or object_name not in declaration.objects:
        raise ProjectError(f"sql/src/{source}.yaml: declares no object '{object_name}'")
    return declaration.in_the_time_of(project.clock)


@contextmanager
def _alone(loading: Loading) -> Iterator[None]:
    """Nobody else loads the object meanwhile; its raw table is there."""
    began = time.monotonic()
    with ExitStack() as held:
        with errors_told(loading.doing):
            name = f"src_{loading.source}.{loading.object}"
            held.enter_context(locked(loading.connection, name))
            ensure_table(loading.connection, f"src_{loading.source}", loading.object)
        try:
            yield
        finally:
            loading.loaded.seconds = time.monotonic() - began


def _judged(declaration: Declaration, loading: Loading) -> Loaded:
    problems = [*_too_many(declaration, loading), *_drifted(declaration, loading)]
    if problems:
        raise DataError("\n".join(problems))
    return loading.loaded


def _too_many(declaration: Declaration, loading: Loading) -> Iterator[str]:
    loaded, limit = loading.loaded, declaration.objects[loading.object].reject_limit
    lines = loaded.records + loaded.rejected
    if loaded.rejected > allowed(limit, lines):
        yield (
            f"{loading.name}: {loaded.rejected:,} of {lines:,} lines are no records, more than "
            f"reject_limit {limit}; the others are loaded. To see them:\n"
            f"    layers rejects {loading.name}"
        )


def _drifted(declaration: Declaration, loading: Loading) -> Iterator[str]:
    if loading.alarms and declaration.objects[loading.object].drift == "alarm":
        said = "\n".join(f"    {alarm}" for alarm in loading.alarms)
        yield (
            f"{loading.name}: declared fields are not as they were; everything is loaded:\n"
            f"{said}\n"
            "    ask at the source, then mend the contract; layers drift shows this again"
        )
