"""What the command's words do; each returns 0, or 1 where something is wrong."""

import argparse
import json
import sys
import time
from contextlib import ExitStack, closing
from pathlib import Path

from layers import manifest
from layers.errors import ProjectError
from layers.project import Project


def _root(given: argparse.Namespace) -> Path:
    if given.project:
        return Path(given.project).resolve()
    here = Path.cwd()
    found = next((f for f in (here, *here.parents) if (f / "sql" / "project.yaml").exists()), None)
    return found or manifest.root()


def _project(given: argparse.Namespace) -> Project:
    project = manifest.load(_root(given))
    if project.problems:
        said = "\n".join(map(str, project.problems))
        raise ProjectError(f"{said}\n{len(project.problems)} to mend before anything can run")
    return project


def check(given: argparse.Namespace) -> int:
    """Reads the project from its files, whatever the manifest says."""
    from layers import reading

    began = time.monotonic()
    project = reading.load(_root(given))
    for problem in project.problems:
        print(problem, file=sys.stderr)
    counts = f"{len(project.sources)} sources, {len(project.relations)} relations"
    print(f"{counts}, {len(project.problems)} problems, {time.monotonic() - began:.1f} s")
    return 1 if project.problems else 0


def compile_(given: argparse.Namespace) -> int:
    """Writes the manifest; a project with mistakes is compiled, and its DAGs show them."""
    root = _root(given)
    print(f"compiled into {manifest.compile_project(root)}")
    problems = manifest.read(root)["problems"]
    for problem in problems:
        print(f"{problem['file']}: {problem['message']}", file=sys.stderr)
    return 1 if problems else 0


def migrate(given: argparse.Namespace) -> int:
    """Makes roles and schemas as the warehouse's owner."""
    from layers.migrate import migrate as migrated
    from layers.warehouse import connect, errors_told

    project = _project(given)
    with closing(connect("owner", "layers migrate")) as owner, errors_told("migrating"):
        made = migrated(owner, project)
    print("\n".join(f"made {what}" for what in made) or "everything is there")
    return 0


def run(given: argparse.Namespace) -> int:
    """Runs everything, or the part that was asked for."""
    from layers import run as running

    project = _project(given)
    this = running.start(project, _tell)
    this.allow_breaking = frozenset(project.relation(one).name for one in given.allow_breaking)
    if given.source:
        running.run_source(this, given.source)
    elif given.relation:
        running.run_relation(this, given.relation)
    elif given.layer:
        for unit in project.units:
            if unit.startswith(given.layer):
                running.run_unit(this, unit)
    else:
        running.everything(this)
    return _told(this.failures)


def status(given: argparse.Namespace) -> int:
    """Prints how everything stands, as tables or as JSON."""
    from layers.status import status as asked
    from layers.tables import print_status
    from layers.warehouse import connect, errors_told

    project = _project(given)
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

    project = _project(given)
    if given.svg:
        Path(given.svg).write_bytes(drawn.svg(project))
        print(f"drew {len(drawn.entities(project))} entities into {given.svg}")
    else:
        print(drawn.markdown(project) if given.markdown else drawn.mermaid(project), end="")
    return 0


def explain(given: argparse.Namespace) -> int:
    """Prints the way from a column to the fields of its sources."""
    from layers.lineage import explain as explained
    from layers.tables import print_steps

    relation, dot, column = given.column.rpartition(".")
    if not dot:
        raise ProjectError(f"'{given.column}' is no column; wanted table.column")
    project = _project(given)
    print_steps(list(explained(project, relation.split(".")[-1], column)))
    return 0


def plan(given: argparse.Namespace) -> int:
    """Prints what contracts would change in the warehouse; 1 where something is incompatible."""
    from dataclasses import asdict

    from layers.plan import plan as planned
    from layers.tables import print_plan
    from layers.warehouse import connect

    project = _project(given)
    with closing(connect("presenter", "layers plan")) as presenter:
        found = planned(presenter, project)
    if given.json:
        print(json.dumps([asdict(one) for one in found]))
    else:
        print_plan(found)
    return 0 if all(one.is_compatible for one in found) else 1


