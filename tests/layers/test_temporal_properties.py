"""Random people, their shifts, and what they do in them: the engine keeps what brute force keeps.

`LAYERS_EXAMPLES=2000 pytest tests/layers/test_temporal_properties.py` looks further than CI does.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from layers.errors import DataError
from tests.layers.conftest import MakeShop
from tests.layers.naive import largest
from tests.layers.shop import Change, Shop
from tests.layers.test_temporal import SHIFTS, STAFF, TASKS, at_work

MOST_ROWS = 10  # all subsets of them are tried
OLD_ENOUGH, LONGEST = 3, 5
PEOPLE = f"""
    entity: Person
    definition: Somebody who may stand at the till, and does.
    grain: one row per person
    key: staff_id
    columns:
      staff_id: {{type: text}}
      age:      {{type: numeric}}
    criteria:
      a person is old enough to work: age >= {OLD_ENOUGH}
    hold_limit: none
"""
IN_A_SHIFT = 'shift: {to: dmn_shifts, by: staff_id, period: done_at, each: "1", inverse: "0..*"}'
BUSINESS: dict[str, Change] = {
    **STAFF,
    "sql/dmn/dmn_people.yaml": PEOPLE,
    "sql/dmn/dmn_people.sql": """
        select customer_id as staff_id, amount as age
        from stg_till.stg_till_sales where shelf = 'person'
    """,
    "sql/dmn/dmn_shifts.yaml": f"""{SHIFTS.replace("hold_limit: none", "").rstrip()}
      a shift is not too long: upper(shift_during) - lower(shift_during) <= interval '{LONGEST} h'
    relationships:
      person: {{to: dmn_people, by: staff_id, each: "1", inverse: "1..*"}}
    hold_limit: none
    """,
    # a note is kept whoever wrote it; of whom, only if they were at work
    "sql/dmn/dmn_notes.yaml": TASKS.replace("entity: Task", "entity: Note")
    .replace("task_id", "note_id")
    .replace("staff_id: {type: text}", "staff_id: {type: text, optional: true}")
    .replace("{type: timestamptz}", "{type: timestamptz, optional: true}")
    .replace('each: "1"', 'each: "0..1", on_missing: empty'),
    "sql/dmn/dmn_notes.sql": """
        select sale_id as note_id, customer_id as staff_id, sold_at as done_at
        from stg_till.stg_till_sales where shelf = 'note'
    """,
}
# id, what it is, whose, from which hour on (a note may have none), for how many (a person: the age)
Given = tuple[str, str, str, int | None, int]


@st.composite
def days(draw: st.DrawFn) -> list[Given]:
    """Who is there, shifts that mostly touch and sometimes overlap, and what is done meanwhile."""
    people = draw(st.sampled_from(["ab", "a", "b"]))
    whose = st.sampled_from("aaabbc")
    shift = st.tuples(
        st.just("shift"),
        whose,
        st.sampled_from([8, 12, 16]),
        st.sampled_from([4, 4, 3, 4, 0, LONGEST, LONGEST + 1]),
    )
    long, hour = st.sampled_from([1, 2, 4, 0]), st.integers(8, 18)
    doing = st.tuples(st.sampled_from(["break", "task"]), whose, hour, long)
    noted = st.tuples(st.just("note"), whose, st.none() | hour, long)
    rows = [("person", who, 0, draw(st.sampled_from([9, 9, 9, 9, 1]))) for who in people]
    rows += draw(st.lists(shift, min_size=2, max_size=4, unique_by=lambda row: row[1:3]))
    rows += draw(st.lists(doing | noted, min_size=2, max_size=MOST_ROWS - len(rows)))
    return [(str(number), *row) for number, row in enumerate(rows)]


def hours(row: Given) -> set[int]:
    return set() if row[3] is None else set(range(row[3], row[3] + row[4]))


def is_fit(row: Given) -> bool:
    """Step 1: what a row breaks by itself."""
    _, what, _, _, size = row
    if what == "person":
        return size >= OLD_ENOUGH
    return what != "shift" or 0 < size <= LONGEST


def overlap(left: list[Given]) -> bool:
    """Whether somebody has two shifts at a time."""
    shifts = [row for row in left if row[1] == "shift"]
    return any(
        one[2] == other[2] and hours(one) & hours(other)
        for at, one in enumerate(shifts)
        for other in shifts[:at]
    )


def needs(row: Given, left: list[Given]) -> Iterator[int]:
    """For each thing that a row needs, the rows of which one must stay: a bit for each."""
    _, what, who, hour, _ = row

    def bits(wanted: str, at: int | None = None) -> int:
        return sum(
            1 << place
            for place, other in enumerate(left)
            if other[1:3] == (wanted, who) and (at is None or at in hours(other))
        )

    if what == "person":
        yield bits("shift")
    if what == "shift":
        yield bits("person")
    if what == "task":
        yield bits("shift", hour)
    if what == "break":
        yield from [bits("shift", at) for at in hours(row)] or [0]


def judged(rows: list[Given]) -> dict[str, list[str]]:
    """The ids that are published, by what they are; of notes those that keep their author."""
    left = [row for row in rows if is_fit(row)]
    kept = largest(left, [list(needs(row, left)) for row in left])
    at_till = {(row[2], at) for row in kept if row[1] == "shift" for at in hours(row)}
    found: dict[str, list[str]] = {}
    for row in kept:
        if row[1] != "note" or row[3] is None or (row[2], row[3]) in at_till:
            found.setdefault(row[1], []).append(row[0])
    return found


def published(till: Shop) -> dict[str, list[str]]:
    """The same, as the warehouse has it; a shift and a person by the row that says the same."""
    ways: dict[str, str] = {
        "person": "dmn_people p on s.customer_id = p.staff_id",
        "shift": "dmn_shifts p on s.customer_id = p.staff_id"
        " and tstzrange(sold_at, sold_at + s.amount * interval '1 hour') = shift_during",
        "break": "dmn_breaks p on s.sale_id = p.break_id",
        "task": "dmn_tasks p on s.sale_id = p.task_id",
        "note": "dmn_notes p on s.sale_id = p.note_id and p.staff_id is not null",
    }
    found: dict[str, list[Any]] = {}
    for what, way in ways.items():
        rows = till.query(
            f"select s.sale_id from stg_till.stg_till_sales s join dmn.{way}"
            f" where s.shelf = '{what}' order by s.sale_id::int"
        )
        if rows:
            found[what] = [row.sale_id for row in rows]
    return found


def published_ids(till: Shop) -> list[str]:
    """Everything that is published, whatever staging says now."""
    names = ("people", "shifts", "breaks", "tasks", "notes")
    return [str(till.rows(f"dmn_{name}")) for name in names]


@pytest.fixture
def till(shop: MakeShop) -> Shop:
    """One warehouse for all examples."""
    return shop(BUSINESS)


@settings(
    max_examples=int(os.environ.get("LAYERS_EXAMPLES", "50")),
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(days(), min_size=1, max_size=3))
def test_what_is_kept_of_a_day_is_what_brute_force_keeps(
    till: Shop, several: list[list[Given]]
) -> None:
    """Day after day in one warehouse: what was published before makes no difference."""
    for rows in several:
        at_work(till, *rows)
        if overlap([row for row in rows if is_fit(row)]):
            event("overlap")
            before = published_ids(till)
            with pytest.raises(DataError, match="staff_id has one row at a time"):
                till.publish()
            assert published_ids(till) == before
            continue
        wanted = judged(rows)
        event(f"kept: {', '.join(sorted(wanted.keys() - {'person', 'shift'})) or 'nothing'}")

        till.publish()

        assert published(till) == wanted
        everybody = [row[0] for row in rows if row[1] == "note"]
        assert [row.note_id for row in till.rows("dmn_notes")] == sorted(everybody)
