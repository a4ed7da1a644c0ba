"""Freshness: what the sources said, told beside each use case's tables, and watched."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event
from types import SimpleNamespace

import psycopg
import pytest

from layers import announce, freshness, publish, reading, record, rollback
from layers.cli import main
from layers.errors import DataError
from layers.warehouse import connection_parameters, text
from tests.layers.conftest import MakeShop
from tests.layers.shop import FILES, Shop, write

VIEW = "prs_takings.prs_takings_freshness"
ROWS = ("ada | |", "1 | ada | bread | 2")
# Letters rest on what the post brought; what they wait for is the till.
POST = {
    "sql/src/post.yaml": """
        source: The post
        kind: files
        connection: post
        promised_freshness: 1 day
        objects:
          letters: {files: "letters-*.json"}
    """,
    "sql/stg/post/stg_post_letters.yaml": """
        grain: one row per letter
        key: letter_id
        columns:
          letter_id: {type: text}
    """,
    "sql/stg/post/stg_post_letters.sql": """
        select record ->> 'id' as letter_id from src_post.letters
    """,
    "sql/dmn/dmn_letters.yaml": """
        entity: Letter
        definition: What somebody wrote to us.
        grain: one row per letter
        key: letter_id
        columns:
          letter_id: {type: text}
    """,
    "sql/dmn/dmn_letters.sql": "select letter_id from stg_post.stg_post_letters",
    "sql/prs/letters.yaml": """
        use_case: Letters
        needs: [till]
        promised_freshness: 1 day
    """,
    "sql/prs/letters/prs_letters.yaml": """
        answers: Which letters are there?
        grain: one row per letter
        key: letter_id
        columns:
          letter_id: {type: text}
    """,
    "sql/prs/letters/prs_letters.sql": "select letter_id from dmn.dmn_letters",
}


def known(till: Shop, ago: str, source: str = "till") -> datetime:
    """Lets a source say that it is known up to so long ago."""
    (row,) = till.query(
        "insert into stg_layers.stg_layers_watermarks (source, loaded_until)"
        f" values ('{source}', date_trunc('second', now()) - interval '{ago}')"
        " on conflict (source) do update set loaded_until = excluded.loaded_until"
        " returning loaded_until as at"
    )
    record.moved(till.admin, "stg_layers_watermarks")
    at: datetime = row.at
    return at


def read(use_case: str = "takings") -> SimpleNamespace:
    """The one row, as Looker reads it."""
    with psycopg.connect(**connection_parameters("looker")) as looker:
        found = looker.execute(text(f"select * from prs_{use_case}.prs_{use_case}_freshness"))
        names = [column.name for column in found.description or []]
        (row,) = found.fetchall()
    return SimpleNamespace(**dict(zip(names, row, strict=True)))


def published(till: Shop, ago: str, *rows: str) -> int | None:
    """Publishes everything, known up to so long ago; the number for the use case."""
    known(till, ago)
    till.staged(*(rows or ROWS))
    till.publish("dmn")
    return till.publish("prs_takings").number


def late(till: Shop) -> str:
    """What the watch says when it fails."""
    with pytest.raises(DataError) as raised:
        freshness.watch(till.connect("modeller"), till.project, "prs_takings")
    return str(raised.value)


def test_an_empty_warehouse_has_its_one_row_which_promises_and_knows_nothing(
    shop: MakeShop,
) -> None:
    till = shop()

    row = read()

    assert vars(row) == {
        "publication": None,
        "published_at": None,
        "data_as_of": None,
        "watermarks": {},
        "promised_freshness": timedelta(hours=2),
        "freshness": "late",
    }
    assert freshness.watch(till.connect("modeller"), till.project, "prs_takings").age is None  # type: ignore[union-attr]


def test_data_is_as_of_what_the_source_said_and_not_of_when_it_was_loaded(shop: MakeShop) -> None:
    till = shop()
    for object_name in ("customers", "sales"):
        till.load(object_name, {"id": "1", "customer": "1", "amount": "1"})
    till.stage("stg_till_customers")
    till.stage("stg_till_sales")
    announce.announce(till.connect("loader"), till.project, "till")
    till.publish("dmn")
    number = till.publish("prs_takings").number

    row = read()

    said = datetime(2026, 3, 1, 12, tzinfo=UTC)  # as tests.layers.shop.Reading has it
    assert (row.data_as_of, row.watermarks) == (said, {"till": "2026-03-01T12:00:00+00:00"})
    (told,) = till.query(
        f"select published_at from layers.publications where publication = {number}"
    )
    assert (row.publication, row.published_at) == (number, told.published_at)
    assert row.freshness == "late"


def test_only_sources_that_a_use_case_rests_on_are_told_and_only_needed_ones_hold_it_back(
    shop: MakeShop,
) -> None:
    till = shop(POST)
    post, at = known(till, "5 hours", "post"), known(till, "1 hour")
    till.publish("dmn")
    till.publish("prs_takings")
    till.publish("prs_letters")

    assert read().watermarks == {"till": at.isoformat()}
    assert read("letters").watermarks == {"post": post.isoformat(), "till": at.isoformat()}
    assert read("letters").data_as_of == at


def test_data_is_late_when_time_goes_by_although_nobody_writes_so(shop: MakeShop) -> None:
    till = shop()
    published(till, "90 minutes")
    before = read().freshness

    till.admin.execute(
        "update layers.published set data_as_of = data_as_of - interval '31 minutes'"
    )

    assert (before, read().freshness) == ("fresh", "late")


def test_a_source_known_further_moves_the_row_and_makes_no_publication(shop: MakeShop) -> None:
    till = shop()
    number = published(till, "90 minutes")
    first = read()
    at = known(till, "30 minutes")

    behind = [record.someone_behind(till.admin, till.project, "stg_till")]
    till.publish("dmn")
    behind.append(record.someone_behind(till.admin, till.project, "dmn"))
    again = till.publish("prs_takings")

    assert behind == [["dmn"], ["prs_takings"]]  # though no query of the shop reads watermarks
    assert again.number is None
    assert (read().publication, read().data_as_of) == (number, at)
    assert read().published_at == first.published_at
    assert not any(record.is_behind(till.admin, till.project, u) for u in till.project.units)


def test_data_is_as_of_the_domain_that_was_read_and_not_of_what_is_staged_since(
    shop: MakeShop,
) -> None:
    till = shop()
    at = known(till, "90 minutes")
    till.staged(*ROWS)
    till.publish("dmn")
    known(till, "30 minutes")

    till.publish("prs_takings")

    assert read().data_as_of == at


def test_a_use_case_that_was_taken_back_is_held_back_and_as_old_as_what_it_shows(
    shop: MakeShop,
) -> None:
    till = shop()
    good = published(till, "100 minutes")
    first = read().data_as_of
    published(till, "30 minutes", "ada | |", "1 | ada | bread | 9")
    presenter = till.connect("presenter")

    assert good is not None
    number = rollback.rollback(presenter, till.project, "prs_takings", good, "test")
    held = read()
    publish.publish(presenter, till.project, "prs_takings", "test")
    still = read()
    rollback.release(presenter, "prs_takings")
    released = read()
    again = till.publish("prs_takings").number

    assert (held.publication, held.data_as_of, held.freshness) == (number, first, "held back")
    assert still == held
    assert (released.publication, released.freshness) == (number, "fresh")
    assert (read().publication, read().freshness) == (again, "fresh")
    assert read().data_as_of > first


def test_who_releases_a_use_case_leaves_it_behind_so_that_the_next_announcement_wakes_it(
    shop: MakeShop,
) -> None:
    till = shop()
    good = published(till, "100 minutes")
    published(till, "30 minutes", "ada | |", "1 | ada | bread | 9")
    assert good is not None
    presenter = till.connect("presenter")
    rollback.rollback(presenter, till.project, "prs_takings", good, "test")

    rollback.release(presenter, "prs_takings")

    assert record.someone_behind(till.admin, till.project, "dmn") == ["prs_takings"]


def test_a_late_source_is_named_with_how_late_it_is_and_what_to_do(shop: MakeShop) -> None:
    till = shop()
    published(till, "5 hours")

    said = late(till)

    assert said.startswith("prs_takings: is as of ")
    assert "5 hours ago: 3 hours later than promised (2 hours)" in said
    assert "till is known up to " in said
    assert "and no further; see the DAG source_till, or: layers run --source till" in said


def test_a_domain_and_a_use_case_that_lag_behind_their_sources_are_told_as_such(
    shop: MakeShop,
) -> None:
    till = shop()
    published(till, "5 hours")

    known(till, "1 hour")
    domain = late(till)
    till.publish("dmn")
    use_case = late(till)
    till.publish("prs_takings")

    assert "but the domain is not; see the DAG domain, or: layers run --layer dmn" in domain
    assert "but prs_takings is not; see the DAG presentation" in use_case
    assert freshness.watch(till.connect("modeller"), till.project, "prs_takings") is not None


def test_a_use_case_that_is_held_back_for_too_long_fails_the_watch_too(shop: MakeShop) -> None:
    till = shop()
    good = published(till, "5 hours")
    published(till, "1 hour", "ada | |", "1 | ada | bread | 9")
    assert good is not None

    rollback.rollback(till.connect("presenter"), till.project, "prs_takings", good, "test")

    assert f"it is held back at publication {good} since " in late(till)
    assert "layers release prs_takings" in late(till)


def test_a_source_that_never_came_is_late_at_once_and_fails_the_watch_after_the_promise(
    shop: MakeShop,
) -> None:
    till = shop()
    till.publish("dmn")
    till.publish("prs_takings")
    modeller = till.connect("modeller")

    first = (read().freshness, freshness.watch(modeller, till.project, "prs_takings"))
    till.admin.execute(
        "update layers.published set first_confirmed_at = now() - interval '150 minutes'"
    )
    said = late(till)

    assert first[0] == "late"
    assert (read().data_as_of, read().watermarks) == (None, {"till": None})
    assert "is as of no moment yet, 2 hours 30 minutes after it was first published" in said
    assert "till was never read to its end; see its log in the DAG source_till" in said


def test_where_a_source_declares_a_clock_age_is_counted_by_it(shop: MakeShop) -> None:
    """The example company lives in its own time, months away from the warehouse's."""
    source = """
        source: The till
        kind: postgres
        connection: till
        promised_freshness: 1 hour
        clock: select now_at from company_clock
        objects:
          customers: {table: customers}
          sales:     {table: sales}
    """
    till = shop({"sql/src/till.yaml": source})
    till.admin.execute(
        "insert into layers.cursors (source, object, cursor, loaded_until, moved_at)"
        " values ('till', 'sales', '{}', '2020-03-01T12:00Z', now() - interval '10 minutes')"
    )
    till.given(
        "stg_layers.stg_layers_watermarks", "source | loaded_until\ntill | 2020-03-01T11:00Z"
    )
    till.staged(*ROWS)
    till.publish("dmn")
    till.publish("prs_takings")

    (row,) = freshness.standing(till.connect("modeller"), till.project)

    assert row.freshness == "fresh"
    assert row.age is not None
    assert timedelta(minutes=70) <= row.age < timedelta(minutes=75)


