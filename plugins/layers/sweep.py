"""Sweep: room that a publication left behind is made free, before readers walk through it.

Autovacuum would do the same, but comes once a minute; until then a table of which every row was
replaced is twice as long.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg

from layers.ddl import table
from layers.difference import Difference
from layers.project import Project
from layers.rules import literal
from layers.warehouse import Connection, one, text

# Where autovacuum would come, too.
FEW, PART = 50, 0.2


def sweep(connection: Connection, project: Project, changes: Mapping[str, Difference]) -> None:
    """Vacuums the tables of which a publication replaced many rows; outside of any transaction.

    No reader waits for it: a table that somebody else has locked is left to autovacuum, and none is
    cut short, which would take it from its readers.
    """
    with can_wait("sweeping what was published"):
        for name, change in changes.items():
            live, gone = table(project.relations[name]), change.updated + change.deleted
            if gone > FEW and gone > FEW + PART * _rows(connection, live):
                statement = f"vacuum (skip_locked, truncate false, parallel 0) {live}"
                connection.execute(text(statement))


@contextmanager
def can_wait(doing: str) -> Iterator[None]:
    """What comes after a publication, and is no reason to call it failed: the next one does it."""
    try:
        yield
    except psycopg.Error as error:
        logging.getLogger(__name__).warning("%s was cut short, and can wait: %s", doing, error)


def _rows(connection: Connection, live: str) -> float:
    known = f"select greatest(reltuples, 0) from pg_class where oid = {literal(live)}::regclass"
    return float(one(connection, text(known))[0])
