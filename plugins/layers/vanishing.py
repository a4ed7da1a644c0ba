"""The statements by which rows of a staging table are deleted that a source no longer has.

They are marked, not removed: rows that a load of everything, or of all keys, did not name, and
those that another row has taken over. What is named again is there again.
"""

from layers.contract import StagingContract
from layers.ddl import table
from layers.merging import same
from layers.readings import guarded, text_of
from layers.relation import Relation
from layers.rules import columns, quoted
from layers.staging import JUDGED, contract_of, raw

SAID = "pg_temp.layers_said"


def remember_said(relation: Relation) -> str:
    """Keeps the keys that a load of everything names, those of rejected records too."""
    keys = columns(contract_of(relation).key)
    return f"create temp table layers_said on commit drop as select {keys} from {JUDGED}"


def read_keys(relation: Relation, load_id: int) -> str:
    """The keys that a load of keys names, as the key's own type; what is none names nothing."""
    contract = contract_of(relation)
    key = contract.key[0]
    column = contract.columns[key]
    typed = guarded(column, text_of(column, "named.key"))
    return (
        f"create temp table layers_said on commit drop as select {typed} as {quoted(key)}"
        f" from {raw(relation)} r"
        " cross join lateral jsonb_array_elements_text(r.record -> 'layers_keys') as named (key)"
        f" where r.load_id = {load_id}"
    )


def mark_absent(relation: Relation, load_id: int) -> str:
    """Rows whose keys a load of everything did not name are deleted from then on.

    Not those that came after it: it could not name them.
    """
    contract = contract_of(relation)
    current = " and upper_inf(e.valid_during)" if contract.history else ""
    return (
        f"update {table(relation)} e set layers_gone = 'absent', deletion_noticed_at ="
        " coalesce(case when e.is_deleted then e.deletion_noticed_at end,"
        f" (select l.loaded_at from layers.loads l where l.load_id = {load_id}))"
        f" where e.layers_gone is null and e.layers_load_id <= {load_id}{current}"
        f" and not exists (select from {SAID} s where {same(contract.key, 's', 'e')})"
    )


def mark_present(relation: Relation) -> str:
    """Rows that were absent and whose keys are named again are there again."""
    contract = contract_of(relation)
    return (
        f"update {table(relation)} e set layers_gone = null, {_forgotten(contract)}"
        f" from {SAID} s where e.layers_gone = 'absent' and {same(contract.key, 's', 'e')}"
    )


def unmark_merged(relation: Relation) -> str:
    """Rows that were taken over, and that nobody says to have taken over any more, are back."""
    contract = contract_of(relation)
    key, taken = quoted(contract.key[0]), ""
    if contract.swallows:
        taken = f" and not exists (select {_swallowed(relation)} and swallowed.key = e.{key})"
    return (
        f"update {table(relation)} e set layers_gone = null, {_forgotten(contract)}"
        f" where e.layers_gone = 'merged'{taken}"
    )


def _swallowed(relation: Relation) -> str:
    """The keys that rows `w` say to have taken over, in a form by which Postgres can hash them."""
    contract = contract_of(relation)
    return (
        f"from {table(relation)} w"
        f" cross join lateral unnest(w.{quoted(contract.swallows or '')}) as swallowed (key)"
        " left join layers.loads l on l.load_id = w.layers_load_id"
        f" where swallowed.key <> w.{quoted(contract.key[0])}"
    )


def _forgotten(contract: StagingContract) -> str:
    """When it was noticed is forgotten, unless the row says itself that it is deleted."""
    said = f"coalesce(({contract.deleted_when}), false)" if contract.deleted_when else "false"
    return f"deletion_noticed_at = case when {said} then e.deletion_noticed_at end"


def mark_merged(relation: Relation) -> str:
    """Rows that another row has taken over are deleted from then on."""
    key = quoted(contract_of(relation).key[0])
    return (
        f"update {table(relation)} e set layers_gone = 'merged', deletion_noticed_at ="
        " coalesce(case when e.is_deleted then e.deletion_noticed_at end, s.loaded_at)"
        f" from (select swallowed.key, min(l.loaded_at) as loaded_at {_swallowed(relation)}"
        " group by swallowed.key) s"
        f" where e.{key} = s.key and e.layers_gone is distinct from 'merged'"
    )
