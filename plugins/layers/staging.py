"""The statement of staging: raw records become typed rows, or rejects, in one pass.

Pure functions from a contract and a query to SQL; `stage` runs it.
"""

from layers.contract import StagingContract
from layers.ddl import table
from layers.readings import text_of, typed
from layers.relation import Relation
from layers.rules import columns, literal, quoted


def statement(relation: Relation, mark: int, upto: int, replayed: int | None = None) -> str:
    """The statement that stages the raw records of the loads behind `mark` up to `upto`.

    Rows of the loads from `replayed` on are judged anew: they are what these records say now, and
    go where no record says them any more. It answers one row: read, inserted, updated, superseded,
    repeated, rejected, and rows that went.
    """
    contract = relation.contract
    assert isinstance(contract, StagingContract)
    own = columns(contract.columns)
    versions = {
        "judged": (
            f"select *, {_verdict(contract)} as layers_bad from"
            f" ({_read_values(contract, _picked(relation, mark, upto))}) read_values"
        ),
        "refused": _refused(relation, contract),
        "ranked": (
            f"select {own}, layers_load_id, layers_ordinal, row_number() over newest as"
            f" layers_place, hash_record_extended(row({own}), 0) as layers_hash,"
            f" first_value(hash_record_extended(row({own}), 0)) over newest as layers_newest"
            " from judged where layers_bad is null window newest as (partition by"
            f" {columns(contract.key)} order by {_newest_first(contract)})"
        ),
        "classed": _classed(relation, contract, replayed),
        "merged": _merged(relation, contract),
        "gone": _gone(relation, contract, replayed),
        "others": (
            "select count(*) as read, count(*) filter (where layers_hash = layers_newest) as"
            " repeated from ranked where layers_place > 1"
        ),
    }
    steps = ", ".join(f"{name} as ({body})" for name, body in versions.items())
    return f"with {steps} {_COUNTS}"


_COUNTS = """
select (select count(*) from judged), c.inserted, c.updated,
    o.read - o.repeated + c.superseded + c.updated, o.repeated + c.repeated,
    (select count(*) from judged where layers_bad is not null), (select count(*) from gone)
from others o cross join (
    select count(*) filter (where layers_class = 'inserted') as inserted,
        count(*) filter (where layers_class = 'updated') as updated,
        count(*) filter (where layers_class = 'superseded') as superseded,
        count(*) filter (where layers_class = 'repeated') as repeated
    from classed) c
"""


def _picked(relation: Relation, mark: int, upto: int) -> str:
    """The author's query over the raw records in question, whose places come along."""
    reference = relation.references[0]
    alias = "" if reference.alias else f" as {quoted(reference.table)}"
    fed = f"(select * from {raw(relation)} where load_id > {mark} and load_id <= {upto}){alias}"
    query = relation.query_with({reference.name: fed})
    carried = " load_id as layers_load_id, ordinal as layers_ordinal,"
    return query[: relation.select_end] + carried + query[relation.select_end :] + "\n"


def raw(relation: Relation) -> str:
    """The raw table that a staging relation picks from."""
    reference = relation.references[0]
    return f"{quoted(reference.schema)}.{quoted(reference.table)}"


def _read_values(contract: StagingContract, picked: str) -> str:
    """The typed values, and beside those that can fail to be one the text they are read from."""
    texts = [
        f"{text_of(column, 'p.' + quoted(name))} as layers_t{number}"
        for number, (name, column) in enumerate(contract.columns.items())
    ]
    values = [
        f"{typed(column, f't.layers_t{number}')} as {quoted(name)}"
        for number, (name, column) in enumerate(contract.columns.items())
    ]
    values += [f"t.layers_t{number}" for number in _can_fail(contract)]
    places = "layers_load_id, layers_ordinal"
    return (
        f"select {', '.join(values)}, {places} from"
        f" (select {', '.join(texts)}, {places} from ({picked}) p offset 0) t"
    )