def schemas(given: argparse.Namespace) -> int:
    """Writes the JSON Schemas of a project's YAML beside it."""
    from layers.schema import files

    for path, text in files(_root(given)):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path}")
    return 0


def rejects(given: argparse.Namespace) -> int:
    """Prints how many rejects there are, or those of one relation; or stages them again."""
    from layers import rejects as found
    from layers import run as running
    from layers.tables import print_rows
    from layers.warehouse import connect

    project = _project(given)
    if given.retry:
        this = running.start(project, _tell)
        running.retry(this, given.of)
        return _told(this.failures)
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

    project = _project(given)
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
    this = running.start(_project(given), _tell)
    running.load_window(this, given.source, given.object, given.start, given.end)
    return _told(this.failures)


def replay(given: argparse.Namespace) -> int:
    """Stages the raw records of a source again."""
    from layers import run as running

    this = running.start(_project(given), _tell)
    running.replay_source(this, given.source, given.since)
    return _told(this.failures)


def held(given: argparse.Namespace) -> int:
    """Prints what is held back: how many rows by relation and reason, or the rows of one."""
    from layers.holding import held_rows, held_summary
    from layers.tables import print_rows
    from layers.warehouse import connect

    project = _project(given)
    relation = project.relation(given.entity) if given.entity else None
    with closing(connect("modeller", "layers held")) as modeller:
        rows = held_rows(modeller, relation) if relation else held_summary(modeller)
    if given.json:
        print(json.dumps(rows, default=str))
    else:
        print_rows(given.entity or "Held", rows)
    return 0


def diff(given: argparse.Namespace) -> int:
    """Prints what a publication would change, and publishes nothing."""
    from dataclasses import asdict

    from layers.preview import preview
    from layers.tables import print_preview
    from layers.warehouse import connect, writer

    project = _project(given)
    units = [_unit(project, given.unit)] if given.unit else list(project.units)
    found = []
    for unit in units:
        with closing(connect(writer(unit), "layers diff")) as connection:
            found += preview(connection, project, unit, "layers diff")
    if given.json:
        print(json.dumps([asdict(one) for one in found], default=str))
    else:
        print_preview(found)
    return 0


def rollback(given: argparse.Namespace) -> int:
    """Takes a use case back to a publication, and keeps it there until it is released."""
    from layers.rollback import rollback as taken_back
    from layers.warehouse import connect

    project = _project(given)
    with closing(connect("presenter", "layers rollback")) as presenter:
        number = taken_back(presenter, project, given.unit, given.to, "layers rollback")
    print(
        f"{given.unit} is as publication {given.to} left it, as publication {number}, and is held "
        f"back; when the mistake is mended: layers release {given.unit}"
    )
    return 0


def release(given: argparse.Namespace) -> int:
    """Lets a use case be published again, by the next run."""
    from layers.rollback import release as released
    from layers.warehouse import connect

    unit = _unit(_project(given), given.unit)
    with closing(connect("presenter", "layers release")) as presenter:
        was_held = released(presenter, unit)
    print(f"{unit} is published again by the next run" if was_held else f"{unit} was not held back")
    return 0


def _unit(project: Project, name: str) -> str:
    if name not in project.units:
        raise ProjectError(f"no unit '{name}'; there are {', '.join(project.units)}")
    return name


def _known(project: Project, name: str) -> str:
    """A relation, or an object as source.object. Raises ProjectError where there is none."""
    source, _, object_name = name.partition(".")
    if source in project.sources and object_name in project.sources[source].objects:
        return name
    return project.relation(name).name


def _tell(what: str, told: str) -> None:
    print(f"{what:<45} {told}", flush=True)


def _told(failures: list[str]) -> int:
    for failure in failures:
        print(f"\n{failure}", file=sys.stderr)
    return 1 if failures else 0
