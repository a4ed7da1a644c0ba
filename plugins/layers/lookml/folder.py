"""The folder `looker/` of a project: files that are made, and those that a person adds.

What is made begins with `HEADER` and is made again, or removed, at any time. The folder
`refinements` is a person's: it gets one file to begin with, and is never touched again.
"""

from collections.abc import Iterator
from pathlib import Path

import lkml

from layers.errors import ProjectError
from layers.lookml import freshness, restated, tables
from layers.lookml.inexpressible import problems
from layers.lookml.words import LookML, identifier, label
from layers.project import Project

FOLDER = "looker"
REFINEMENTS = "refinements"
HEADER = "# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.\n\n"
BEGINNING = """\
# Yours: `layers lookml` never changes this folder. A refinement names a view or an explore with a
# plus sign before it, and says only what is to be different:
#
#   include: "/views/*.view.lkml"
#
#   view: +a_table {
#     dimension: a_column { group_label: "Money" }
#   }
"""


def files(project: Project) -> dict[str, str]:
    """Every file that is made, by its path in the folder.

    Raises ProjectError where a contract says what LookML cannot.
    """
    if found := problems(project):
        raise ProjectError("\n".join(map(str, found)))
    return {path: f"{HEADER}{lkml.dump(said)}\n" for path, said in content(project).items()}


def write(project: Project, root: Path) -> list[str]:
    """Makes the folder what the contracts say; returns what was written or removed."""
    made, folder = files(project), root / FOLDER
    for path in _left_over(folder, made):
        (folder / path).unlink()
    changed = [path for path, text in made.items() if _read(folder / path) != text]
    if not list((folder / REFINEMENTS).glob("*.lkml")):
        first = f"{REFINEMENTS}/{_named(project)}.lkml"
        made[first] = BEGINNING
        changed.append(first)
    for path in changed:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(made[path], encoding="utf-8")
    return [f"{FOLDER}/{path}" for path in changed]


def differences(project: Project, root: Path) -> list[str]:
    """The files that are not as the contracts say, and why."""
    made, folder = files(project), root / FOLDER
    other = [path for path, text in made.items() if _read(folder / path) != text]
    said = [f"{FOLDER}/{path}: is not what the contracts say" for path in other]
    said += [f"{FOLDER}/{path}: is of no contract" for path in _left_over(folder, made)]
    if not list((folder / REFINEMENTS).glob("*.lkml")):
        said.append(f"{FOLDER}/{REFINEMENTS}: has no file, and Looker includes at least one")
    return said


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _left_over(folder: Path, made: dict[str, str]) -> list[str]:
    """What was made once and is not made any more."""
    return sorted(
        name
        for path in folder.rglob("*.lkml")
        if (name := path.relative_to(folder).as_posix()) not in made
        and not name.startswith(f"{REFINEMENTS}/")
        and path.read_text(encoding="utf-8").startswith(HEADER)
    )


def content(project: Project) -> dict[str, LookML]:
    """What each file says, by its path in the folder."""
    return dict(sorted(_files(project)))


def _files(project: Project) -> Iterator[tuple[str, LookML]]:
    yield "manifest.lkml", _manifest(project)
    yield f"{_named(project)}.model.lkml", _model(project)
    for name, use_case in project.use_cases.items():
        for own in (freshness, restated):
            made = own.view(name), own.explore(name, use_case), own.tests(name)
            yield from _of_view(own.table(name), *made)
    for relation in project.relations.values():
        if relation.layer == "prs":
            explore = tables.explore(relation, project)
            view = tables.view(relation, project.settings)
            yield from _of_view(relation.name, view, explore, tables.tests(relation))


def _of_view(
    name: str, view: LookML, explore: LookML, tests: Iterator[LookML]
) -> Iterator[tuple[str, LookML]]:
    yield f"views/{name}.view.lkml", {"views": [view]}
    included = [f"/views/{name}.view.lkml"]
    yield f"explores/{name}.explore.lkml", {"includes": included, "explores": [explore]}
    included = [f"/explores/{name}.explore.lkml"]
    yield f"tests/{name}.test.lkml", {"includes": included, "tests": list(tests)}


def _named(project: Project) -> str:
    """What Looker calls the project, and its one model."""
    return identifier(project.settings.project)


def _manifest(project: Project) -> LookML:
    connection = {"name": "connection", "value": "warehouse", "export": "override_optional"}
    return {"project_name": f'"{_named(project)}"', "constants": [connection]}


def _model(project: Project) -> LookML:
    kinds = ("explores/*.explore", "tests/*.test", f"{REFINEMENTS}/*")
    return {
        "connection": "@{connection}",
        "label": label(_named(project), project.settings),
        "includes": [f"/{kind}.lkml" for kind in kinds],
        "datagroups": [freshness.trigger(*one) for one in sorted(project.use_cases.items())],
    }
