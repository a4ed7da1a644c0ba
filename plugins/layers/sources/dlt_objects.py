"""What a declaration says of objects that dlt reads: of which resource, with which arguments."""

from typing import Any

from pydantic import field_validator

from layers.sources import Declaration, Object


class DltObject(Object):
    """A resource of dlt, or one of a source of dlt, by its import path and arguments.

    A text argument may name parts of the connection: `{host}`, `{login}`, `{password}`, `{port}`,
    `{schema}`; all other braces stay. `cursor` is a field of the records that grows with every
    change; the greatest value seen is handed over as the argument `cursor_argument`, of its own
    type and from the second reading on, or as text wherever an argument says `{cursor}`, which is
    `first_cursor` at first.
    """

    resource: str
    select: str | None = None
    arguments: dict[str, Any] = {}
    cursor: str | None = None
    cursor_argument: str | None = None
    first_cursor: str = ""

    @field_validator("resource")
    @classmethod
    def _is_a_path(cls, value: str) -> str:
        if value.count(":") != 1:
            raise ValueError("wanted an import path, like package.module:function")
        return value


class Source(Declaration):
    """A source that dlt can read."""

    objects: dict[str, DltObject]
