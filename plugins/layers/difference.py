"""The difference between a candidate and its live table, computed once and written once."""

from collections.abc import Collection
from dataclasses import dataclass

from layers import touching
from layers.contract import CheckedContract
from layers.ddl import table
from layers.errors import DataError
from layers.kept import as_kept, kept_rows, live_rows
from layers.project import Project
from layers.relation import Relation
from layers.rules import allowed, columns, literal, quoted
from layers.warehouse import Connection, one, text

SHRINKS_FREELY = 100


@dataclass(frozen=True)
class Difference:
    """Rows that one publication inserted into, updated in and deleted from a relation.

    Recorded are those of a relation that had rows before, up to `keep_differences`.
    """

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    is_recorded: bool = True

    def __bool__(self) -> bool:
        return bool(self.inserted or self.updated or self.deleted)


def apply(
    connection: Connection, project: Project, relation: Relation, build_id: int
) -> Difference:
    """Makes the live table hold what is kept of a candidate, by writing the rows that differ.

    Runs in the publishing transaction. Raises DataError where more rows would go than
    `shrink_limit` allows.
    """
    is_narrow = touching.is_narrow(connection, project, relation)
    if one(connection, text(f"select not exists (select from {table(relation)})"))[0]:
        kept = kept_rows(project, relation, build_id)
        return Difference(inserted=_fill(connection, relation, kept), is_recorded=False)
    asked = kept_rows(project, relation, build_id, is_narrow=is_narrow)
    most = project.settings.keep_differences
    found = compute(connection, relation, asked, most, is_narrow=is_narrow)
    if found:
        _guard(connection, relation, found.deleted)
        found_rows = as_kept(project, relation, build_id)
        if found.is_recorded or _restates(connection):
            connection.execute(text(recorded(relation, found_rows, is_kept=found.is_recorded)))
        _write(connection, relation, found_rows, found)
    connection.execute("drop table pg_temp.changes")
    return found


def compute(
    connection: Connection,
    relation: Relation,
    kept: str,
    most: int,
    *,
    is_narrow: bool = False,
    missing: Collection[str] = (),
) -> Difference:
    """Puts the places of what differs into `pg_temp.changes`, and counts them.

    Where it `is_narrow`, only touched rows are compared, and `kept` has no others. Columns that are
    `missing` in the live table are empty there.
    """
    live = live_rows(relation, missing)
    if is_narrow:
        live += f" where {touching.among(relation, 'l')}"
    if not is_narrow:
        # Postgres expects every row to differ, and would not let workers hand over so many
        connection.execute("set local parallel_tuple_cost = 0")
    rows = connection.execute(text(_changes(relation, kept, live))).rowcount
    connection.execute("set local parallel_tuple_cost to default")
    if not rows:
        return Difference()
    connection.execute("analyze pg_temp.changes")  # or a few rows are looked for in all
    inserted, updated, deleted = one(
        connection,
        "select count(*) filter (where live is null), count(*) filter (where live is not null"
        " and place is not null), count(*) filter (where place is null) from pg_temp.changes",
    )
    is_recorded = inserted + updated + deleted <= most
    return Difference(inserted, updated, deleted, is_recorded)


def _restates(connection: Connection) -> bool:
    return bool(
        one(connection, "select exists (select from pg_temp.changes where was_complete)")[0]
    )


def ready(connection: Connection) -> None:
    """Makes the place in which a transaction's differences wait for their publication's number."""
    connection.execute("drop table if exists pg_temp.recorded")
    connection.execute(
        "create temporary table recorded (relation text, key jsonb, operation text, before jsonb,"
        " after jsonb, is_kept boolean not null default true) on commit drop"
    )


def number(connection: Connection, publication: int) -> None:
    """Keeps the differences of a transaction under its publication's number."""
    connection.execute(
        "insert into layers.differences (publication, relation, key, operation, before, after)"
        " select %s, relation, key, operation, before, after from pg_temp.recorded where is_kept",
        [publication],
    )


def recorded(
    relation: Relation, kept: str, *, is_kept: bool = True, missing: Collection[str] = ()
) -> str:
    """Remembers what differs: of a deleted row what it was, of an updated one both.

    What is not to be kept is there for restatements alone.
    """
    key = ", ".join(
        f"{literal(k)}, coalesce(l.{quoted(k)}, k.{quoted(k)})" for k in relation.contract.key
    )
    return (
        "insert into pg_temp.recorded"
        f" select {literal(relation.name)}, jsonb_build_object({key}),"
        " case when d.live is null then 'insert' when d.place is null then 'delete'"
        " else 'update' end,"
        " case when d.live is not null then to_jsonb(l) - 'layers_place' end,"
        " case when d.live is not null and d.place is not null"
        f" then to_jsonb(k) - 'layers_place' end, {is_kept}"
        " from pg_temp.changes d"
        f" left join ({live_rows(relation, missing)}) l"
        f" on l.layers_place = d.live left join ({kept}) k on k.layers_place = d.place"
        f" where d.was_complete or {is_kept}"
    )


def _fill(connection: Connection, relation: Relation, kept: str) -> int:
    own = columns(relation.contract.columns)
    filled = f"insert into {table(relation)} ({own}) select {own} from ({kept}) k"
    return connection.execute(text(filled)).rowcount


def _changes(relation: Relation, kept: str, live: str) -> str:
    key = relation.contract.key
    rest = [name for name in relation.contract.columns if name not in key]
    same = " and ".join(f"l.{quoted(k)} = k.{quoted(k)}" for k in key)
    differ = f"({columns(rest, 'l')}) is distinct from ({columns(rest, 'k')})" if rest else "false"
    flag = relation.complete_when
    was_complete = f"coalesce(l.{quoted(flag)}, false)" if flag else "false"
    return (
        "create temporary table changes on commit drop as select l.layers_place as live,"
        f" k.layers_place as place, {was_complete} as was_complete from"
        f" ({live}) l full join ({kept}) k on {same}"
        f" where l.layers_place is null or k.layers_place is null or {differ}"
    )


def _guard(connection: Connection, relation: Relation, deleted: int) -> None:
    contract = relation.contract
    assert isinstance(contract, CheckedContract)
    if deleted <= SHRINKS_FREELY:
        return
    (live,) = one(connection, text(f"select count(*) from {table(relation)}"))
    if deleted > allowed(contract.shrink_limit, live):
        raise DataError(
            f"{relation.name}: publishing would delete {deleted:,} of {live:,} rows, more than "
            f"shrink_limit {contract.shrink_limit}; nothing of its layer is published.\n"
            "    see whether a source answered with nothing; if it is right that they go, raise "
            f"shrink_limit in {relation.file} and run this task again"
        )


def _write(connection: Connection, relation: Relation, kept: str, found: Difference) -> None:
    live, names = table(relation), list(relation.contract.columns)
    rest = [name for name in names if name not in relation.contract.key]
    if found.deleted:
        gone = "l.ctid = d.live and d.place is null"
        connection.execute(text(f"delete from {live} l using pg_temp.changes d where {gone}"))
    if found.updated:
        changes = ", ".join(f"{quoted(name)} = k.{quoted(name)}" for name in rest)
        connection.execute(
            text(
                f"update {live} l set {changes} from pg_temp.changes d join ({kept}) k"
                " on k.layers_place = d.place where l.ctid = d.live"
            )
        )
    if found.inserted:
        connection.execute(
            text(
                f"insert into {live} ({columns(names)}) select {columns(names, 'k')} from"
                f" ({kept}) k join pg_temp.changes d on k.layers_place = d.place"
                " where d.live is null"
            )
        )
