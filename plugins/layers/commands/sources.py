"""Commands for when a source is not as it was: rejects, drift, windows, replays."""

import argparse
import json
from contextlib import closing

from layers.commands.given import project_of, tell, told
from layers.errors import ProjectError
from layers.project import Project


def rejects(given: argparse.Namespace) -> int:
    """Prints how many rejects there are, or those of one relation; or stages them again."""
    from layers import rejects as found
    from layers import run as running
    from layers.tables import print_rows
    from layers.warehouse import connect

    project = project_of(given)
    if given.retry:
        this = running.start(project, tell)
        running.retry(this, given.of)
        return told(this.failures)
    with closing(connect("loader", "layers rejects")) as loader:
        rows = (
            found.records(loader, project, _known(project, given.of))
            if given.of
            else found.summary(loader)
        )
    if given.json:
        print(json.dumps(rows, default=str))
    else:
        print_rows(given.of or "Rejects", rows)
    return 0


def drift(given: argparse.Namespace) -> int:
    """Prints fields that nobody declared, with the lines that would, and declared ones lost."""
    from dataclasses import asdict

    from layers.drifted import drifted
    from layers.tables import print_rows
    from layers.warehouse import connect

    project = project_of(given)
    if given.source and given.source not in project.sources:
        raise ProjectError(f"no source '{given.source}'; there are {', '.join(project.sources)}")
    with closing(connect("loader", "layers drift")) as loader:
        found = drifted(loader, project, given.source)
    rows = [asdict(one) for one in found]
    if given.json:
        print(json.dumps(rows, default=str))
        return 0
    shown = "of path types since said".split()
    print_rows("Drift", [{name: row[name] for name in shown} for row in rows])
    for one in found:
        if one.add:
            print(f"\n{one.of} {one.path}, in a staging query and its contract:")
            print("\n".join(f"    {line}" for line in one.add))
    return 0


def load(given: argparse.Namespace) -> int:
    """Reads a window of a source again, and stages it; the cursors stay where they are."""
    from layers import run as running

    if given.end <= given.start:
        raise ProjectError(f"--to {given.end} is not after --from {given.start}")
    this = running.start(project_of(given), tell)
    running.load_window(this, given.source, given.object, given.start, given.end)
    return told(this.failures)


def replay(given: argparse.Namespace) -> int:
    """Stages the raw records of a source again."""
    from layers import run as running

    this = running.start(project_of(given), tell)
    running.replay_source(this, given.source, given.since)
    return told(this.failures)


def _known(project: Project, name: str) -> str:
    """A relation, or an object as source.object. Raises ProjectError where there is none."""
    source, _, object_name = name.partition(".")
    if source in project.sources and object_name in project.sources[source].objects:
        return name
    return project.relation(name).name
