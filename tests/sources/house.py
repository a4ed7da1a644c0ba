"""A warehouse with the example's sources, emptied before each test, and what tests ask of it."""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from unittest.mock import patch

from psycopg import sql

from layers import cli, load, manifest, reading, stage
from layers.errors import LayersError, TemporaryError
from layers.keeping import Loaded
from layers.relation import Relation
from layers.stage import Staged
from layers.warehouse import text
from tests.servers import Postgres
from tests.sources import project
from tests.sources.project import Changes
from tests.warehouse import Warehouse

BOOKKEEPING = {"layers_load_id", "layers_ordinal", "layers_gone", "deletion_noticed_at"}


class House(Warehouse):
    """Sources are named like `zendesk`, their objects like `zendesk.tickets`."""

    def __init__(self, server: Postgres, name: str, folder: Path) -> None:
        self.folder, self.original = project.begin(folder), folder.with_name("original")
        shutil.copytree(self.folder / "sql", self.original)
        self.first = _read(self.folder)
        super().__init__(server, name, self.first)

    def change(self, changes: Changes) -> None:
        """Goes on with other files, as after a deployment."""
        project.change(self.folder, changes)
        self.project = _read(self.folder)

    def reset(self) -> None:
        """Empties everything; files that a test has changed are as they were."""
        if self.project != self.first:
            shutil.rmtree(self.folder / "sql")
            shutil.copytree(self.original, self.folder / "sql")
            for name, relation in self.first.relations.items():
                if relation != self.project.relations[name]:
                    table = text(f"{relation.schema}.{name}")
                    self.admin.execute(sql.SQL("drop table if exists {}").format(table))
            self.project = self.first
        self.admin.execute(text("".join(f"delete from {name};" for name in self._tables())))

    def _tables(self) -> list[str]:
        found = self.query(
            "select format('%I.%I', schemaname, tablename) as name from pg_tables"
            " where schemaname ~ '^(layers|src_|stg_)'"
            " and not exists (select from pg_inherits"
            " where inhrelid = format('%I.%I', schemaname, tablename)::regclass)"
        )
        return [row.name for row in found]

    def load(self, name: str, run: str = "test") -> Loaded:
        """Loads an object of a source."""
        source, object_name = name.split(".")
        return load.load(self.connect("loader"), self.project, source, object_name, run)

    def read(self, name: str) -> list[str]:
        """Loads one object, or a source, and stages it whatever happened; what failed, in words."""
        source, _, only = name.partition(".")
        objects = [only] if only else list(self.project.sources[source].objects)
        failures: list[str] = []
        for object_name in objects:
            self._attempt(lambda o=object_name: self.load(f"{source}.{o}"), failures)
        for relation in self.staging(source, objects):
            self._attempt(lambda r=relation: self.stage(r.name), failures)
        return failures

    def _attempt(self, verb: Any, failures: list[str]) -> None:
        try:
            verb()
        except (LayersError, TemporaryError) as error:
            failures.append(str(error))

    def staging(self, source: str, objects: Iterable[str]) -> list[Relation]:
        """The staging relations of objects."""
        wanted = {f"src_{source}.{name}" for name in objects}
        return [r for r in self.project.staged_from(source) if wanted & set(r.reads)]

    def replay(self, relation: str) -> Staged:
        """Stages again all raw records of a relation."""
        return stage.replay(self.connect("loader"), self.project.relation(relation), "replay")

    def layers(self, *words: str) -> int:
        """The command line on this project."""
        with patch.object(manifest, "load", return_value=self.project):
            return cli.main(["--project", str(self.folder), *words])

    def whole(self, relation: str) -> list[dict[str, Any]]:
        """The staged rows with everything that there is about them."""
        return [vars(row) for row in self.rows(relation)]

    def staged(self, relation: str) -> dict[Any, dict[str, Any]]:
        """The staged rows by their key, without our bookkeeping."""
        keys = self.project.relation(relation).contract.key
        rows = [
            {name: value for name, value in row.items() if name not in BOOKKEEPING}
            for row in self.whole(relation)
        ]
        return {"/".join(str(row[key]) for key in keys): row for row in rows}

    def deleted(self, relation: str) -> dict[str, Any]:
        """Of rows that are deleted, when it was noticed."""
        key = self.project.relation(relation).contract.key[0]
        return {
            str(row[key]): row["deletion_noticed_at"]
            for row in self.whole(relation)
            if row["is_deleted"]
        }

    def loaded_at(self, load_id: int) -> Any:
        """When a batch was loaded."""
        (row,) = self.query(f"select loaded_at from layers.loads where load_id = {load_id}")
        return row.loaded_at

    def last_load(self) -> Any:
        """When the last batch was loaded."""
        return self.query("select max(loaded_at) as at from layers.loads")[0].at

    def raw(self, name: str) -> list[Any]:
        """The raw records of an object, in the order in which they came."""
        found = self.query(f"select record::text from src_{name} order by load_id, ordinal")
        return [json.loads(row.record, parse_int=_number) for row in found]

    def cursor(self, name: str) -> Any:
        """Where the cursor of an object stands."""
        found = self.admin.execute(
            "select cursor from layers.cursors where source = %s and object = %s", name.split(".")
        ).fetchone()
        return found[0] if found else None

    def stands_at(self, name: str, cursor: dict[str, Any]) -> None:
        """Lets an object be read up to somewhere already."""
        self.admin.execute(
            "insert into layers.cursors (source, object, cursor) values (%s, %s, %s)",
            [*name.split("."), json.dumps(cursor)],
        )

    def rejects(self) -> list[str]:
        """What is rejected: of what, the column, and why."""
        found = self.query(
            "select concat_ws(' ', coalesce(relation, source || '.' || object), column_name,"
            " reason) as said from layers.rejects order by reject_id"
        )
        return [row.said for row in found]

    def moved(self) -> dict[str, int]:
        """The versions of all relations but the engine's own."""
        found = self.query(
            "select relation, version from layers.versions where relation not like 'stg_layers_%'"
        )
        return {row.relation: row.version for row in found}


def _read(folder: Path) -> Any:
    found = reading.load(folder)
    assert not found.problems, "\n".join(map(str, found.problems))
    return found


def _number(digits: str) -> int | str:
    """Python makes no number of thousands of digits."""
    return int(digits) if len(digits) < 100 else digits
