"""Files in object storage: what a tool drops and never touches again, and what people keep.

A file is read once, by its name, may arrive late and in any order, and is read again only where it
has grown since; what the newest name says about time is how far the source is known. Files that
people keep are read whole whenever their content changed.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, ClassVar

from layers.errors import SourceError
from layers.sources import Batch, Cursor, Declaration, File, Lines, Unreadable, Unseen
from layers.sources.file_objects import FileObject, Source
from layers.sources.formats import FORMATS, Broken
from layers.sources.storage import Fetched, Refused, Store, is_text

__all__ = ["FileReader", "Source", "reader"]

FILES_PER_BATCH = 200
BYTES_PER_BATCH = 8 * 2**20
LATEST = datetime(2200, 1, 1, tzinfo=UTC).timestamp()  # in anybody's time


@dataclass(frozen=True)
class FileReader:
    """Reads the files of one object that no load has read before, or all that changed."""

    connection: str
    object: FileObject
    named_at: re.Pattern[str] | None
    is_our_time: bool = True
    independent: ClassVar[bool] = True

    def read(self, cursor: dict[str, Any], unseen: Unseen) -> Iterator[Batch]:
        """Batches of whole files, oldest first, each with the newest time named so far.

        A file that cannot be read keeps no other back: it stays unseen, the source is not known
        any further, and SourceError names it when all others are kept.
        """
        looked_at = self._looked_at
        if self.object.read == "whole":
            yield from self._whole(cursor, looked_at)
            return
        newest = self._possible(float(cursor.get("newest", 0)))
        new = unseen(self._listed)
        for fetched in self._fetched(sorted(new, key=lambda f: (self._named_at(f), f.name))):
            newest = max([newest, *map(self._named_at, fetched.files)])
            known = datetime.fromtimestamp(newest, UTC) if newest else None
            until = None if fetched.refused else known if self.named_at else looked_at
            yield Batch(self._records(fetched), {"newest": newest}, fetched.files, until)
        if not new and not self.named_at:
            yield Batch((), cursor, loaded_until=looked_at)

    def window(self, start: datetime, end: datetime, cursor: Cursor) -> Iterator[Batch]:
        """The files whose names say that they were written in that time; whole ones, as they are.

        Raises SourceError where names say nothing of time.
        """
        if self.object.read == "whole":
            self._refuse_emptied(cursor)
            yield Batch(self._all(), None, tuple(self._listed), kind="whole")
            return
        if self.named_at is None:
            raise SourceError(
                f"connection '{self.connection}': nobody knows which of its files are of a window, "
                "as it declares no named_at; declare it, or say layers replay"
            )
        span = (start.timestamp(), end.timestamp())
        inside = [file for file in self._listed if span[0] <= self._named_at(file) < span[1]]
        for fetched in self._fetched(inside):
            yield Batch(self._records(fetched), None, files=fetched.files)

    def _whole(self, cursor: dict[str, Any], looked_at: datetime) -> Iterator[Batch]:
        if not self._found:
            raise SourceError(
                f"connection '{self.connection}': there is no file {self.object.files}; "
                "put it there, or correct 'files'"
            )
        after = {"files": {file.name: self._store.digest(file) for file in self._listed}}
        if cursor == after and not self._unnamed:
            yield Batch((), cursor, loaded_until=looked_at)
        else:
            self._refuse_emptied(cursor)
            yield Batch(self._all(), after, tuple(self._listed), looked_at, "whole")

    def _refuse_emptied(self, cursor: dict[str, Any]) -> None:
        """A sheet that was there and has no byte left is one that is being saved."""
        known = cursor.get("files", {})
        for file in self._listed if self.object.format == "csv" else ():
            if not file.size and file.name in known:
                raise SourceError(
                    f"connection '{self.connection}': {file.name}: is empty, without even its "
                    "header; nothing is loaded or deleted; put the one before it back, or its "
                    "header where it shall say nothing"
                )

    def _fetched(self, files: list[File]) -> Iterator[Fetched]:
        """Files that go together, and all refused so far; where some are, at last only those."""
        refused = [*self._unnamed]
        for group in _grouped(files):
            fetched = self._store.fetch(group)
            refused += fetched.refused
            if fetched.found:
                yield Fetched(fetched.found, refused)
        if refused:
            yield Fetched([], refused)

    def _records(self, fetched: Fetched) -> Iterator[bytes | Lines | Unreadable]:
        """The records of files. Raises SourceError where nothing is left but what was refused."""
        if not fetched.found:
            raise self._store.refusal(fetched.refused)
        for file, stream in fetched.opened():
            with self._store.telling(file):
                yield from FORMATS[self.object.format](file.name, stream)

    def _all(self) -> Iterator[bytes | Lines | Unreadable]:
        """All files together. Raises SourceError where one is broken, as it may hold anything."""
        for name, told in self._unnamed:
            raise SourceError(
                f"connection '{self.connection}': {name}: {told}; nothing is loaded or deleted; "
                "rename it"
            )
        for file in self._listed:
            with self._store.opened(file) as stream:
                for found in FORMATS[self.object.format](file.name, stream):
                    if isinstance(found, Broken):
                        raise SourceError(
                            f"connection '{self.connection}': {found.reason}; nothing is loaded or "
                            "deleted; mend the file, or put the one before it back"
                        )
                    yield found

    def _named_at(self, file: File) -> float:
        """The Unix time that a name says, 0 where it says none."""
        match = self.named_at.search(file.name) if self.named_at else None
        try:
            return self._possible(float(match.group(1))) if match else 0.0
        except (TypeError, ValueError):
            return 0.0

    def _possible(self, moment: float) -> float:
        """A Unix time that may be, else 0: none to come, unless the company has its own time."""
        latest = self._looked_at.timestamp() if self.is_our_time else LATEST
        return moment if 0 <= moment <= latest else 0.0

    @cached_property
    def _looked_at(self) -> datetime:
        return datetime.now(UTC)

    @cached_property
    def _store(self) -> Store:
        return Store.of(self.connection)

    @cached_property
    def _found(self) -> list[File]:
        return self._store.listed(self.object.files)

    @cached_property
    def _listed(self) -> list[File]:
        return [file for file in self._found if is_text(file.name)]

    @cached_property
    def _unnamed(self) -> list[Refused]:
        """Files whose names nobody could write down."""
        told = OSError("its name is not UTF-8")
        found = [file.name for file in self._found if not is_text(file.name)]
        return [(name.encode("utf-8", "backslashreplace").decode(), told) for name in found]


def reader(declaration: Declaration, object_name: str) -> FileReader:
    """The reader of one object of a source of files."""
    assert isinstance(declaration, Source)
    named_at = re.compile(declaration.named_at) if declaration.named_at else None
    wanted = declaration.objects[object_name]
    return FileReader(declaration.connection, wanted, named_at, declaration.is_our_time)


def _grouped(found: Iterable[File]) -> Iterator[list[File]]:
    """Files in batches that one transaction keeps."""
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
