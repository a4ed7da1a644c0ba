"""The manifest is the compiled project: what DAG files and tasks read instead of `sql/`.

Reading a project parses every query; that is done once, at deployment (`layers compile`) or by the
first DAG file that finds the manifest older than `sql/`. Nothing here imports anything heavy, so
parsing a DAG file costs reading one JSON file and asking the file system what changed.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from layers.project import Project

VERSION = 1


def root() -> Path:
    """The project's folder: `LAYERS_PROJECT`, else the one that this engine lies in."""
    return Path(os.environ.get("LAYERS_PROJECT") or Path(__file__).parents[2])


def path(project_root: Path) -> Path:
    """Where a project's manifest is: beside `sql/`, or where `LAYERS_STATE` says."""
    state = os.environ.get("LAYERS_STATE")
    if not state:
        return project_root / ".layers" / "manifest.json"
    name = hashlib.sha256(str(project_root.resolve()).encode()).hexdigest()[:8]
    return Path(state) / f"manifest-{name}.json"


def read(project_root: Path) -> dict[str, Any]:
    """The manifest of the project as it is now; compiled in a process of its own where it is not.

    A project that cannot be read at all gives a manifest whose `problems` say so.
    """
    found = _current(project_root)
    if found is None:
        _compile_apart(project_root)
        found = _current(project_root)
    if found is None:
        raise RuntimeError(
            f"{path(project_root)}: is not what sql/ says, and could not be written; run layers "
            "compile where it can be, or let LAYERS_STATE name a folder that this user may write"
        )
    return found


def _current(project_root: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(path(project_root).read_bytes())
    except (OSError, ValueError):
        return None
    if found.get("version") != VERSION:
        return None
    now = stamps(project_root)
    if now == found["stamps"] or contents(project_root, now) == found["contents"]:
        return found
    return None


def _compile_apart(project_root: Path) -> None:
    """Compiles in a subprocess, so that what it imports stays out of this one."""
    code = "import sys; from pathlib import Path; from layers import manifest;"
    code += "manifest.compile_project(Path(sys.argv[1]))"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    subprocess.run(  # our own interpreter and code
        [sys.executable, "-c", code, str(project_root)], check=False, env=environment
    )


def stamps(project_root: Path) -> dict[str, list[int]]:
    """Size in bytes and time of change in ns of every file of the project and of `stg_layers`."""
    found = {}
    roots = (project_root / "sql", Path(__file__).with_name("stg_layers"))
    folders = [folder for folder in roots if folder.is_dir()]
    while folders:
        for entry in os.scandir(folders.pop()):
            if entry.is_dir():
                folders.append(Path(entry.path))
            elif entry.name.endswith((".yaml", ".sql")) and entry.is_file():
                status = entry.stat()
                found[os.path.relpath(entry.path, project_root)] = [
                    status.st_size,
                    status.st_mtime_ns,
                ]
    return dict(sorted(found.items()))


def contents(project_root: Path, files: dict[str, list[int]]) -> str:
    """A hash of what all files say, whatever their times: a checkout changes only those."""
    digest = hashlib.sha256()
    for name in files:
        digest.update(name.encode() + b"\0" + (project_root / name).read_bytes() + b"\0")
    return digest.hexdigest()


def compile_project(project_root: Path) -> Path:
    """Reads the project and writes its manifest, one process at a time; returns the file."""
    from layers import reading
    from layers.errors import ProjectError
    from layers.project import Problem, Project

    target = path(project_root)
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _current(project_root) is not None:
            return target
        files = stamps(project_root)
        try:
            project = reading.load(project_root)
        except ProjectError as error:
            said = str(error).removeprefix("sql/project.yaml: ")
            project = Project.broken(Problem("sql/project.yaml", said))
        made = {
            "version": VERSION,
            "stamps": files,
            "contents": contents(project_root, files),
            **_said(project),
        }
        temporary = target.with_suffix(f".{os.getpid()}")
        temporary.write_text(json.dumps(made, default=str), encoding="utf-8")
        temporary.replace(target)
    return target


def _said(project: Project) -> dict[str, Any]:
    return {
        "settings": project.settings.model_dump(),
        "sources": {n: source.model_dump(mode="json") for n, source in project.sources.items()},
        "use_cases": {n: case.model_dump(mode="json") for n, case in project.use_cases.items()},
        "relations": {name: relation.to_json() for name, relation in project.relations.items()},
        "problems": [vars(problem) for problem in project.problems],
    }


def load(project_root: Path) -> Project:
    """The project, from its manifest."""
    from layers.project import Problem, Project, Settings, UseCase
    from layers.relation import Relation
    from layers.sources import declare

    found = read(project_root)
    return Project(
        Settings.model_validate(found["settings"]),
        {name: declare(said, f"sql/src/{name}.yaml") for name, said in found["sources"].items()},
        {name: UseCase.model_validate(said) for name, said in found["use_cases"].items()},
        {name: Relation.from_json(said) for name, said in found["relations"].items()},
        tuple(Problem(**said) for said in found["problems"]),
    )
