"""Entities that are there for a time: one row at a time, and references that lead to a time."""

from decimal import Decimal
from typing import Any

import pytest

from layers import reading
from layers.errors import DataError
from tests.layers.conftest import MakeShop
from tests.layers.shop import Change, Shop, write

SHIFTS = """
    entity: Shift
    definition: A time for which somebody stands at the till.
    grain: one row per person and shift
    key: [staff_id, shift_during without overlaps]
    columns:
      staff_id:     {type: text}
      shift_during: {type: tstzrange}
    criteria:
      a shift ends after it begins: not isempty(shift_during)
    hold_limit: none
"""
BREAKS = """
    entity: Break
    definition: A time in a shift in which somebody does not work.
    grain: one row per break
    key: break_id
    columns:
      break_id:     {type: text}
      staff_id:     {type: text}
      break_during: {type: tstzrange}
    relationships:
      shift: {to: dmn_shifts, by: staff_id, period: break_during, each: "1", inverse: "0..*"}
    hold_limit: none
"""
TASKS = """
    entity: Task
    definition: Something that somebody did in a shift.
    grain: one row per task
    key: task_id
    columns:
      task_id:  {type: text}
      staff_id: {type: text}
      done_at:  {type: timestamptz}
    relationships:
      shift: {to: dmn_shifts, by: staff_id, period: done_at, each: "1", inverse: "0..*"}
    hold_limit: none
"""
# A sale of the till stands for whatever its shelf says: who, from when, and for how many hours.
SPAN = "tstzrange(sold_at, sold_at + amount * interval '1 hour')"
STAFF: dict[str, Change] = {
    "sql/dmn/dmn_shifts.yaml": SHIFTS,
    "sql/dmn/dmn_shifts.sql": f"""
        select customer_id as staff_id, {SPAN} as shift_during
        from stg_till.stg_till_sales where shelf = 'shift'
    """,
    "sql/dmn/dmn_breaks.yaml": BREAKS,
    "sql/dmn/dmn_breaks.sql": f"""
        select sale_id as break_id, customer_id as staff_id, {SPAN} as break_during
        from stg_till.stg_till_sales where shelf = 'break'
    """,
    "sql/dmn/dmn_tasks.yaml": TASKS,
    "sql/dmn/dmn_tasks.sql": """
        select sale_id as task_id, customer_id as staff_id, sold_at as done_at
        from stg_till.stg_till_sales where shelf = 'task'
    """,
    **{
        f"sql/{name}": None
        for name in (
            *("dmn/dmn_sales.yaml", "dmn/dmn_sales.sql", "dmn/dmn_customers.yaml"),
            *("dmn/dmn_customers.sql", "prs/takings.yaml"),
            *(
                "prs/takings/prs_takings_by_customer.yaml",
                "prs/takings/prs_takings_by_customer.sql",
            ),
        )
    },
}


def at_work(till: Shop, *rows: tuple[str, str, str, int | None, float]) -> None:
    """Makes staging hold rows: id, shelf, who, from which hour of a day on, for how many hours."""
    till.admin.execute("truncate stg_till.stg_till_sales")
    for number, (sale_id, shelf, who, hour, hours) in enumerate(rows):
        at = None if hour is None else f"2026-03-01T{hour:02}:00Z"
        till.admin.execute(
            "insert into stg_till.stg_till_sales (sale_id, shelf, customer_id, sold_at, amount,"
            " layers_load_id, layers_ordinal) values (%s, %s, %s, %s, %s, 0, %s)",
            [sale_id, shelf, who, at, Decimal(str(hours)), number],
        )
    till.admin.execute("update layers.versions set version = version + 1")


def ids(rows: list[Any], name: str) -> list[str]:
    return [getattr(row, name) for row in rows]


