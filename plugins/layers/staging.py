"""The statements of staging: raw records become typed rows, or rejects.

Pure functions from a contract and a query to SQL; `stage` runs them, in the order in which they
stand here. Everything of a span of loads is in the temporary table `layers_judged` first.
"""

from layers.contract import StagingContract
from layers.readings import can_fail, guarded, plain, text_of
from layers.relation import Relation
from layers.rules import columns, literal, quoted

JUDGED = "pg_temp.layers_judged"
RETRIED = "pg_temp.layers_retried"


def contract_of(relation: Relation) -> StagingContract:
    """The contract of a staging relation."""
    assert isinstance(relation.contract, StagingContract)
    return relation.contract


def raw(relation: Relation) -> str:
    """The raw table that a staging relation picks from."""
    reference = relation.references[0]
    return f"{quoted(reference.schema)}.{quoted(reference.table)}"


def span(relation: Relation, mark: int, upto: int) -> str:
    """The raw records of the loads behind `mark` up to `upto`."""
    return f"select * from {raw(relation)} where load_id > {mark} and load_id <= {upto}"


def judge(relation: Relation, fed: str, *, is_guarded: bool) -> str:
    """Makes the table of typed values, by the author's query over the records that are `fed`.

    Guarded, it keeps beside them the texts that they are read from; else a text that is none of
    its type raises.
    """
    values, contract = [], contract_of(relation)
    for number, (name, column) in enumerate(contract.columns.items()):
        text = text_of(column, f"p.{quoted(name)}")
        read = guarded if is_guarded else plain
        values.append(f"{read(column, text)} as {quoted(name)}")
        if is_guarded and can_fail(column):
            values.append(f"{text} as layers_t{number}")
    places = "p.layers_load_id, p.layers_ordinal"
    return (
        f"create temp table layers_judged on commit drop as select {', '.join(values)}, {places}"
        f" from ({_picked(relation, fed)}) p"
    )


def _picked(relation: Relation, fed: str) -> str:
    """The author's query over the raw records in question, whose places come along."""
    reference = relation.references[0]
    alias = "" if reference.alias else f" as {quoted(reference.table)}"
    query = relation.query_with({reference.name: f"({fed}){alias}"})
    carried = " load_id as layers_load_id, ordinal as layers_ordinal,"
    return query[: relation.select_end] + carried + query[relation.select_end :] + "\n"


def count_judged(relation: Relation, *, is_guarded: bool) -> str:
    """How many records were judged, and how many of them have a value that does not fit."""
    verdict = _verdict(contract_of(relation), is_guarded)
    return f"select count(*), count(*) filter (where {verdict} is not null) from {JUDGED}"


def _verdict(contract: StagingContract, is_guarded: bool) -> str:
    """The number of the first column whose value does not fit, null where all do."""
    wrong = []
    for number, (name, column) in enumerate(contract.columns.items()):
        if (is_long := _is_long(contract, name)) != "false":
            wrong.append(f"when {is_long} then {number}")
        if not column.optional:
            wrong.append(f"when {quoted(name)} is null then {number}")
        elif is_guarded and can_fail(column):
            wrong.append(
                f"when {quoted(name)} is null and layers_t{number} is not null then {number}"
            )
    return f"case {' '.join(wrong)} end" if wrong else "null::integer"


LONGEST_KEY = 2_000  # bytes of all columns of a key; an index has room for some 2,700


def _is_long(contract: StagingContract, name: str, alias: str = "") -> str:
    """The SQL that is true where a text is too long for its part of the key."""
    texts = [key for key in contract.row_key if contract.columns[key].type == "text"]
    if name not in texts:
        return "false"
    return f"coalesce(octet_length({alias}{quoted(name)}) > {LONGEST_KEY // len(texts)}, false)"


