"""What somebody typed: which project it is about, and how what came of it is told."""

import argparse
import sys
from pathlib import Path

from layers import manifest
from layers.errors import ProjectError
from layers.project import Project


def root_of(given: argparse.Namespace) -> Path:
    """The project that is meant: by name, by where we are, or by LAYERS_PROJECT."""
    if given.project:
        return Path(given.project).resolve()
    here = Path.cwd()
    found = next((f for f in (here, *here.parents) if (f / "sql" / "project.yaml").exists()), None)
    return found or manifest.root()


def project_of(given: argparse.Namespace, *, despite_queries: bool = False) -> Project:
    """The project that is meant. Raises ProjectError where it has mistakes.

    With `despite_queries`, only where mistakes are in anything else than a query.
    """
    project = manifest.load(root_of(given))
    if any(not (despite_queries and p.file.endswith(".sql")) for p in project.problems):
        said = "\n".join(map(str, project.problems))
        raise ProjectError(f"{said}\n{len(project.problems)} to mend before anything can run")
    return project


def tell(what: str, said: str) -> None:
    """Prints a step that is done, and what came of it."""
    print(f"{what:<45} {said}", flush=True)


def told(failures: list[str]) -> int:
    """Prints what failed; 1 if anything did."""
    for failure in failures:
        print(f"\n{failure}", file=sys.stderr)
    return 1 if failures else 0