def test_another_promise_holds_from_the_next_publication_on(shop: MakeShop) -> None:
    till = shop()
    published(till, "90 minutes")

    till.change({"sql/prs/takings.yaml": {"2 hours": "1 hour"}})
    till.publish("prs_takings")

    assert (read().promised_freshness, read().freshness) == (timedelta(hours=1), "late")


def test_a_use_case_without_a_promise_is_a_mistake(shop: MakeShop) -> None:
    till = shop()
    without = FILES["sql/prs/takings.yaml"].replace("promised_freshness: 2 hours", "")

    project = reading.load(write(till.folder, {"sql/prs/takings.yaml": without}))

    assert "sql/prs/takings.yaml: 'promised_freshness' is missing" in map(str, project.problems)


@pytest.mark.parametrize("kept", ["freshness", "restatements"])
def test_no_table_has_the_name_of_one_that_the_engine_keeps(shop: MakeShop, kept: str) -> None:
    till = shop()
    name = f"sql/prs/takings/prs_takings_{kept}"
    files = {f"{name}.yaml": FILES["sql/prs/takings/prs_takings_by_customer.yaml"]}

    project = reading.load(write(till.folder, files))

    said = f"{name}.yaml: has the name of a table that the engine keeps for takings; rename it"
    assert said in map(str, project.problems)


