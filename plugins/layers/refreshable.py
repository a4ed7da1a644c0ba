"""Refreshable: whether what a presentation table says of its months can be followed.

That it is true on data, `layers verify` proves.
"""

from collections.abc import Iterator

import sqlglot
from sqlglot import exp

from layers.contract import Contract
from layers.influence import halves
from layers.lint import wrong_expression
from layers.project import Project
from layers.promises import Refresh
from layers.relation import Relation

TIMES = ("timestamptz", "date", "tstzrange", "daterange")


def problems(project: Project, relation: Relation) -> Iterator[str]:
    """Why a table cannot be refreshed by month, as messages without the file's name."""
    said: Refresh | None = getattr(relation.contract, "refresh", None)
    if said is None:
        return
    yield from _wrong_month(relation.contract, said)
    for name, when in said.when.items():
        where = f"refresh of {name}"
        if name not in relation.reads:
            yield f"{where}: its query does not read it; wanted relations that it reads"
        elif project.relations[name].layer != "dmn":
            yield f"{where}: is no relation of dmn, of which alone it is known what changed"
        else:
            yield from _wrong_span(project.relations[name].contract, where, when)


def _wrong_month(contract: Contract, said: Refresh) -> Iterator[str]:
    column = contract.columns.get(said.by)
    if said.by not in contract.key or column is None or column.type != "date":
        yield (
            f"is refreshed by '{said.by}'; wanted a date of its key, the first day of the month "
            "that a row is about"
        )


def _wrong_span(contract: Contract, where: str, when: str) -> Iterator[str]:
    if when in contract.columns:
        if contract.columns[when].type not in TIMES:
            found = contract.columns[when].type
            yield f"{where}: '{when}' is {found}; wanted a column of type {', '.join(TIMES)}"
        return
    ends = halves(when)
    if ends is None:
        yield f"{where} is '{when}'; wanted a column, or [from, to] in instants"
        return
    for end in ends:
        wrong = list(wrong_expression(contract, where, end))
        yield from wrong
        if not wrong:
            yield from _no_instant(contract, where, end)


def _no_instant(contract: Contract, where: str, end: str) -> Iterator[str]:
    """A day begins at another instant in each zone, so it says nothing between two instants."""
    named = {column.name for column in sqlglot.parse_one(end, read="postgres").find_all(exp.Column)}
    for name in sorted(named):
        if (found := contract.columns[name].type) in ("date", "daterange"):
            yield f"{where}: '{name}' is {found} inside of [from, to]; wanted instants"
