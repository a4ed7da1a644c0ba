"""The warehouse: who may connect to it, how transactions begin, and what is locked.

One role writes each layer. A connection is always made as one of them, by the Airflow connection
`warehouse_<role>`, wherever Airflow finds connections.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, LiteralString, TypeVar

import psycopg
from psycopg import sql

from layers.errors import LayersError, NoConnectionError, TemporaryError, WarehouseError

Connection = psycopg.Connection[Any]
Kind = TypeVar("Kind", bound=LayersError)

WRITERS = {"src": "loader", "stg": "loader", "dmn": "modeller", "prs": "presenter"}
# Times are read and written in UTC, and messages can be understood whatever the server speaks.
SESSION = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "search_path": "pg_catalog",
    "work_mem": "128MB",
    "maintenance_work_mem": "256MB",
    "jit": "off",
    "random_page_cost": "1.1",  # few rows of a large table are looked up, not searched for
}
# A connection that fails has no SQLSTATE, only words.
_REFUSED = (
    *("authentication failed", "no password supplied", "no pg_hba.conf entry"),
    *("does not exist", "not permitted", "permission denied"),
)

# A schema, a table, a column or a right that is not there.
_NOT_MIGRATED = ("3F000", "42P01", "42703", "42501")


def writer(layer_or_unit: str) -> str:
    """The role that writes a layer, a unit, or a schema named after one."""
    return WRITERS[layer_or_unit.split("_")[0]]


def connect(role: str, doing: str = "layers") -> Connection:
    """A connection as one of the warehouse's roles: owner, loader, modeller, presenter, looker.

    `doing` is its `application_name`, by which an engineer finds it in pg_stat_activity.

    Raises WarehouseError where the server refuses us, TemporaryError where it cannot be reached.
    """
    connection_id = role if role == "looker" else f"warehouse_{role}"
    parameters = connection_parameters(connection_id)
    settings = " ".join(f"-c {name}={value.replace(' ', '')}" for name, value in SESSION.items())
    options = f"{parameters.pop('options', '')} {settings}".strip()
    try:
        connection = psycopg.connect(
            **parameters,
            options=options,
            application_name=doing[:63],
            connect_timeout=10,
        )
    except psycopg.Error as error:
        raise told(error, connection_id, WarehouseError) from None
    connection.autocommit = True
    return connection


def airflow_connection(connection_id: str) -> Any:
    """The Airflow connection of that name. Raises NoConnectionError where nobody has made it."""
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        return BaseHook.get_connection(connection_id)
    except AirflowNotFoundException:
        raise NoConnectionError(
            f"connection '{connection_id}': nobody has made it; make it in Airflow, "
            f"or set AIRFLOW_CONN_{connection_id.upper()}"
        ) from None


def connection_parameters(connection_id: str) -> dict[str, Any]:
    """What psycopg needs to connect, from the Airflow connection of that name."""
    found = airflow_connection(connection_id)
    named = {
        "host": found.host,
        "port": found.port,
        "dbname": found.schema,
        "user": found.login,
        "password": found.password,
    }
    extra: dict[str, Any] = found.extra_dejson
    return {name: value for name, value in named.items() if value} | extra


def told(error: psycopg.Error, where: str, kind: type[Kind]) -> Exception:
    """A refusal as one line: `kind` where trying again does not help, else TemporaryError."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    fatal = [line.split("FATAL:")[-1].strip() for line in lines if "FATAL:" in line]
    said = (fatal or lines or [type(error).__name__])[0]
    if isinstance(error, psycopg.ProgrammingError) or any(word in said for word in _REFUSED):
        return kind(f"connection '{where}': refused: {said}; correct the connection")
    return TemporaryError(f"connection '{where}': cannot be reached: {said}")


@contextmanager
def errors_told(
    doing: str, who: str = "the warehouse", kind: type[LayersError] = WarehouseError
) -> Iterator[None]:
    """Says in one line what a database refused while `doing` something.

    Raises `kind`, or TemporaryError where trying again helps.
    """
    try:
        yield
    except psycopg.Error as error:
        message = error.diag.message_primary or str(error).strip() or type(error).__name__
        # the detail of a broken constraint is the row, and that may be somebody's
        is_row = (error.sqlstate or "").startswith("23")
        detail = None if is_row else error.diag.message_detail
        hint = f"; {detail}" if detail else ""
        said = f"{doing}: {who} says: {message}{hint} ({error.sqlstate or 'no SQLSTATE'})"
        if kind is WarehouseError and error.sqlstate in _NOT_MIGRATED:
            said += "; see whether layers migrate mends it"
        # of what is no fault of ours, only the limits of Postgres (54) stay what they are
        is_limit = (error.sqlstate or "").startswith("54")
        passing = isinstance(error, psycopg.OperationalError) and not is_limit
        raise (TemporaryError(said) if passing else kind(said)) from None


@contextmanager
def snapshot(connection: Connection) -> Iterator[Connection]:
    """A transaction in which every statement sees the same state of the warehouse."""
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read")
        yield connection


@contextmanager
def locked(connection: Connection, name: str) -> Iterator[None]:
    """Holds the advisory lock of a layer or use case for this session; others wait."""
    connection.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [f"layers:{name}"])
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute(
                "select pg_advisory_unlock(hashtextextended(%s, 0))", [f"layers:{name}"]
            )


def lock_relation(connection: Connection, name: str) -> None:
    """Takes a relation's advisory lock until the end of the transaction."""
    connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"layers:{name}"])


def text(statement: str) -> sql.SQL:
    """SQL that a project's author wrote, or that is made of quoted parts, as it stands."""
    return sql.SQL(statement)


def one(
    connection: Connection, statement: sql.SQL | sql.Composed | LiteralString, *values: Any
) -> Any:
    """The first row of an answer, or None."""
    return connection.execute(statement, values or None).fetchone()
