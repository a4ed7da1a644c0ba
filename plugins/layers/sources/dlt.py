"""Any other source: a resource of dlt, whose hundred connectors become ours.

dlt reads; what it yields is kept by our own load, with our own cursor. dlt is an optional
dependency (`requirements-dlt.txt`), imported only where a source is of this kind.
"""

import json as plain_json
import re
import reprlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from itertools import islice
from typing import Any, ClassVar

from layers.errors import LayersError, ProjectError, SourceError, TemporaryError
from layers.sources import Batch, Cursor, Declaration, Unreadable, Unseen, growing
from layers.sources.dlt_objects import DltObject, Source
from layers.sources.masking import masked
from layers.warehouse import airflow_connection

__all__ = ["DltReader", "Source", "reader"]

ITEMS_PER_BATCH = 5_000


@dataclass(frozen=True)
class DltReader:
    """Reads the records of one resource."""

    connection: str
    object: DltObject
    independent: ClassVar[bool] = False

    def read(self, cursor: dict[str, Any], unseen: Unseen) -> Iterator[Batch]:
        """Batches of records; the cursor moves with the last one, as dlt promises no order."""
        began, newest = datetime.now(UTC), growing.restored(cursor)
        items = self._items(newest)
        while batch := self._next(items):
            newest = self._greatest(batch, newest)
            yield Batch(map(_written, batch), cursor)
        yield Batch((), growing.kept(newest), loaded_until=began)

    def window(self, start: datetime, end: datetime, cursor: Cursor) -> Iterator[Batch]:
        """Everything the resource yields from `start` on, where it takes a cursor."""
        is_asked = self.object.cursor_argument or "{cursor}" in str(self.object.arguments)
        if not is_asked:
            raise SourceError(
                f"connection '{self.connection}': {self.object.resource} takes no cursor_argument "
                "and no {cursor}, so it cannot be asked for a window"
            )
        try:
            since = growing.alike(cursor, start)
        except TypeError as error:
            raise SourceError(
                f"connection '{self.connection}': {self.object.resource}: its cursor {error}, so "
                "nobody knows where a window begins"
            ) from None
        items = self._items(since)
        while batch := self._next(items):
            yield Batch(map(_written, batch), None)

    def _greatest(self, batch: list[Any], newest: Any) -> Any:
        name = self.object.cursor
        if name is None:
            return newest
        items = [item.get(name) for item in batch if isinstance(item, dict)]
        try:
            found = growing.greatest((value for value in items if value is not None), newest)
            growing.kept(found)
        except (TypeError, ValueError) as error:
            raise SourceError(
                f"connection '{self.connection}': {self.object.resource}: its cursor '{name}' does "
                f"not grow: {masked(str(error), airflow_connection(self.connection))}; name a "
                "field that does, or none"
            ) from None
        return found

    def _cursor_argument(self, newest: Any) -> dict[str, Any]:
        name = self.object.cursor_argument
        return {} if name is None or newest is None else {name: newest}

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
            said = masked(str(error), airflow_connection(self.connection))
            raise ProjectError(f"{self.object.resource}: cannot be called so: {said}") from None
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
        names = ("host", "login", "password", "port", "schema")
        parts = {name: str(getattr(found, name) or "") for name in names}
        parts["cursor"] = self.object.first_cursor if since is None else growing.written(since)

        def filled(value: Any) -> Any:
            if isinstance(value, dict):
                return {name: filled(inner) for name, inner in value.items()}
            if isinstance(value, list):
                return [filled(inner) for inner in value]
            return _with_parts(value, parts) if isinstance(value, str) else value

        return {name: filled(value) for name, value in self.object.arguments.items()}

    def _told(self, error: Exception) -> Exception:
        """What dlt or the resource raised; a refusal does not go away by asking again."""
        inner: BaseException = error
        while inner.__cause__ is not None:
            inner = inner.__cause__
        said = f"connection '{self.connection}': {self.object.resource}: {type(inner).__name__}: "
        reason = str(inner).splitlines()[0] if str(inner) else "no reason"
        said += masked(reason, airflow_connection(self.connection))
        status = getattr(getattr(inner, "response", None), "status_code", None)
        if status in (401, 403):
            return SourceError(f"{said}; put a valid login or token there and run the task again")
        return TemporaryError(said)


def reader(declaration: Declaration, object_name: str) -> DltReader:
    """The reader of one object of a dlt source."""
    assert isinstance(declaration, Source)
    return DltReader(declaration.connection, declaration.objects[object_name])


def _with_parts(text: str, parts: dict[str, str]) -> str:
    names = "|".join(parts)
    return re.sub(rf"\{{({names})\}}", lambda found: parts[found[1]], text)


def _written(item: Any) -> bytes | Unreadable:
    """A record as JSON, as dlt itself writes dates, decimals and bytes."""
    from dlt.common.json import custom_encode, json

    try:
        return bytes(json.dumpb(item))
    except (TypeError, ValueError, RecursionError):
        pass  # its quick writer knows no number of over 64 bits, and nothing 255 deep
    try:
        return plain_json.dumps(item, default=custom_encode).encode()
    except (TypeError, ValueError, RecursionError) as error:
        return Unreadable(_shown(item), f"cannot be written as JSON: {error}")


def _shown(item: Any) -> bytes:
    """An item as Python shows it; one that is too deep for that, its upper levels."""
    try:
        shown = repr(item)
    except RecursionError:
        shown = reprlib.repr(item)
    return shown.encode("utf-8", "backslashreplace")
