"""Operators: one verb for one relation, and nothing that costs anything before it runs.

What to do comes from marks in the warehouse, never from the run, so any of
them can be cleared and run again at any time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException

from layers.airflow.verbs import VerbOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from layers.project import Project
    from layers.warehouse import Connection


class LoadOperator(VerbOperator):
    """Loads one object of a source, from its cursor to its end."""

    ui_color = "#d9ead3"

    def __init__(self, *, source: str, object_name: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.source = source
        self.object_name = object_name

    def do(self, connection: Connection, project: Project, run: str) -> Any:
        """Returns what was read."""
        from layers.load import load

        return asdict(load(connection, project, self.source, self.object_name, run))


class StageOperator(VerbOperator):
    """Stages the raw records of one relation that are not staged yet."""

    ui_color = "#d0e0e3"

    def __init__(self, *, relation: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.relation = relation

    def do(self, connection: Connection, project: Project, run: str) -> Any:
        """Returns what became of the records."""
        from layers.stage import stage

        return asdict(stage(connection, project.relation(self.relation), run))


class AnnounceOperator(VerbOperator):
    """Wakes the domain where it is behind what a source has staged; else it is skipped."""

    ui_color = "#fff2cc"

    def __init__(self, *, source: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.source = source

    def do(self, connection: Connection, project: Project, run: str) -> Any:
        """Returns who is behind."""
        from layers.announce import announce

        behind = announce(connection, project, self.source)
        if not behind:
            raise AirflowSkipException(f"nobody is behind {self.source}")
        return behind


class BuildOperator(VerbOperator):
    """Builds the candidate of one relation."""

    ui_color = "#cfe2f3"

    def __init__(self, *, relation: str, role: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.relation = relation
        self.role = role

    def do(self, connection: Connection, project: Project, run: str) -> Any:
        """Returns the build."""
        from layers.build import build

        return asdict(build(connection, project, project.relation(self.relation), run))


class CheckOperator(BuildOperator):
    """Checks the row rules of one candidate."""

    ui_color = "#ead1dc"

    def do(self, connection: Connection, project: Project, run: str) -> Any:
        """Returns the sentences that rows break, and how many do."""
        from layers.check import check

        broken = check(connection, project, project.relation(self.relation), run)
        return {one.rule.sentence: one.rows for one in broken}


class SettleOperator(VerbOperator):
    """Decides what is held, over all candidates of a layer."""

    ui_color = "#ead1dc"

    def __init__(self, *, unit: str, role: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.unit = unit
        self.role = role

    def do(self, connection: Connection, project: Project, run: str) -> Any:
        """Returns the held rows of each relation that has some."""
        from layers.settle import settle

        held = settle(connection, project, self.unit, run)
        return {name: rows for name, rows in held.items() if rows}


class PublishOperator(SettleOperator):
    """Publishes a layer whole; skipped where that leaves nobody downstream behind."""

    ui_color = "#b6d7a8"

    def do(self, connection: Connection, project: Project, run: str) -> Any:
        """Returns the publication's number and the rows it changed."""
        from layers.publish import publish
        from layers.record import someone_behind

        published = publish(connection, project, self.unit, run)
        has_readers = bool(project.consumers(self.unit))
        if has_readers and not someone_behind(connection, project, self.unit):
            raise AirflowSkipException(f"nobody is behind {self.unit}")
        changes = {name: asdict(one) for name, one in published.changes.items() if one}
        return {"publication": published.number, "changes": changes}


class FreshnessOperator(VerbOperator):
    """Fails where a use case is older than it promises; what is on its way has some minutes."""

    role = "modeller"  # who sees both how far sources are staged and what is published
    ui_color = "#fce5cd"

    def __init__(self, *, unit: str, **kwargs: Any) -> None:
        super().__init__(retries=2, retry_delay=timedelta(minutes=2), retry_policy=None, **kwargs)
        self.unit = unit

    def do(self, connection: Connection, project: Project, run: str) -> Any:
        """Returns how fresh it is."""
        from layers.freshness import watch

        found = watch(connection, project, self.unit)
        return {name: str(value) for name, value in found.shown().items()} if found else None


class ProblemsOperator(BaseOperator):
    """Fails with what is wrong in the project's files, before anything runs on top of it."""

    ui_color = "#f4cccc"

    def __init__(self, *, problems: Sequence[str], **kwargs: Any) -> None:
        super().__init__(retries=0, **kwargs)
        self.problems = list(problems)

    def execute(self, context: Context) -> None:
        """Raises ProjectError."""
        from layers.errors import ProjectError

        said = "\n".join(self.problems)
        raise ProjectError(f"{said}\nmend the files; `layers check` says the same without Airflow")
