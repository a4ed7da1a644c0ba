"""What all operators share: a verb, done in the warehouse as the role of its layer.

Each names itself to the warehouse, and cancels its query when the task is killed.
"""

from __future__ import annotations

from abc import abstractmethod
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, ExceptionRetryPolicy, RetryAction, RetryRule

from layers.errors import LayersError, TemporaryError

if TYPE_CHECKING:
    from airflow.sdk import Context

    from layers.project import Project
    from layers.warehouse import Connection

# A broken promise, a wrong file, a refused login: trying again cannot mend it, somebody has to.
RETRIES = 3
RETRY_DELAY = timedelta(seconds=30)
POLICY = ExceptionRetryPolicy(
    rules=[RetryRule(exception=LayersError, action=RetryAction.FAIL, reason="needs a person")]
)


class VerbOperator(BaseOperator):
    """Runs one verb in the warehouse as the role that writes its layer."""

    role = "loader"
    ui_fgcolor = "#000"

    def __init__(self, **kwargs: Any) -> None:
        trying: dict[str, Any] = {
            "retries": RETRIES,
            "retry_delay": RETRY_DELAY,
            "retry_policy": POLICY,
        }
        super().__init__(**trying | kwargs)
        self._connection: Connection | None = None

    def execute(self, context: Context) -> Any:
        """Connects, does the verb, and returns plain values for the log."""
        from contextlib import closing

        from layers import manifest
        from layers.warehouse import connect

        project = manifest.load(manifest.root())
        run = context["run_id"]
        try:
            with closing(connect(self.role, f"{self.dag_id} {self.task_id} {run}")) as connection:
                self._connection = connection
                return self.do(connection, project, run)
        except (LayersError, TemporaryError) as error:
            # the message says it all; where in the engine it was raised helps nobody on call
            raise error.with_traceback(None) from None

    @abstractmethod
    def do(self, connection: Connection, project: Project, run: str) -> Any:
        """The verb; `run` is the name under which the warehouse records it."""

    def on_kill(self) -> None:
        """Cancels what the warehouse is still doing for this task."""
        if self._connection is not None and not self._connection.closed:
            self._connection.cancel_safe(timeout=5)
