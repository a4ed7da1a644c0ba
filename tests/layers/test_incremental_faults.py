"""Incremental entities where something else happens at the same time, again, or halfway.

Each of these once ended with a published table that a build in full would not have made.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from layers import build, check, cli, made_of, publish, settle, verify, warehouse
from layers.warehouse import Connection, text
from tests.layers import test_incremental
from tests.layers.test_incremental import (
    FILES,
    Street,
    person,
    poster,
    street,
    street_there,
    visit,
    write,
)
from tests.servers import OWNER, Postgres

__all__ = ["street", "street_there"]
OpenStreet = Callable[[dict[str, str]], Street]
ABSENCES = ("sql/dmn/dmn_absences.yaml", "sql/dmn/dmn_absences.sql")
VISITS, QUERY = FILES["sql/dmn/dmn_visits.yaml"], FILES["sql/dmn/dmn_visits.sql"]
_NUMBERS = count(1)


@pytest.fixture
def open_street(
    server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OpenStreet]:
    """A street with other files, without absences, in which there is nothing yet."""
    opened: list[Street] = []

    def go(changes: dict[str, str]) -> Street:
        for name in ABSENCES:
            monkeypatch.delitem(FILES, name)
        project = write(tmp_path, changes)
        assert not project.problems, "\n".join(map(str, project.problems))
        name = f"street_{os.getpid()}_{next(_NUMBERS)}"
        server.create_database(name, owner=OWNER)
        made = Street(server, name, project)
        opened.append(made)
        made.connections(monkeypatch)
        made.migrate()
        return made

    yield go
    for made in opened:
        made.close()
        server.drop_database(made.name)


def again(street: Street, *, publishing: bool = True) -> Connection:
    """Somebody clears the task `check`, and those that follow it."""
    modeller = street.connect("modeller")
    check.check(modeller, street.project, street.project.relation("dmn_visits"), "again")
    settle.settle(modeller, street.project, "dmn", "again")
    if publishing:
        publish.publish(modeller, street.project, "dmn", "again")
    return modeller


def verified(street: Street) -> verify.Verified:
    relation = street.project.relation("dmn_visits")
    return verify.verify(street.connect("modeller"), street.project, relation, "test")


@pytest.mark.parametrize("built", [False, True], ids=["after publishing", "before publishing"])
def test_a_check_that_is_run_again_forgets_nobody_who_is_held(street: Street, built: bool) -> None:
    street.staged("visits", visit("v4", "cid"))
    street.publish()
    if built:
        street.staged("visits", visit("v5", "ada"))
        street.build()
    again(street)
    assert set(street.held("dmn_visits")) == {"v4"}

    street.staged("people", person("cid"))
    street.publish()
    assert "v4" in street.visits()
    assert street.is_as_in_full()


def test_a_reference_that_was_emptied_comes_back_after_a_second_check(street: Street) -> None:
    street.staged("posters", poster("p1", "owl", price=0))
    street.publish()
    street.staged("visits", visit("v5", "ada"))
    street.build()
    again(street)
    street.staged("posters", poster("p1", "owl", price=2))
    street.publish()
    assert street.visits()["v1"][1] == "p1"


def test_of_a_held_row_every_rule_is_told_that_it_breaks(street: Street) -> None:
    street.staged("visits", visit("v2", "ben", minutes=100), visit("v5", "ben"))
    street.publish()
    street.rewritten("delete from stg_web.stg_web_people where person_id = 'ben'", "people")
    street.publish()

    assert street.latest("dmn_visits").fed == 0
    assert street.held("dmn_visits")["v2"] == (
        "a visit does not last for ever; each visit has 1 person"
    )
    assert street.is_as_in_full()


BY_HAND = {
    "v3": "delete from dmn.dmn_visits where visit_id = 'v3'",
    "v2": "update dmn.dmn_visits set minutes = 99 where visit_id = 'v2'",
    "v9": "insert into dmn.dmn_visits (visit_id, person_id) values ('v9', 'ada')",
}


@pytest.mark.parametrize("key", BY_HAND)
def test_what_somebody_changed_in_the_published_table_is_found_by_verify_and_mended_as_it_says(
    street: Street, tmp_path: Path, capsys: pytest.CaptureFixture[str], key: str
) -> None:
    write(tmp_path)
    layers = partial(cli.main, ["--project", str(tmp_path), "verify", "dmn_visits"])
    before = street.visits()
    street.admin.execute(text(BY_HAND[key]))

    assert layers() == 1
    told = capsys.readouterr().out
    assert f"1 of 3 rows differ from a build in full (0 rows fed), among them {key}" in told
    assert "mend what is published: layers run --in-full dmn_visits" in told

    assert cli.main(["--project", str(tmp_path), "run", "--in-full", "dmn_visits"]) == 0
    assert street.visits() == before
    assert layers() == 0
    street.staged("visits", visit("v4", "ada"))
    street.publish()
    assert street.latest("dmn_visits").fed == 1  # from now on it is fed again


@pytest.mark.usefixtures("street")
def test_only_what_is_incremental_can_be_asked_for_in_full(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path)
    assert cli.main(["--project", str(tmp_path), "run", "--in-full", "dmn_people"]) == 1
    said = "dmn_people is neither incremental nor refreshed, so it is built in full anyway"
    assert capsys.readouterr().err.strip() == said


def test_a_crash_that_empties_a_candidate_of_no_rows_publishes_what_it_held(
    street: Street,
) -> None:
    for key in ("v1", "v2", "v3"):
        street.staged("visits", visit(key, "ada", minutes=0))
    street.build()
    assert street.latest("dmn_visits").rows == 0
    found = street.query("select tablename as t from pg_tables where schemaname = 'dmn_candidates'")
    for row in found:
        street.admin.execute(text(f'truncate dmn_candidates."{row.t}"'))
    street.publish()
    assert street.visits() == {}


def test_a_warehouse_that_was_filled_before_there_was_feeding_goes_on(street: Street) -> None:
    found = street.query(
        "select tablename as t from pg_tables where schemaname = 'dmn_candidates'"
        " and tablename ~ '^(touched|changed)_'"
    )
    for row in found:
        street.admin.execute(text(f'drop table dmn_candidates."{row.t}"'))
    for name in ("marks", "before", "fed", "changed", "because"):
        street.admin.execute(text(f"alter table layers.builds drop column {name}"))
    street.admin.execute("alter table layers.versions drop column rewritten")
    street.migrate()
    street.staged("visits", visit("v4", "ada"))
    street.publish()
    assert "v4" in street.visits()
    assert street.is_as_in_full()


def slowly(
    monkeypatch: pytest.MonkeyPatch, relation: str, thread: str, seconds: float
) -> threading.Event:
    """Lets one thread's build of a relation take its time when it has made its table."""
    filled, begun = build._fill, threading.Event()

    def fill(connection: Any, project: Any, one: Any) -> Any:
        rows = filled(connection, project, one)
        if one.name == relation and threading.current_thread().name == thread:
            begun.set()
            time.sleep(seconds)
        return rows

    monkeypatch.setattr(build, "_fill", fill)
    return begun


