"""Broken rules: what is noted of them, and what an engineer on call is told."""

from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from layers.candidates import candidate, held
from layers.errors import DataError
from layers.language import Violation
from layers.relation import Relation
from layers.rules import Rule, quoted
from layers.warehouse import Connection, text

OUTCOMES: dict[Violation, str] = {"hold": "held", "fail": "failed", "warn": "warned"}
SAMPLE = 10


@dataclass(frozen=True)
class Broken:
    """A rule that rows break: how many, the keys of ten of them, and the query for all.

    `raises` is what Postgres says where the rule cannot even be asked of a row.
    """

    rule: Rule
    rows: int
    sample: list[str]
    query: str
    raises: str | None = None


def marked(
    connection: Connection, relation: Relation, build_id: int, found: list[Rule], step: int
) -> list[Broken]:
    """The rules of one step that rows break, each with a count and a sample."""
    key = key_text(relation)
    counted = connection.execute(
        text(
            "select h.rule, h.rows, (select array_agg(key) from ("
            f"select {key} as key from {candidate(relation)} c join"
            f" {held(relation, build_id)} s on c.ctid = s.place where s.rule = h.rule"
            f" and s.step = {step} limit {SAMPLE}) keys)"
            f" from (select rule, count(*) as rows from {held(relation, build_id)}"
            f" where step = {step} group by rule) h order by h.rule"
        )
    ).fetchall()
    return [
        Broken(found[rule], rows, sample or [], query(relation, build_id, f"rule = {rule}"))
        for rule, rows, sample in counted
    ]


def query(relation: Relation, build_id: int, which: str) -> str:
    """The query that shows the rows of a build which break some rules."""
    return (
        f"select * from {candidate(relation)} where ctid in"
        f" (select place from {held(relation, build_id)} where {which})"
    ).replace('"', "")


def key_text(relation: Relation, *, masked: bool = True, alias: str = "c") -> str:
    """The SQL of a row's key as one text, over an alias; personal parts are masked."""
    parts = [
        "'***'" if masked and relation.contract.columns[k].pii else f"{alias}.{quoted(k)}::text"
        for k in relation.contract.key
    ]
    if len(parts) == 1:
        return parts[0]
    return f"jsonb_build_array({', '.join(parts)})::text"


def remember(
    connection: Connection, relation: Relation, build_id: int, broken: list[Broken]
) -> None:
    """Records what is broken, for people and pages."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into layers.checks (build_id, relation, rule, sentence, outcome, violations,"
            " sample) values (%s, %s, %s, %s, %s, %s, %s)",
            [_row(relation, build_id, one) for one in broken],
        )


def _row(relation: Relation, build_id: int, broken: Broken) -> tuple[Any, ...]:
    rule = broken.rule
    outcome = OUTCOMES[rule.on_violation]
    sample = Jsonb(broken.sample)
    return (build_id, relation.name, rule.name, rule.sentence, outcome, broken.rows, sample)


def told(relation: Relation, broken: Broken, limit: str = "") -> str:
    """What an engineer on call has to know: what broke, how many, ten keys, what to do."""
    if broken.raises:
        return (
            f"{relation.file}: '{broken.rule.sentence}' cannot be asked of every row: "
            f"{broken.raises} at {', '.join(broken.sample)}\n"
            f"    that row:     {broken.query};\n"
            "    write the promise so that no value makes it raise; then run this again"
        )
    rows = "1 row breaks" if broken.rows == 1 else f"{broken.rows:,} rows break"
    return (
        f"{relation.name}: {rows} '{broken.rule.sentence}'{limit}.\n"
        f"    some of them: {', '.join(broken.sample)}\n"
        f"    all of them:  {broken.query};\n"
        f"    mend them at their source, or the promise in {relation.file}; then run this again"
    )


def ensure_passed(relation: Relation, found: list[Broken]) -> None:
    """Raises DataError for broken rules that fail their layer."""
    if failed := [one for one in found if one.rule.on_violation == "fail"]:
        raise DataError("\n".join(told(relation, one) for one in failed))