def test_a_use_case_has_a_name_that_leaves_room_for_what_the_engine_keeps(shop: MakeShop) -> None:
    till = shop()
    name = "t" * 47

    project = reading.load(
        write(till.folder, {f"sql/prs/{name}.yaml": FILES["sql/prs/takings.yaml"]})
    )

    assert [str(problem) for problem in project.problems] == [
        f"sql/prs/{name}.yaml: has a name too long for the engine's prs_{name}_restatements; "
        "wanted at most 46 characters"
    ]


def test_readers_see_freshness_and_tables_of_one_publication_whenever_they_look(
    shop: MakeShop,
) -> None:
    till = shop()
    published(till, "90 minutes", "ada | |", "1 | ada | bread | 90")
    over, seen = Event(), set()

    def look() -> None:
        with psycopg.connect(**connection_parameters("looker"), autocommit=True) as looker:
            while not over.is_set():
                found = looker.execute(
                    f"select f.publication, f.data_as_of, t.amount from {VIEW} f"
                    " cross join prs_takings.prs_takings_by_customer t"
                )
                seen.update(found.fetchall())

    with ThreadPoolExecutor() as pool:
        looking = pool.submit(look)
        wrote = {(r.publication, r.data_as_of, r.amount) for r in _read_both(till)}
        for minutes in (80, 70, 60, 50, 40):
            published(till, f"{minutes} minutes", "ada | |", f"1 | ada | bread | {minutes}")
            wrote |= {(r.publication, r.data_as_of, r.amount) for r in _read_both(till)}
        over.set()
        looking.result()

    assert len(seen) > 1
    assert seen <= wrote
    assert len({publication for publication, _, _ in wrote}) == len(wrote) == 6


