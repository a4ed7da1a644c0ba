"""Publish: a whole layer becomes visible in one transaction, or not at all.

Only rows that differ are written. Readers never see half a layer and never wait; a rebuild that
changes nothing writes nothing; grants, views and statistics survive.
"""

import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from layers import (
    build,
    check,
    difference,
    evolve,
    freshness,
    history,
    record,
    restating,
    settle,
    standing,
    sweep,
    touching,
)
from layers.broken import ensure_passed
from layers.candidates import unfit
from layers.difference import Difference, apply
from layers.errors import DataError
from layers.project import Project
from layers.relation import Relation
from layers.restating import Restating
from layers.standing import Standing
from layers.warehouse import Connection, errors_told, locked, snapshot


@dataclass(frozen=True)
class Published:
    """What a publication changed; `number` is empty where no row had to change."""

    unit: str
    number: int | None
    changes: dict[str, Difference]
    seconds: float


def publish(
    connection: Connection,
    project: Project,
    unit: str,
    run: str,
    allow_breaking: Collection[str] = (),
) -> Published:
    """Publishes the candidates of a unit: `dmn`, or a use case like `prs_growth`.

    Candidates that are missing, unchecked, or do not stand for one state of the layer below are
    built again first, in the publishing transaction. Raises DataError where that finds what may
    not be published, or more would be deleted than a `shrink_limit` allows. A use case that is held
    back stays as it is. Of relations that `allow_breaking` names, an incompatible change makes the
    table anew, which takes it from its readers until the publication is committed.
    """
    began = time.monotonic()
    with errors_told(f"publishing {unit}"), locked(connection, unit):
        if record.held_back(connection, unit) is not None:
            return Published(unit, None, {}, time.monotonic() - began)
        anew = evolve.prepare(connection, project, unit, allow_breaking)
        with still(connection, project, unit):
            settle_what_is_ready(connection, project, unit, run)
            with snapshot(connection):
                repair(connection, project, unit, run)
                restating.remember(connection, anew)
                evolve.make_anew(connection, project, anew)
                published = _publish(connection, project, unit, run, anew, began)
        evolve.validate(connection, project, unit)
        with sweep.can_wait(f"forgetting history of {unit}"):
            history.forget(connection, project, unit)
    sweep.sweep(connection, project, published.changes)
    return published


@contextmanager
def still(connection: Connection, project: Project, unit: str) -> Iterator[None]:
    """Keeps builds and checks that start meanwhile from changing a candidate under us."""
    with ExitStack() as held:
        for relation in project.units[unit]:
            held.enter_context(locked(connection, relation.name))
        yield


def settle_what_is_ready(connection: Connection, project: Project, unit: str, run: str) -> None:
    """Settles before the publishing transaction, so that what it finds stays to be looked at."""
    if _stale(connection, project, unit, is_counted=False):
        return
    if record.settled(connection, unit) != standing.builds(connection, project, unit):
        settle.settle(connection, project, unit, run)


def repair(connection: Connection, project: Project, unit: str, run: str) -> None:
    """Builds again what is no candidate of one and the same state, and settles where need be."""
    stale = _stale(connection, project, unit)
    for relation in project.units[unit]:
        if relation.name in stale:
            build.build_here(connection, project, relation, run)
            ensure_passed(relation, check.check_here(connection, project, relation))
    builds = standing.builds(connection, project, unit)
    if record.settled(connection, unit) != builds:
        _, problems = settle.settle_here(connection, project, unit, run)
        if problems:
            raise DataError("\n".join(problems))


def _stale(
    connection: Connection, project: Project, unit: str, *, is_counted: bool = True
) -> set[str]:
    """Relations whose candidate cannot be published as it is.

    Where all candidates saw the same versions of the layer below, they stand for one state, if
    perhaps not the newest. Where they did not, or some have to be built again anyway, every one
    that read a relation which has moved since is built again too.
    """
    relations = project.units[unit]
    latest = record.latest_builds(connection, relations)
    stale = unfit(connection, relations, is_counted=is_counted)
    _spread(project, unit, latest, stale)
    seen = [found["versions"] for name, found in latest.items() if name not in stale]
    if stale or any(versions != seen[0] for versions in seen):
        now = record.versions(connection, project.lower(unit))
        for relation in relations:
            versions = latest[relation.name].get("versions", {})
            if any(versions.get(name) != now[name] for name in relation.reads & now.keys()):
                stale.add(relation.name)
        _spread(project, unit, latest, stale)
    return stale


def _spread(
    project: Project, unit: str, latest: dict[str, dict[str, Any]], stale: set[str]
) -> None:
    """What read a stale candidate, or another one than there is now, is stale as well."""
    for relation in project.units[unit]:
        beside = latest[relation.name].get("candidates", {})
        for other in project.same_layer(relation):
            if other.name in stale or beside.get(other.name) != latest[other.name]["build_id"]:
                stale.add(relation.name)


def _publish(
    connection: Connection,
    project: Project,
    unit: str,
    run: str,
    anew: list[Relation],
    began: float,
) -> Published:
    changes = {}
    before = standing.of(connection, unit)
    difference.ready(connection)
    builds = standing.builds(connection, project, unit)
    for relation in project.units[unit]:
        changes[relation.name] = apply(connection, project, relation, builds[relation.name])
    restating.compare(connection, anew)
    connection.execute("set constraints all immediate")
    evolve.complete(connection, project, unit)
    remade = {relation.name for relation in anew}
    changed = {name: change for name, change in changes.items() if change or name in remade}
    for name in changed:
        record.moved(connection, name)
    now = standing.now(connection, project, unit)
    number = None
    if changed:
        cause = standing.cause(connection, project, unit, before, now)
        number = _number(connection, unit, run, now, changed, cause, began)
        restating.keep(Restating(connection, project, unit, number, cause, before, now), changed)
    standing.confirm(connection, unit, number, now)
    if unit != "dmn":
        freshness.promise(connection, project, unit)
    for relation in project.units[unit]:
        touching.forget(connection, relation)
    return Published(unit, number, changes, time.monotonic() - began)


def _number(
    connection: Connection,
    unit: str,
    run: str,
    now: Standing,
    changed: dict[str, Difference],
    cause: dict[str, Any],
    began: float,
) -> int:
    told = {name: vars(change) for name, change in changed.items()}
    seconds = time.monotonic() - began
    number = record.publication(
        connection, unit, run, now.versions, told, cause, now.known, seconds
    )
    difference.number(connection, number)
    return number
