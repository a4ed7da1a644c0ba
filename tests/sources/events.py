"""RudderStack's files as a test drops them: events, and files that hold them."""

import gzip
import json
from pathlib import Path
from typing import Any

from tests.sources.conftest import Connect

FIRST = 1_793_400_000  # the Unix time in the name of file 0


def event(number: int, kind: str = "track", /, **more: Any) -> bytes:
    """An event; those of one number differ in nothing but the times of their travel."""
    said = {
        "type": kind,
        "messageId": f"m{number}",
        "anonymousId": f"a{number % 7}",
        "event": "Lesson Opened",
        "originalTimestamp": "2026-10-30T10:00:00.000Z",
        "timestamp": "2026-10-30T10:00:01.000Z",
        "sentAt": "2026-10-30T10:00:02.000Z",
        "receivedAt": "2026-10-30T10:00:03.000Z",
        "context": {"campaign": {"name": "autumn"}},
        **more,
    }
    return json.dumps(said).encode()


class Folder:
    """A folder of RudderStack's, and the connection that leads to it."""

    def __init__(self, path: Path, connect: Connect) -> None:
        self.path = path
        connect("rudderstack", conn_type="generic", extra={"path": path.as_uri()})

    def place(self, number: int, ending: str = "json.gz") -> Path:
        """Where a file is; later numbers have later times."""
        name = f"{FIRST + number * 60}.source.00000000-{number:04}.{ending}"
        return self.path / "rudder-logs" / "source" / "2026-10-30" / name

    def drop(self, number: int, lines: list[bytes], ending: str = "json.gz") -> Path:
        """Drops a file of lines."""
        path = self.place(number, ending)
        path.parent.mkdir(parents=True, exist_ok=True)
        written = b"".join(line + b"\n" for line in lines)
        path.write_bytes(gzip.compress(written, 1) if ending.endswith(".gz") else written)
        return path
