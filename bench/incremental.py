"""Ten thousand new events on five million, against building, checking and publishing all of them.

An entity like the example's: events of people, of campaigns by their names; a person has at least
one event. Only what the entity itself costs is timed: its build, its check, and the settling and
publishing of a layer in which nothing else has changed.
"""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg

from bench import loaded
from bench.figures import Figure
from bench.publishing import written
from layers import build, check, publish, record, settle, warehouse
from layers.migrate import migrate
from layers.project import Project
from layers.warehouse import Connection

EVENTS, NEW = 5_000_000, 10_000
PEOPLE, CAMPAIGNS = 50_000, 200
STAGED = {
    "events": "event_id: text, person: text, campaign: text, kind: text, at: timestamptz",
    "people": "person_id: text, name: text",
    "campaigns": "campaign_id: text, name: text",
}
CONTRACT = """
    entity: Event
    definition: Something that a person did.
    grain: one row per event
    key: event_id
    columns:
      event_id: {type: text}
      person_id: {type: text}
      campaign_id: {type: text, optional: true}
      name: {type: text, optional: true}
      kind: {type: text, one_of: [page, click]}
      at: {type: timestamptz}
    criteria:
      an event happened in this century: at >= '2001-01-01Z'
    relationships:
      person: {to: dmn_people, by: person_id, each: "1", inverse: "1..*"}
      campaign: {to: dmn_campaigns, by: campaign_id, each: "0..1", inverse: "0..*"}
    incremental: {by: stg_shop_events, also: {dmn_campaigns: name}}
"""
QUERY = """
    select events.event_id, events.person as person_id, campaigns.campaign_id,
        lower(events.campaign) as name, events.kind, events.at
    from stg_shop.stg_shop_events as events
    left join dmn.dmn_campaigns as campaigns on lower(events.campaign) = campaigns.name
"""


def figures(events: int = EVENTS) -> Iterator[Figure]:
    """The share of the time of a full build, check and publication; the second of two turns."""
    with loaded.empty() as (home, connections):
        project = _project(home / "project")
        with closing(warehouse.connect("owner")) as owner:
            migrate(owner, project)
        with psycopg.connect(connections.server.dsn("warehouse"), autocommit=True) as admin:
            yield from _measured(admin, project, events)


def _measured(
    admin: psycopg.Connection[tuple[object, ...]], project: Project, events: int
) -> Iterator[Figure]:
    admin.execute(
        "insert into stg_shop.stg_shop_people select md5(n::text), 'Ada ' || n, 1, n"
        f" from generate_series(1, {PEOPLE}) n"
    )
    admin.execute(
        "insert into stg_shop.stg_shop_campaigns select n::text, 'campaign-' || n, 1, n"
        f" from generate_series(1, {CAMPAIGNS}) n"
    )
    for name in ("people", "campaigns"):
        record.moved(admin, f"stg_shop_{name}")
    _stage(admin, 0, events, 1)
    with closing(warehouse.connect("modeller", "bench")) as modeller:
        print(f"first publication of {events:,}: {_run(modeller, project):.1f} s")
        took = {}
        for turn in (2, 3):
            _stage(admin, events + NEW * (turn - 2), NEW, turn)
            took["fed"] = _run(modeller, project)
            fed = record.latest_build(modeller, project.relation("dmn_events")) or {}
            assert fed["fed"] == NEW, fed
            _stage(admin, events, NEW, turn, again=True)
            modeller.execute("update layers.versions set rewritten = version")
            took["full"] = _run(modeller, project)
            print(f"{NEW:,} fed: {took['fed']:.2f} s; in full: {took['full']:.2f} s")
    yield Figure(f"{NEW:,} new events on {events:,} / in full", took["fed"] / took["full"], 0.05)


def _stage(
    admin: psycopg.Connection[tuple[object, ...]],
    first: int,
    count: int,
    load: int,
    *,
    again: bool = False,
) -> None:
    """A load of events is staged; `again`, and nothing of it is new."""
    if not again:
        admin.execute(
            "insert into stg_shop.stg_shop_events select md5(n::text), md5((1 + n %"
            f" {PEOPLE})::text), case when n % 3 = 0 then 'Campaign-' || n % {CAMPAIGNS} end,"
            f" 'page', timestamptz '2026-01-01Z' + n * interval '1 second', {load}, n"
            f" from generate_series({first}, {first + count - 1}) n"
        )
        admin.execute("vacuum analyze stg_shop.stg_shop_events")
    admin.execute(
        "insert into layers.staged values ('stg_shop_events', %s, '') on conflict (relation)"
        " do update set load_id = excluded.load_id",
        [load],
    )
    record.moved(admin, "stg_shop_events")


def _run(modeller: Connection, project: Project) -> float:
    """Seconds of the entity's build and check, and of the layer's settling and publishing."""
    events = project.relation("dmn_events")
    for relation in project.units["dmn"]:
        if relation is not events:
            build.build(modeller, project, relation, "bench")
            check.check(modeller, project, relation, "bench")
    began = time.monotonic()
    build.build(modeller, project, events, "bench")
    check.check(modeller, project, events, "bench")
    settle.settle(modeller, project, "dmn", "bench")
    publish.publish(modeller, project, "dmn", "bench")
    return time.monotonic() - began


def _project(folder: Path) -> Project:
    files = {
        "project.yaml": "{project: bench, time_zone: UTC, first_month: 2026-01}",
        "src/shop.yaml": "{source: Shop, kind: files, connection: x, promised_freshness: 1 day,"
        " objects: {events: {files: a}, people: {files: b}, campaigns: {files: c}}}",
        "dmn/dmn_events.yaml": CONTRACT,
        "dmn/dmn_events.sql": QUERY,
    }
    for name, said in STAGED.items():
        pairs = [pair.strip().split(": ") for pair in said.split(",")]
        key = pairs[0][0]
        columns = ", ".join(f"{column}: {{type: {kind}}}" for column, kind in pairs)
        optional = columns.replace(
            "campaign: {type: text}", "campaign: {type: text, optional: true}"
        )
        picked = ", ".join(f"record ->> '{column}' as {column}" for column, _ in pairs)
        contract = f"{{grain: one row per thing, key: {key}, columns: {{{optional}}}}}"
        files[f"stg/shop/stg_shop_{name}.yaml"] = contract
        files[f"stg/shop/stg_shop_{name}.sql"] = f"select {picked} from src_shop.{name}"
        if name != "events":
            said = f"{{entity: Thing, definition: A thing., {contract[1:]}"
            files[f"dmn/dmn_{name}.yaml"] = said
            plain = ", ".join(column for column, _ in pairs)
            files[f"dmn/dmn_{name}.sql"] = f"select {plain} from stg_shop.stg_shop_{name}"
    return written(folder, files)
