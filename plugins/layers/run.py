"""Runs of layers without Airflow: the same verbs, in the same order as the DAGs call them."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial

from layers import load, stage, steps
from layers.errors import ProjectError
from layers.project import Project
from layers.sources import Declaration
from layers.steps import Run, Tell
from layers.warehouse import Connection, connect, writer


def start(project: Project, tell: Tell) -> Run:
    """A run that begins now. Raises ProjectError where the project has mistakes."""
    if project.problems:
        raise ProjectError("\n".join(map(str, project.problems)))
    return Run(project, tell, f"layers run {datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}", [])


def everything(run: Run) -> None:
    """Every source, then the domain, then every use case."""
    for source in run.project.sources:
        run_source(run, source)
    for unit in run.project.units:
        run_unit(run, unit)


def run_source(run: Run, source: str) -> None:
    """Loads, stages and announces a source; what a broken source gave so far is staged."""
    project = run.project
    _source(project, source)
    with _as("loader", f"layers run {source}") as connection:
        for name in project.sources[source].objects:
            run.attempt(
                f"load {source}.{name}",
                partial(load.load, connection, project, source, name, run.name),
                lambda done: f"{done.records:,} records, {done.rejected:,} rejected",
            )
    stage_source(run, source)


def stage_source(run: Run, source: str) -> None:
    """Stages what is loaded of a source, and announces it."""
    with _as("loader", f"layers run {source}") as connection:
        for relation in run.project.staged_from(source):
            steps.stage_relation(run, connection, relation)
        steps.announce_source(run, connection, source)


def load_window(
    run: Run, source: str, object_name: str | None, start: datetime, end: datetime
) -> None:
    """Reads a window of a source's objects again, and stages it."""
    declaration = _source(run.project, source)
    if object_name is not None and object_name not in declaration.objects:
        there = ", ".join(declaration.objects)
        raise ProjectError(f"{source} has no object '{object_name}'; there are {there}")
    with _as("loader", f"layers load {source}") as connection:
        for name in declaration.objects if object_name is None else [object_name]:
            run.attempt(
                f"load {source}.{name}",
                partial(
                    load.load_window,
                    *(connection, run.project, source, name, run.name, start, end),
                ),
                lambda done: f"{done.records:,} records, {done.rejected:,} rejected",
            )
    stage_source(run, source)


def replay_source(run: Run, source: str, since: datetime | None) -> None:
    """Stages the raw records of a source again, and announces it."""
    _source(run.project, source)
    with _as("loader", f"layers replay {source}") as connection:
        for relation in run.project.staged_from(source):
            run.attempt(
                f"replay {relation.name}",
                partial(stage.replay, connection, relation, run.name, since),
                steps.staged,
            )
        steps.announce_source(run, connection, source)


def retry(run: Run, name: str | None) -> None:
    """Stages the rejected records of one relation again, or of all."""
    named = [run.project.relation(name)] if name else list(run.project.relations.values())
    relations = [one for one in named if one.layer == "stg" and one.query is not None]
    if name and not relations:
        raise ProjectError(f"{name} is no relation of staging; nothing else has rejects to retry")
    with _as("loader", "layers rejects --retry") as connection:
        for relation in relations:
            run.attempt(
                f"retry {relation.name}",
                partial(stage.retry, connection, relation),
                steps.staged,
            )
        for source in sorted({relation.folder for relation in relations}):
            steps.announce_source(run, connection, source)


def run_unit(run: Run, unit: str) -> None:
    """Builds, checks and publishes `dmn` or a use case."""
    failed: set[str] = set()
    with _as(writer(unit), f"layers run {unit}") as connection:
        for relation in run.project.units[unit]:
            if failed & relation.reads or not steps.build_and_check(run, connection, relation):
                failed.add(relation.name)
        if not failed:
            steps.publish_unit(run, connection, unit)


def run_relation(run: Run, name: str, *, in_full: bool = False) -> None:
    """Stages one relation, or builds and checks it and publishes its layer with it.

    What is fed or refreshed is built `in_full` where that is asked for, and then every one of its
    published rows is compared, also those of which nothing changed below.
    """
    relation = run.project.relation(name)
    if in_full and not relation.is_incremental:
        raise ProjectError(
            f"{name} is neither incremental nor refreshed, so it is built in full anyway"
        )
    if relation.folder == "layers":
        raise ProjectError(f"{name} is kept by the engine itself, whenever a source is announced")
    with _as(writer(relation.layer), f"layers run {name}") as connection:
        if relation.layer == "stg":
            steps.stage_relation(run, connection, relation)
        elif steps.build_and_check(run, connection, relation, in_full=in_full):
            steps.publish_unit(run, connection, relation.unit)


@contextmanager
def _as(role: str, doing: str) -> Iterator[Connection]:
    with closing(connect(role, doing)) as connection:
        yield connection


def _source(project: Project, source: str) -> Declaration:
    if source not in project.sources:
        raise ProjectError(f"no source '{source}'; there are {', '.join(project.sources)}")
    return project.sources[source]
