"""The tables of staging, and how they follow their contracts.

A staging table has a copy below it, the raw records; so it is changed at once where a live table
would be asked to wait, and filled again from them.
"""

import hashlib

from layers import catalog
from layers.ddl import table
from layers.errors import WarehouseError
from layers.project import columns_of
from layers.relation import Relation
from layers.rules import columns, literal, quoted
from layers.staging import contract_of
from layers.warehouse import Connection, one, text

DELETED = "is_deleted"


def ensure(connection: Connection, relation: Relation) -> bool:
    """Makes a staging table, or adds what its contract has won since; whether rows read otherwise.

    Nothing here rewrites a table: a build that reads it in an older snapshot would find it empty.

    Only the key is `not null`: what else must be there, staging itself sees to. A table that is
    made is empty, so its records are staged again whatever the mark said.
    """
    there = catalog.columns(connection, table(relation))
    if not there:
        connection.execute(text(_create(relation)))
        for name in ("staged", "stagings"):
            forget = f"delete from layers.{name} where relation = {literal(relation.name)}"
            connection.execute(text(forget))
    _let_new_rows_be_found(connection, relation)
    for name, wanted in _wanted(relation).items():
        if there and name not in there:
            added = f"alter table {table(relation)} add column {quoted(name)} {wanted}"
            connection.execute(text(added))
            if name == "deletion_noticed_at" and contract_of(relation).deleted_when:
                # of a former release: when it was noticed, its raw records tell
                forget = f"delete from layers.staged where relation = {literal(relation.name)}"
                connection.execute(text(forget))
        elif there and not _is_type(connection, there[name], wanted):
            raise _incompatible(
                relation, f"column '{name}' is {wanted}, but {there[name]} in the warehouse"
            )
    key, wanted_key = _key(connection, relation), contract_of(relation).row_key
    if set(key) != set(wanted_key):
        said = f"the key is {', '.join(wanted_key)}, but {', '.join(key)}"
        raise _incompatible(relation, f"{said} in the warehouse")
    if relation.folder == "layers":
        return False
    return _say_what_is_deleted(connection, relation, DELETED in there)


def _let_new_rows_be_found(connection: Connection, relation: Relation) -> None:
    """Keeps the index by which an incremental entity finds what was staged since."""
    if relation.folder == "layers":
        return
    name = f"loads_{hashlib.sha256(relation.name.encode()).hexdigest()[:16]}"
    if one(connection, "select to_regclass(%s)", f"{relation.schema}.{name}")[0] is None:
        made = f"create index if not exists {name} on {table(relation)} using brin (layers_load_id)"
        connection.execute(text(f"{made} with (pages_per_range = 32)"))


def _wanted(relation: Relation) -> dict[str, str]:
    """All columns that hold a value, and are no expression."""
    return {name: kind for name, kind in columns_of(relation).items() if name != DELETED}


def _key(connection: Connection, relation: Relation) -> list[str]:
    found = connection.execute(
        "select a.attname from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid"
        " and a.attnum = any(c.conkey) where c.conrelid = to_regclass(%s) and c.contype = 'p'",
        [table(relation)],
    )
    return [name for (name,) in found]


def _is_type(connection: Connection, there: str, wanted: str) -> bool:
    same = "select format_type(to_regtype(%s), to_regtypemod(%s)) = %s"
    return bool(one(connection, same, wanted, wanted, there)[0])


def _create(relation: Relation) -> str:
    lines = [f"{quoted(name)} {kind}" for name, kind in _wanted(relation).items()]
    key = f"primary key ({columns(contract_of(relation).row_key)})"
    return f"create table if not exists {table(relation)} ({', '.join(lines)}, {key})"


def _say_what_is_deleted(connection: Connection, relation: Relation, is_there: bool) -> bool:
    """Keeps the generated column that says so; its comment is the expression it was made of."""
    live, said = table(relation), contract_of(relation).deleted_when or ""
    (before,) = one(
        connection,
        "select max(d.description) from pg_attribute a left join pg_description d on"
        " d.objoid = a.attrelid and d.objsubid = a.attnum and d.classoid = 'pg_class'::regclass"
        " where a.attrelid = to_regclass(%s) and a.attname = %s",
        *(live, DELETED),
    )
    comment = f"The source no longer has it: {said or 'its key is gone'}"
    if is_there and before == comment:
        return False
    gone = "layers_gone is not null"
    expression = f"coalesce(({said}), false) or {gone}" if said else gone
    change = (
        f"alter column {DELETED} set expression as ({expression})"
        if is_there
        else f"add column {DELETED} boolean not null generated always as ({expression}) virtual"
    )
    connection.execute(text(f"alter table {live} {change}"))
    connection.execute(text(f"comment on column {live}.{DELETED} is {literal(comment)}"))
    return True


def _incompatible(relation: Relation, found: str) -> WarehouseError:
    return WarehouseError(
        f"{relation.file}: {found}; drop table {relation.schema}.{relation.name}, "
        f"then stage it again: layers run --relation {relation.name}"
    )
