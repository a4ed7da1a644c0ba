"""The statements that bring typed rows into a staging table: what is new or newer.

Pure functions from a contract to SQL, over the temporary table that `staging` made; `span` runs
them.
"""

from layers.contract import StagingContract
from layers.ddl import table
from layers.relation import Relation
from layers.rules import columns, quoted
from layers.staging import JUDGED, contract_of


def keep_newest(relation: Relation) -> str:
    """Leaves the newest version of each key; answers how many went, and how many said the same."""
    contract = contract_of(relation)
    keys, own = columns(contract.row_key), columns(contract.columns)
    newest = f"{quoted(contract.newest_by)} desc nulls last, " if contract.newest_by else ""
    return (
        f"with several as (select {keys} from {JUDGED} group by {keys} having count(*) > 1),"
        f" ranked as (select ctid as place, row_number() over newest as number,"
        f" hash_record_extended(row({own}), 0) as said,"
        f" first_value(hash_record_extended(row({own}), 0)) over newest as newest_said"
        f" from {JUDGED} where ({keys}) in (select {keys} from several)"
        f" window newest as (partition by {keys}"
        f" order by {newest}layers_load_id desc, layers_ordinal desc)),"
        f" older as (delete from {JUDGED} j using ranked where j.ctid = ranked.place"
        " and ranked.number > 1 returning ranked.said = ranked.newest_said as is_same)"
        " select count(*), count(*) filter (where is_same) from older"
    )


def merge(relation: Relation, replayed: int | None) -> str:
    """Inserts what is new and updates what is newer.

    Rows of the loads from `replayed` on are judged anew: they are what these records say now.
    Answers how many were inserted, updated, superseded by what is there, or said the same.
    """
    contract = contract_of(relation)
    own, there = columns(contract.columns, "n"), columns(contract.columns, "e")
    again = "" if replayed is None else f" or e.layers_load_id >= {replayed}"
    deleted = f"coalesce(({contract.deleted_when}), false)" if contract.deleted_when else "false"
    loaded_at = "(select l.loaded_at from layers.loads l where l.load_id = n.layers_load_id)"
    kept = "case when e.is_deleted then e.deletion_noticed_at end"
    noticed = f"case when n.layers_is_deleted then coalesce({kept}, {loaded_at}) end"
    return (
        f"with classed as (select n.*, case when e.layers_gone = 'merged' then e.layers_gone end as"
        f" layers_gone, case when e.layers_gone = 'merged' then e.deletion_noticed_at"
        f" else {noticed if contract.deleted_when else 'null'} end as deletion_noticed_at,"
        " case when e.layers_load_id is null then 'inserted'"
        f" when ({own}) is not distinct from ({there})"
        " and e.layers_gone is distinct from 'absent'"
        " and (e.deletion_noticed_at is not null or not n.layers_is_deleted) then 'repeated'"
        f" when {_is_newer(contract)}{again} then 'updated' else 'superseded' end as layers_class"
        f" from (select *, {deleted} as layers_is_deleted from {JUDGED}) n"
        f" left join {table(relation)} e on {same(contract.row_key, 'n', 'e')}),"
        f" inserted as ({_insert(relation)}), updated as ({_update(relation)})"
        " select count(*) filter (where layers_class = 'inserted'),"
        " count(*) filter (where layers_class = 'updated'),"
        " count(*) filter (where layers_class = 'superseded'),"
        " count(*) filter (where layers_class = 'repeated') from classed"
    )


_KEPT = ("layers_load_id", "layers_ordinal", "layers_gone", "deletion_noticed_at")


def fill(relation: Relation, *, in_order: bool) -> str:
    """Fills a table that is empty; in the order of its key where that stands already."""
    contract = contract_of(relation)
    noticed = "null"
    if contract.deleted_when:
        loaded_at = "(select l.loaded_at from layers.loads l where l.load_id = layers_load_id)"
        noticed = f"case when {contract.deleted_when} then {loaded_at} end"
    names = [*contract.columns, "layers_load_id", "layers_ordinal"]
    order = f" order by {columns(contract.row_key)}" if in_order else ""
    return (
        f"insert into {table(relation)} ({columns(names)}, deletion_noticed_at)"
        f" select {columns(names)}, {noticed} from {JUDGED}{order}"
    )


def without_key(relation: Relation, name: str) -> str:
    """Takes a staging table's primary key away; one that stands costs more with every row."""
    return f"alter table {table(relation)} drop constraint {quoted(name)}"


def with_key(relation: Relation) -> str:
    """Makes the primary key of a staging table."""
    key = columns(contract_of(relation).row_key)
    return f"alter table {table(relation)} add primary key ({key})"


def _insert(relation: Relation) -> str:
    contract = contract_of(relation)
    names = columns([*contract.columns, *_KEPT])
    return (
        f"insert into {table(relation)} ({names}) select {names} from classed"
        f" where layers_class = 'inserted' order by {columns(contract.row_key)}"
    )


def _update(relation: Relation) -> str:
    contract = contract_of(relation)
    names = [name for name in contract.columns if name not in contract.row_key]
    changes = ", ".join(f"{quoted(name)} = n.{quoted(name)}" for name in [*names, *_KEPT])
    return (
        f"update {table(relation)} e set {changes} from classed n"
        f" where n.layers_class = 'updated' and {same(contract.row_key, 'n', 'e')}"
    )


def _is_newer(contract: StagingContract) -> str:
    later = "(n.layers_load_id, n.layers_ordinal) >= (e.layers_load_id, e.layers_ordinal)"
    if contract.newest_by is None:
        return later
    new, old = f"n.{quoted(contract.newest_by)}", f"e.{quoted(contract.newest_by)}"
    return (
        f"({old} is null and {new} is not null or {new} > {old}"
        f" or {new} is not distinct from {old} and {later})"
    )


def drop_unsaid(relation: Relation, replayed: int) -> str:
    """Rows of the loads from `replayed` on that no record of these says any more go."""
    is_same = same(contract_of(relation).row_key, "n", "e")
    return (
        f"delete from {table(relation)} e where e.layers_load_id >= {replayed}"
        f" and not exists (select from {JUDGED} n where {is_same})"
    )


def set_periods(relation: Relation) -> str:
    """Versions are valid from their own time to that of the next."""
    contract = contract_of(relation)
    keys, version = columns(contract.key), quoted(contract.newest_by or "")
    live = table(relation)
    return (
        f"update {live} e set valid_during = v.valid_during from (select {keys}, {version},"
        f" tstzrange({version}, lead({version}) over (partition by {keys} order by {version}))"
        f" as valid_during from {live} where ({keys}) in (select {keys} from {JUDGED})) v"
        f" where {same(contract.row_key, 'v', 'e')}"
        " and e.valid_during is distinct from v.valid_during"
    )


def same(names: tuple[str, ...], left: str, right: str) -> str:
    """Whether two rows agree in these columns."""
    return " and ".join(f"{left}.{quoted(k)} = {right}.{quoted(k)}" for k in names)
