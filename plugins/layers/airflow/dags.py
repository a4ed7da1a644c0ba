"""DAG makers: a graph of tasks from the manifest, the same at every parse.

A project with a mistake still gives every DAG; the mistake is the first task, and nothing runs
behind it.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import (
    DAG,
    Asset,
    AssetAny,
    AssetOrTimeSchedule,
    CronTriggerTimetable,
    TaskGroup,
    TriggerRule,
)

from layers import manifest
from layers.airflow.operators import (
    AnnounceOperator,
    BuildOperator,
    CheckOperator,
    FreshnessOperator,
    LoadOperator,
    ProblemsOperator,
    PublishOperator,
    SettleOperator,
    StageOperator,
)

Said = dict[str, Any]
DAILY = "30 4 * * *"
# between the quarters of an hour at which sources are usually read
WATCHED = "7-59/15 * * * *"


def source_dag(name: str, owner: str = "layers") -> DAG:
    """The DAG of a source: load its objects, stage its relations, announce what changed."""
    found = manifest.read(manifest.root())
    source: Said = found["sources"].get(name, {"source": name, "objects": {}, "schedule": None})
    schedule = source["schedule"]
    with DAG(
        f"source_{name}",
        schedule=CronTriggerTimetable(schedule, timezone="UTC") if schedule else None,
        **_common(owner, ["source"], source["source"]),
    ) as dag:
        files = (f"sql/src/{name}.yaml", f"sql/stg/{name}/")
        first = _problems(found, files, "" if name in found["sources"] else f"sql/src/{name}.yaml")
        announce = AnnounceOperator(
            task_id="announce",
            source=name,
            outlets=[Asset(f"stg_{name}")],
            trigger_rule=_whatever_came_before(first),
        )
        loads = _loads(name, source, first)
        stages = _stages(name, found, loads, first)
        [*(stages or loads.values()), *([first] if first else [])] >> announce
        _all_went_well([*loads.values(), *stages, announce])
    return dag


def domain_dag(owner: str = "layers") -> DAG:
    """The DAG of the domain: build, check, settle and publish `dmn` whenever a source changed."""
    found = manifest.read(manifest.root())
    sources = [Asset(f"stg_{name}") for name in sorted(found["sources"])]
    with DAG(
        "domain",
        schedule=_on(sources),
        **_common(owner, ["dmn"], "The domain model, published whole or not at all"),
    ) as dag:
        first = _problems(found, ("sql/dmn/",))
        checks = _build_and_check(_of(found, "dmn"), "modeller", first)
        settle = SettleOperator(task_id="settle", unit="dmn", role="modeller")
        publish = PublishOperator(
            task_id="publish", unit="dmn", role="modeller", outlets=[Asset("dmn")]
        )
        [*checks, *([first] if first else [])] >> settle >> publish
    return dag


def presentation_dag(owner: str = "layers") -> DAG:
    """The DAG of the presentation layer: each use case, whenever the domain changed."""
    found = manifest.read(manifest.root())
    with DAG(
        "presentation",
        schedule=_on([Asset("dmn")]),
        **_common(owner, ["prs"], "Answers, one schema for each use case"),
    ) as dag:
        first = _problems(found, ("sql/prs/",))
        for use_case in sorted(found["use_cases"]):
            unit = f"prs_{use_case}"
            relations = _of(found, unit)
            if not relations:
                continue
            with TaskGroup(unit, prefix_group_id=False):
                checks = _build_and_check(relations, "presenter", first)
                checks >> PublishOperator(
                    task_id=f"{unit}.publish",
                    unit=unit,
                    role="presenter",
                    outlets=[Asset(unit)],
                )
    return dag


def freshness_dag(owner: str = "layers") -> DAG:
    """The DAG that watches: it fails when a use case is older than it promises."""
    found = manifest.read(manifest.root())
    with DAG(
        "freshness",
        schedule=CronTriggerTimetable(WATCHED, timezone="UTC"),
        **_common(owner, ["prs"], "Whether every use case is as fresh as it promises"),
    ) as dag:
        first = _problems(found, ("sql/prs/",))
        for use_case, said in sorted(found["use_cases"].items()):
            unit = f"prs_{use_case}"
            if not _of(found, unit):
                continue
            promised = f"At most {said['promised_freshness']} old"
            watch = FreshnessOperator(task_id=unit, unit=unit, doc_md=promised)
            if first:
                first >> watch
    return dag


def _common(owner: str, tags: list[str], said: str) -> Said:
    return {
        "catchup": False,
        "max_active_runs": 1,
        "default_args": {"owner": owner},
        "tags": [*tags, "layers"],
        "description": said,
    }


def _on(assets: list[Asset]) -> AssetOrTimeSchedule:
    daily = CronTriggerTimetable(DAILY, timezone="UTC")
    return AssetOrTimeSchedule(timetable=daily, assets=AssetAny(*assets))


def _of(found: Said, schema: str) -> list[Said]:
    return [relation for relation in found["relations"].values() if relation["schema"] == schema]


def _problems(found: Said, files: tuple[str, ...], missing: str = "") -> ProblemsOperator | None:
    """The task that fails with what is wrong in these files, if anything is."""
    told = [
        f"{problem['file']}: {problem['message']}"
        for problem in found["problems"]
        if problem["file"].startswith((*files, "sql/project.yaml"))
    ]
    if missing and not told:
        told = [f"{missing}: is not there, but a DAG is made of it"]
    return ProblemsOperator(task_id="problems", problems=told) if told else None


def _whatever_came_before(first: ProblemsOperator | None) -> TriggerRule:
    """What was read is staged and announced although something else failed; mistakes stop all."""
    return TriggerRule.ALL_SUCCESS if first else TriggerRule.ALL_DONE


def _loads(name: str, source: Said, first: ProblemsOperator | None) -> dict[str, LoadOperator]:
    loads = {}
    for object_name in sorted(source["objects"]):
        loads[object_name] = LoadOperator(
            task_id=f"load_{object_name}", source=name, object_name=object_name
        )
        if first:
            first >> loads[object_name]
    return loads


def _stages(
    name: str, found: Said, loads: dict[str, LoadOperator], first: ProblemsOperator | None
) -> list[StageOperator]:
    stages = []
    for relation in _of(found, f"stg_{name}"):
        if relation["query"] is None:  # drawn, and not filled yet
            continue
        stage = StageOperator(
            task_id=f"stage_{relation['name']}",
            relation=relation["name"],
            doc_md=relation["content"].get("grain"),
            trigger_rule=_whatever_came_before(first),
        )
        for reference in relation["references"]:
            if load := loads.get(reference["table"]):
                load >> stage
        if first:
            first >> stage
        stages.append(stage)
    return stages


def _build_and_check(
    relations: list[Said], role: str, first: ProblemsOperator | None
) -> list[CheckOperator]:
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


def _all_went_well(tasks: list[Any]) -> None:
    """Fails the run where any task failed, though what could be done was done."""
    from airflow.providers.standard.operators.empty import EmptyOperator

    tasks >> EmptyOperator(task_id="all_went_well", trigger_rule=TriggerRule.NONE_FAILED)
