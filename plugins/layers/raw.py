"""Raw tables keep records as they came, by the day of loading, for as long as a source says."""

import hashlib
from datetime import date, timedelta

from psycopg import sql
from psycopg.sql import Identifier

from layers.warehouse import Connection, lock_relation, one


def ensure_table(connection: Connection, schema: str, object_name: str) -> None:
    """Makes the raw table of an object: partitioned by the day of loading."""
    connection.execute(
        sql.SQL(
            "create table if not exists {table} ("
            " loaded_on date not null default (now() at time zone 'UTC')::date,"
            " load_id bigint not null default current_setting('layers.load_id')::bigint,"
            " ordinal bigint generated always as identity (cache 100),"
            " record jsonb not null) partition by range (loaded_on)"
        ).format(table=Identifier(schema, object_name))
    )


def ensure_partition(connection: Connection, schema: str, object_name: str) -> None:
    """Makes the partition that records go to which are loaded now, and near midnight the next.

    In a short transaction of its own: batches that are copied side by side want the same one.
    """
    with connection.transaction():
        days = connection.execute(
            "select distinct (t at time zone 'UTC')::date"
            " from (values (now()), (now() + interval '10 minutes')) as v (t)"
        ).fetchall()
        missing = [day for (day,) in days if not _exists(connection, schema, object_name, day)]
        if missing:
            lock_relation(connection, f"{schema}.{object_name} partitions")
        for day in missing:
            if not _exists(connection, schema, object_name, day):
                _create(connection, schema, object_name, day)


def _exists(connection: Connection, schema: str, object_name: str, day: date) -> bool:
    # not to_regclass, which goes on not knowing a table that somebody else made meanwhile
    found = one(
        connection,
        "select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname = %s and c.relname = %s",
        *(schema, _partition(object_name, day)),
    )
    return found is not None


def _partition(object_name: str, day: date) -> str:
    if len(object_name) > 50:  # a name has 63 bytes, and two objects may share the first 50
        digest = hashlib.sha256(object_name.encode()).hexdigest()[:8]
        object_name = f"{object_name[:41]}_{digest}"
    return f"{object_name}_{day:%Y_%m_%d}"


def _create(connection: Connection, schema: str, object_name: str, day: date) -> None:
    connection.execute(
        sql.SQL(
            "create table {partition} partition of {table} for values from ({day}) to ({end})"
            # records of a few kB stay whole beside each other: a compressed one is unpacked again
            # for every value that is picked out of it
            " with (toast_tuple_target = 8160);"
            "create index on {partition} using brin (load_id) with (pages_per_range = 32)"
        ).format(
            partition=Identifier(schema, _partition(object_name, day)),
            table=Identifier(schema, object_name),
            day=sql.Literal(day),
            end=sql.Literal(day + timedelta(days=1)),
        )
    )


def drop_expired(
    connection: Connection, source: str, object_name: str, keep: str, relations: list[str]
) -> list[str]:
    """Drops raw partitions older than `keep` (an interval) that all of `relations` have staged.

    The newest load of everything, or of all keys, stays, and what came after it: without it nobody
    could say again what is gone.
    """
    (oldest,) = one(connection, "select (now() at time zone 'UTC' - %s::interval)::date", keep)
    (staged,) = one(
        connection,
        "select min(coalesce(s.load_id, 0)) from unnest(%s::text[]) as wanted (relation)"
        " left join layers.staged s using (relation)",
        relations,
    )
    (said,) = one(
        connection,
        "select max(load_id) from layers.loads where source = %s and object = %s"
        " and kind <> 'records' and records > 0",
        *(source, object_name),
    )
    found = connection.execute(
        "select c.relname, substring(pg_get_expr(c.relpartbound, c.oid) from 'FROM \\(''([^'']+)')"
        " from pg_inherits i join pg_class c on c.oid = i.inhrelid"
        " where i.inhparent = to_regclass(%s)",
        [f'"src_{source}"."{object_name}"'],
    ).fetchall()
    dropped = []
    for name, day in found:
        partition = Identifier(f"src_{source}", name)
        if date.fromisoformat(day) >= oldest:
            continue
        newest = one(connection, sql.SQL("select max(load_id) from {}").format(partition))[0] or 0
        if newest <= (staged or 0) and newest < (said or newest + 1):
            connection.execute(sql.SQL("drop table {}").format(partition))
            dropped.append(name)
    return dropped
