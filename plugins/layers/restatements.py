"""The restatements of a use case, `prs_<use case>_restatements`: a table beside those it is about.

A restatement is a cell of a complete row that a later publication changed; `restating` finds them.
"""

from datetime import datetime
from typing import Any

from layers import catalog
from layers.project import kept_for
from layers.rules import literal, quoted
from layers.warehouse import Connection, text

COLUMNS = {
    "restatement_id": "bigint generated always as identity primary key",
    "publication": "bigint not null",
    "published_at": "timestamptz not null",
    "relation": "text not null",
    "key": "jsonb not null",
    "column_name": "text not null",
    "old_value": "text",
    "new_value": "text",
    "is_row_gone": "boolean not null",
    "cause": "jsonb not null",
}
MEANS = {
    "": "Cells of complete rows (settled ones, where there is is_settled) that were published, and "
    "changed later.",
    "publication": "The one that changed the cell, at published_at.",
    "column_name": "Each filled cell of a row that is gone or came back, else the changed ones.",
    "is_row_gone": "The whole row is no longer there.",
    "cause": "Sources and contracts that changed since the publication before, as far as known.",
}


def name_of(unit: str) -> str:
    """The qualified, quoted name of a use case's table of restatements."""
    return f"{quoted(unit)}.{quoted(kept_for(unit.removeprefix('prs_'))[1])}"


def create(connection: Connection, unit: str) -> None:
    """Makes the table where it is not there."""
    name = name_of(unit)
    if catalog.columns(connection, name):
        return
    columns = ", ".join(f"{column} {said}" for column, said in COLUMNS.items())
    connection.execute(text(f"create table {name} ({columns})"))
    connection.execute(text(f"create index on {name} (relation, key)"))
    for column, means in MEANS.items():
        on = f"column {name}.{column}" if column else f"table {name}"
        connection.execute(text(f"comment on {on} is {literal(means)}"))


def listed(connection: Connection, unit: str, since: datetime | None) -> list[dict[str, Any]]:
    """The restatements of a use case, the newest first, with what there is to say of each."""
    shown = ("published_at", "publication", "relation", "key", "column_name", "old_value")
    names = (*shown, "new_value", "is_row_gone", "cause")
    found = connection.execute(
        text(
            f"select {', '.join(names)} from {name_of(unit)}"
            " where published_at >= coalesce(%s, '-infinity'::timestamptz)"
            " order by publication desc, restatement_id"
        ),
        [since],
    )
    return [dict(zip(names, row, strict=True)) for row in found]