def test_two_shifts_that_touch_are_two_and_two_that_overlap_fail_the_layer(shop: MakeShop) -> None:
    till = shop(STAFF)
    at_work(till, ("1", "shift", "ada", 8, 4), ("2", "shift", "ada", 12, 2))
    till.publish()
    at_work(till, ("1", "shift", "ada", 8, 4), ("2", "shift", "ada", 11, 2))

    with pytest.raises(DataError, match="staff_id has one row at a time: shift_during never"):
        till.publish()

    assert len(till.rows("dmn_shifts")) == 2


def test_the_key_and_the_references_are_postgres_own(shop: MakeShop) -> None:
    till = shop(STAFF)
    at_work(
        till, ("1", "shift", "ada", 8, 4), ("2", "break", "ada", 9, 1), ("3", "task", "ada", 10, 0)
    )
    till.publish()

    found = till.query(
        "select pg_get_constraintdef(oid) as said from pg_constraint where contype in ('p', 'f')"
        " and connamespace = 'dmn'::regnamespace order by said"
    )
    key = "(staff_id, PERIOD shift_during) DEFERRABLE INITIALLY DEFERRED"
    assert ids(found, "said") == [
        f"FOREIGN KEY (staff_id, PERIOD break_during) REFERENCES dmn.dmn_shifts{key}",
        f"FOREIGN KEY (staff_id, PERIOD layers_done_at) REFERENCES dmn.dmn_shifts{key}",
        "PRIMARY KEY (break_id)",
        "PRIMARY KEY (staff_id, shift_during WITHOUT OVERLAPS)",
        "PRIMARY KEY (task_id)",
    ]


def test_what_happens_outside_of_any_shift_is_held_until_there_is_one(shop: MakeShop) -> None:
    till = shop(STAFF)
    rows = [
        ("1", "shift", "ada", 8, 4),
        ("2", "break", "ada", 9, 1),
        ("3", "break", "ada", 11, 2),  # goes on after the shift
        ("4", "break", "bob", 9, 1),  # of somebody who never works
        ("5", "task", "ada", 8, 0),  # at the first instant
        ("6", "task", "ada", 12, 0),  # a shift does not hold its end
    ]
    at_work(till, *rows)
    till.publish()
    first = ids(till.rows("dmn_breaks"), "break_id"), ids(till.rows("dmn_tasks"), "task_id")
    held = till.held("dmn_breaks")
    at_work(till, *rows, ("7", "shift", "ada", 12, 3))
    till.publish()

    assert first == (["2"], ["5"])
    assert held == {"3": "each break has 1 shift", "4": "each break has 1 shift"}
    # the two shifts together cover the break that spans them
    assert ids(till.rows("dmn_breaks"), "break_id") == ["2", "3"]
    assert ids(till.rows("dmn_tasks"), "task_id") == ["5", "6"]


def test_an_empty_shift_is_held_and_covers_nothing(shop: MakeShop) -> None:
    till = shop(STAFF)
    at_work(
        till, ("1", "shift", "ada", 8, 0), ("2", "break", "ada", 8, 1), ("3", "shift", "bob", 8, 1)
    )
    till.publish()

    assert ids(till.rows("dmn_shifts"), "staff_id") == ["bob"]
    assert till.rows("dmn_breaks") == []
    assert list(till.held("dmn_shifts").values()) == ["a shift ends after it begins"]


def test_an_empty_break_is_in_no_shift(shop: MakeShop) -> None:
    """Postgres' own foreign keys say so: once it was kept, and nothing could be published."""
    till = shop(STAFF)
    at_work(
        till, ("1", "shift", "ada", 8, 4), ("2", "break", "ada", 9, 0), ("3", "break", "ada", 9, 1)
    )
    till.publish()

    assert ids(till.rows("dmn_breaks"), "break_id") == ["3"]
    assert till.held("dmn_breaks") == {"2": "each break has 1 shift"}


