"""Refresh: of a table of months, those are made anew that a change below can touch."""

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace

import psycopg
import pytest

from layers import cli, reading, record, rollback, verify
from layers.errors import DataError
from layers.project import Project
from layers.warehouse import text
from tests.servers import OWNER, Postgres
from tests.warehouse import Warehouse

_NUMBERS = count(1)
FILES = {
    "sql/project.yaml": "{project: desk, time_zone: Europe/London, first_month: 2026-01}",
    "sql/src/desk.yaml": """
        source: A desk
        kind: files
        connection: desk
        promised_freshness: 1 day
        objects: {stays: {files: s}, months: {files: m}, targets: {files: t}, rates: {files: r}}
    """,
    "sql/prs/desk.yaml": "{use_case: Desk, needs: [desk], promised_freshness: 1 day}",
    "sql/prs/desk/prs_stays_monthly.yaml": """
        answers: How many stays were there in a month, and how many were planned?
        grain: one row per month
        key: month
        shrink_limit: none
        columns:
          month:  {type: date, means: Its first day}
          stays:  {type: bigint, unit: stays, additivity: distinct, means: Open at some time of it}
          paid:   {type: bigint, unit: euro, additivity: sum, means: What they paid together}
          target: {type: bigint, optional: true, unit: stays, additivity: distinct, means: Planned}
        refresh:
          by: month
          when:
            dmn_stays: "[began_at, ended_at]"
            dmn_months: month
            dmn_targets: month
    """,
    "sql/prs/desk/prs_stays_monthly.sql": """
        select
            months.month,
            count(stays.stay_id) as stays,
            coalesce(sum(stays.price * rates.rate), 0)::bigint as paid,
            targets.stays as target
        from dmn.dmn_months as months
        cross join dmn.dmn_rates as rates
        left join dmn.dmn_targets as targets on months.month = targets.month
        left join dmn.dmn_stays as stays
            on
                tstzrange(stays.began_at, stays.ended_at, '[]')
                && tstzrange(
                    months.month::timestamp at time zone 'Europe/London',
                    (months.month + interval '1 month') at time zone 'Europe/London'
                )
        group by months.month, targets.stays
    """,
}
COLUMNS = {
    "stays": {"stay_id": "text", "began_at": "timestamptz", "ended_at": "timestamptz",
              "price": "bigint"},
    "months": {"month": "date"},
    "targets": {"month": "date", "stays": "bigint"},
    "rates": {"name": "text", "rate": "bigint"},
}  # fmt: skip
YAML, SQL = "sql/prs/desk/prs_stays_monthly.yaml", "sql/prs/desk/prs_stays_monthly.sql"


def files() -> dict[str, str]:
    """The project: staging and domain are the same rows under two names."""
    made = dict(FILES)
    for name, columns in COLUMNS.items():
        typed = ", ".join(
            f"{column}: {{type: {kind}{', optional: true' if column == 'ended_at' else ''}}}"
            for column, kind in columns.items()
        )
        contract = f"grain: one row each, key: {next(iter(columns))}, columns: {{{typed}}}"
        picks = ", ".join(f"record ->> '{column}' as {column}" for column in columns)
        told = f"entity: {name.title()}, definition: Some., shrink_limit: none, {contract}"
        made |= {
            f"sql/stg/desk/stg_desk_{name}.yaml": f"{{{contract}}}",
            f"sql/stg/desk/stg_desk_{name}.sql": f"select {picks} from src_desk.{name}",
            f"sql/dmn/dmn_{name}.yaml": f"{{{told}}}",
            f"sql/dmn/dmn_{name}.sql": f"select {', '.join(columns)} from stg_desk.stg_desk_{name}",
        }
    return made


def write(folder: Path, changes: dict[str, str] | None = None) -> Project:
    for name, said in (files() | (changes or {})).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(said).strip() + "\n")
    return reading.load(folder)


