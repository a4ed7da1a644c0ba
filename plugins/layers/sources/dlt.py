"""Any other source: a resource of dlt, whose hundred connectors become ours.

dlt reads; what it yields is kept by our own load, with our own cursor. dlt is an optional
dependency (`requirements-dlt.txt`), imported only where a source is of this kind.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from itertools import islice
from typing import Any, ClassVar

from pydantic import field_validator

from layers.errors import LayersError, ProjectError, SourceError, TemporaryError
from layers.sources import Batch, Declaration, Object, Unseen
from layers.warehouse import airflow_connection

ITEMS_PER_BATCH = 5_000


class DltObject(Object):
    """A resource of dlt, or one of a source of dlt, by its import path and arguments.

    A text argument may name parts of the connection: `{host}`, `{login}`, `{password}`, `{port}`,
    `{schema}`. `cursor` is a field of the records that grows with every change; the greatest value
    seen is handed over as the argument `cursor_argument`, from the second reading on, or wherever
    an argument says `{cursor}`, which is `first_cursor` at the first reading.
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


@dataclass(frozen=True)
class DltReader:
    """Reads the records of one resource."""

    connection: str
    object: DltObject
    independent: ClassVar[bool] = False

    def read(self, cursor: dict[str, Any], unseen: Unseen) -> Iterator[Batch]:
        """Batches of records; the cursor moves with the last one, as dlt promises no order."""
        began, newest = datetime.now(UTC), cursor.get("newest")
        items = self._items(newest)
        while batch := self._next(items):
            found = [item[self.object.cursor] for item in batch if self._has_cursor(item)]
            newest = max([*found, *([newest] if newest is not None else [])], default=None)
            yield Batch(map(_written, batch), cursor)
        yield Batch((), self._after(newest), loaded_until=began)

    def window(self, start: datetime, end: datetime) -> Iterator[Batch]:
        """Everything the resource yields from `start` on, where it takes a cursor."""
        is_asked = self.object.cursor_argument or "{cursor}" in str(self.object.arguments)
        if not is_asked:
            raise SourceError(
                f"connection '{self.connection}': {self.object.resource} takes no cursor_argument "
                "and no {cursor}, so it cannot be asked for a window"
            )
        items = self._items(start.isoformat())
        while batch := self._next(items):
            yield Batch(map(_written, batch), None)

    def _has_cursor(self, item: Any) -> bool:
        return self.object.cursor is not None and item.get(self.object.cursor) is not None

    def _cursor_argument(self, newest: Any) -> dict[str, Any]:
        name = self.object.cursor_argument
        return {} if name is None or newest is None else {name: newest}

    def _after(self, newest: Any) -> dict[str, Any]:
        import json

        return {} if newest is None else {"newest": json.loads(_written(newest))}

    def _next(self, items: Iterator[Any]) -> list[Any]:
        try:
            return list(islice(items, ITEMS_PER_BATCH))
        except LayersError:
            raise
        except Exception as error:
            raise self._told(error) from None

    def _items(self, since: Any) -> Iterator[Any]:
        """The records one by one, whether the resource yields them so, in lists, or as tables."""
        resource = self._resource()
        arguments = self._arguments(since) | self._cursor_argument(since)
        try:
            made = resource(**arguments)
            if self.object.select is not None:
                made = made.resources[self.object.select]
        except (TypeError, KeyError, AttributeError) as error:
            raise ProjectError(f"{self.object.resource}: cannot be called so: {error}") from None
        for found in made:
            if hasattr(found, "to_pylist"):
                found = found.to_pylist()
            yield from found if isinstance(found, list) else [found]

    def _resource(self) -> Any:
        module, name = self.object.resource.split(":")
        try:
            return getattr(import_module(module), name)
        except ImportError as error:
            hint = "; pip install -r requirements-dlt.txt" if "dlt" in str(error) else ""
            raise ProjectError(
                f"{self.object.resource}: cannot be imported: {error}{hint}"
            ) from None
        except AttributeError:
            raise ProjectError(f"{self.object.resource}: {module} has no {name}") from None

    def _arguments(self, since: Any) -> dict[str, Any]:
        found = airflow_connection(self.connection)
        parts = {part: getattr(found, part) for part in "host login password port schema".split()}
        parts["cursor"] = self.object.first_cursor if since is None else since

        def filled(value: Any) -> Any:
            if isinstance(value, dict):
                return {name: filled(inner) for name, inner in value.items()}
            if isinstance(value, list):
                return [filled(inner) for inner in value]
            return value.format(**parts) if isinstance(value, str) else value

        return {name: filled(value) for name, value in self.object.arguments.items()}

    def _told(self, error: Exception) -> Exception:
        """What dlt or the resource raised; a refusal does not go away by asking again."""
        inner: BaseException = error
        while inner.__cause__ is not None:
            inner = inner.__cause__
        said = f"connection '{self.connection}': {self.object.resource}: {type(inner).__name__}: "
        said += self._without_secrets(str(inner).splitlines()[0] if str(inner) else "no reason")
        status = getattr(getattr(inner, "response", None), "status_code", None)
        if status in (401, 403):
            return SourceError(f"{said}; put a valid login or token there and run the task again")
        return TemporaryError(said)

    def _without_secrets(self, text: str) -> str:
        secret = airflow_connection(self.connection).password
        return text.replace(secret, "***") if secret else text


def reader(declaration: Declaration, object_name: str) -> DltReader:
    """The reader of one object of a dlt source."""
    assert isinstance(declaration, Source)
    return DltReader(declaration.connection, declaration.objects[object_name])


def _written(item: Any) -> bytes:
    """A record as JSON, as dlt itself writes dates, decimals and bytes."""
    from dlt.common.json import json

    return bytes(json.dumpb(item))