def test_a_task_without_a_time_needs_no_shift(shop: MakeShop) -> None:
    """Its range was from null to null, all time: Postgres wanted a shift for ever, and refused."""
    tasks = TASKS.replace("{type: timestamptz}", "{type: timestamptz, optional: true}")
    till = shop(STAFF | {"sql/dmn/dmn_tasks.yaml": tasks})
    at_work(till, ("1", "shift", "ada", 8, 4), ("2", "task", "ada", 9, 0))
    till.publish()  # from now on Postgres asks for each row
    at_work(
        till,
        ("1", "shift", "ada", 8, 4),
        ("3", "task", "ada", None, 0),
        ("4", "task", "ada", 13, 0),
    )
    till.publish()

    assert ids(till.rows("dmn_tasks"), "task_id") == ["3"]
    assert till.held("dmn_tasks") == {"4": "each task has 1 shift"}


def test_an_empty_shift_that_nobody_holds_fails_the_layer_like_an_empty_key(shop: MakeShop) -> None:
    shifts = SHIFTS.replace("      a shift ends after it begins: not isempty(shift_during)\n", "")
    shifts = shifts.replace("    criteria:\n", "")
    till = shop(STAFF | {"sql/dmn/dmn_shifts.yaml": shifts})
    at_work(till, ("1", "shift", "ada", 8, 0), ("2", "shift", "bob", 8, 1))

    with pytest.raises(DataError, match="shift_during never empty, never overlapping") as told:
        till.publish()

    query = str(told.value).split("all of them:")[1].split(";")[0]
    assert ids(till.query(query), "staff_id") == ["ada"]


def test_many_shifts_are_compared_with_those_of_the_same_person_alone(shop: MakeShop) -> None:
    """Once each was compared with all: 9,000 memberships took ten seconds, 20,000 a minute."""
    till = shop(STAFF)
    till.admin.execute(
        "insert into stg_till.stg_till_sales (sale_id, shelf, customer_id, sold_at, amount,"
        " layers_load_id, layers_ordinal) select n, 'shift', n / 4,"
        " timestamptz '2026-03-01Z' + n % 4 * interval '6 hours', 6, 0, n"
        " from generate_series(1, 20000) n"
    )
    till.admin.execute("update layers.versions set version = version + 1")
    till.only_build("dmn_shifts")
    till.connect("modeller").execute("set statement_timeout = '5s'")

    till.only_check("dmn_shifts")

    assert till.only_settle()["dmn_shifts"] == 0


def test_a_shift_that_ends_later_is_another_row_and_what_is_in_it_stays(shop: MakeShop) -> None:
    till = shop(STAFF)
    at_work(till, ("1", "shift", "ada", 8, 4), ("2", "break", "ada", 9, 1))
    till.publish()
    at_work(till, ("1", "shift", "ada", 8, 6), ("2", "break", "ada", 9, 1))
    published = till.publish()

    change = published.changes["dmn_shifts"]
    assert (change.inserted, change.updated, change.deleted) == (1, 0, 1)
    assert not published.changes["dmn_breaks"]
    assert ids(till.rows("dmn_breaks"), "break_id") == ["2"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"sql/dmn/dmn_breaks.yaml": BREAKS.replace(" period: break_during,", "")},
            "goes to dmn_shifts, which is temporal; wanted 'period', a column with a time",
        ),
        (
            {"sql/dmn/dmn_breaks.yaml": BREAKS.replace("break_during,", "staff_id,")},
            "has the period 'staff_id', which is text; wanted tstzrange or timestamptz",
        ),
        (
            {"sql/dmn/dmn_breaks.yaml": BREAKS.replace("0..*", "1..*")},
            'goes to dmn_shifts, which is temporal; wanted inverse "0..*"',
        ),
        (
            {"sql/dmn/dmn_shifts.yaml": SHIFTS.replace("{type: tstzrange}", "{type: text}")},
            "key column 'shift_during' is without overlaps and text; wanted tstzrange or daterange",
        ),
    ],
)
def test_a_mistake_about_time_is_told(
    shop: MakeShop, changes: dict[str, Change], said: str
) -> None:
    folder = shop(STAFF).folder

    problems = reading.load(write(folder, STAFF | changes)).problems

    assert [problem for problem in problems if said in problem.message]
