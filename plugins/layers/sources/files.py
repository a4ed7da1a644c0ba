"""Files in object storage: JSON lines that a tool drops and never touches again.

A file is loaded once, by its name; files may arrive late and in any order. What the newest name
says about time is how far the source is known.
"""

import gzip
import re
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from typing import Any

from pydantic import field_validator

from layers.contract import Frozen
from layers.errors import SourceError, TemporaryError
from layers.sources import Batch, Declaration
from layers.warehouse import airflow_connection

FILES_PER_BATCH = 200
BYTES_PER_BATCH = 8 * 2**20


class FileObject(Frozen):
    """Which files hold an object: a glob below the connection's path."""

    files: str


class Source(Declaration):
    """Files below the path of a connection.

    `named_at` is a regular expression whose first group, in a file's name, is the Unix time at
    which the file was written.
    """

    named_at: str
    objects: dict[str, FileObject]

    @field_validator("named_at")
    @classmethod
    def _has_a_group(cls, value: str) -> str:
        try:
            groups = re.compile(value).groups
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from None
        if not groups:
            raise ValueError("wanted a group in it, like ([0-9]+), that holds the Unix time")
        return value


@dataclass(frozen=True)
class Found:
    """A file that is there: name below the root, size in bytes, and the path to open."""

    name: str
    size: int
    path: Any


@dataclass(frozen=True)
class FileReader:
    """Reads the files of one object that no load has read before."""

    connection: str
    files: str
    named_at: re.Pattern[str]

    def read(self, cursor: dict[str, Any], loaded_files: Collection[str]) -> Iterator[Batch]:
        """Batches of whole files, oldest first, each with the newest time named so far."""
        newest = float(cursor.get("newest", 0))
        found = sorted(
            (file for file in self._listed() if file.name not in loaded_files),
            key=lambda file: (self._named_at(file.name), file.name),
        )
        for group in _grouped(found):
            newest = max(newest, *(self._named_at(file.name) for file in group))
            yield Batch(
                records=chain.from_iterable(map(_lines, group)),
                cursor={"newest": newest},
                files=tuple(file.name for file in group),
                loaded_until=datetime.fromtimestamp(newest, UTC) if newest else None,
            )

    def _named_at(self, name: str) -> float:
        match = self.named_at.search(name)
        return float(match.group(1)) if match else 0.0

    def _listed(self) -> Iterator[Found]:
        from airflow.sdk import ObjectStoragePath

        url = airflow_connection(self.connection).extra_dejson.get("path")
        if not url:
            raise SourceError(
                f"connection '{self.connection}': has no 'path' in its extra; "
                "wanted the URL of the folder the files are in, like s3://bucket/prefix"
            )
        try:
            root = ObjectStoragePath(url)
            if not root.exists():
                raise SourceError(f"connection '{self.connection}': there is no folder {url}")
        except ImportError as error:
            raise SourceError(f"connection '{self.connection}': {url}: {error}") from None
        for path in root.glob(self.files):
            if path.is_file():
                yield Found(str(path.relative_to(root)), path.stat().st_size, path)


def reader(declaration: Declaration, object_name: str) -> FileReader:
    """The reader of one object of a source of files."""
    assert isinstance(declaration, Source)
    files = declaration.objects[object_name].files
    return FileReader(declaration.connection, files, re.compile(declaration.named_at))


def _grouped(found: list[Found]) -> Iterator[list[Found]]:
    group: list[Found] = []
    for file in found:
        size = sum(member.size for member in group)
        if group and (len(group) >= FILES_PER_BATCH or size + file.size > BYTES_PER_BATCH):
            yield group
            group = []
        group.append(file)
    if group:
        yield group


def _lines(file: Found) -> Iterator[bytes]:
    opened = partial(gzip.open, mode="rb") if file.name.endswith(".gz") else _plain
    try:
        with file.path.open("rb") as raw, opened(raw) as lines:
            for line in lines:
                if line := line.strip():
                    yield line
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise SourceError(f"file {file.path}: is no whole gzip file: {error}") from None
    except OSError as error:
        raise TemporaryError(f"file {file.path}: cannot be read: {error}") from None


def _plain(raw: Any) -> Any:
    return raw
