"""JSON Schemas of everything a project's YAML may say, so that editors complete and check it.

They are made from the models that `layers check` itself holds files against.
"""

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from layers.contract import KINDS
from layers.project import Settings, UseCase
from layers.sources import KINDS as SOURCES

FOLDER = ".schemas"
# A file's schema, and for which files of a project an editor uses it.
USED_FOR = {
    "project": "sql/project.yaml",
    "src": "sql/src/*.yaml",
    "stg": "sql/stg/**/*.yaml",
    "dmn": "sql/dmn/*.yaml",
    "prs": "sql/prs/*/*.yaml",
    "use_case": "sql/prs/*.yaml",
}


def schemas() -> dict[str, dict[str, Any]]:
    """The schemas by name; a source's depends on what kind it says it is."""
    kinds = [_schema(import_module(f"layers.sources.{kind}").Source) for kind in SOURCES]
    for kind, schema in zip(SOURCES, kinds, strict=True):
        schema["properties"]["kind"] = {"const": kind}
    made = {"project": _schema(Settings), "use_case": _schema(UseCase), "src": _one_of(kinds)}
    return made | {layer: _schema(contract) for layer, contract in KINDS.items()}


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema()
    schema.get("properties", {}).pop("overlaps_never", None)  # what the key says, not the author
    return schema


def _one_of(kinds: list[dict[str, Any]]) -> dict[str, Any]:
    defined: dict[str, Any] = {}
    for kind in kinds:
        defined |= kind.pop("$defs", {})
    return {"$defs": defined, "oneOf": kinds}


def files(project: Path) -> Iterator[tuple[Path, str]]:
    """The schemas as files of a project, and what tells Visual Studio Code to use them."""
    for name, schema in schemas().items():
        text = json.dumps(schema, indent=2, sort_keys=True)
        yield project / "sql" / FOLDER / f"{name}.json", text + "\n"
    used = {f"./sql/{FOLDER}/{name}.json": pattern for name, pattern in USED_FOR.items()}
    settings = json.dumps({"yaml.schemas": used}, indent=2)
    yield project / ".vscode" / "settings.json", settings + "\n"
