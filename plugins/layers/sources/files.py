"""Files in object storage: what a tool drops and never touches again, and what people keep.

A file is read once, by its name, may arrive late and in any order, and is read again only where it
has grown since; what the newest name says about time is how far the source is known. Files that
people keep are read whole whenever their content changed.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from io import BytesIO
from typing import IO, Any, ClassVar, Literal

from pydantic import field_validator, model_validator

from layers.errors import SourceError, TemporaryError
from layers.sources import Batch, Declaration, File, Lines, Object, Unreadable, Unseen
from layers.sources.formats import FORMATS
from layers.warehouse import airflow_connection

FILES_PER_BATCH = 200
BYTES_PER_BATCH = 8 * 2**20


class FileObject(Object):
    """Which files hold an object: a glob below the connection's path, and how they are written.

    `read: once` loads each file once, by its name; `read: whole` loads all of them together
    whenever one of them changed, and what they no longer say is gone.
    """

    files: str
    format: Literal["jsonl", "json", "csv"] = "jsonl"
    read: Literal["once", "whole"] = "once"


class Source(Declaration):
    """Files below the path of a connection.

    `named_at` is a regular expression whose first group, in a file's name, is the Unix time at
    which the file was written; without it a source is known up to the moment it was looked at.
    """

    named_at: str | None = None
    objects: dict[str, FileObject]

    @field_validator("named_at")
    @classmethod
    def _has_a_group(cls, value: str | None) -> str | None:
        try:
            groups = re.compile(value).groups if value is not None else 1
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from None
        if not groups:
            raise ValueError("wanted a group in it, like ([0-9]+), that holds the Unix time")
        return value

    @model_validator(mode="after")
    def _whole_has_no_names(self) -> "Source":
        if self.named_at and any(found.read == "whole" for found in self.objects.values()):
            raise ValueError("has named_at, and an object with read: whole; wanted one of them")
        return self


@dataclass(frozen=True)
class FileReader:
    """Reads the files of one object that no load has read before, or all that changed."""

    connection: str
    object: FileObject
    named_at: re.Pattern[str] | None
    independent: ClassVar[bool] = True

    def read(self, cursor: dict[str, Any], unseen: Unseen) -> Iterator[Batch]:
        """Batches of whole files, oldest first, each with the newest time named so far."""
        looked_at = datetime.now(UTC)
        if self.object.read == "whole":
            yield from self._whole(cursor, looked_at)
            return
        newest = float(cursor.get("newest", 0))
        new = unseen(self._listed)
        for group in _grouped(sorted(new, key=lambda file: (self._named_at(file), file.name))):
            newest = max([newest, *map(self._named_at, group)])
            known = datetime.fromtimestamp(newest, UTC) if newest else None
            yield Batch(
                records=self._records(group),
                cursor={"newest": newest},
                files=tuple(group),
                loaded_until=known if self.named_at else looked_at,
            )
        if not new and not self.named_at:
            yield Batch((), cursor, loaded_until=looked_at)

    def window(self, start: datetime, end: datetime) -> Iterator[Batch]:
        """The files whose names say that they were written in that time; whole ones, as they are.

        Raises SourceError where names say nothing of time.
        """
        if self.object.read == "whole":
            yield Batch(self._records(self._listed), None, tuple(self._listed), kind="whole")
            return
        if self.named_at is None:
            raise SourceError(
                f"connection '{self.connection}': nobody knows which of its files are of a window, "
                "as it declares no named_at; declare it, or say layers replay"
            )
        span = (start.timestamp(), end.timestamp())
        inside = [file for file in self._listed if span[0] <= self._named_at(file) < span[1]]
        for group in _grouped(inside):
            yield Batch(self._records(group), None, files=tuple(group))

    def _whole(self, cursor: dict[str, Any], looked_at: datetime) -> Iterator[Batch]:
        if not self._listed:
            raise SourceError(
                f"connection '{self.connection}': there is no file {self.object.files}; "
                "put it there, or correct 'files'"
            )
        after = {"files": {file.name: self._store.digest(file.name) for file in self._listed}}
        if cursor == after:
            yield Batch((), cursor, loaded_until=looked_at)
        else:
            yield Batch(self._records(self._listed), after, tuple(self._listed), looked_at, "whole")

    def _records(self, files: Iterable[File]) -> Iterator[bytes | Lines | Unreadable]:
        for file in files:
            with self._store.opened(file) as stream:
                yield from FORMATS[self.object.format](file.name, stream)

    def _named_at(self, file: File) -> float:
        match = self.named_at.search(file.name) if self.named_at else None
        return float(match.group(1)) if match else 0.0

    @cached_property
    def _store(self) -> "_Store":
        return _Store.of(self.connection)

    @cached_property
    def _listed(self) -> list[File]:
        return self._store.listed(self.object.files)


def reader(declaration: Declaration, object_name: str) -> FileReader:
    """The reader of one object of a source of files."""
    assert isinstance(declaration, Source)
    named_at = re.compile(declaration.named_at) if declaration.named_at else None
    return FileReader(declaration.connection, declaration.objects[object_name], named_at)


@dataclass(frozen=True)
class _Store:
    """The folder that a connection names, on whatever object storage it is."""

    connection: str
    url: str
    fs: Any
    root: str

    @classmethod
    def of(cls, connection: str) -> "_Store":
        from airflow.sdk import ObjectStoragePath

        url = airflow_connection(connection).extra_dejson.get("path")
        if not url:
            raise SourceError(
                f"connection '{connection}': has no 'path' in its extra; "
                "wanted the URL of the folder the files are in, like s3://bucket/prefix"
            )
        try:
            path = ObjectStoragePath(url)
            if not path.exists():
                raise SourceError(f"connection '{connection}': there is no folder {url}")
            return cls(connection, url, path.fs, str(path.fs._strip_protocol(path.path)))
        except ImportError as error:
            raise SourceError(f"connection '{connection}': {url}: {error}") from None

    def listed(self, pattern: str) -> list[File]:
        """The files that a glob finds, by one listing of the folder and not one question a file."""
        try:
            found = self.fs.glob(f"{self.root}/{pattern}", detail=True)
        except OSError as error:
            raise self._told(self.url, error) from None
        return [
            File(path.removeprefix(f"{self.root}/"), int(info.get("size") or 0))
            for path, info in sorted(found.items())
            if info["type"] == "file"
        ]

    @contextmanager
    def opened(self, file: File) -> Iterator[IO[bytes]]:
        """The bytes of a file; a small one is fetched whole, by one question."""
        path = f"{self.root}/{file.name}"
        try:
            if file.size <= BYTES_PER_BATCH:
                yield BytesIO(self.fs.cat_file(path))
            else:
                with self.fs.open(path, "rb") as stream:
                    yield stream
        except OSError as error:
            raise self._told(file.name, error) from None

    def digest(self, name: str) -> str:
        """The SHA-256 of a file's content."""
        with self.opened(File(name, 0)) as stream:
            return hashlib.sha256(stream.read()).hexdigest()

    def _told(self, name: str, error: OSError) -> TemporaryError:
        said = error.strerror or str(error) or type(error).__name__
        return TemporaryError(f"connection '{self.connection}': {name}: cannot be read: {said}")


def _grouped(found: Iterable[File]) -> Iterator[list[File]]:
    group: list[File] = []
    size = 0
    for file in found:
        if group and (len(group) >= FILES_PER_BATCH or size + file.size > BYTES_PER_BATCH):
            yield group
            group, size = [], 0
        group.append(file)
        size += file.size
    if group:
        yield group
