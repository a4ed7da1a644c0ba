"""Sweep: room that a publication left behind is made free, before readers walk through it.

Autovacuum would do the same, but comes once a minute; until then a table of which every row was
replaced is twice as long.
"""

from collections.abc import Mapping

from layers.ddl import table
from layers.difference import Difference
from layers.project import Project
from layers.rules import literal
from layers.warehouse import Connection, one, text

# Where autovacuum would come, too.
FEW, PART = 50, 0.2


def sweep(connection: Connection, project: Project, changes: Mapping[str, Difference]) -> None:
    """Vacuums the tables of which a publication replaced many rows; outside of any transaction.

    Nobody waits for it: a table that somebody else has locked is left to autovacuum, and none is
    cut short, which would take it from its readers.
    """
    for name, change in changes.items():
        live = table(project.relations[name])
        known = f"select greatest(reltuples, 0) from pg_class where oid = {literal(live)}::regclass"
        if change.updated + change.deleted > FEW + PART * one(connection, text(known))[0]:
            connection.execute(text(f"vacuum (skip_locked, truncate false) {live}"))