def _read_both(till: Shop) -> list[SimpleNamespace]:
    return till.query(
        f"select f.publication, f.data_as_of, t.amount from {VIEW} f"
        " cross join prs_takings.prs_takings_by_customer t"
    )


def test_the_command_fails_when_a_use_case_is_late_and_says_who_is_to_blame(
    shop: MakeShop, capsys: pytest.CaptureFixture[str]
) -> None:
    till = shop()
    published(till, "1 hour")
    command = ["--project", str(till.folder), "freshness"]

    fine = (main(command), capsys.readouterr())
    till.admin.execute("update layers.published set data_as_of = data_as_of - interval '2 hours'")
    wrong = (main([*command, "--json"]), capsys.readouterr())
    main(["--project", str(till.folder), "status", "--json"])
    (_, status) = json.loads(capsys.readouterr().out)["publications"]

    assert (fine[0], fine[1].err) == (0, "")
    assert "prs_takings" in fine[1].out
    assert wrong[0] == 1
    assert json.loads(wrong[1].out)[0]["freshness"] == "late"
    assert "prs_takings: is as of" in wrong[1].err
    assert (status["unit"], status["freshness"]) == ("prs_takings", "late")


def test_a_warehouse_of_before_is_migrated_and_as_of_a_moment_after_its_next_run(
    shop: MakeShop,
) -> None:
    till = shop()
    number = published(till, "30 minutes")
    at = read().data_as_of
    till.admin.execute(
        f"drop view {VIEW}; drop table prs_takings.prs_takings_restatements, layers.promises;"
        " alter table layers.published drop watermarks, drop data_as_of, drop below, drop columns,"
        " drop first_confirmed_at; alter table layers.builds drop watermarks, drop below;"
        " alter table layers.publications drop watermarks, drop data_as_of, drop below"
    )

    till.migrate()
    before = read()
    is_behind = record.is_behind(till.admin, till.project, "dmn")
    till.publish("dmn")
    till.publish("prs_takings")

    assert (before.publication, before.data_as_of, is_behind) == (number, None, True)
    assert (read().publication, read().data_as_of) == (number, at)
