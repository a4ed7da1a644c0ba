"""Incremental entities: fed a few rows, they are what a build in full makes of all of them."""

import os
import random
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace
from typing import Any

import pytest

from layers import build, made_of, reading, record, touching, verify
from layers.project import Project
from layers.warehouse import text
from tests.servers import OWNER, Postgres
from tests.warehouse import Warehouse

SEQUENCES = int(os.environ.get("LAYERS_EXAMPLES", "6"))
FILES = {
    "sql/project.yaml": "{project: visits, time_zone: UTC, first_month: 2026-01}",
    "sql/src/web.yaml": """
        source: A website
        kind: files
        connection: web
        promised_freshness: 1 day
        objects:
          visits: {files: "visits*.jsonl"}
          people: {files: "people*.jsonl"}
          posters: {files: "posters*.jsonl"}
    """,
    "sql/stg/web/stg_web_visits.yaml": """
        grain: one row per visit
        key: visit_id
        columns:
          visit_id: {type: text}
          person:   {type: text, optional: true}
          poster:   {type: text, optional: true}
          minutes:  {type: bigint, optional: true}
    """,
    "sql/stg/web/stg_web_visits.sql": """
        select
            record ->> 'id' as visit_id,
            record ->> 'person' as person,
            record ->> 'poster' as poster,
            record ->> 'minutes' as minutes
        from src_web.visits
    """,
    "sql/stg/web/stg_web_people.yaml": """
        grain: one row per person
        key: person_id
        columns:
          person_id: {type: text}
          age:       {type: bigint}
    """,
    "sql/stg/web/stg_web_people.sql": """
        select
            record ->> 'id' as person_id,
            record ->> 'age' as age
        from src_web.people
    """,
    "sql/stg/web/stg_web_posters.yaml": """
        grain: one row per poster
        key: poster_id
        columns:
          poster_id: {type: text}
          name:      {type: text}
          price:     {type: bigint}
    """,
    "sql/stg/web/stg_web_posters.sql": """
        select
            record ->> 'id' as poster_id,
            record ->> 'name' as name,
            record ->> 'price' as price
        from src_web.posters
    """,
    "sql/dmn/dmn_people.yaml": """
        entity: Person
        definition: Somebody who has been here.
        grain: one row per person
        key: person_id
        hold_limit: none
        columns:
          person_id: {type: text}
          age:       {type: bigint}
        criteria:
          a person is grown up: age >= 18
    """,
    "sql/dmn/dmn_people.sql": "select person_id, age from stg_web.stg_web_people",
    "sql/dmn/dmn_posters.yaml": """
        entity: Poster
        definition: What hangs in the street.
        grain: one row per poster
        key: poster_id
        hold_limit: none
        columns:
          poster_id: {type: text}
          name:      {type: text}
          price:     {type: bigint}
        criteria:
          a poster has a price: price > 0
    """,
    "sql/dmn/dmn_posters.sql": "select poster_id, name, price from stg_web.stg_web_posters",
    "sql/dmn/dmn_visits.yaml": """
        entity: Visit
        definition: That somebody was here.
        grain: one row per visit
        key: visit_id
        hold_limit: none
        shrink_limit: none
        columns:
          visit_id:  {type: text}
          person_id: {type: text}
          poster_id: {type: text, optional: true}
          name:      {type: text, optional: true}
          minutes:   {type: bigint, optional: true}
        criteria:
          a visit does not last for ever: minutes < 100
        relationships:
          person: {to: dmn_people, by: person_id, each: "1", inverse: "1..*"}
          poster: {to: dmn_posters, by: poster_id, each: "0..1", inverse: "0..*", on_missing: empty}
        incremental: {by: stg_web_visits, also: {dmn_posters: name}}
    """,
    "sql/dmn/dmn_visits.sql": """
        with

        posters as (
            -- of two with one name, the first
            select distinct on (name)
                name,
                poster_id
            from dmn.dmn_posters
            order by name, poster_id
        )

        select
            visits.visit_id,
            visits.person as person_id,
            posters.poster_id,
            lower(btrim(visits.poster)) as name,
            visits.minutes
        from stg_web.stg_web_visits as visits
        left join posters on lower(btrim(visits.poster)) = posters.name
        where not visits.is_deleted and visits.minutes is distinct from 0
    """,
    "sql/dmn/dmn_absences.yaml": """
        entity: Absence
        definition: A visit that was none.
        grain: one row per visit
        key: visit_id
        hold_limit: none
        shrink_limit: none
        columns:
          visit_id: {type: text}
          minutes:  {type: bigint, optional: true}
        incremental: {by: stg_web_visits, also: {dmn_visits: visit_id}}
    """,
    "sql/dmn/dmn_absences.sql": """
        select
            absent.visit_id,
            absent.minutes
        from stg_web.stg_web_visits as absent
        left join dmn.dmn_visits as visits on absent.visit_id = visits.visit_id
        where visits.visit_id is null
    """,
}
KEYS = {"visits": "visit_id", "people": "person_id", "posters": "poster_id"}


