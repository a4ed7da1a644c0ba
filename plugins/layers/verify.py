"""Verify: whether an incremental relation is what a build in full would make of it.

Both are built, checked and settled in one transaction over one state of the layer below, which is
taken back; a reader sees nothing of it.
"""

from dataclasses import dataclass

from layers import build, check, difference, record, settle
from layers.broken import SAMPLE, ensure_passed, key_text
from layers.ddl import table
from layers.errors import DataError, ProjectError
from layers.kept import kept_rows
from layers.project import Project
from layers.publish import still
from layers.relation import Relation
from layers.rules import columns, literal, quoted
from layers.warehouse import Connection, errors_told, locked, one, snapshot, text


class _TakenBackError(Exception):
    """Everything was looked at."""


@dataclass(frozen=True)
class Verified:
    """The rows of both ways, how many were fed, how many differ, and the keys of some of these.

    `because` says why even the incremental way was one in full, if it was.
    """

    relation: str
    rows: int
    fed: int | None
    because: str | None
    differ: int
    sample: list[str]


def verify(connection: Connection, project: Project, relation: Relation, run: str) -> Verified:
    """Compares what would be published of a relation, built incrementally and in full.

    Raises ProjectError for a relation that is not incremental, DataError where a rule that fails
    its layer is broken.
    """
    if not relation.is_incremental:
        raise ProjectError(
            f"{relation.name} is neither incremental nor refreshed, so it is built in full anyway"
        )
    unit, found = relation.unit, None
    told, alone = errors_told(f"verifying {relation.name}"), locked(connection, unit)
    with told, alone, still(connection, project, unit):
        try:
            with snapshot(connection):
                found = _compared(connection, project, relation, run)
                raise _TakenBackError
        except _TakenBackError:
            assert found is not None
            return found


def _compared(connection: Connection, project: Project, relation: Relation, run: str) -> Verified:
    """Publishes the fed way, in a transaction that is taken back, and puts the other beside it."""
    _build(connection, project, relation.unit, run, in_full=False)
    fed = record.latest_build(connection, relation) or {}
    difference.ready(connection)
    difference.apply(connection, project, relation, fed["build_id"])
    own = columns(relation.contract.columns)
    _keep(connection, "layers_fed_way", f"select {own} from {table(relation)}")
    _keep(connection, "layers_fed_held", _held(relation))
    _build(connection, project, relation.unit, run, in_full=True)
    full = record.latest_build(connection, relation) or {}
    kept = kept_rows(project, relation, full["build_id"])
    _keep(connection, "layers_full_way", f"select {own} from ({kept}) k")
    _keep(connection, "layers_full_held", _held(relation))
    (rows,) = one(connection, "select count(*) from layers_full_way")
    differ, sample = _differ(connection, relation)
    return Verified(relation.name, rows, fed["fed"], fed["because"], differ, sample)


def _differ(connection: Connection, relation: Relation) -> tuple[int, list[str]]:
    """How many rows differ, published or held, and the keys of some of them."""
    own = relation.contract.columns
    same = " and ".join(f"c.{quoted(k)} = f.{quoted(k)}" for k in relation.contract.key)
    key = f"coalesce({key_text(relation)}, {key_text(relation, alias='f')})"
    is_personal = any(relation.contract.columns[k].pii for k in relation.contract.key)
    held_key = "'***'" if is_personal else "coalesce(c.key, f.key)"
    differ, sample = one(
        connection,
        text(
            f"select count(*), (array_agg(key))[:{SAMPLE}] from (select {key} as key"
            f" from layers_fed_way c full join layers_full_way f on {same}"
            f" where ({columns(own, 'c')}) is distinct from ({columns(own, 'f')}) union all"
            f" select {held_key} from layers_fed_held c full join layers_full_held f"
            " on c.key = f.key where (c.rules, c.follows) is distinct from (f.rules, f.follows)) d"
        ),
    )
    return int(differ), sample or []


def _held(relation: Relation) -> str:
    return f"select key, rules, follows from layers.held where relation = {literal(relation.name)}"


def _build(connection: Connection, project: Project, unit: str, run: str, *, in_full: bool) -> None:
    """Builds and checks a unit; in full its incremental entities alone, the others are the same."""
    for relation in project.units[unit]:
        if relation.is_incremental or not in_full:
            build.build_here(connection, project, relation, run, in_full=in_full)
            ensure_passed(relation, check.check_here(connection, project, relation))
    _, problems = settle.settle_here(connection, project, unit, run)
    if problems:
        raise DataError("\n".join(problems))


def _keep(connection: Connection, name: str, query: str) -> None:
    connection.execute(text(f"create temporary table {name} on commit drop as {query}"))
