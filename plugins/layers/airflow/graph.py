"""Parts of the graphs that DAG makers put together, from what the manifest says."""

from __future__ import annotations

from typing import Any

from airflow.sdk import (
    Asset,
    AssetAny,
    AssetOrTimeSchedule,
    CronTriggerTimetable,
    TaskGroup,
    TriggerRule,
)

from layers.airflow.operators import (
    BuildOperator,
    CheckOperator,
    LoadOperator,
    ProblemsOperator,
    StageOperator,
)

Said = dict[str, Any]
DAILY = "30 4 * * *"


def common(owner: str, tags: list[str], said: str) -> Said:
    """What all DAGs have in common."""
    return {
        "catchup": False,
        "max_active_runs": 1,
        "default_args": {"owner": owner},
        "tags": [*tags, "layers"],
        "description": said,
    }


def either(assets: list[Asset]) -> AssetOrTimeSchedule:
    """A schedule of these assets, any of them, and once a day whatever they say."""
    daily = CronTriggerTimetable(DAILY, timezone="UTC")
    return AssetOrTimeSchedule(timetable=daily, assets=AssetAny(*assets))


def relations_of(found: Said, schema: str) -> list[Said]:
    """The relations of a schema, in the order in which they are built."""
    return [relation for relation in found["relations"].values() if relation["schema"] == schema]


def mistakes(found: Said, files: tuple[str, ...], missing: str = "") -> ProblemsOperator | None:
    """The task that fails with what is wrong in these files, if anything is."""
    told = [
        f"{problem['file']}: {problem['message']}"
        for problem in found["problems"]
        if problem["file"].startswith((*files, "sql/project.yaml"))
    ]
    if missing and not told:
        told = [f"{missing}: is not there, but a DAG is made of it"]
    return ProblemsOperator(task_id="problems", problems=told) if told else None


def whatever_came_before(first: ProblemsOperator | None) -> TriggerRule:
    """What was read is staged and announced although something else failed; mistakes stop all."""
    return TriggerRule.ALL_SUCCESS if first else TriggerRule.ALL_DONE


def load_tasks(name: str, source: Said, first: ProblemsOperator | None) -> dict[str, LoadOperator]:
    """A task for each object of a source."""
    loads = {}
    for object_name in sorted(source["objects"]):
        loads[object_name] = LoadOperator(
            task_id=f"load_{object_name}", source=name, object_name=object_name
        )
        if first:
            first >> loads[object_name]
    return loads


def stage_tasks(
    name: str, found: Said, loads: dict[str, LoadOperator], first: ProblemsOperator | None
) -> list[StageOperator]:
    """A task for each relation of a source, behind the load of what it reads."""
    stages = []
    for relation in relations_of(found, f"stg_{name}"):
        if relation["query"] is None:  # drawn, and not filled yet
            continue
        stage = StageOperator(
            task_id=f"stage_{relation['name']}",
            relation=relation["name"],
            doc_md=relation["content"].get("grain"),
            trigger_rule=whatever_came_before(first),
        )
        for reference in relation["references"]:
            if load := loads.get(reference["table"]):
                load >> stage
        if first:
            first >> stage
        stages.append(stage)
    return stages


def build_and_check_tasks(
    relations: list[Said], role: str, first: ProblemsOperator | None
) -> list[CheckOperator]:
    """A build and a check for each relation, behind those that it reads."""
    builds: dict[str, BuildOperator] = {}
    checks = []
    for relation in relations:
        name = relation["name"]
        content = relation["content"]
        said = content.get("definition") or content.get("answers")
        with TaskGroup(name, tooltip=said or ""):
            build = BuildOperator(task_id="build", relation=name, role=role, doc_md=said)
            check = CheckOperator(task_id="check", relation=name, role=role, doc_md=said)
            build >> check
        if first:
            first >> build
        for read in relation["reads"]:
            if read in builds:
                builds[read] >> build
        builds[name] = build
        checks.append(check)
    return checks


def all_went_well(tasks: list[Any]) -> None:
    """Fails the run where any task failed, though what could be done was done."""
    from airflow.providers.standard.operators.empty import EmptyOperator

    tasks >> EmptyOperator(task_id="all_went_well", trigger_rule=TriggerRule.NONE_FAILED)