def write(folder: Path, changes: dict[str, str] | None = None) -> Project:
    for name, said in (FILES | (changes or {})).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(said).strip() + "\n")
    return reading.load(folder)


class Street(Warehouse):
    """What is staged of visits, people and posters, load after load."""

    loads = 0

    def staged(self, table: str, *rows: dict[str, Any]) -> None:
        """A load came and was staged: rows are new, or newer."""
        self.loads += 1
        name, key = f"stg_web_{table}", KEYS[table]
        for row in rows:
            values = {**row, "layers_load_id": self.loads, "layers_ordinal": 1}
            names, marks = ", ".join(values), ", ".join(["%s"] * len(values))
            changes = ", ".join(f"{n} = excluded.{n}" for n in values if n != key)
            self.admin.execute(
                text(
                    f"insert into stg_web.{name} ({names}) values ({marks})"
                    f" on conflict ({key}) do update set {changes}"
                ),
                list(values.values()),
            )
        self.admin.execute(
            "insert into layers.staged (relation, load_id, fingerprint) values (%s, %s, '')"
            " on conflict (relation) do update set load_id = excluded.load_id",
            [name, self.loads],
        )
        record.moved(self.admin, name)

    def rewritten(self, statement: str, table: str) -> None:
        """Keys were compared, or records staged anew: rows change behind the loads' back."""
        self.admin.execute(text(statement))
        record.moved(self.admin, f"stg_web_{table}", is_rewritten=True)

    def latest(self, relation: str) -> SimpleNamespace:
        """The record of a relation's last build."""
        found = record.latest_build(self.admin, self.project.relation(relation))
        assert found is not None
        return SimpleNamespace(**found)

    def visits(self) -> dict[str, tuple[str, str | None, int | None]]:
        return {
            row.visit_id: (row.person_id, row.poster_id, row.minutes)
            for row in self.rows("dmn_visits")
        }

    def is_as_in_full(self) -> bool:
        """Published is what a build in full would publish, of every incremental entity."""
        modeller = self.connect("modeller")
        for name in ("dmn_visits", "dmn_absences"):
            found = verify.verify(modeller, self.project, self.project.relation(name), "test")
            assert (found.differ, found.sample) == (0, []), name
            kept = len(self.rows(name))
            assert kept == found.rows, name
        return True


