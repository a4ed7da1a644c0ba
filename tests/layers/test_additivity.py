"""How columns add up: what a contract may say of it, and what it comes to for a ratio."""

from pathlib import Path

import pytest

from layers import additivity, reading
from layers.project import Project
from tests.layers.shop import write

TAKINGS = "sql/prs/takings/prs_takings_by_month"
WANTED = (
    "wanted sum, balance, distinct, {sum: {within: [a column]}}, {balance: {within: [a column]}} "
    "or {ratio: {of: columns added and subtracted, by: the same}}"
)


def contract(additivity: str, **others: str) -> str:
    """A contract with one column that adds up like this, beside a sum, a balance and a count."""
    columns = {
        "month": "{type: date}",
        "shelf": "{type: text}",
        "paid": "{type: bigint, additivity: {sum: {within: shelf}}}",
        "owed": "{type: bigint, additivity: balance}",
        "people": "{type: bigint, additivity: distinct}",
        "asked": f"{{type: numeric, optional: true, additivity: {additivity}}}",
        **others,
    }
    lines = "".join(f"      {name}: {said}\n" for name, said in columns.items())
    return f"""
    answers: Who paid what?
    grain: one row per month and shelf
    key: [month, shelf]
    columns:
{lines}"""


def project(tmp_path: Path, additivity: str, **others: str) -> Project:
    return reading.load(write(tmp_path, {f"{TAKINGS}.yaml": contract(additivity, **others)}))


REFUSED = {
    "a word that is none": ("total", f"'columns.asked.additivity' is 'total': {WANTED}"),
    "a list": ("[sum]", f"'columns.asked.additivity' is ['sum']: {WANTED}"),
    "two ways at once": (
        "{sum: {within: shelf}, balance: {within: shelf}}",
        f"'columns.asked.additivity' {WANTED}",
    ),
    "a count of distinct things within something": (
        "{distinct: {within: shelf}}",
        f"'columns.asked.additivity' {WANTED}",
    ),
    "a sum within nothing": (
        "{sum: {within: []}}",
        "'columns.asked.additivity' has a within that names no column; wanted a column, or a list "
        "of them",
    ),
    "a ratio of nothing": (
        "{ratio: {of: paid}}",
        f"'columns.asked.additivity' has ratio with of; {WANTED}",
    ),
    "a ratio with a product": (
        "{ratio: {of: 12 * paid, by: owed}}",
        "'columns.asked.additivity' has a ratio with '12 * paid'; wanted columns with + and - "
        "between",
    ),
    "a ratio of a column that is not there": (
        "{ratio: {of: payed, by: owed}}",
        "column 'asked' is a ratio, which names 'payed', which is no column; did you mean paid?",
    ),
    "a ratio by a number that is no column": (
        "{ratio: {of: paid, by: owed - 1}}",
        "column 'asked' is a ratio, which names '1', which is no column",
    ),
    "a ratio of a ratio": (
        "{ratio: {of: asked, by: owed}}",
        "column 'asked' is a ratio, which names 'asked', which is a ratio itself; wanted sums, "
        "balances or counts",
    ),
    "a ratio of what does not say how it adds up": (
        "{ratio: {of: shelf, by: owed}}",
        "column 'asked' is a ratio, which names 'shelf', which does not say how it adds up; wanted "
        "sums, balances or counts",
    ),
    "within a column that is not there": (
        "{sum: {within: shelves}}",
        "column 'asked' has within, which names 'shelves', which is no column; did you mean shelf?",
    ),
    "within a column that may be empty": (
        "{sum: {within: asked}}",
        "column 'asked' has within, which names 'asked', which may be empty; wanted one that never "
        "is",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_added_up_like_this_is_refused(what: str, tmp_path: Path) -> None:
    written, said = REFUSED[what]

    problems = project(tmp_path, written).problems

    assert [str(problem) for problem in problems] == [f"{TAKINGS}.yaml: {said}"]


def test_a_text_does_not_add_up(tmp_path: Path) -> None:
    (problem,) = project(tmp_path, "sum", shelf="{type: text, additivity: sum}").problems

    assert (
        problem.message
        == "column 'shelf' has an additivity and type text; wanted a number, or none"
    )


def test_a_balance_wants_a_time_in_the_key_at_which_it_stands(tmp_path: Path) -> None:
    changes = {f"{TAKINGS}.yaml": contract("sum").replace("[month, shelf]", "shelf")}
    (problem,) = reading.load(write(tmp_path, changes)).problems

    assert problem.message.startswith(
        "column 'owed' is a balance, and no column of the key is a date"
    )


RATIOS = {
    "paid - paid": ("paid", "sum", ("shelf",)),
    "paid": ("owed", "balance", ("shelf",)),
    "owed": ("people", "distinct", ()),
    "-owed + owed": ("owed", "balance", ()),
}


@pytest.mark.parametrize("of", RATIOS)
def test_a_ratio_adds_up_like_the_part_that_adds_up_least(of: str, tmp_path: Path) -> None:
    by, kind, within = RATIOS[of]
    found = project(tmp_path, f'{{ratio: {{of: "{of}", by: {by}}}}}')

    assert found.problems == ()
    adds = additivity.resolved(found.relation("prs_takings_by_month").contract, "asked")
    assert adds is not None
    assert (adds.kind, adds.within) == (kind, within)
