"""Commands about a project: is it right, what is in it, how does all of it run and stand."""

import argparse
import json
import sys
import time
from contextlib import ExitStack, closing
from pathlib import Path

from layers import manifest
from layers.commands.given import project_of, root_of, tell, told
from layers.errors import ProjectError


def check(given: argparse.Namespace) -> int:
    """Reads the project from its files, whatever the manifest says."""
    from layers import deprecation, reading

    began = time.monotonic()
    project = reading.load(root_of(given))
    for problem in project.problems:
        print(problem, file=sys.stderr)
    for note in deprecation.due(project, deprecation.today()):
        print(note)
    counts = f"{len(project.sources)} sources, {len(project.relations)} relations"
    print(f"{counts}, {len(project.problems)} problems, {time.monotonic() - began:.1f} s")
    return 1 if project.problems else 0


def compile_(given: argparse.Namespace) -> int:
    """Writes the manifest; a project with mistakes is compiled, and its DAGs show them."""
    root = root_of(given)
    print(f"compiled into {manifest.compile_project(root)}")
    problems = manifest.read(root)["problems"]
    for problem in problems:
        print(f"{problem['file']}: {problem['message']}", file=sys.stderr)
    return 1 if problems else 0


def migrate(given: argparse.Namespace) -> int:
    """Makes roles and schemas as the warehouse's owner."""
    from layers.migrate import migrate as migrated
    from layers.warehouse import connect, errors_told

    project = project_of(given)
    with closing(connect("owner", "layers migrate")) as owner, errors_told("migrating"):
        made = migrated(owner, project)
    print("\n".join(f"made {what}" for what in made) or "everything is there")
    return 0


def run(given: argparse.Namespace) -> int:
    """Runs everything, or the part that was asked for."""
    from layers import run as running

    project = project_of(given)
    this = running.start(project, tell)
    this.allow_breaking = frozenset(project.relation(one).name for one in given.allow_breaking)
    if given.source:
        running.run_source(this, given.source)
    elif given.relation:
        running.run_relation(this, given.relation)
    elif given.in_full:
        running.run_relation(this, given.in_full, in_full=True)
    elif given.layer:
        for unit in project.units:
            if unit.startswith(given.layer):
                running.run_unit(this, unit)
    else:
        running.everything(this)
    return told(this.failures)


def status(given: argparse.Namespace) -> int:
    """Prints how everything stands, as tables or as JSON."""
    from layers.status import status as asked
    from layers.tables import print_status
    from layers.warehouse import connect, errors_told

    project = project_of(given)
    with ExitStack() as opened, errors_told("asking for the status"):
        roles = ("loader", "modeller", "presenter")
        made = {r: opened.enter_context(closing(connect(r, "layers status"))) for r in roles}
        found = asked(made.__getitem__, project)
    if given.json:
        print(json.dumps(found, default=str))
    else:
        print_status(found)
    return 0


def model(given: argparse.Namespace) -> int:
    """Prints or draws the model; needs no database."""
    from layers import model as drawn

    project = project_of(given)
    if given.svg:
        Path(given.svg).write_bytes(drawn.svg(project))
        print(f"drew {len(drawn.entities(project))} entities into {given.svg}")
    else:
        print(drawn.markdown(project) if given.markdown else drawn.mermaid(project), end="")
    return 0


def explain(given: argparse.Namespace) -> int:
    """Prints the way from a column to the fields of its sources, and what decides about rows."""
    from layers import lineage
    from layers.tables import print_steps

    relation, dot, column = given.column.rpartition(".")
    if not dot:
        raise ProjectError(f"'{given.column}' is no column; wanted table.column")
    project = project_of(given)
    name = relation.split(".")[-1]
    print_steps(list(lineage.explain(project, name, column)), lineage.deciding(project, name))
    return 0


def plan(given: argparse.Namespace) -> int:
    """Prints what contracts would change in the warehouse; 1 where something is incompatible.

    Queries that still name what is to go are wrong, and are what somebody wants to see here.
    """
    from dataclasses import asdict

    from layers.plan import plan as planned
    from layers.tables import print_plan
    from layers.warehouse import connect

    project = project_of(given, despite_queries=True)
    with closing(connect("presenter", "layers plan")) as presenter:
        found = planned(presenter, project)
    print("".join(f"{problem}\n" for problem in project.problems), end="", file=sys.stderr)
    if given.json:
        print(json.dumps([asdict(one) for one in found]))
    else:
        print_plan(found)
    return 0 if all(one.is_compatible for one in found) and not project.problems else 1


def schemas(given: argparse.Namespace) -> int:
    """Writes the JSON Schemas of a project's YAML beside it."""
    from layers.schema import files

    for path, text in files(root_of(given)):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path}")
    return 0


def lookml(given: argparse.Namespace) -> int:
    """Writes a project's LookML beside its `sql/`; or says what of it is not as contracts say."""
    from layers.lookml import folder

    project = project_of(given)
    if not given.check:
        changed = folder.write(project, root_of(given))
        print("\n".join(f"wrote {path}" for path in changed) or "everything is there")
        return 0
    found = folder.differences(project, root_of(given))
    for said in found:
        print(said, file=sys.stderr)
    print("run layers lookml" if found else "looker/ is what the contracts say")
    return 1 if found else 0