def refuse(relation: Relation, fed: str, *, is_guarded: bool) -> str:
    """Records with a value that does not fit go whole to the rejects."""
    contract = contract_of(relation)
    told = ", ".join(
        f"({number}, {literal(name)}, {literal(_wanted(contract, name))},"
        f" {f'j.layers_t{number}' if is_guarded and can_fail(column) else 'null::text'},"
        f" {_is_long(contract, name, 'j.')})"
        for number, (name, column) in enumerate(contract.columns.items())
    )
    verdict = _verdict(contract, is_guarded)
    return (
        f"with refused as (delete from {JUDGED} where {verdict} is not null"
        f" returning *, {verdict} as layers_bad),"
        # one that is read again is the same reject
        f" before as (delete from layers.rejects o using refused j, ({fed}) r"
        f" where o.relation = {literal(relation.name)} and o.load_id < r.load_id"
        " and (r.load_id, r.ordinal) = (j.layers_load_id, j.layers_ordinal)"
        " and md5(o.record) = md5(convert_to(r.record::text, 'UTF8')))"
        f" {_insert_reject(relation)} told.name, told.value, told.wanted,"
        f" {_LINE} || case when told.is_long then 'is too long for a key'"
        " when told.value is null then 'is missing'"
        " else 'is no ' || told.wanted end, convert_to(r.record::text, 'UTF8')"
        f" from refused j join ({fed}) r"
        " on (r.load_id, r.ordinal) = (j.layers_load_id, j.layers_ordinal)"
        f" join lateral (values {told}) as told (number, name, wanted, value, is_long)"
        " on told.number = j.layers_bad"
    )


# Where a record is a line of a file that people keep, they want to know which.
_LINE = "coalesce('line ' || (r.record ->> '_line') || ': ', '')"


def _insert_reject(relation: Relation) -> str:
    return (
        "insert into layers.rejects (source, object, relation, load_id, ordinal, column_name,"
        " value, wanted, reason, record)"
        f" select {literal(relation.folder)}, {literal(relation.references[0].table)},"
        f" {literal(relation.name)}, r.load_id, r.ordinal,"
    )


def names_its_key(relation: Relation) -> bool:
    """Whether the key is one field of the record as it stands, so that lists of keys say it."""
    key = contract_of(relation).key
    return len(key) == 1 and key[0] in relation.plain_picks


def _wanted(contract: StagingContract, name: str) -> str:
    column = contract.columns[name]
    return column.type if column.written == "plain" else f"{column.type} written {column.written}"


def refuse_duplicates(relation: Relation, fed: str) -> str:
    """Of several records of one key in one load the last counts; the others are rejected."""
    keys = columns(contract_of(relation).key)
    return (
        f"with ranked as (select ctid as place, row_number() over (partition by {keys},"
        f" layers_load_id order by layers_ordinal desc) as number from {JUDGED}),"
        f" refused as (delete from {JUDGED} j using ranked where j.ctid = ranked.place"
        " and ranked.number > 1 returning j.*)"
        f" {_insert_reject(relation)} null, null, null,"
        f" {_LINE} || 'its key, ' || {literal(', '.join(contract_of(relation).key))}"
        " || ', is there again further down, which counts', convert_to(r.record::text, 'UTF8')"
        f" from refused j join ({fed}) r"
        " on (r.load_id, r.ordinal) = (j.layers_load_id, j.layers_ordinal)"
    )


def forget_rejects(relation: Relation, load_id: int) -> str:
    """Drops the rejects of the loads before one that says everything."""
    return (
        f"delete from layers.rejects where relation = {literal(relation.name)}"
        f" and load_id < {load_id}"
    )


def take_rejects(relation: Relation) -> str:
    """Takes the rejected records of a relation, as raw records, to judge them once more."""
    return (
        "create temp table layers_retried on commit drop as"
        " select rejected_at::date as loaded_on, load_id, ordinal,"
        " convert_from(record, 'UTF8')::jsonb as record from layers.rejects"
        f" where relation = {literal(relation.name)} and column_name is not null"
    )
