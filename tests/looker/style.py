"""The rules of Looker's public style guide, Look At Me Sideways, that bear on what we make.

By its own names: K are keys, F fields, E explores, T triggers, W white space. Left out are those on
joins and derived tables, of which there are none; T2 and E1, E2, E6 say nothing of such a project.
"""

import re
from collections.abc import Iterator
from typing import Any

import lkml

PK = re.compile(r"pk(\d+)_\w+")
FIELDS = ("dimensions", "dimension_groups", "measures", "filters", "parameters")
LOOKML = dict[str, Any]


def breaches(files: dict[str, str]) -> set[tuple[str, str]]:
    """The rules that files break, and the view, field or explore that does."""
    said = [lkml.load(text) for text in files.values()]
    groups = {group["name"] for one in said for group in one.get("datagroups", [])}
    found: set[tuple[str, str]] = set()
    for one in said:
        for view in one.get("views", []):
            found |= {(rule, f"{view['name']}{field}") for rule, field in of_view(view)}
        for explore in one.get("explores", []):
            found |= {(rule, explore["name"]) for rule in of_explore(explore, groups)}
    return found | {("W1", path) for path, text in files.items() if not is_indented(text)}


def of_view(view: LOOKML) -> Iterator[tuple[str, str]]:
    dimensions = view.get("dimensions", [])
    keys = [one for one in dimensions if PK.fullmatch(one["name"])]
    counted = {int(re.sub(PK, r"\1", one["name"])) for one in keys}
    if counted != {len(keys)}:
        yield "K1", ""
    if dimensions[: len(keys)] != keys:
        yield "K3", ""
    yield from (("K4", f".{one['name']}") for one in keys if one.get("hidden") != "yes")
    primary = [one for one in dimensions if one.get("primary_key") == "yes"]
    if len(primary) != 1:
        yield "K7", ""
    for one in primary:
        named = {name for name in re.findall(r"\$\{(\w+)\}", one["sql"]) if PK.fullmatch(name)}
        if one not in keys and named != {key["name"] for key in keys}:
            yield "K8", ""
    if "sql_trigger_value" in view.get("derived_table", {}):
        yield "T1", ""
    for field in (field for kind in FIELDS for field in view.get(kind, [])):
        yield from ((rule, f".{field['name']}") for rule in of_field(field))


def of_field(field: LOOKML) -> Iterator[str]:
    if re.search(r"\$\{\w+\.\w+\}", field.get("sql", "")):
        yield "F1"
    if "view_label" in field:
        yield "F2"
    if field.get("type") == "count" and "filters" not in field:
        yield "F3"
    if field.get("hidden") != "yes" and not field.get("description"):
        yield "F4"


def of_explore(explore: LOOKML, groups: set[str]) -> Iterator[str]:
    if len(explore.get("label", explore["name"])) > 25:
        yield "E7"
    if "persist_for" not in explore and explore.get("persist_with") not in groups:
        yield "T1"


def is_indented(text: str) -> bool:
    """Two spaces for each block or list that is open."""
    depth = 0
    for line in filter(str.strip, text.splitlines()):
        depth -= line.strip().startswith(("}", "]"))
        if len(line) - len(line.lstrip()) != 2 * depth:
            return False
        depth += line.rstrip().endswith(("{", "["))
    return depth == 0
