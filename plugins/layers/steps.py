"""Steps of a run without Airflow: each verb is done, timed, and told of."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from layers import announce, build, check, publish, settle, stage
from layers.errors import LayersError, TemporaryError
from layers.project import Project
from layers.relation import Relation
from layers.span import Staged
from layers.warehouse import Connection

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


def stage_relation(run: Run, connection: Connection, relation: Relation) -> None:
    """Stages what is loaded and not staged yet."""
    run.attempt(
        f"stage {relation.name}",
        lambda: stage.stage(connection, relation, run.name),
        staged,
    )


def staged(done: Staged) -> str:
    """What became of the records that were staged, in words."""
    told = f"{done.inserted:,} new, {done.updated:,} changed, {done.rejected:,} rejected"
    return f"{told}, {done.deleted:,} deleted" if done.deleted else told


def announce_source(run: Run, connection: Connection, source: str) -> None:
    """Says who is behind a source now."""
    run.attempt(
        f"announce {source}",
        lambda: announce.announce(connection, run.project, source),
        lambda behind: f"wakes {', '.join(behind)}" if behind else "nobody is behind",
    )


def build_and_check(
    run: Run, connection: Connection, relation: Relation, *, in_full: bool = False
) -> bool:
    """Whether a relation was built and checked, and keeps what it promises."""
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


def publish_unit(run: Run, connection: Connection, unit: str) -> None:
    """Settles and publishes a unit, and says before whose readers will notice."""
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
