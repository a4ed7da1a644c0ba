"""The command `layers`: what an engineer does without Airflow."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from layers.commands import looking, project, publications, sources
from layers.errors import LayersError, TemporaryError


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
    _command(commands, project.check, "check contracts, queries and layer rules; needs no database")
    _command(commands, project.compile_, "compile the project for Airflow, at deployment")
    _command(commands, project.migrate, "make and repair the warehouse's roles and schemas")
    running = _command(
        commands, project.run, "load, stage, build, check and publish, without Airflow"
    )
    running.add_argument(
        "--allow-breaking",
        action="append",
        default=[],
        metavar="RELATION",
        help="make its table anew where its contract changed incompatibly",
    )
    only = running.add_mutually_exclusive_group()
    only.add_argument("--source", metavar="NAME", help="only this source")
    only.add_argument("--layer", choices=["dmn", "prs"], help="only this layer")
    only.add_argument("--relation", metavar="NAME", help="only this relation")
    only.add_argument(
        "--in-full", metavar="NAME", help="only this incremental or refreshed table, built in full"
    )
    _json(_command(commands, project.status, "how every source and relation stands"))
    drawing = _command(commands, project.model, "the model: entities, definitions, cardinalities")
    form = drawing.add_mutually_exclusive_group()
    form.add_argument("--mermaid", action="store_true", help="as a Mermaid diagram (the default)")
    form.add_argument("--markdown", action="store_true", help="as a page of definitions")
    form.add_argument("--svg", type=Path, metavar="FILE", help="as a picture, into a file")
    explaining = _command(commands, project.explain, "where a column's values come from")
    explaining.add_argument("column", metavar="TABLE.COLUMN")
    planning = _command(commands, project.plan, "what contracts would change in the warehouse")
    _json(planning)
    _command(commands, project.schemas, "write JSON Schemas of all YAML, for editors")
    making = _command(commands, project.lookml, "write looker/ as the contracts of prs say")
    making.add_argument("--check", action="store_true", help="only say whether it is so")
    _of_sources(commands)
    _of_publications(commands)
    _of_readers(commands)
    return parser


def _of_sources(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """What an engineer asks when a source is not as it was."""
    rejecting = _command(
        commands, sources.rejects, "records that could not be loaded or staged, why"
    )
    rejecting.add_argument("of", nargs="?", metavar="NAME", help="a relation, or source.object")
    rejecting.add_argument("--retry", action="store_true", help="stage them again")
    _json(rejecting)
    drifting = _command(commands, sources.drift, "fields that nobody declared, and lost ones")
    drifting.add_argument("source", nargs="?", metavar="SOURCE", help="only this source")
    _json(drifting)
    loading = _command(commands, sources.load, "read a window of a source again")
    loading.add_argument("source", metavar="SOURCE")
    loading.add_argument("--object", metavar="NAME", help="only this object")
    loading.add_argument("--from", dest="start", type=_moment, required=True, metavar="T")
    loading.add_argument("--to", dest="end", type=_moment, required=True, metavar="T")
    replaying = _command(commands, sources.replay, "stage raw records again, without the source")
    replaying.add_argument("source", metavar="SOURCE")
    replaying.add_argument("--since", type=_moment, metavar="T", help="only what was loaded since")


def _of_publications(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """What an engineer asks of what is published, and of what is not."""
    holding = _command(commands, publications.held, "rows that are held back, why, and since when")
    holding.add_argument("entity", nargs="?", metavar="ENTITY", help="only this relation")
    _json(holding)
    comparing = _command(commands, publications.diff, "what would change if we published now")
    comparing.add_argument("unit", nargs="?", metavar="UNIT", help="dmn, or a use case's schema")
    _json(comparing)
    proving = _command(
        commands, publications.verify, "prove that what is fed or refreshed is as built in full"
    )
    proving.add_argument("relation", metavar="RELATION")
    taking_back = _command(commands, publications.rollback, "take a use case back to a publication")
    taking_back.add_argument("unit", metavar="UNIT", help="a use case's schema, like prs_growth")
    taking_back.add_argument("--to", type=int, required=True, metavar="N", help="its number")
    releasing = _command(commands, publications.release, "let a use case be published again")
    releasing.add_argument("unit", metavar="UNIT", help="a use case's schema, like prs_growth")
    _json(_command(commands, publications.freshness, "how old use cases are; 1 if one is late"))
    restating = _command(commands, publications.restatements, "complete numbers changed later, why")
    restating.add_argument("unit", metavar="UNIT", help="a use case's schema, like prs_growth")
    restating.add_argument("--since", type=_moment, metavar="T", help="only those published since")
    _json(restating)


def _of_readers(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """What somebody asks who wants to see what readers see."""
    showing = _command(commands, looking.show, "a presentation table, as it is published")
    showing.add_argument("table", metavar="TABLE", help="like prs_mrr_monthly")
    showing.add_argument(
        "--rows", type=_count, default=36, metavar="N", help="the last N of them, by time (36)"
    )
    _json(showing)
    reporting = _command(commands, looking.report, "every presentation table, drawn in one file")
    reporting.add_argument("file", type=Path, metavar="FILE", help="the HTML file to write")


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for programs")


def _moment(text: str) -> datetime:
    """A moment as people write it; in UTC unless it says."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        said = f"'{text}' is no moment; wanted one like 2026-03-01 or 2026-03-01T09:00Z"
        raise argparse.ArgumentTypeError(said) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _count(text: str) -> int:
    """A number of rows."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of rows; wanted 1 or more")
    return int(text)


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    function: Callable[[argparse.Namespace], int],
    said: str,
) -> argparse.ArgumentParser:
    name = function.__name__.strip("_")
    parser = commands.add_parser(name, help=said, description=said)
    parser.set_defaults(command=function)
    return parser
