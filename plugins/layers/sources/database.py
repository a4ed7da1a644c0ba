"""Another database: connected to, and its rows copied out in blocks, as the bytes they are."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.abc import PQGen
from psycopg.generators import copy_from
from psycopg.pq.abc import PGconn

from layers.errors import SourceError
from layers.warehouse import connection_parameters, told

BYTES_PER_BLOCK = 2**16


def connected(connection_id: str) -> psycopg.Connection[Any]:
    """A session in UTC. Raises SourceError where nobody answers, or nobody lets us in."""
    parameters = {"connect_timeout": 10} | connection_parameters(connection_id)
    ours = "-c TimeZone=UTC -c DateStyle=ISO"
    parameters["options"] = f"{parameters.get('options', '')} {ours}".strip()
    parameters["client_encoding"] = "UTF8"
    try:
        return psycopg.connect(**parameters)
    except psycopg.OperationalError as error:
        raise told(error, connection_id, SourceError) from None


def knows_no_encoding(connection: psycopg.Connection[Any]) -> bool:
    """Whether a database holds whatever bytes it was given; asked for UTF-8, it stops at others."""
    return connection.info.parameter_status("server_encoding") == "SQL_ASCII"


@contextmanager
def as_it_is(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Lets a database that knows no encoding hand its bytes on as they are."""
    if not knows_no_encoding(connection):
        yield
        return
    connection.execute("set client_encoding to 'SQL_ASCII'")
    yield
    connection.execute("set client_encoding to 'UTF8'")


def block(connection: PGconn) -> PQGen[tuple[bytes, bool]]:
    """The next rows of a copy, and whether they were its last.

    psycopg hands on row after row; to wait for each of them takes longer than to copy it.
    """
    rows_read: list[memoryview] = []
    size = 0
    while size < BYTES_PER_BLOCK:
        row = yield from copy_from(connection)
        if not isinstance(row, memoryview):
            return b"".join(rows_read), True
        rows_read.append(row)
        size += len(row)
    return b"".join(rows_read), False
