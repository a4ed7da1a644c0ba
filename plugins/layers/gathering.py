"""Gathering: the rows of staging that an incremental entity's query is fed.

They are the rows staged since its last build, and for each relation in `also` the rows that agree
with one of its rows that is new, changed or gone.
"""

from typing import Any

from layers import record
from layers.candidates import changed
from layers.ddl import table
from layers.project import Project
from layers.promises import Incremental
from layers.relation import Relation
from layers.rules import columns, literal, quoted
from layers.warehouse import Connection, one, text

FED = "pg_temp.layers_fed"  # the keys of the rows that are replaced


def marks(connection: Connection, project: Project, said: Incremental) -> dict[str, Any]:
    """How far staging is of what an entity is fed from."""
    found = connection.execute(
        "select relation, load_id from layers.staged where relation = any(%s)",
        [[name for name in (*said.by, *said.also) if project.relations[name].layer == "stg"]],
    )
    return dict(found.fetchall())


def why_not(
    connection: Connection,
    project: Project,
    relation: Relation,
    said: Incremental,
    before: dict[str, Any],
) -> str | None:
    """Why what changed below an entity cannot be fed to it, if so."""
    lower = [name for name in relation.reads if project.relations[name].layer == "stg"]
    now, rewritten = record.versions(connection, lower), record.rewritten(connection, lower)
    for name in lower:
        seen = before["versions"].get(name, 0)
        if name not in (*said.by, *said.also) and now[name] != seen:
            return f"{name} has changed"
        if rewritten[name] > seen:
            return f"{name} was staged anew, or keys of its source were compared"
    return None


def gather(
    connection: Connection,
    project: Project,
    relation: Relation,
    said: Incremental,
    before: dict[str, Any],
) -> dict[str, str]:
    """Makes the temporary tables of the rows to be fed, named as what they are of."""
    key = relation.contract.key
    values = {
        name: _changed_values(connection, project, name, column, before)
        for name, column in said.also.items()
    }
    asked = []
    for name in said.by:
        fed_from = project.relations[name]
        keys = columns(fed_from.contract.key, "b")
        rows = f"select {keys} from {table(fed_from)} b where"
        asked.append(f"{rows} b.layers_load_id > {int(before['marks'].get(name, 0))}")
        asked += [
            f"{rows} {agrees}"
            for other, found in values.items()
            if found
            for agrees in _agreeing(project, relation, name, said.also[other], found)
        ]
    names = ", ".join(quoted(name) for name in key)
    connection.execute(
        text(
            f"create temporary table layers_fed ({names}) on commit drop as {' union '.join(asked)}"
        )
    )
    connection.execute(text(f"analyze {FED}"))
    return {name: _fed_rows(connection, project.relations[name], key) for name in said.by}


def _agreeing(
    project: Project, relation: Relation, by: str, column: str, values: str
) -> tuple[str, str]:
    """That a row has one of these values, or has none as one of them; each for an index to answer.

    In one condition with `or`, all rows would be read.
    """
    from layers.made_of import agreeing  # reads SQL, which is slow to begin

    found = agreeing(project, relation, by, column)
    nothing = f"exists (select from ({values}) v (value) where value is null)"
    return f"({found}) in ({values})", f"({found}) is null and {nothing}"


def _changed_values(
    connection: Connection,
    project: Project,
    name: str,
    column: str,
    before: dict[str, Any],
) -> str | None:
    """The query for the values of a column in rows that are new, changed or gone, if any are."""
    other = project.relations[name]
    if other.layer == "stg":
        mark = int(before["marks"].get(name, 0))
        found = f"select {quoted(column)} from {table(other)} where layers_load_id > {mark}"
    else:
        seen, kind = int(before["candidates"].get(name, 0)), other.contract.columns[column].type
        found = (
            f"select value::{kind} from {changed(other)}"
            f" where column_name = {literal(column)} and build_id > {seen}"
        )
        if one(connection, "select to_regclass(%s)", changed(other))[0] is None:
            return None
    return found if one(connection, text(f"select exists ({found})"))[0] else None


def _fed_rows(connection: Connection, fed_from: Relation, key: tuple[str, ...]) -> str:
    """A temporary table with the name of a relation and those of its rows that are fed."""
    name = f"pg_temp.{quoted(fed_from.name)}"
    same = f"({columns(fed_from.contract.key, 'b')}) in (select {columns(key)} from {FED})"
    connection.execute(text(f"drop table if exists {name}"))
    connection.execute(
        text(
            f"create temporary table {quoted(fed_from.name)} on commit drop as"
            f" select b.* from {table(fed_from)} b where {same}"
        )
    )
    connection.execute(text(f"analyze {name}"))
    return name