class Desk(Warehouse):
    """Stays at a desk, as they are told, and their months as they are published."""

    folder: Path

    def told(self, table: str, rows: str) -> None:
        """All that staging has of a table, from now on."""
        self.admin.execute(text(f"truncate stg_desk.stg_desk_{table}"))
        self.given(f"stg_desk.stg_desk_{table}", rows)

    def change(self, table: str, statement: str) -> None:
        self.admin.execute(text(statement.format(f"stg_desk.stg_desk_{table}")))
        record.moved(self.admin, f"stg_desk_{table}", is_rewritten=True)

    def edit(self, changes: dict[str, str]) -> None:
        """Somebody writes files."""
        self.project = write(self.folder, changes)
        assert not self.project.problems, self.project.problems

    def flow(self) -> None:
        self.publish("dmn")
        self.publish("prs_desk")

    @property
    def months(self) -> dict[str, tuple[int, int, int | None]]:
        return {
            f"{row.month:%m}": (row.stays, row.paid, row.target)
            for row in self.rows("prs_stays_monthly")
        }

    @property
    def latest(self) -> SimpleNamespace:
        found = record.latest_build(self.admin, self.project.relation("prs_stays_monthly"))
        assert found is not None
        return SimpleNamespace(**found)

    @property
    def refreshed(self) -> str | None:
        """The months that the last build computed."""
        months: str | None = self.latest.marks.get("months")
        return months

    def is_as_in_full(self) -> bool:
        relation = self.project.relation("prs_stays_monthly")
        found = verify.verify(self.connect("presenter"), self.project, relation, "test")
        assert (found.differ, found.sample) == (0, [])
        return found.rows == len(self.months)


OpenDesk = Callable[..., Desk]