@pytest.mark.parametrize("in_full", [False, True], ids=["fed", "in full"])
def test_a_build_that_waits_while_what_it_reads_is_built_reads_it_whole(
    street: Street, monkeypatch: pytest.MonkeyPatch, in_full: bool
) -> None:
    if in_full:
        street.rewritten("update stg_web.stg_web_visits set minutes = 6", "visits")
    street.staged("visits", visit("v5", "ben", "cat"))
    posters, visits = (street.project.relation(f"dmn_{one}") for one in ("posters", "visits"))
    begun = slowly(monkeypatch, "dmn_posters", "slow", 1.5)
    mine, other, third = (warehouse.connect("modeller") for _ in range(3))

    with warehouse.locked(third, "dmn_visits"):  # somebody else builds visits
        waiting = threading.Thread(
            target=build.build, args=(mine, street.project, visits, "waiting")
        )
        waiting.start()
        time.sleep(0.5)
        slow = threading.Thread(
            name="slow", target=build.build, args=(other, street.project, posters, "slow")
        )
        slow.start()
        assert begun.wait(20)
    waiting.join()
    slow.join()
    for connection in (other, third):
        connection.close()
    for relation in (posters, visits):
        check.check(mine, street.project, relation, "test")
    publish.publish(mine, street.project, "dmn", "test")
    mine.close()

    assert (street.visits()["v1"][1], street.visits()["v5"][1]) == ("p1", "p2")
    assert street.is_as_in_full()


