"""The command `layers`, as the demo uses it: make the warehouse, and ask how far it is."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from demo.errors import DemoError


@dataclass(frozen=True)
class Relation:
    """One table of the warehouse; `seconds` is what its last run took, if it ever ran."""

    relation: str
    rows: int
    held: int
    rejected: int
    seconds: float | None


@dataclass(frozen=True)
class Status:
    """Who has not yet seen the newest data, and what every table holds."""

    behind: list[str]
    relations: list[Relation]


@dataclass(frozen=True)
class Layers:
    """The command of this installation, in the repository and environment of the demo."""

    repository: Path
    environment: Mapping[str, str]

    def migrate(self) -> None:
        """Make the roles, schemas and tables of the warehouse."""
        self._run("migrate")

    def status(self) -> Status:
        """How far the warehouse is."""
        found = json.loads(self._run("status", "--json"))
        fields = Relation.__dataclass_fields__
        relations = [Relation(**{name: row[name] for name in fields}) for row in found["relations"]]
        return Status(found["behind"], relations)

    def report(self, file: Path) -> None:
        """Draw what is published, as Looker reads it, into one HTML file."""
        self._run("report", str(file))

    def _run(self, *arguments: str) -> str:
        command = [str(Path(sys.executable).parent / "layers"), *arguments]
        try:
            ended = subprocess.run(
                command,
                cwd=self.repository,
                env=self.environment,
                capture_output=True,
                text=True,
                check=True,
            )
        except FileNotFoundError:
            raise DemoError(f"{command[0]}: not found; pip install -e . --no-deps") from None
        except subprocess.CalledProcessError as error:
            said = f"{error.stdout}{error.stderr}"
            raise DemoError(f"layers {' '.join(arguments)} failed:\n{said}") from None
        return ended.stdout
