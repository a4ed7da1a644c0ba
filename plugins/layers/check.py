"""Check: the row rules of one candidate, in one pass over it.

What breaks a rule is noted by its place in the candidate, so a check belongs to a build number.
Bounds and references between rows are judged over the whole layer, by `settle`.
"""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from layers import build, record, rules
from layers.contract import Violation
from layers.errors import DataError
from layers.project import Project
from layers.relation import Relation
from layers.rules import RowRule, Rule, columns, literal, quoted
from layers.warehouse import Connection, errors_told, lock_relation, one, text

OUTCOMES: dict[Violation, str] = {"hold": "held", "fail": "failed", "warn": "warned"}
SAMPLE = 10


@dataclass(frozen=True)
class Broken:
    """A rule that rows break: how many, and the keys of ten of them."""

    rule: Rule
    rows: int
    sample: list[str]


def check(connection: Connection, project: Project, relation: Relation, run: str) -> list[Broken]:
    """Checks the row rules of a relation's candidate, and builds it first where it is not there.

    Raises DataError where the key is not unique, or a rule is broken that fails its layer; the
    results are recorded all the same.
    """
    with errors_told(f"checking {relation.name}"), connection.transaction():
        lock_relation(connection, relation.name)
        if not build.is_there(connection, relation):
            build.build_here(connection, project, relation, run)
        broken = check_here(connection, project, relation)
    if failed := [one for one in broken if one.rule.on_violation == "fail"]:
        raise DataError("\n".join(told(relation, one) for one in failed))
    return broken


def check_here(connection: Connection, project: Project, relation: Relation) -> list[Broken]:
    """Checks in the transaction that the caller has begun, and raises nothing for a broken rule."""
    latest = record.latest_build(connection, relation)
    assert latest is not None, relation.name
    build_id = int(latest["build_id"])
    _make_held_table(connection, relation, build_id)
    found = rules.of(project, relation)
    _mark(connection, relation, build_id, found)
    broken = [*_key_broken(connection, relation), *marked(connection, relation, build_id, found, 1)]
    remember(connection, relation, build_id, broken)
    if not any(one.rule.on_violation == "fail" for one in broken):
        connection.execute(
            "update layers.builds set checked_at = clock_timestamp() where build_id = %s",
            [build_id],
        )
    return broken


def held(relation: Relation, build_id: int) -> str:
    """The table of the rows of a build that break rules: place, rule, step, effect, by itself."""
    return f"{quoted(relation.layer + '_candidates')}.held_{build_id}"


def _make_held_table(connection: Connection, relation: Relation, build_id: int) -> None:
    schema = f"{relation.layer}_candidates"
    former = connection.execute(
        "select 'held_' || b.build_id from layers.builds b where b.relation = %s"
        " and b.build_id <= %s and to_regclass(quote_ident(%s) || '.held_' || b.build_id)"
        " is not null",
        [relation.name, build_id, schema],
    ).fetchall()
    for (name,) in former:
        connection.execute(text(f"drop table {quoted(schema)}.{quoted(name)}"))
    connection.execute(
        text(
            f"create unlogged table {held(relation, build_id)} (place tid not null,"
            " rule integer not null, step integer not null, effect text not null,"
            " by_itself boolean not null)"
        )
    )


def _mark(connection: Connection, relation: Relation, build_id: int, found: list[Rule]) -> None:
    asked = [(n, rule) for n, rule in enumerate(found) if isinstance(rule, RowRule)]
    if not asked:
        return
    try:
        with connection.transaction():
            connection.execute(text(_marking(relation, build_id, asked)))
    except (psycopg.errors.DataError, psycopg.errors.ProgrammingError) as error:
        raise _guilty(connection, relation, build_id, asked, error) from None


def _marking(relation: Relation, build_id: int, asked: list[tuple[int, RowRule]]) -> str:
    everything = " and ".join(f"({rule.holds})" for _, rule in asked)
    each = ", ".join(
        f"({number}, {literal(_effect(rule.on_violation))}, ({rule.holds}))"
        for number, rule in asked
    )
    return (
        f"insert into {held(relation, build_id)} select c.place, v.number, 1, v.effect, true"
        f" from (select ctid as place, * from {build.candidate(relation)}"
        f" where ({everything}) is false) c"
        f" cross join lateral (values {each}) as v (number, effect, kept) where v.kept is false"
    )


def _effect(answer: Violation) -> str:
    return "hold" if answer == "hold" else "note"


def _guilty(
    connection: Connection,
    relation: Relation,
    build_id: int,
    asked: list[tuple[int, RowRule]],
    error: psycopg.Error,
) -> Exception:
    """Which of the rules raises: each is asked alone."""
    for number, rule in asked:
        try:
            with connection.transaction(force_rollback=True):
                connection.execute(text(_marking(relation, build_id, [(number, rule)])))
        except (psycopg.errors.DataError, psycopg.errors.ProgrammingError) as raised:
            return DataError(
                f"{relation.file}: '{rule.sentence}' cannot be asked of every row: "
                f"{raised.diag.message_primary}; write it so that no value makes it raise"
            )
    return error


def marked(
    connection: Connection,
    relation: Relation,
    build_id: int,
    found: list[Rule],
    step: int,
) -> list[Broken]:
    """The rules of one step that rows break, each with a count and a sample."""
    key = key_text(relation)
    counted = connection.execute(
        text(
            "select h.rule, h.rows, (select array_agg(key) from ("
            f"select {key} as key from {build.candidate(relation)} c join"
            f" {held(relation, build_id)} s on c.ctid = s.place where s.rule = h.rule"
            f" and s.step = {step} limit {SAMPLE}) keys)"
            f" from (select rule, count(*) as rows from {held(relation, build_id)}"
            f" where step = {step} group by rule) h order by h.rule"
        )
    ).fetchall()
    return [Broken(found[rule], rows, sample or []) for rule, rows, sample in counted]


def key_text(relation: Relation, *, masked: bool = True) -> str:
    """The SQL of a row's key as one text, over the alias `c`; personal parts are masked."""
    parts = [
        "'***'" if masked and relation.contract.columns[k].pii else f"c.{quoted(k)}::text"
        for k in relation.contract.key
    ]
    return parts[0] if len(parts) == 1 else f"concat_ws(' · ', {', '.join(parts)})"


def _key_broken(connection: Connection, relation: Relation) -> list[Broken]:
    key = relation.contract.key
    empty = " or ".join(f"bool_or({quoted(k)} is null)" for k in key)
    rows, sample = one(
        connection,
        text(
            "select coalesce(sum(rows), 0)::bigint, (array_agg(key))[:10]"
            f" from (select count(*) as rows, min({key_text(relation)}) as key"
            f" from {build.candidate(relation)} c group by {columns(key)}"
            f" having count(*) > 1 or {empty}) twice"
        ),
    )
    rule = Rule("key", f"{', '.join(key)} is the key: never empty, never twice", "fail", None)
    return [Broken(rule, rows, sample)] if rows else []


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
    keys = ", ".join(broken.sample)
    return (
        f"{relation.name}: {broken.rows:,} rows break '{broken.rule.sentence}'{limit}.\n"
        f"    some of them: {keys}\n"
        f"    all of them:  select * from {build.candidate(relation)}, where the key is one of\n"
        f"                  select key from layers.held where relation = '{relation.name}'\n"
        f"    mend them at their source, or the promise in {relation.file}; then run this again"
    )
