"""What drift has found: fields that nobody declared with the lines that would, and lost ones."""

import re
from dataclasses import dataclass

from layers.declared import IDENTIFIER
from layers.project import Project
from layers.shapes import written
from layers.warehouse import Connection, errors_told

TYPES = {"number": "numeric", "boolean": "boolean", "object": "jsonb", "array": "jsonb"}


@dataclass(frozen=True)
class Drifted:
    """A field of an object's raw records: since when, its types, and what it means for whom."""

    of: str
    path: str
    types: tuple[str, ...]
    since: str
    said: str
    add: tuple[str, ...] = ()


def drifted(connection: Connection, project: Project, source: str | None = None) -> list[Drifted]:
    """Undeclared fields and changed ones, of one source or of all."""
    with errors_told("asking for the drift"):
        found = connection.execute(
            "select source, object, path, is_declared, types, first_seen_at::timestamptz(0)::text,"
            " changed_at::timestamptz(0)::text, missing_since::timestamptz(0)::text"
            " from layers.drift where coalesce(source = %s, true)"
            " and (not is_declared or changed_at is not null or missing_since is not null)"
            " order by source, object, is_declared desc, path",
            [source],
        ).fetchall()
    return [_drifted(project, *row) for row in found if row[0] in project.sources]


def _drifted(
    project: Project,
    source: str,
    object_name: str,
    path: str,
    is_declared: bool,
    types: list[str],
    first: str,
    changed: str | None,
    missing: str | None,
) -> Drifted:
    of, kinds = f"{source}.{object_name}", tuple(types)
    picked = {written(p): fields for p, fields in project.picked(source, object_name).items()}
    by = ", ".join(picked.get(path, ()))
    if missing:
        return Drifted(of, path, kinds, missing, f"missing, which {by} picks")
    if is_declared:
        return Drifted(of, path, kinds, changed or first, f"of another type, which {by} picks")
    return Drifted(of, path, kinds, first, "new", lines(path, kinds))


def lines(path: str, types: tuple[str, ...]) -> tuple[str, str]:
    """The lines to add to a staging query and to its contract for a field."""
    parts = [part[0] or part[1] for part in re.findall(r'"([^"]*)"|([^.]+)', path)]
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", parts[-1]).lower()
    name = re.sub(r"[^a-z0-9_]+", "_", name).strip("_")[:63]
    name = name if IDENTIFIER.fullmatch(name) else f"field_{name}"[:63]
    if len(parts) == 1:
        pick = f"record ->> {_quoted(parts[0])}"
    else:
        inside = ",".join(p if re.fullmatch(r"\w+", p) else f'"{p}"' for p in parts)
        pick = f"record #>> {_quoted('{' + inside + '}')}"
    kind = TYPES.get(types[0], "text") if len(types) == 1 else "text"
    return f"{pick} as {name},", f"{name}: {{type: {kind}, optional: true}}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