@pytest.fixture(scope="module")
def told(server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database in which four months and three stays are staged."""
    name = f"desk_{os.getpid()}_told"
    server.create_database(name, owner=OWNER)
    made = Desk(server, name, write(tmp_path_factory.mktemp("desk")))
    with pytest.MonkeyPatch.context() as patch:
        made.connections(patch)
        made.migrate()
        made.told("months", "month\n2026-01-01\n2026-02-01\n2026-03-01\n2026-04-01")
        made.told("rates", "name | rate\nflat | 1")
        made.told("targets", "month | stays\n2026-01-01 | 9")
        made.told(
            "stays",
            """
            stay_id | began_at             | ended_at             | price
            a       | 2026-01-05T00:00:00Z | 2026-01-06T00:00:00Z | 10
            b       | 2026-02-05T00:00:00Z | 2026-03-06T00:00:00Z | 20  -- two months
            c       | 2026-04-05T00:00:00Z |                      | 40  -- has no end yet
            """,
        )
        made.close()
    yield name
    server.drop_database(name)


@pytest.fixture
def open_desk(
    server: Postgres, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OpenDesk]:
    """A desk with other files, published."""
    opened: list[Desk] = []

    def go(changes: dict[str, str] | None = None) -> Desk:
        name = f"desk_{os.getpid()}_{next(_NUMBERS)}"
        project = write(tmp_path, changes)
        assert not project.problems, "\n".join(map(str, project.problems))
        with psycopg.connect(server.dsn(), autocommit=True) as admin:
            admin.execute(text(f"create database {name} template {told} owner {OWNER}"))
        made = Desk(server, name, project)
        made.folder = tmp_path
        opened.append(made)
        made.connections(monkeypatch)
        made.flow()
        return made

    yield go
    for made in opened:
        made.close()
        server.drop_database(made.name)


@pytest.fixture
def desk(open_desk: OpenDesk) -> Desk:
    return open_desk()


def test_at_first_all_months_are_made(desk: Desk) -> None:
    assert desk.months == {"01": (1, 10, 9), "02": (1, 20, None), "03": (1, 20, None),
                           "04": (1, 40, None)}  # fmt: skip
    assert desk.latest.fed is None


CHANGES = {
    "a row that is new": (
        "insert into {} (stay_id, began_at, ended_at, price, layers_load_id, layers_ordinal)"
        " values ('d', '2026-03-09Z', '2026-03-10Z', 5, 1, 1)",
        "{[2026-03-01,2026-04-01)}",
        {"03": (2, 25, None)},
    ),
    "a row that is gone": (
        "delete from {} where stay_id = 'b'",
        "{[2026-02-01,2026-04-01)}",
        {"02": (0, 0, None), "03": (0, 0, None)},
    ),
    "a row that moves, where it was and where it is": (
        "update {} set began_at = '2026-03-01Z', ended_at = '2026-03-02Z' where stay_id = 'a'",
        "{[2026-01-01,2026-02-01),[2026-03-01,2026-04-01)}",
        {"01": (0, 0, 9), "03": (2, 30, None)},
    ),
    "a row without an end, for ever": (
        "update {} set price = 50 where stay_id = 'c'",
        "{[2026-04-01,)}",
        {"04": (1, 50, None)},
    ),
    "an instant in the month of the company's clock": (
        # the first of April has begun in London
        "update {} set began_at = '2026-03-31T23:00:00Z' where stay_id = 'c'",
        "{[2026-04-01,)}",
        {},
    ),
    "a span that ends before it begins, both ways": (
        "update {} set began_at = '2026-02-20Z', ended_at = '2026-01-20Z' where stay_id = 'a'",
        "{[2026-01-01,2026-03-01)}",
        None,
    ),
}


@pytest.mark.parametrize("what", [name for name in CHANGES if "before" not in name])
def test_computed_are_the_months_that_a_change_touches(desk: Desk, what: str) -> None:
    statement, months, expected = CHANGES[what]
    before = desk.months
    desk.change("stays", statement)
    desk.flow()

    assert desk.refreshed == months
    assert expected is not None
    assert desk.months == before | expected
    assert desk.latest.fed == len(expected)
    assert desk.is_as_in_full()


def test_a_span_that_ends_before_it_begins_touches_all_between(open_desk: OpenDesk) -> None:
    # a query that such a row does not raise in
    query = files()[SQL].replace("stays.began_at, stays.ended_at, '[]'", "stays.began_at, null")
    desk = open_desk({SQL: query})
    statement, months, _ = CHANGES["a span that ends before it begins, both ways"]
    desk.change("stays", statement)
    desk.flow()

    assert desk.refreshed == months


def test_a_day_touches_its_month(desk: Desk) -> None:
    desk.told("targets", "month | stays\n2026-01-01 | 8\n2026-02-01 | 7")
    desk.flow()

    assert desk.refreshed == "{[2026-01-01,2026-03-01)}"
    assert (desk.months["01"], desk.months["02"]) == ((1, 10, 8), (1, 20, 7))


def test_a_month_that_begins_is_made(desk: Desk) -> None:
    desk.change(
        "months",
        "insert into {} (month, layers_load_id, layers_ordinal) values ('2026-05-01', 1, 1)",
    )
    desk.flow()

    assert desk.refreshed == "{[2026-05-01,2026-06-01)}"
    assert desk.months["05"] == (1, 40, None)
    assert desk.is_as_in_full()


def test_nothing_new_computes_no_month(desk: Desk) -> None:
    assert desk.publish("prs_desk").number is None
    assert (desk.refreshed, desk.latest.fed) == ("{}", 0)


def test_all_versions_between_two_builds_are_followed(desk: Desk) -> None:
    """What went to February came back, and another one came to March and went."""
    desk.change("stays", "update {} set began_at = '2026-02-01Z', ended_at = '2026-02-02Z'"
                         " where stay_id = 'a'")  # fmt: skip
    desk.publish("dmn")
    desk.change("stays", "update {} set began_at = '2026-01-08Z', ended_at = '2026-01-09Z'"
                         " where stay_id = 'a'")  # fmt: skip
    desk.change(
        "stays",
        "insert into {} (stay_id, began_at, ended_at, price, layers_load_id, layers_ordinal)"
        " values ('d', '2026-03-09Z', '2026-03-10Z', 5, 1, 1)",
    )
    desk.publish("dmn")
    desk.change("stays", "delete from {} where stay_id = 'd'")
    desk.flow()

    assert desk.refreshed == "{[2026-01-01,2026-04-01)}"
    assert desk.is_as_in_full()


def test_a_change_that_touches_every_month_is_made_in_full(desk: Desk) -> None:
    """To compute all of them from views costs more: a minute where Postgres mistook how many."""
    desk.change("stays", "update {} set began_at = '2025-01-01Z', ended_at = '2027-01-01Z'"
                         " where stay_id = 'a'")  # fmt: skip
    desk.flow()

    assert (desk.latest.fed, desk.latest.because) == (None, "every month of it is touched")
    assert desk.is_as_in_full()


def test_a_relation_that_is_not_listed_makes_all_months(desk: Desk) -> None:
    desk.change("rates", "update {} set rate = 2")
    desk.flow()

    assert (desk.latest.fed, desk.latest.because) == (None, "dmn_rates has changed")
    assert desk.months["02"] == (1, 40, None)


def test_a_difference_too_large_to_be_remembered_makes_all_months(open_desk: OpenDesk) -> None:
    settings = files()["sql/project.yaml"].replace("}", ", keep_differences: 2}")
    desk = open_desk({"sql/project.yaml": settings})
    desk.change("stays", "update {} set price = price + 1")
    desk.flow()

    said = "dmn_stays has changed in more rows than are remembered"
    assert (desk.latest.fed, desk.latest.because) == (None, said)
    assert desk.months["01"] == (1, 11, 9)


@pytest.mark.parametrize(
    ("file", "was", "said"),
    [
        (SQL, ("stays.price * rates.rate", "stays.price * rates.rate + 1"), "no candidate of"),
        (YAML, ("[began_at, ended_at]", "[began_at, null]"), "no candidate of"),
        ("sql/project.yaml", ("Europe/London", "UTC"), "the time zone of project.yaml"),
    ],
)
def test_what_is_asked_otherwise_makes_all_months(
    desk: Desk, file: str, was: tuple[str, str], said: str
) -> None:
    desk.edit({file: files()[file].replace(*was)})
    desk.change("stays", "update {} set price = 11 where stay_id = 'a'")
    desk.flow()

    assert desk.latest.fed is None
    assert said in desk.latest.because


def test_a_key_that_comes_twice_fails_as_in_full(open_desk: OpenDesk) -> None:
    """Both rows are as the one that was there."""
    desk = open_desk(
        {SQL: files()[SQL].replace("targets.stays\n", "targets.stays, stays.stay_id\n")}
    )
    desk.change(
        "stays",
        "insert into {} (stay_id, began_at, ended_at, price, layers_load_id, layers_ordinal)"
        " values ('d', '2026-01-09Z', '2026-01-10Z', 10, 1, 1)",
    )
    desk.publish("dmn")
    with pytest.raises(DataError, match="2026-01-01"):
        desk.publish("prs_desk")


def test_what_was_taken_back_is_compared_whole_when_it_is_released(desk: Desk) -> None:
    first = desk.query("select max(publication) as n from layers.publications")[0].n
    desk.change("stays", "update {} set price = 11 where stay_id = 'a'")
    desk.flow()
    presenter = desk.connect("presenter")
    rollback.rollback(presenter, desk.project, "prs_desk", first, "test")
    assert desk.months["01"] == (1, 10, 9)
    rollback.release(presenter, "prs_desk")
    desk.flow()

    assert desk.months["01"] == (1, 11, 9)
    assert desk.is_as_in_full()


def test_a_candidate_that_a_crash_emptied_is_made_in_full(desk: Desk) -> None:
    desk.admin.execute("truncate prs_candidates.prs_stays_monthly")
    desk.change("stays", "update {} set price = 11 where stay_id = 'a'")
    desk.flow()

    assert desk.latest.fed is None
    assert desk.months["01"] == (1, 11, 9)


def test_what_somebody_changed_by_hand_is_mended_by_a_build_in_full(desk: Desk) -> None:
    before = desk.months
    desk.admin.execute("update prs_desk.prs_stays_monthly set paid = 99 where month = '2026-01-01'")
    desk.flow()
    assert desk.months["01"] == (1, 99, 9)  # it is looked at where something moved below

    assert cli.main(["--project", str(desk.folder), "run", "--in-full", "prs_stays_monthly"]) == 0

    assert desk.months == before


def test_no_view_is_left_that_would_keep_a_table_from_being_altered(desk: Desk) -> None:
    desk.change("stays", "update {} set price = 11 where stay_id = 'a'")
    desk.flow()

    assert desk.latest.fed == 1
    views = "select relname from pg_class where relkind = 'v' and relpersistence = 't'"
    assert desk.query(views) == []


WRONG = {
    "a month that is no key": (
        ("by: month", "by: target"),
        "is refreshed by 'target'; wanted a date of its key",
    ),
    "a relation that nobody reads": (
        ("dmn_targets: month", "dmn_people: month"),
        "refresh of dmn_people: its query does not read it",
    ),
    "a column that is not there": (
        ("dmn_targets: month", "dmn_targets: day"),
        "refresh of dmn_targets is 'day'; wanted a column, or [from, to]",
    ),
    "a column that is no time": (
        ("dmn_targets: month", "dmn_targets: stays"),
        "'stays' is bigint; wanted a column of type timestamptz",
    ),
    "a column inside that is not there": (
        ("[began_at, ended_at]", "[began, ended_at]"),
        "'began'",
    ),
    "a day between instants": (
        ("dmn_targets: month", "dmn_targets: '[month, month]'"),
        "'month' is date inside of [from, to]; wanted instants",
    ),
    "three ends": (("[began_at, ended_at]", "[began_at, ended_at, null]"), "wanted a column, or"),
    "a half-open span": (("[began_at, ended_at]", "[began_at, ended_at)"), "wanted a column, or"),
    "a clock": (("[began_at, ended_at]", "[began_at, now()]"), "asks"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_followed_is_refused(tmp_path: Path, what: str) -> None:
    was, said = WRONG[what]
    project = write(tmp_path, {YAML: files()[YAML].replace(*was)})
    found = [problem for problem in project.problems if said in str(problem)]
    assert found, project.problems
    assert all(problem.file == YAML for problem in found)
