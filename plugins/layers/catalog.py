"""What the database itself says of a table: columns, constraints, comments."""

from layers.warehouse import Connection, one, text


def columns(connection: Connection, table: str) -> dict[str, str]:
    """The columns of a table and their types; none where there is no such table."""
    return dict(
        connection.execute(
            "select attname, format_type(atttypid, atttypmod) from pg_attribute"
            " where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped"
            " order by attnum",
            [table],
        ).fetchall()
    )


def required(connection: Connection, table: str) -> set[str]:
    """The columns that are `not null`, validated or not."""
    found = connection.execute(
        "select a.attname from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid"
        " and a.attnum = c.conkey[1] where c.conrelid = to_regclass(%s) and c.contype = 'n'",
        [table],
    )
    return {name for (name,) in found}


def constraints(connection: Connection, table: str) -> dict[str, str]:
    """Keys, unique and foreign keys and checks, by name: `p`, `u`, `f`, `c`."""
    return dict(
        connection.execute(
            "select conname, contype::text from pg_constraint where conrelid = to_regclass(%s)"
            " and contype in ('p', 'u', 'c', 'f')",
            [table],
        ).fetchall()
    )


def not_validated(connection: Connection, table: str) -> list[str]:
    """The constraints that hold for new rows and have not yet been asked of the old ones."""
    found = connection.execute(
        "select conname from pg_constraint where conrelid = to_regclass(%s)"
        " and not convalidated and conenforced",
        [table],
    )
    return [name for (name,) in found]


def indexes(connection: Connection, table: str) -> set[str]:
    """The names of a table's indexes."""
    found = connection.execute(
        "select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid"
        " where i.indrelid = to_regclass(%s)",
        [table],
    )
    return {name for (name,) in found}


def comments(connection: Connection, table: str) -> dict[str, str]:
    """A table's own comment under the empty name, and its columns'."""
    return dict(
        connection.execute(
            "select coalesce(a.attname, ''), d.description from pg_description d"
            " left join pg_attribute a on a.attrelid = d.objoid and a.attnum = d.objsubid"
            " and d.objsubid > 0 where d.objoid = to_regclass(%s)"
            " and d.classoid = 'pg_class'::regclass",
            [table],
        ).fetchall()
    )


def is_empty(connection: Connection, table: str) -> bool:
    """Whether a table has no rows."""
    return bool(one(connection, text(f"select not exists (select from {table})"))[0])


def referrers(connection: Connection, table: str) -> list[tuple[str, str]]:
    """The foreign keys of other tables that lead to a table: the table, quoted, and the name."""
    return connection.execute(
        "select format('%%I.%%I', n.nspname, r.relname), c.conname from pg_constraint c"
        " join pg_class r on r.oid = c.conrelid join pg_namespace n on n.oid = r.relnamespace"
        " where c.confrelid = to_regclass(%s) and c.conrelid <> c.confrelid and c.contype = 'f'",
        [table],
    ).fetchall()


def shown(kind: str) -> str:
    """A type of the contract language as Postgres shows it; one has another name there."""
    return _SHOWN if kind == "timestamptz" else kind


def declared(kind: str) -> str:
    """A type as Postgres shows it, in the contract language."""
    return "timestamptz" if kind == _SHOWN else kind


_SHOWN = "timestamp with time zone"
