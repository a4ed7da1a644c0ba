"""The tables of staging, and how they follow their contracts.

A staging table has a copy below it, the raw records; so it is changed at once where a live table
would be asked to wait, and filled again from them.
"""

from layers import catalog
from layers.contract import StagingContract
from layers.ddl import table
from layers.errors import WarehouseError
from layers.relation import Relation
from layers.rules import columns, literal, quoted
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
        connection.execute("delete from layers.staged where relation = %s", [relation.name])
    for name, wanted in relation.contract.types.items():
        if there and name not in there:
            added = f"alter table {table(relation)} add column {quoted(name)} {wanted}"
            connection.execute(text(added))
        elif there and not _is_type(connection, there[name], wanted):
            raise _incompatible(
                relation, f"column '{name}' is {wanted}, but {there[name]} in the warehouse"
            )
    key = _key(connection, relation)
    if set(key) != set(relation.contract.key):
        said = f"the key is {', '.join(relation.contract.key)}, but {', '.join(key)}"
        raise _incompatible(relation, f"{said} in the warehouse")
    if relation.folder == "layers":
        return False
    return _say_what_is_deleted(connection, relation, DELETED in there)


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
    lines = [f"{quoted(name)} {kind}" for name, kind in relation.contract.types.items()]
    if relation.folder != "layers":
        lines += ["layers_load_id bigint not null", "layers_ordinal bigint not null"]
    key = f"primary key ({columns(relation.contract.key)})"
    return f"create table if not exists {table(relation)} ({', '.join(lines)}, {key})"


def _say_what_is_deleted(connection: Connection, relation: Relation, is_there: bool) -> bool:
    """Keeps the generated column that says so; its comment is the expression it was made of."""
    contract = relation.contract
    assert isinstance(contract, StagingContract)
    live = table(relation)
    (said,) = one(
        connection,
        "select max(d.description) from pg_attribute a left join pg_description d on"
        " d.objoid = a.attrelid and d.objsubid = a.attnum and d.classoid = 'pg_class'::regclass"
        " where a.attrelid = to_regclass(%s) and a.attname = %s",
        *(live, DELETED),
    )
    if contract.deleted_when is None:
        if is_there:
            connection.execute(text(f"alter table {live} drop column {DELETED}"))
    elif said != contract.deleted_when:
        expression = f"coalesce(({contract.deleted_when}), false)"
        change = (
            f"alter column {DELETED} set expression as ({expression})"
            if is_there
            else f"add column {DELETED} boolean not null generated always as ({expression}) virtual"
        )
        connection.execute(text(f"alter table {live} {change}"))
        what = f"comment on column {live}.{DELETED} is {literal(contract.deleted_when)}"
        connection.execute(text(what))
        return True
    return False


def _incompatible(relation: Relation, found: str) -> WarehouseError:
    return WarehouseError(
        f"{relation.file}: {found}; drop table {relation.schema}.{relation.name}, "
        f"then stage it again: layers run --relation {relation.name}"
    )
