"""Commands for a look at what is published, as its readers see it."""

import argparse
import json
from contextlib import closing
from pathlib import Path

from layers.commands.given import project_of
from layers.errors import ProjectError


def show(given: argparse.Namespace) -> int:
    """Prints a presentation table, or its rows as JSON."""
    from layers import published
    from layers.show import print_table
    from layers.warehouse import errors_told, snapshot

    project = project_of(given)
    relation = published.presentation_table(project, given.table)
    doing = f"reading {relation.name}"
    with closing(published.reader("layers show")) as reader, errors_told(doing), snapshot(reader):
        found = published.read(reader, relation, given.rows)
        fresh = published.freshness(reader, relation.folder)
    if given.json:
        names = list(relation.contract.columns)
        rows = [dict(zip(names, row, strict=True)) for row in found.rows]
        print(json.dumps(rows, default=str))
    else:
        print_table(relation, found, fresh)
    return 0


def report(given: argparse.Namespace) -> int:
    """Writes one HTML file in which every presentation table is drawn."""
    from layers import published
    from layers.report import page
    from layers.warehouse import errors_told, snapshot

    project = project_of(given)
    path = Path(given.file)
    if not path.parent.is_dir():
        raise ProjectError(f"{path.parent}: is no folder; make it, or name another file")
    doing = "reading what is drawn"
    with closing(published.reader("layers report")) as reader, errors_told(doing), snapshot(reader):
        read = page.read(reader, project)
    made = page.page(project, read)
    part = path.with_name(f"{path.name}.part")
    part.write_text(made, encoding="utf-8")
    part.replace(path)
    print(f"drew {len(published.presented(project))} tables into {path}")
    return 0