@pytest.fixture(scope="module")
def street_there(server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    project = write(tmp_path_factory.mktemp("visits"))
    assert not project.problems, "\n".join(map(str, project.problems))
    name = f"visits_{os.getpid()}"
    server.create_database(name, owner=OWNER)
    made = Street(server, name, project)
    with pytest.MonkeyPatch.context() as patch:
        made.connections(patch)
        made.migrate()
        yield made
    made.close()
    server.drop_database(name)


@pytest.fixture
def street(street_there: Street) -> Street:
    """Two people, two posters, three visits; published."""
    made = street_there
    for schema in ("stg_web", "dmn"):
        for row in made.query(
            f"select tablename as t from pg_tables where schemaname = '{schema}'"
        ):
            made.admin.execute(text(f"truncate {schema}.{row.t} cascade"))
    for row in made.query(
        "select tablename as t from pg_tables where schemaname = 'dmn_candidates'"
    ):
        made.admin.execute(text(f'drop table dmn_candidates."{row.t}"'))
    for name in "checks builds settlements held published differences publications".split():
        made.admin.execute(text(f"delete from layers.{name}"))
    made.staged("people", person("ada"), person("ben"))
    made.staged("posters", poster("p1", "owl"), poster("p2", "cat"))
    made.staged("visits", visit("v1", "ada", "Owl "), visit("v2", "ben"), visit("v3", "ada", "cat"))
    made.publish()
    return made


def person(key: str, age: int = 40) -> dict[str, Any]:
    return {"person_id": key, "age": age}


def poster(key: str, name: str, price: int = 3) -> dict[str, Any]:
    return {"poster_id": key, "name": name, "price": price}


def visit(
    key: str, of: str | None, poster: str | None = None, minutes: int | None = 5
) -> dict[str, Any]:
    return {"visit_id": key, "person": of, "poster": poster, "minutes": minutes}


def test_only_what_was_staged_since_is_fed(street: Street) -> None:
    street.staged("visits", visit("v4", "ben"), visit("v2", "ben", "owl"))
    published = street.publish()

    assert (street.latest("dmn_visits").fed, street.latest("dmn_absences").fed) == (2, 2)
    change = published.changes["dmn_visits"]
    assert (change.inserted, change.updated, change.deleted) == (1, 1, 0)
    assert street.visits() == {
        "v1": ("ada", "p1", 5),
        "v2": ("ben", "p1", 5),
        "v3": ("ada", "p2", 5),
        "v4": ("ben", None, 5),
    }
    assert street.is_as_in_full()


def test_only_what_may_differ_from_the_published_is_judged_and_compared(street: Street) -> None:
    visits = street.project.relation("dmn_visits")
    street.staged("visits", visit("v4", "ben"))
    street.build()
    assert touching.is_narrow(street.admin, street.project, visits)
    street.admin.execute("drop table dmn_candidates.dmn_visits")
    street.build()
    assert not touching.is_narrow(street.admin, street.project, visits)
    street.publish()
    assert street.is_as_in_full()


def test_nothing_new_feeds_nothing_and_publishes_nothing(street: Street) -> None:
    assert street.publish().number is None
    assert street.latest("dmn_visits").fed == 0


def test_a_poster_that_is_renamed_later_feeds_the_visits_of_its_old_and_new_name(
    street: Street,
) -> None:
    street.staged("visits", visit("v4", "ben", "dog"))
    street.publish()
    street.staged("posters", poster("p2", "dog"))
    street.publish()

    assert street.latest("dmn_visits").fed == 2  # v3 said cat, and v4 dog
    assert (street.visits()["v3"][1], street.visits()["v4"][1]) == (None, "p2")
    assert street.is_as_in_full()


def test_a_person_who_arrives_after_the_visits_lets_them_be_published(street: Street) -> None:
    street.staged("visits", visit("v4", "cid"))
    street.publish()
    assert set(street.held("dmn_visits")) == {"v4"}
    street.staged("people", person("cid"))
    street.publish()

    assert street.latest("dmn_visits").fed == 0
    assert "v4" in street.visits()
    assert street.held("dmn_visits") == {}
    assert street.is_as_in_full()


def test_a_person_who_is_held_takes_the_visits_along_and_brings_them_back(street: Street) -> None:
    street.staged("people", person("ada", 9))
    street.publish()
    assert set(street.visits()) == {"v2"}
    assert set(street.held("dmn_visits")) == {"v1", "v3"}
    assert street.is_as_in_full()

    street.staged("people", person("ada", 19))
    street.publish()
    assert set(street.visits()) == {"v1", "v2", "v3"}
    assert street.is_as_in_full()


def test_a_person_whose_last_visit_is_corrected_away_is_held_until_there_is_another(
    street: Street,
) -> None:
    street.staged("visits", visit("v2", "ben", minutes=0))
    street.publish()
    assert set(street.held("dmn_people")) == {"ben"}
    assert [row.visit_id for row in street.rows("dmn_absences")] == ["v2"]
    street.staged("visits", visit("v5", "ben"))
    street.publish()
    assert street.held("dmn_people") == {}
    assert street.is_as_in_full()


def test_a_visit_that_breaks_its_own_rule_is_held_until_it_is_corrected(street: Street) -> None:
    street.staged("visits", visit("v2", "ben", minutes=100))
    street.publish()
    assert set(street.held("dmn_visits")) == {"v2"}
    street.staged("visits", visit("v2", "ben", minutes=99))
    street.publish()
    assert street.held("dmn_visits") == {}
    assert street.visits()["v2"] == ("ben", None, 99)
    assert street.is_as_in_full()


def test_a_poster_that_is_held_empties_references_and_comes_back_into_them(street: Street) -> None:
    street.staged("posters", poster("p1", "owl", price=0))
    street.publish()
    assert street.visits()["v1"] == ("ada", None, 5)
    street.staged("posters", poster("p1", "owl", price=2))
    street.publish()
    assert street.visits()["v1"] == ("ada", "p1", 5)
    assert street.is_as_in_full()


@pytest.mark.parametrize(
    ("change", "because"),
    [
        (
            lambda street: street.rewritten(
                "update stg_web.stg_web_visits set layers_gone = 'absent' where visit_id = 'v2'",
                "visits",
            ),
            "stg_web_visits was staged anew, or keys of its source were compared",
        ),
        (
            lambda street: street.admin.execute("truncate dmn_candidates.dmn_visits"),
            "no candidate of its present query and contract is there",
        ),
        (
            lambda street: street.admin.execute("delete from layers.published"),
            "contracts or queries beside it have changed since the last publication",
        ),
    ],
    ids=["rewritten", "emptied by a crash", "never published"],
)
def test_where_feeding_could_not_be_right_the_build_is_in_full_and_says_why(
    street: Street, change: Any, because: str
) -> None:
    street.staged("visits", visit("v4", "ada"))
    change(street)
    street.publish()
    assert (street.latest("dmn_visits").fed, street.latest("dmn_visits").because) == (None, because)
    assert street.is_as_in_full()


def test_what_was_fed_and_not_published_is_compared_by_the_next_publication(street: Street) -> None:
    street.staged("visits", visit("v4", "ada"))
    street.build()
    street.staged("visits", visit("v5", "ada"))
    street.build()
    street.publish()
    assert {"v4", "v5"} <= set(street.visits())
    assert street.is_as_in_full()


def test_a_build_that_is_repeated_unchecked_is_in_full_and_right(street: Street) -> None:
    street.staged("visits", visit("v4", "ada"))
    relation = street.project.relation("dmn_visits")
    for _ in range(2):
        build.build(street.connect("modeller"), street.project, relation, "again")
    assert street.latest("dmn_visits").fed is None
    street.publish()
    assert street.is_as_in_full()


def happening(chance: random.Random, street: Street) -> None:
    """Something happens in the street, often with what is known already."""
    people, names = ["ada", "ben", "cid", "dan", None], ["owl", " OWL", "cat", "dog", None]
    what = chance.choice(["visits", "visits", "visits", "people", "posters", "gone", "nothing"])
    if what == "visits":
        rows = [
            visit(
                f"v{chance.randrange(9)}",
                chance.choice(people),
                chance.choice(names),
                chance.choice([5, 5, 7, 0, 100, None]),
            )
            for _ in range(chance.randrange(1, 4))
        ]
        street.staged("visits", *{row["visit_id"]: row for row in rows}.values())
    elif what == "people":
        street.staged(
            "people", person(chance.choice("ada ben cid dan".split()), chance.choice([9, 30, 40]))
        )
    elif what == "posters":
        street.staged(
            "posters",
            poster(
                chance.choice(["p1", "p2", "p3"]),
                chance.choice(["owl", "cat", "dog"]),
                chance.choice([0, 3, 4]),
            ),
        )
    elif what == "gone":
        table = chance.choice(["visits", "people", "posters"])
        place = chance.randrange(3)
        rows = f"select {KEYS[table]} from stg_web.stg_web_{table} order by 1"
        key = f"{rows} limit 1 offset {place}"
        gone = "layers_gone = case when layers_gone is null then 'absent' end"
        street.rewritten(
            f"update stg_web.stg_web_{table} set {gone} where {KEYS[table]} = ({key})", table
        )


@pytest.mark.parametrize("seed", range(SEQUENCES))
def test_whatever_happens_in_whatever_order_the_table_is_what_a_build_in_full_makes(
    street: Street, seed: int
) -> None:
    chance = random.Random(seed)
    fed = 0
    for _ in range(8):
        for _ in range(chance.randrange(3)):
            happening(chance, street)
        if chance.random() < 0.2:
            street.build()  # and nobody publishes it
        street.publish()
        fed += street.latest("dmn_visits").fed is not None
        assert street.is_as_in_full()
    assert fed  # or nothing was tried


REFUSED = {
    "a window": (
        "select visit_id, count(*) over (partition by person) as minutes"
        " from stg_web.stg_web_visits",
        "stg_web_visits is under a window",
    ),
    "an aggregate": (
        "select visit_id, max(minutes) as minutes from stg_web.stg_web_visits group by visit_id",
        "stg_web_visits is under an aggregate",
    ),
    "a distinct": (
        "select distinct visit_id, minutes from stg_web.stg_web_visits",
        "stg_web_visits is under a distinct",
    ),
    "a limit": (
        "select visit_id, minutes from stg_web.stg_web_visits order by minutes limit 5",
        "stg_web_visits is under a limit",
    ),
    "a set operation": (
        "select visit_id, minutes from stg_web.stg_web_visits"
        " except select visit_id, minutes from dmn.dmn_visits",
        "stg_web_visits is under a set operation other than `union all` of fed rows",
    ),
    "a limit inside a step": (
        "with first as (select * from stg_web.stg_web_visits order by visit_id limit 3)"
        " select visit_id, minutes from first",
        "stg_web_visits is under a limit",
    ),
    "a condition": (
        "select visit_id, minutes from dmn.dmn_visits"
        " where visit_id in (select visit_id from stg_web.stg_web_visits)",
        "stg_web_visits is under a subquery of a condition or a column",
    ),
    "the optional side": (
        "select v.visit_id, s.minutes from dmn.dmn_visits as v"
        " left join stg_web.stg_web_visits as s on v.visit_id = s.visit_id",
        "stg_web_visits is under a left join that gives rows without it",
    ),
    "its other half": (
        "select a.visit_id, b.minutes from stg_web.stg_web_visits as a"
        " join stg_web.stg_web_visits as b on a.visit_id = b.person",
        "stg_web_visits is under a join of fed rows with each other",
    ),
    "itself once more": (
        "select visit_id, minutes from stg_web.stg_web_visits"
        " union all select visit_id, minutes from stg_web.stg_web_visits",
        "stg_web_visits is read more than once",
    ),
    "another key": (
        "select person as visit_id, minutes from stg_web.stg_web_visits",
        "its key is not visit_id, the key of stg_web_visits",
    ),
    "a made-up key": (
        "select visit_id || '!' as visit_id, minutes from stg_web.stg_web_visits",
        "its key is not visit_id, the key of stg_web_visits",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_incremental_is_refused_where_it_cannot_be_true(tmp_path: Path, what: str) -> None:
    query, reason = REFUSED[what]
    contract = FILES["sql/dmn/dmn_absences.yaml"].replace(", also: {dmn_visits: visit_id}", "")
    project = write(
        tmp_path, {"sql/dmn/dmn_absences.sql": query, "sql/dmn/dmn_absences.yaml": contract}
    )
    said = [str(problem) for problem in project.problems]
    assert (
        f"sql/dmn/dmn_absences.yaml: is incremental, but {reason}; say so no more, or write"
        in (said[0])
    )


def test_a_column_in_which_rows_agree_is_made_of_the_fed_row_alone(tmp_path: Path) -> None:
    contract = FILES["sql/dmn/dmn_visits.yaml"].replace(
        "dmn_posters: name", "dmn_posters: poster_id"
    )
    project = write(tmp_path, {"sql/dmn/dmn_visits.yaml": contract})
    (problem,) = project.problems
    assert "its column 'poster_id' is not made of columns of stg_web_visits alone" in str(problem)


def test_what_is_made_of_a_fed_row_is_found_through_the_steps_of_a_query(tmp_path: Path) -> None:
    project = write(tmp_path)
    relation = project.relation("dmn_visits")
    found = made_of.agreeing(project, relation, "stg_web_visits", "name")
    assert found.lower() == 'lower(trim("b"."poster"))'