ROUNDS = {
    "sql/src/web.yaml": FILES["sql/src/web.yaml"].replace(
        "people: {", 'rounds: {files: "rounds*.jsonl"}\n          people: {'
    ),
    "sql/stg/web/stg_web_rounds.yaml": FILES["sql/stg/web/stg_web_visits.yaml"],
    "sql/stg/web/stg_web_rounds.sql": FILES["sql/stg/web/stg_web_visits.sql"].replace(
        "src_web.visits", "src_web.rounds"
    ),
    "sql/dmn/dmn_visits.yaml": VISITS.replace(
        "by: stg_web_visits", "by: [stg_web_rounds, stg_web_visits]"
    ),
    "sql/dmn/dmn_visits.sql": """
        with

        all_visits as (
            select visit_id, person, null::text as name, minutes from stg_web.stg_web_rounds
            union all
            select visit_id, person, poster as name, minutes from stg_web.stg_web_visits
        )

        select
            all_visits.visit_id,
            all_visits.person as person_id,
            posters.poster_id,
            all_visits.name,
            all_visits.minutes
        from all_visits
        left join dmn.dmn_posters as posters on all_visits.name = posters.name
    """,
}


def test_a_constant_of_one_half_of_a_union_is_not_taken_for_the_column_of_the_other(
    open_street: OpenStreet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(test_incremental.KEYS, "rounds", "visit_id")
    street = open_street(ROUNDS)
    street.staged("people", person("ada"))
    street.staged("posters", poster("p1", "owl"))
    street.staged("rounds", visit("r1", "ada"))
    street.staged("visits", visit("v1", "ada", "owl"))
    street.publish()
    street.staged("posters", poster("p1", "cat"))
    street.publish()

    assert street.latest("dmn_visits").fed == 1
    assert street.visits()["v1"][1] is None
    relation = street.project.relation("dmn_visits")
    made = [
        made_of.agreeing(street.project, relation, by, "name")
        for by in ("stg_web_rounds", "stg_web_visits")
    ]
    assert ("NULL" in made[0], made[1]) == (True, '"b"."poster"')


def test_a_column_that_two_relationships_share_and_one_empties_is_judged_in_all_rows(
    open_street: OpenStreet,
) -> None:
    town = "person_id: {type: text}\n          town: {type: text}"
    changes = {
        f"sql/dmn/dmn_{name}.yaml": FILES[f"sql/dmn/dmn_{name}.yaml"]
        .replace(f"key: {key}", f"key: [town, {key}]")
        .replace(f"{key}: {{type: text}}", town.replace("person_id", key))
        for name, key in (("people", "person_id"), ("posters", "poster_id"))
    }
    changes["sql/dmn/dmn_people.sql"] = (
        "select 't' as town, person_id, age from stg_web.stg_web_people"
    )
    changes["sql/dmn/dmn_posters.sql"] = (
        "select 't' as town, poster_id, name, price from stg_web.stg_web_posters"
    )
    head = VISITS.split("relationships:")[0].replace(
        "person_id: {type: text}",
        "person_id: {type: text, optional: true}\n          town: {type: text, optional: true}",
    )
    changes["sql/dmn/dmn_visits.yaml"] = (
        f"{head}relationships:\n"
        '          person: {to: dmn_people, by: [town, person_id], each: "0..1", inverse: "0..*"}\n'
        '          poster: {to: dmn_posters, by: [town, poster_id], each: "0..1",'
        ' inverse: "0..*", on_missing: empty}\n'
        "        incremental: {by: stg_web_visits}\n"
    )
    changes["sql/dmn/dmn_visits.sql"] = (
        "select visit_id, 't' as town, person as person_id, poster as poster_id,"
        " null::text as name, minutes from stg_web.stg_web_visits"
    )
    street = open_street(changes)
    street.staged("people", person("ada"), person("ben"))
    street.staged("posters", poster("p1", "owl"))
    street.staged("visits", visit("v1", "ada", "p9"), visit("v2", "ben", "p1"))
    street.publish()
    street.staged("people", person("ada", 9))
    street.publish()

    assert [row.visit_id for row in street.rows("dmn_visits")] == ["v2"]
    assert (verified(street).differ, verified(street).rows) == (0, 1)


def test_a_rule_that_only_warns_goes_on_warning(open_street: OpenStreet) -> None:
    warns = VISITS.replace('inverse: "1..*"', 'inverse: "1..*", on_violation: warn', 1)
    street = open_street({"sql/dmn/dmn_visits.yaml": warns})
    street.staged("people", person("ada"), person("ben"))
    street.staged("visits", visit("v1", "ada"))
    told = []
    for key in ("v2", "v3"):
        street.publish()
        found = street.query(
            "select sentence, violations from layers.checks where build_id ="
            " (select max(build_id) from layers.builds where relation = 'dmn_people')"
        )
        told.append([(row.sentence, row.violations) for row in found])
        street.staged("visits", visit(key, "ada"))
    assert told[0] == told[1] == [("each person has 1..* visit", 1)]


def test_nothing_agrees_with_nothing_where_a_query_says_so(open_street: OpenStreet) -> None:
    optional = {
        name: FILES[name].replace(
            "name:      {type: text}", "name:      {type: text, optional: true}"
        )
        for name in ("sql/stg/web/stg_web_posters.yaml", "sql/dmn/dmn_posters.yaml")
    }
    query = QUERY.replace("= posters.name", "is not distinct from posters.name")
    street = open_street({**optional, "sql/dmn/dmn_visits.sql": query})
    street.staged("people", person("ada"))
    street.staged("visits", visit("v1", "ada"))
    street.publish()
    street.staged("posters", {"poster_id": "p1", "name": None, "price": 3})
    street.publish()
    assert street.visits()["v1"][1] == "p1"


@pytest.mark.parametrize("name", ["place", "layers", "order", 'a "quoted" c.name', "k" * 63])
def test_columns_may_have_any_name(open_street: OpenStreet, name: str) -> None:
    written = name.replace('"', '\\"')
    column = f'\n          "{written}": {{type: text, optional: true}}'
    contract = VISITS.replace(
        "minutes:   {type: bigint, optional: true}",
        f"minutes:   {{type: bigint, optional: true}}{column}",
    )
    quoted = name.replace('"', '""')
    query = QUERY.replace(
        "visits.minutes\n", f'visits.minutes,\n            visits.poster as "{quoted}"\n', 1
    )
    street = open_street({"sql/dmn/dmn_visits.yaml": contract, "sql/dmn/dmn_visits.sql": query})
    street.staged("people", person("ada"))
    for key in ("v1", "v2"):
        street.staged("visits", visit(key, "ada", "owl"))
        street.publish()
    assert street.latest("dmn_visits").fed == 1
    assert (verified(street).differ, len(street.visits())) == (0, 2)


REFUSED = {
    "a join inside of a join": (
        "select v.visit_id, v.person as person_id, null::text as poster_id, v.poster as name,"
        " v.minutes from stg_web.stg_web_people as p left join (stg_web.stg_web_visits as v"
        " cross join (select 1 as one) as o) on v.person = p.person_id",
        "stg_web_visits is under a ",
    ),
    "a function that is written in other words": (
        "select v.visit_id, v.person as person_id, null::text as poster_id,"
        " to_hex(length(v.poster)) as name, v.minutes from stg_web.stg_web_visits as v"
        " left join dmn.dmn_posters as p on p.name = to_hex(length(v.poster))",
        "its column 'name' is not made of columns of stg_web_visits alone",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_the_engine_cannot_follow_is_refused(tmp_path: Path, what: str) -> None:
    query, reason = REFUSED[what]
    contract = VISITS
    if "dmn_posters" not in query:
        contract = VISITS.replace(", also: {dmn_posters: name}", "")
    project = write(
        tmp_path, {"sql/dmn/dmn_visits.sql": query, "sql/dmn/dmn_visits.yaml": contract}
    )
    assert any(reason in str(problem) for problem in project.problems), project.problems
