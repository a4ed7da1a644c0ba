"""Runs of layers without Airflow: the same verbs, in the same order as the DAGs call them."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from layers import announce, build, check, load, publish, settle, stage
from layers.errors import LayersError, ProjectError, TemporaryError
from layers.project import Project
from layers.relation import Relation
from layers.sources import Declaration
from layers.span import Staged
from layers.warehouse import Connection, connect, writer

T = TypeVar("T")
Tell = Callable[[str, str], None]


@dataclass
class Run:
    """One run: its name in the records, where to tell of progress, and what went wrong."""

    project: Project
    tell: Tell
    name: str
    failures: list[str]
    allow_breaking: frozenset[str] = frozenset()

    def attempt(self, what: str, verb: Callable[[], T], told: Callable[[T], str]) -> T | None:
        """Does one step; a failure is told and kept, and the steps that can still be done go on."""
        began = time.monotonic()
        try:
            result = verb()
        except (LayersError, TemporaryError) as error:
            self.failures.append(str(error))
            self.tell(what, "failed")
            return None
        self.tell(what, f"{told(result)}, {time.monotonic() - began:.1f} s")
        return result


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
            _stage(run, connection, relation)
        _announce(run, connection, source)


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
                _staged,
            )
        _announce(run, connection, source)


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
                _staged,
            )
        for source in sorted({relation.folder for relation in relations}):
            _announce(run, connection, source)


def run_unit(run: Run, unit: str) -> None:
    """Builds, checks and publishes `dmn` or a use case."""
    failed: set[str] = set()
    with _as(writer(unit), f"layers run {unit}") as connection:
        for relation in run.project.units[unit]:
            if failed & relation.reads or not _build_and_check(run, connection, relation):
                failed.add(relation.name)
        if not failed:
            _publish(run, connection, unit)


def run_relation(run: Run, name: str, *, in_full: bool = False) -> None:
    """Stages one relation, or builds and checks it and publishes its layer with it.

    An incremental entity is built `in_full` where that is asked for, and then every one of its
    published rows is compared, also those of which nothing changed below.
    """
    relation = run.project.relation(name)
    if in_full and not relation.is_incremental:
        raise ProjectError(f"{name} is not incremental, so it is built in full anyway")
    if relation.folder == "layers":
        raise ProjectError(f"{name} is kept by the engine itself, whenever a source is announced")
    with _as(writer(relation.layer), f"layers run {name}") as connection:
        if relation.layer == "stg":
            _stage(run, connection, relation)
        elif _build_and_check(run, connection, relation, in_full=in_full):
            _publish(run, connection, relation.unit)


@contextmanager
def _as(role: str, doing: str) -> Iterator[Connection]:
    with closing(connect(role, doing)) as connection:
        yield connection


def _stage(run: Run, connection: Connection, relation: Relation) -> None:
    run.attempt(
        f"stage {relation.name}",
        lambda: stage.stage(connection, relation, run.name),
        _staged,
    )


def _staged(done: Staged) -> str:
    told = f"{done.inserted:,} new, {done.updated:,} changed, {done.rejected:,} rejected"
    return f"{told}, {done.deleted:,} deleted" if done.deleted else told


def _announce(run: Run, connection: Connection, source: str) -> None:
    run.attempt(
        f"announce {source}",
        lambda: announce.announce(connection, run.project, source),
        lambda behind: f"wakes {', '.join(behind)}" if behind else "nobody is behind",
    )


def _source(project: Project, source: str) -> Declaration:
    if source not in project.sources:
        raise ProjectError(f"no source '{source}'; there are {', '.join(project.sources)}")
    return project.sources[source]


def _build_and_check(
    run: Run, connection: Connection, relation: Relation, *, in_full: bool = False
) -> bool:
    built = run.attempt(
        f"build {relation.name}",
        lambda: build.build(connection, run.project, relation, run.name, in_full=in_full),
        lambda done: (
            f"{done.rows:,} rows" + (f", {done.fed:,} fed" if done.fed is not None else "")
        ),
    )
    checked = built and run.attempt(
        f"check {relation.name}",
        lambda: check.check(connection, run.project, relation, run.name),
        lambda broken: "; ".join(f"{b.rows:,} break '{b.rule.sentence}'" for b in broken) or "kept",
    )
    return checked is not None


def _publish(run: Run, connection: Connection, unit: str) -> None:
    settled = run.attempt(
        f"settle {unit}",
        lambda: settle.settle(connection, run.project, unit, run.name),
        lambda held: f"{sum(held.values()):,} held",
    )
    for name in sorted(run.allow_breaking):
        if run.project.relations[name].unit == unit:
            run.tell(f"publish {name}", "is taken from its readers while its table is made anew")
    if settled is not None:
        run.attempt(
            f"publish {unit}",
            lambda: publish.publish(connection, run.project, unit, run.name, run.allow_breaking),
            lambda done: f"publication {done.number}" if done.number else "nothing changed",
        )