def _can_fail(contract: StagingContract) -> list[int]:
    return [n for n, column in enumerate(contract.columns.values()) if column.type != "text"]


def _verdict(contract: StagingContract) -> str:
    """The number of the first column whose value does not fit, null where all do."""
    wrong = []
    for number, (name, column) in enumerate(contract.columns.items()):
        if not column.optional:
            wrong.append(f"when {quoted(name)} is null then {number}")
        elif column.type != "text":
            wrong.append(
                f"when {quoted(name)} is null and layers_t{number} is not null then {number}"
            )
    return f"case {' '.join(wrong)} end" if wrong else "null::integer"


def _refused(relation: Relation, contract: StagingContract) -> str:
    """Records with a value that does not fit go whole to the rejects."""
    can_fail = _can_fail(contract)
    told = ", ".join(
        f"({n}, {literal(name)}, {literal(_wanted(contract, name))},"
        f" {f'j.layers_t{n}' if n in can_fail else 'null::text'})"
        for n, name in enumerate(contract.columns)
    )
    return (
        "insert into layers.rejects (source, object, relation, load_id, ordinal, column_name,"
        " value, wanted, reason, record)"
        f" select {literal(relation.folder)}, {literal(relation.references[0].table)},"
        f" {literal(relation.name)}, r.load_id, r.ordinal, told.name, told.value, told.wanted,"
        " case when told.value is null then 'is missing' else 'is no ' || told.wanted end,"
        " convert_to(r.record::text, 'UTF8')"
        f" from (select * from judged where layers_bad is not null) j"
        f" join {raw(relation)} r on (r.load_id, r.ordinal) = (j.layers_load_id, j.layers_ordinal)"
        f" join lateral (values {told}) as told (number, name, wanted, value)"
        " on told.number = j.layers_bad"
    )


def _wanted(contract: StagingContract, name: str) -> str:
    column = contract.columns[name]
    return column.type if column.written == "plain" else f"{column.type} written {column.written}"


def _newest_first(contract: StagingContract) -> str:
    newest = f"{quoted(contract.newest_by)} desc nulls last, " if contract.newest_by else ""
    return f"{newest}layers_load_id desc, layers_ordinal desc"


def _classed(relation: Relation, contract: StagingContract, replayed: int | None) -> str:
    own, there = columns(contract.columns, "n"), columns(contract.columns, "e")
    again = "" if replayed is None else f" or e.layers_load_id >= {replayed}"
    return (
        f"select n.*, case when e.layers_load_id is null then 'inserted'"
        f" when ({own}) is not distinct from ({there}) then 'repeated'"
        f" when {_is_newer(contract)}{again} then 'updated' else 'superseded' end as layers_class"
        f" from ranked n left join {table(relation)} e on {_same_key(contract, 'n', 'e')}"
        " where n.layers_place = 1"
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


def _merged(relation: Relation, contract: StagingContract) -> str:
    names = [*contract.columns, "layers_load_id", "layers_ordinal"]
    changes = ", ".join(
        f"{quoted(name)} = excluded.{quoted(name)}" for name in names if name not in contract.key
    )
    return (
        f"insert into {table(relation)} ({columns(names)}) select {columns(names)} from classed"
        f" where layers_class in ('inserted', 'updated')"
        f" on conflict ({columns(contract.key)}) do update set {changes}"
    )


def _gone(relation: Relation, contract: StagingContract, replayed: int | None) -> str:
    if replayed is None:
        return "select where false"
    return (
        f"delete from {table(relation)} e where e.layers_load_id >= {replayed} and not exists"
        f" (select from ranked n where {_same_key(contract, 'n', 'e')}) returning 1"
    )


def _same_key(contract: StagingContract, left: str, right: str) -> str:
    return " and ".join(f"{left}.{quoted(k)} = {right}.{quoted(k)}" for k in contract.key)
