"""The command `layers`: what an engineer does without Airflow."""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from layers import manifest
from layers.errors import LayersError, ProjectError, TemporaryError
from layers.project import Project


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns 0, 1 where something is wrong, 2 for wrong arguments, 130."""
    given = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = given.command
    try:
        return command(given)
    except (LayersError, TemporaryError) as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("interrupted; running it again goes on from here", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="layers", description="SQL layers on PostgreSQL.")
    parser.add_argument(
        "--project", type=Path, metavar="FOLDER", help="the folder that has sql/ in it"
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _command(commands, check, "check contracts, queries and layer rules; needs no database")
    _command(commands, compile_, "compile the project for Airflow, at deployment")
    _command(commands, migrate, "make and repair the warehouse's roles and schemas")
    running = _command(commands, run, "load, stage, build, check and publish, without Airflow")
    only = running.add_mutually_exclusive_group()
    only.add_argument("--source", metavar="NAME", help="only this source")
    only.add_argument("--layer", choices=["dmn", "prs"], help="only this layer")
    only.add_argument("--relation", metavar="NAME", help="only this relation")
    stating = _command(commands, status, "how every source and relation stands")
    stating.add_argument("--json", action="store_true", help="for programs")
    return parser


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    function: Callable[[argparse.Namespace], int],
    said: str,
) -> argparse.ArgumentParser:
    name = function.__name__.strip("_")
    parser = commands.add_parser(name, help=said, description=said)
    parser.set_defaults(command=function)
    return parser


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
    this = running.start(project, lambda what, told: print(f"{what:<45} {told}", flush=True))
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
    for failure in this.failures:
        print(f"\n{failure}", file=sys.stderr)
    return 1 if this.failures else 0


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
