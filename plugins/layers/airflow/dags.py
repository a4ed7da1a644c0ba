"""DAG makers: a graph of tasks from the manifest, the same at every parse.

A project with a mistake still gives every DAG; the mistake is the first task, and nothing runs
behind it.
"""

from __future__ import annotations

from airflow.sdk import (
    DAG,
    Asset,
    CronTriggerTimetable,
    TaskGroup,
)

from layers import manifest
from layers.airflow.graph import (
    Said,
    all_went_well,
    build_and_check_tasks,
    common,
    either,
    load_tasks,
    mistakes,
    relations_of,
    stage_tasks,
    whatever_came_before,
)
from layers.airflow.operators import (
    AnnounceOperator,
    FreshnessOperator,
    PublishOperator,
    SettleOperator,
)

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
        **common(owner, ["source"], source["source"]),
    ) as dag:
        files = (f"sql/src/{name}.yaml", f"sql/stg/{name}/")
        first = mistakes(found, files, "" if name in found["sources"] else f"sql/src/{name}.yaml")
        announce = AnnounceOperator(
            task_id="announce",
            source=name,
            outlets=[Asset(f"stg_{name}")],
            trigger_rule=whatever_came_before(first),
        )
        loads = load_tasks(name, source, first)
        stages = stage_tasks(name, found, loads, first)
        [*(stages or loads.values()), *([first] if first else [])] >> announce
        all_went_well([*loads.values(), *stages, announce])
    return dag


def domain_dag(owner: str = "layers") -> DAG:
    """The DAG of the domain: build, check, settle and publish `dmn` whenever a source changed."""
    found = manifest.read(manifest.root())
    sources = [Asset(f"stg_{name}") for name in sorted(found["sources"])]
    with DAG(
        "domain",
        schedule=either(sources),
        **common(owner, ["dmn"], "The domain model, published whole or not at all"),
    ) as dag:
        first = mistakes(found, ("sql/dmn/",))
        checks = build_and_check_tasks(relations_of(found, "dmn"), "modeller", first)
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
        schedule=either([Asset("dmn")]),
        **common(owner, ["prs"], "Answers, one schema for each use case"),
    ) as dag:
        first = mistakes(found, ("sql/prs/",))
        for use_case in sorted(found["use_cases"]):
            unit = f"prs_{use_case}"
            relations = relations_of(found, unit)
            if not relations:
                continue
            with TaskGroup(unit, prefix_group_id=False):
                checks = build_and_check_tasks(relations, "presenter", first)
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
        **common(owner, ["prs"], "Whether every use case is as fresh as it promises"),
    ) as dag:
        first = mistakes(found, ("sql/prs/",))
        for use_case, said in sorted(found["use_cases"].items()):
            unit = f"prs_{use_case}"
            if not relations_of(found, unit):
                continue
            promised = f"At most {said['promised_freshness']} old"
            watch = FreshnessOperator(task_id=unit, unit=unit, doc_md=promised)
            if first:
                first >> watch
    return dag
