"""Object storage as files see it: what is in a folder, fetched, and what cannot be.

A file that is not ours to read, or went since it was listed, keeps no other one back.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import file_digest
from io import BytesIO
from typing import IO, Any

from layers.errors import SourceError, TemporaryError
from layers.sources import File
from layers.warehouse import airflow_connection

SMALL = 8 * 2**20  # bytes of a file that is fetched whole
AT_ONCE = 8  # small files are fetched so
NAMED = 10  # files that an error names
Refused = tuple[str, OSError]


@dataclass(frozen=True)
class Store:
    """The folder that a connection names, on whatever object storage it is."""

    connection: str
    url: str
    fs: Any
    root: str

    @classmethod
    def of(cls, connection: str) -> "Store":
        """The folder that the connection says. Raises SourceError where there is none."""
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
        except OSError as error:
            raise _told(connection, url, error) from None

    def listed(self, pattern: str) -> list[File]:
        """The files that a glob finds, by one listing of the folder and not one question a file."""
        try:
            found = self.fs.glob(f"{self.root}/{pattern}", detail=True)
        except OSError as error:
            raise _told(self.connection, self.url, error) from None
        return [
            File(path.removeprefix(f"{self.root}/"), int(info.get("size") or 0))
            for path, info in sorted(found.items())
            if info["type"] == "file"
        ]

    @contextmanager
    def opened(self, file: File) -> Iterator[IO[bytes]]:
        """The bytes of a file."""
        with self.telling(file), self._open(file) as stream:
            yield stream

    @contextmanager
    def telling(self, file: File) -> Iterator[None]:
        """Says in our words what goes wrong while a file is read."""
        try:
            yield
        except OSError as error:
            raise _told(self.connection, file.name, error) from None

    def digest(self, file: File) -> str:
        """The SHA-256 of a file's content."""
        with self.opened(file) as stream:
            return file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]

    def fetch(self, files: list[File]) -> "Fetched":
        """Small files, each by one question and several at once; of a large one, its beginning."""
        found, refused = [], []
        with ThreadPoolExecutor(AT_ONCE, "fetching") as pool:
            for file, got in zip(files, pool.map(self._fetched, files), strict=True):
                if isinstance(got, OSError):
                    refused.append((file.name, got))
                else:
                    found.append((file, got))
        return Fetched(found, refused)

    def _fetched(self, file: File) -> IO[bytes] | OSError:
        try:
            stream = self._open(file)
            stream.read(1)  # some storages refuse only now
            stream.seek(0)
            return stream
        except (PermissionError, FileNotFoundError) as error:
            return error
        except OSError as error:
            raise _told(self.connection, file.name, error) from None

    def _open(self, file: File) -> IO[bytes]:
        path = f"{self.root}/{file.name}"
        if file.size <= SMALL:
            return BytesIO(self.fs.cat_file(path))
        stream: IO[bytes] = self.fs.open(path, "rb")
        return stream

    def refusal(self, refused: list[Refused]) -> SourceError:
        """What to do about files that cannot be read."""
        lines = [f"    {name}: {_said(error)}" for name, error in refused[:NAMED]]
        if len(refused) > NAMED:
            lines.append(f"    and {len(refused) - NAMED:,} more")
        return SourceError(
            f"connection '{self.connection}': these files cannot be read; all others are loaded:\n"
            + "\n".join(lines)
            + "\n    let its credentials read them, or take them out of the folder, and load again"
        )


@dataclass(frozen=True)
class Fetched:
    """Files that are open, and those that cannot be."""

    found: list[tuple[File, IO[bytes]]]
    refused: list[Refused]

    @property
    def files(self) -> tuple[File, ...]:
        """Those that are open."""
        return tuple(file for file, _ in self.found)

    def opened(self) -> Iterator[tuple[File, IO[bytes]]]:
        """Each file with its bytes, which are let go when the next is asked for."""
        self.found.reverse()
        while self.found:
            file, stream = self.found.pop()
            with stream:
                yield file, stream


def is_text(name: str) -> bool:
    """Whether a name is one that can be written; Linux bears any bytes in one."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _told(connection: str, name: str, error: OSError) -> SourceError | TemporaryError:
    said = f"connection '{connection}': {name}: cannot be read: {_said(error)}"
    if isinstance(error, PermissionError):
        return SourceError(f"{said}; put valid credentials there")
    return TemporaryError(said)


def _said(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__
