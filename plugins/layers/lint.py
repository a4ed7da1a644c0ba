"""What must hold between files: keys that exist, references that lead somewhere, layer rules."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from layers import additivity, deprecation, linking
from layers import query as queries
from layers.contract import CheckedContract, Contract, EntityContract, StagingContract
from layers.declared import unknown
from layers.language import TYPES
from layers.linking import RANGES, not_there
from layers.project import RAW, columns_of
from layers.purity import impure
from layers.relation import Relation
from layers.sources import Declaration

# Columns that every table of Postgres has already.
SYSTEM = frozenset("cmax cmin ctid tableoid xmax xmin".split())


def problems(
    relation: Relation,
    relations: Mapping[str, Relation],
    sources: Mapping[str, Declaration],
    broken: Collection[str] = (),
) -> Iterator[tuple[str, str]]:
    """What is wrong with a relation: the file it is in, and words that stand by themselves.

    `broken` are the names of relations that are not there because their files cannot be read.
    """
    for said in _wrong_contract(relation, relations, broken):
        yield relation.file, said
    if relation.query is not None:
        written = relation.file.removesuffix(".yaml") + ".sql"
        for said in _wrong_reads(relation, relations, sources, broken):
            yield written, said
        for said in queries.problems(relation, _columns(relation, relations)):
            yield written, said


def _wrong_contract(
    relation: Relation, relations: Mapping[str, Relation], broken: Collection[str]
) -> Iterator[str]:
    contract = relation.contract
    yield from _wrong_types(relation)
    yield from _wrong_key(contract)
    yield from additivity.problems(contract)
    yield from deprecation.problems(relation, relations)
    if isinstance(contract, StagingContract):
        yield from _unknown(contract, "newest_by", filter(None, [contract.newest_by]))
        yield from _wrong_swallowing(contract)
        if contract.deleted_when:
            yield from wrong_expression(contract, "deleted_when", contract.deleted_when)
    if isinstance(contract, CheckedContract):
        for sentence, criterion in contract.criteria.items():
            yield from wrong_expression(contract, f"criterion '{sentence}'", criterion.holds)
        for name, unique in contract.unique.items():
            named = (*unique.columns, *(unique.prefer or ()))
            yield from _unknown(contract, f"unique '{name}'", named)
    if isinstance(contract, EntityContract):
        for name, link in contract.relationships.items():
            yield from linking.problems(contract, name, link, relations, broken)


def _wrong_swallowing(contract: StagingContract) -> Iterator[str]:
    if contract.swallows is None:
        return
    yield from _unknown(contract, "swallows", [contract.swallows])
    column = contract.columns.get(contract.swallows)
    keys = [contract.columns[key].type for key in contract.key if key in contract.columns]
    if column is not None and [column.type] != [f"{key}[]" for key in keys]:
        yield (
            f"swallows '{contract.swallows}', which is {column.type}, and the key is "
            f"{', '.join(keys)}; wanted one key column, and a list of such keys"
        )


def _wrong_types(relation: Relation) -> Iterator[str]:
    for name, column in relation.contract.columns.items():
        if re.fullmatch(r"real|double precision|float\d?|json", column.type):
            instead = "jsonb" if column.type == "json" else "numeric"
            yield (
                f"column '{name}' is {column.type}, which has no equality to rely on; "
                f"wanted {instead}"
            )
        elif not TYPES.fullmatch(column.type):
            yield f"column '{name}' has type '{column.type}'; wanted one like text or numeric(18,4)"
        elif column.type == "jsonb" and relation.layer != "stg":
            yield f"column '{name}' is jsonb, which does not say what is in it; name its parts"
        if name in SYSTEM or name.startswith("layers_"):
            yield f"column '{name}' has a name that Postgres or the engine itself uses; rename it"
        if len(name.encode()) > 63:
            yield f"column '{name}' is longer than the 63 bytes that Postgres keeps of a name"
        if column.one_of is not None and column.type != "text":
            yield f"column '{name}' has one_of and type {column.type}; wanted type text"


def _wrong_key(contract: Contract) -> Iterator[str]:
    yield from _unknown(contract, "key", contract.key)
    period = contract.columns.get(contract.overlaps_never or "")
    if period is not None and period.type not in RANGES:
        yield (
            f"key column '{contract.overlaps_never}' is without overlaps and {period.type}; "
            f"wanted {' or '.join(RANGES)}"
        )
    if contract.overlaps_never and len(contract.key) == 1:
        yield "key is a period alone; wanted what it is the period of before it"
    for name in contract.key:
        if name in contract.columns and contract.columns[name].optional:
            yield f"key column '{name}' is optional; wanted one that is never empty"


def wrong_expression(contract: Contract, where: str, text: str) -> Iterator[str]:
    """What is wrong with an expression over the columns of one row."""
    said = text.replace(":first_instant", "''")
    try:
        trees = sqlglot.parse(said, read="postgres")
    except (ParseError, TokenError) as error:
        yield f"{where} cannot be read as SQL: {str(error).splitlines()[0]}"
        return
    tree = trees[0]
    if tree is None or len(trees) > 1 or any(node.comments for node in tree.walk()):
        yield f"{where} is '{text}'; wanted one expression, without comments and semicolons"
        return
    if found := tree.find(exp.Query, exp.AggFunc, exp.Window):
        said = "a query" if isinstance(found, exp.Query) else "an aggregate"
        yield f"{where} has {said} in it; wanted an expression over the columns of one row"
    for called in impure(said, tree):
        yield f"{where} asks {called}, so that the same row is right today and wrong tomorrow"
    yield from _unknown(contract, where, sorted({c.name for c in tree.find_all(exp.Column)}))


def _unknown(contract: Contract, where: str, names: Iterable[str]) -> Iterator[str]:
    yield from unknown(contract.columns, where, names)


def _wrong_reads(
    relation: Relation,
    relations: Mapping[str, Relation],
    sources: Mapping[str, Declaration],
    broken: Collection[str],
) -> Iterator[str]:
    for ref in relation.references:
        name = f"{ref.schema}.{ref.table}"
        if not _may_read(relation, ref.schema):
            yield f"reads {name}, but {_ALLOWED[relation.layer]}"
        elif relation.layer == "stg":
            declared = sources.get(relation.folder)
            if declared is None or ref.table not in declared.objects:
                yield f"reads {name}, but sql/src/{relation.folder}.yaml declares no {ref.table}"
        elif ref.table not in relations or relations[ref.table].schema != ref.schema:
            yield f"reads {name}, {not_there(ref.table, relations, broken)}"


_ALLOWED = {
    "stg": "staging reads raw objects of its own source",
    "dmn": "dmn reads stg and dmn",
    "prs": "prs reads dmn and its own use case",
}


def _may_read(relation: Relation, schema: str) -> bool:
    if relation.layer == "stg":
        return schema == f"src_{relation.folder}"
    if relation.layer == "dmn":
        return schema == "dmn" or schema.startswith("stg_")
    return schema in ("dmn", relation.schema)


def _columns(relation: Relation, relations: Mapping[str, Relation]) -> dict[str, dict[str, str]]:
    known: dict[str, dict[str, str]] = {}
    for ref in relation.references:
        if ref.schema.startswith("src_"):
            known[f"{ref.schema}.{ref.table}"] = RAW
        elif ref.table in relations:
            known[f"{ref.schema}.{ref.table}"] = columns_of(relations[ref.table])
    return known
