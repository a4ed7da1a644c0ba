"""DAGs: made of the manifest, linked by assets, cheap to parse."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG, AssetOrTimeSchedule, CronTriggerTimetable, TriggerRule

from layers import manifest
from layers.airflow import domain_dag, freshness_dag, presentation_dag, source_dag
from layers.project import Project
from tests.conftest import ROOT

HEAVY = ["sqlglot", "pandas", "psycopg", "pydantic_settings"]
SOURCES = list((ROOT / "sql" / "src").glob("*.yaml"))


def upstream(dag: DAG, task_id: str) -> set[str]:
    return set(dag.get_task(task_id).upstream_task_ids)


def outlets(dag: DAG, task_id: str) -> list[str]:
    return [asset.name for asset in dag.get_task(task_id).outlets]


def wakes(dag: DAG) -> set[str]:
    assert isinstance(dag.timetable, AssetOrTimeSchedule)
    return {asset.name for asset in dag.timetable.asset_condition.objects}


def test_a_source_stages_each_relation_behind_the_object_it_reads() -> None:
    dag = source_dag("zendesk")
    assert upstream(dag, "stage_stg_zendesk_tickets") == {"load_tickets"}
    assert upstream(dag, "stage_stg_zendesk_users") == {"load_users"}
    staged = {"stage_stg_zendesk_tickets", "stage_stg_zendesk_users"}
    assert upstream(dag, "announce") == staged
    assert outlets(dag, "announce") == ["stg_zendesk"]


def test_what_a_broken_source_gave_is_staged_and_announced_and_its_run_fails_all_the_same() -> None:
    dag = source_dag("zendesk")
    for task_id in ("stage_stg_zendesk_tickets", "announce"):
        assert dag.get_task(task_id).trigger_rule == TriggerRule.ALL_DONE
    last = dag.get_task("all_went_well")
    assert last.trigger_rule == TriggerRule.NONE_FAILED
    assert last.upstream_task_ids == set(dag.task_ids) - {"all_went_well"}


def test_the_domain_builds_in_the_order_of_reading_and_publishes_what_is_settled(
    example: Project,
) -> None:
    dag = domain_dag()
    for relation in example.units["dmn"]:
        read = {f"{other.name}.build" for other in example.same_layer(relation)}
        assert upstream(dag, f"{relation.name}.build") == read
        assert upstream(dag, f"{relation.name}.check") == {f"{relation.name}.build"}
    assert upstream(dag, "settle") == {f"{r.name}.check" for r in example.units["dmn"]}
    assert upstream(dag, "publish") == {"settle"}


def test_assets_link_the_layers() -> None:
    assert wakes(domain_dag()) == {f"stg_{path.stem}" for path in SOURCES}
    assert set(outlets(domain_dag(), "publish")) == wakes(presentation_dag()) == {"dmn"}
    assert outlets(presentation_dag(), "prs_support.publish") == ["prs_support"]


def test_every_use_case_is_watched_on_a_clock_whatever_else_runs(example: Project) -> None:
    dag = freshness_dag()
    assert set(dag.task_ids) == {f"prs_{name}" for name in example.use_cases}
    assert isinstance(dag.timetable, CronTriggerTimetable)
    for task_id in dag.task_ids:
        assert upstream(dag, task_id) == set()
        assert outlets(dag, task_id) == []
        # an example that is being told of a new day is late for the minutes that this takes
        assert dag.get_task(task_id).retries > 0


def test_every_dag_file_is_a_docstring_an_import_and_a_line() -> None:
    for path in (ROOT / "dags").glob("*.py"):
        code = [line for line in path.read_text().splitlines() if line]
        assert len(code) == 3, path
        assert "airflow" in path.read_text()
        assert "dag" in path.read_text()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "sql", tmp_path / "sql")
    monkeypatch.setenv("LAYERS_PROJECT", str(tmp_path))
    monkeypatch.delenv("LAYERS_STATE")
    return tmp_path


def parsed_apart(path: Path, project: Path) -> dict[str, Any]:
    """What a DAG file imports and does in a process that has Airflow's names already."""
    code = (
        "import json, runpy, socket, sys; import airflow.sdk\n"
        "from airflow.providers.standard.operators.empty import EmptyOperator\n"
        "import sqlalchemy.engine; done = []; real = socket.socket.connect\n"
        "socket.socket.connect = lambda self, *a: (done.append(str(a)), real(self, *a))[1]\n"
        "make = sqlalchemy.engine.Engine.__init__\n"
        "def noted(*a, **k): done.append('engine'); make(*a, **k)\n"
        "sqlalchemy.engine.Engine.__init__ = noted\n"
        "before = set(sys.modules); runpy.run_path(sys.argv[1])\n"
        "print(json.dumps({'added': sorted(set(sys.modules) - before), 'done': done}))\n"
    )
    environment = os.environ | {
        "LAYERS_PROJECT": str(project),
        "PYTHONPATH": str(ROOT / "plugins"),
    }
    out = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        env=environment, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


def test_parsing_imports_nothing_heavy_makes_no_engine_and_opens_no_connection(
    project: Path,
) -> None:
    found = parsed_apart(ROOT / "dags" / "domain.py", project)  # compiles the manifest, apart
    assert "layers.airflow.dags" in found["added"]
    assert [name for name in HEAVY if name in found["added"]] == []
    assert found["done"] == []


def test_a_manifest_older_than_the_files_is_compiled_again_by_content(project: Path) -> None:
    compiled = manifest.compile_project(project)
    first = compiled.stat().st_mtime_ns
    touched = project / "sql" / "dmn" / "dmn_web_users.sql"
    touched.touch()
    manifest.read(project)
    assert compiled.stat().st_mtime_ns == first  # another time, the same content

    touched.write_text(touched.read_text() + "-- another content\n")
    manifest.read(project)
    assert compiled.stat().st_mtime_ns > first


def test_a_manifest_that_is_not_whole_is_made_anew(project: Path) -> None:
    compiled = manifest.compile_project(project)
    compiled.write_text(compiled.read_text()[:100])
    assert set(manifest.read(project)["sources"]) == {path.stem for path in SOURCES}


def test_the_project_of_the_manifest_is_the_project_of_the_files(example: Project) -> None:
    compiled = manifest.load(ROOT)
    assert list(compiled.relations) == list(example.relations)
    assert compiled == example


def test_the_plugin_loader_of_airflow_finds_nothing_of_the_engine() -> None:
    from airflow._shared.module_loading import file_discovery

    found = file_discovery.find_path_from_directory(str(ROOT / "plugins"), ".airflowignore")
    assert [path for path in found if "/layers/" in path] == []
