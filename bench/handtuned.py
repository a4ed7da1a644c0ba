"""Each presentation query against a statement for the same result by somebody who tries hard.

Those are in `handtuned/`, one for each table, beside their plans. Both read the published domain
and fill an unlogged table, in turns; what they fill has to be equal, row by row. Theirs may do
whatever makes it faster, and need not be read by anybody.
"""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from bench import loaded
from bench.figures import Figure
from layers import reading, warehouse
from layers.project import Project
from layers.relation import Relation
from layers.rules import quoted
from layers.warehouse import Connection, one, text

EVENTS, TEACHERS = 10_000_000, 8_000
LIMIT = 1.5
FEWEST_TURNS, ENOUGH = 3, 6.0  # seconds; a quick statement takes more turns
FOLDER = Path(__file__).parent / "handtuned"
OURS, THEIRS = "prs_candidates.bench_ours", "prs_candidates.bench_theirs"


def figures(events: int = EVENTS) -> Iterator[Figure]:
    """The ratio for each table, from the best of some turns of each."""
    project = reading.load(loaded.ROOT)
    with loaded.published(project, events, TEACHERS):
        yield from compared(project)


def with_plans() -> Iterator[Figure]:
    """The same, and how Postgres went about each of theirs is written down beside it."""
    project = reading.load(loaded.ROOT)
    with loaded.published(project, EVENTS, TEACHERS):
        yield from compared(project)
        write_plans(project)


def compared(project: Project) -> Iterator[Figure]:
    """The ratios, in a warehouse whose domain is published."""
    with closing(warehouse.connect("presenter", "bench")) as presenter:
        for relation in presented(project):
            yield _compared(presenter, relation)


def write_plans(project: Project) -> None:
    """How Postgres goes about each of theirs, beside it."""
    with closing(warehouse.connect("presenter", "bench")) as presenter:
        for relation in presented(project):
            theirs = _statement(relation, _theirs(relation))
            explain = f"explain (analyze, buffers, costs off) {theirs}"
            lines = (line for (line,) in presenter.execute(text(explain)))
            (FOLDER / f"{relation.name}.plan.txt").write_text("\n".join(lines) + "\n")


def presented(project: Project) -> Iterator[Relation]:
    """All presentation tables."""
    for unit, relations in project.units.items():
        if unit != "dmn":
            yield from relations


def _compared(presenter: Connection, relation: Relation) -> Figure:
    assert relation.query is not None
    statements = {OURS: relation.query, THEIRS: _theirs(relation)}
    took: dict[str, list[float]] = {OURS: [], THEIRS: []}
    began = time.monotonic()
    while len(took[OURS]) < FEWEST_TURNS or time.monotonic() - began < ENOUGH:
        for table, query in statements.items():
            took[table].append(_fill(presenter, table, _statement(relation, query)))
        if len(took[OURS]) == 1:
            _assert_equal(presenter, relation)
    ours, theirs = min(took[OURS]), min(took[THEIRS])
    print(f"{relation.name}: ours {ours:.3f} s, theirs {theirs:.3f} s, {len(took[OURS])} turns")
    return Figure(f"{relation.name} / hand-tuned", ours / theirs, LIMIT)


def _theirs(relation: Relation) -> str:
    return (FOLDER / f"{relation.name}.sql").read_text()


def _statement(relation: Relation, query: str) -> str:
    """The rows of a query in the types of the contract, as a build wants them."""
    typed = ", ".join(
        f"q.{quoted(name)}::{column.type} as {quoted(name)}"
        for name, column in relation.contract.columns.items()
    )
    return f"select {typed} from (\n{query}\n) q"


def _fill(presenter: Connection, table: str, statement: str) -> float:
    presenter.execute(text(f"drop table if exists {table}"))
    began = time.monotonic()
    presenter.execute(text(f"create unlogged table {table} as {statement}"))
    return time.monotonic() - began


def _assert_equal(presenter: Connection, relation: Relation) -> None:
    """Neither has a row that the other lacks, however often it is there, and there are some."""
    (ours, missing, more) = one(
        presenter,
        text(
            f"select (select count(*) from {OURS}),"
            f" (select count(*) from (table {OURS} except all table {THEIRS}) a),"
            f" (select count(*) from (table {THEIRS} except all table {OURS}) b)"
        ),
    )
    said = f"{relation.name}: {missing} of {ours} rows are not in theirs, {more} of theirs in ours"
    assert ours, f"{relation.name}: there are no rows to compare"
    assert (missing, more) == (0, 0), said
