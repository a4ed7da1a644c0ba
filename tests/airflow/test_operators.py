"""Operators: who is woken, who is not, and that a lost moment loses no wake-up."""

from typing import Any

import psycopg
import pytest
from airflow.sdk.exceptions import AirflowSkipException

from layers import announce, publish, record
from layers.airflow import operators, verbs
from layers.errors import DataError
from layers.project import Project
from tests.warehouse import Warehouse

CONTEXT: Any = {"run_id": "manual__2026-03-01"}


@pytest.fixture(autouse=True)
def compiled(monkeypatch: pytest.MonkeyPatch, example: Project) -> None:
    monkeypatch.setattr("layers.manifest.load", lambda _root: example)


def run(operator: operators.VerbOperator) -> Any:
    return operator.execute(CONTEXT)


def announced(source: str) -> Any:
    return run(operators.AnnounceOperator(task_id="announce", source=source))


def published(unit: str, role: str) -> Any:
    return run(operators.PublishOperator(task_id="publish", unit=unit, role=role))


def everything_is_published(warehouse: Warehouse) -> None:
    for source in warehouse.project.sources:
        announce.announce(warehouse.connect("loader"), warehouse.project, source)
    for unit in warehouse.project.units:
        warehouse.publish(unit)


def an_agent_joins(warehouse: Warehouse) -> None:
    warehouse.given(
        "stg_zendesk.stg_zendesk_users",
        """
        user_id | role  | active
        77      | agent | true
        """,
    )


def a_user_signs_up(warehouse: Warehouse) -> None:
    warehouse.given(
        "stg_backend.stg_backend_users",
        """
        id                                   | email         | signed_up_at
        00000000-0000-0000-0000-000000000001 | ada@school.uk | 2026-03-01T09:00:00Z
        """,
    )


def test_a_quiet_source_wakes_nobody(warehouse: Warehouse) -> None:
    everything_is_published(warehouse)
    with pytest.raises(AirflowSkipException, match="nobody is behind zendesk"):
        announced("zendesk")


def test_a_source_that_changed_wakes_the_domain_and_the_others_stay_quiet(
    warehouse: Warehouse,
) -> None:
    everything_is_published(warehouse)
    a_user_signs_up(warehouse)
    assert announced("backend") == ["dmn"]
    with pytest.raises(AirflowSkipException):
        announced("zendesk")


def test_an_announcement_killed_before_its_success_is_made_again(warehouse: Warehouse) -> None:
    everything_is_published(warehouse)
    a_user_signs_up(warehouse)
    announce.announce(warehouse.connect("loader"), warehouse.project, "backend")  # then killed
    assert announced("backend") == ["dmn"]


def test_a_publication_killed_after_its_commit_wakes_the_use_cases_when_run_again(
    warehouse: Warehouse,
) -> None:
    everything_is_published(warehouse)
    an_agent_joins(warehouse)
    warehouse.build("dmn")
    committed = publish.publish(warehouse.connect("modeller"), warehouse.project, "dmn", "killed")
    assert committed.number is not None

    again = published("dmn", "modeller")  # nothing to change any more, but nobody was told

    assert again["publication"] is None


def test_a_change_that_no_use_case_reads_wakes_none(warehouse: Warehouse) -> None:
    everything_is_published(warehouse)
    warehouse.given(
        "stg_backend.stg_backend_plans",
        """
        id | name | billing_period | price_per_seat | currency | is_free | created_at | updated_at
        1  | Free | month          | 0              | EUR      | true    | 2026-01-01 | 2026-01-01
        """,
    )
    warehouse.build("dmn")
    with pytest.raises(AirflowSkipException, match="nobody is behind dmn"):
        published("dmn", "modeller")
    assert len(warehouse.rows("dmn_plans")) == 1


def test_a_publication_that_leaves_nobody_behind_is_skipped(warehouse: Warehouse) -> None:
    everything_is_published(warehouse)
    with pytest.raises(AirflowSkipException, match="nobody is behind dmn"):
        published("dmn", "modeller")


def test_a_changed_query_wakes_who_has_to_build_it(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything_is_published(warehouse)
    real = record.fingerprint
    monkeypatch.setattr(
        record, "fingerprint", lambda project, unit: real(project, unit) + "-" * (unit == "dmn")
    )
    assert announced("backend") == ["dmn"]


def test_on_an_empty_warehouse_every_task_succeeds_and_nothing_is_published(
    warehouse: Warehouse,
) -> None:
    for unit, role in (("dmn", "modeller"), ("prs_support", "presenter")):
        for relation in warehouse.project.units[unit]:
            for make in (operators.BuildOperator, operators.CheckOperator):
                run(make(task_id="t", relation=relation.name, role=role))
        run(operators.SettleOperator(task_id="settle", unit=unit, role=role))
        published(unit, role)
    rows = {
        relation.name: len(warehouse.rows(relation.name))
        for relation in warehouse.project.relations.values()
        if relation.layer != "stg"
    }
    assert set(rows.values()) == {0}


def watched(unit: str) -> Any:
    return run(operators.FreshnessOperator(task_id=unit, unit=unit))


def is_known_up_to(warehouse: Warehouse, ago: str, *sources: str) -> None:
    for source in sources:
        warehouse.admin.execute(
            "insert into stg_layers.stg_layers_watermarks (source, loaded_until)"
            " values (%s, now() - %s::interval) on conflict (source)"
            " do update set loaded_until = excluded.loaded_until",
            [source, ago],
        )
    record.moved(warehouse.admin, "stg_layers_watermarks")


def test_the_watch_fails_for_a_late_use_case_names_the_source_and_leaves_the_others(
    warehouse: Warehouse,
) -> None:
    is_known_up_to(warehouse, "1 hour", "backend", "rudderstack")
    is_known_up_to(warehouse, "26 hours", "zendesk", "hubspot", "finance")
    everything_is_published(warehouse)

    with pytest.raises(DataError, match=r"prs_support: is as of .* 1 day later than") as late:
        watched("prs_support")

    assert "zendesk is known up to" in str(late.value)
    assert "layers run --source zendesk" in str(late.value)
    assert "backend" not in str(late.value)
    for unit in ("prs_growth", "prs_engagement", "prs_acquisition"):
        assert watched(unit)["freshness"] == "fresh"  # hubspot and finance hold nobody back


def test_the_watch_succeeds_on_a_warehouse_where_nothing_was_ever_published(
    warehouse: Warehouse,
) -> None:
    for name in warehouse.project.use_cases:
        assert watched(f"prs_{name}")["data_as_of"] == "None"


def test_a_broken_promise_is_not_tried_again_and_a_lost_connection_is() -> None:
    failed = verbs.POLICY.evaluate(DataError("twice"), 1, verbs.RETRIES)
    lost = verbs.POLICY.evaluate(psycopg.OperationalError("gone"), 1, verbs.RETRIES)
    assert failed.action.value == "fail"
    assert lost.action.value == "default"


def test_a_killed_task_cancels_its_query(warehouse: Warehouse) -> None:
    class Sleeps(operators.VerbOperator):
        def do(self, connection: Any, project: Any, run: str) -> Any:
            from threading import Timer

            Timer(0.3, self.on_kill).start()
            connection.execute("select pg_sleep(60)")

    with pytest.raises(psycopg.errors.QueryCanceled):
        run(Sleeps(task_id="sleeps"))
    found = warehouse.query(
        "select 1 from pg_stat_activity where query like '%pg_sleep(60)%' and state = 'active'"
        " and pid <> pg_backend_pid()"
    )
    assert found == []
