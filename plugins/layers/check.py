"""Check: the row rules of one candidate, in one pass over it.

What breaks a rule is noted by its place in the candidate, so a check belongs to a build number.
Bounds and references between rows are judged over the whole layer, by `settle`.
"""

from typing import Any

from layers import build, raising, record, rules, touching
from layers.broken import SAMPLE, Broken, ensure_passed, key_text, marked, remember
from layers.candidates import candidate, held
from layers.language import Violation
from layers.project import Project
from layers.raising import raised
from layers.relation import Relation
from layers.rules import RowRule, Rule, columns, literal, quoted
from layers.warehouse import Connection, errors_told, lock_relation, one, text


def check(connection: Connection, project: Project, relation: Relation, run: str) -> list[Broken]:
    """Checks the row rules of a relation's candidate, and builds it first where it is not there.

    Raises DataError where the key is not unique, or a rule is broken that fails its layer; the
    results are recorded all the same.
    """
    with errors_told(f"checking {relation.name}"):
        build.ensure(connection, project, relation, run)
        with connection.transaction():
            lock_relation(connection, relation.name)
            broken = check_here(connection, project, relation)
    ensure_passed(relation, broken)
    return broken


def check_here(connection: Connection, project: Project, relation: Relation) -> list[Broken]:
    """Checks in the transaction that the caller has begun, and raises nothing for a broken rule.

    What was settled of the layer is no longer, as it rested on the former check.
    """
    record.unsettle(connection, relation.unit)
    latest = record.latest_build(connection, relation)
    assert latest is not None, relation.name
    build_id = int(latest["build_id"])
    rows = candidate(relation)
    if _goes_on(connection, relation, latest):
        rows = touching.only(relation, build_id)
    else:
        _make_held_table(connection, relation, build_id)
        touching.widen(connection, relation)
    found = rules.of(project, relation)
    guilty = _mark(connection, relation, build_id, found, rows)
    connection.execute(text(f"analyze {held(relation, build_id)}"))
    noted = marked(connection, relation, build_id, found, 1)
    broken = [*_key_broken(connection, relation, rows), *guilty, *noted]
    remember(connection, relation, build_id, broken)
    if not any(one.rule.on_violation == "fail" for one in broken):
        connection.execute(
            "update layers.builds set checked_at = clock_timestamp() where build_id = %s",
            [build_id],
        )
    return broken


def _goes_on(connection: Connection, relation: Relation, latest: dict[str, Any]) -> bool:
    """Whether only fed rows are to be checked; what is noted of the others goes with the build."""
    if latest["before"] is None:
        return False
    former, name = held(relation, latest["before"]), f"held_{latest['build_id']}"
    if one(connection, "select to_regclass(%s)", former)[0] is None:
        return False  # it was checked before, and is checked once more
    connection.execute(text(f"alter table {former} rename to {name}"))
    return True


def _make_held_table(connection: Connection, relation: Relation, build_id: int) -> None:
    schema = f"{relation.layer}_candidates"
    former = connection.execute(
        "select c.relname from pg_class c join layers.builds b"
        " on c.relname = 'held_' || b.build_id"
        " where c.relnamespace = to_regnamespace(%s) and b.relation = %s",
        [schema, relation.name],
    ).fetchall()
    for (name,) in former:
        connection.execute(text(f"drop table {quoted(schema)}.{quoted(name)}"))
    # of a short text nothing is ever kept aside, in a table whose making waits for the disk
    connection.execute(
        text(
            f"create unlogged table {held(relation, build_id)} (place tid not null,"
            " rule integer not null, step integer not null, effect varchar(5) not null,"
            " by_itself boolean not null)"
        )
    )


def _mark(
    connection: Connection, relation: Relation, build_id: int, found: list[Rule], rows: str
) -> list[Broken]:
    """Notes the rows that break row rules; gives the rules that cannot be asked of every row."""
    asked = [(n, rule) for n, rule in enumerate(found) if isinstance(rule, RowRule)]
    error = raised(connection, _marking(relation, build_id, asked, rows)) if asked else None
    if error is None:
        return []
    alone = {
        rule: raised(connection, _marking(relation, build_id, [(n, rule)], rows))
        for n, rule in asked
    }
    guilty = [raising.broken(connection, relation, rule, e) for rule, e in alone.items() if e]
    if not guilty:
        raise error
    return guilty


def _marking(relation: Relation, build_id: int, asked: list[tuple[int, RowRule]], rows: str) -> str:
    everything = " and ".join(f"({rule.holds})" for _, rule in asked)
    each = ", ".join(
        f"({number}, {literal(_effect(rule.on_violation))}, ({rule.holds}))"
        for number, rule in asked
    )
    return (
        f"insert into {held(relation, build_id)} select c.layers_place, v.number, 1, v.effect, true"
        f" from (select ctid as layers_place, * from {rows} r where ({everything}) is false) c"
        f" cross join lateral (values {each}) as v (number, effect, kept) where v.kept is false"
    )


def _effect(answer: Violation) -> str:
    return "hold" if answer == "hold" else "note"


def _key_broken(connection: Connection, relation: Relation, among: str) -> list[Broken]:
    key = relation.contract.key
    if relation.contract.overlaps_never:
        return _overlapping(connection, relation, relation.contract.overlaps_never)
    empty = " or ".join(f"c.{quoted(k)} is null" for k in key)
    rows, sample = one(
        connection,
        text(
            f"select coalesce(sum(rows), 0)::bigint, (array_agg(key))[:{SAMPLE}]"
            f" from (select count(*) as rows, {key_text(relation)} as key"
            f" from {among} c group by {columns(key, 'c')}"
            f" having count(*) > 1 or {empty}) twice"
        ),
    )
    rule = Rule("key", f"{', '.join(key)} is the key: never empty, never twice", "fail", None)
    shown = ", ".join(key)
    query = f"select {shown}, count(*) from {candidate(relation)} group by {shown}"
    query = f"{query} having count(*) > 1 or ({shown}) is null".replace('"', "")
    return [Broken(rule, rows, sample, query)] if rows else []


def _overlapping(connection: Connection, relation: Relation, period: str) -> list[Broken]:
    """Rows of one thing whose periods overlap, or that have no key or period at all."""
    broken = _overlaps(connection, relation, period)
    rows, sample = one(
        connection,
        text(f"select count(*), (array_agg({key_text(relation)}))[:{SAMPLE}] from ({broken}) c"),
    )
    things = ", ".join(k for k in relation.contract.key if k != period)
    said = f"{things} has one row at a time: {period} never empty, never overlapping"
    rule = Rule("key", said, "fail", None)
    return [Broken(rule, rows, sample, broken.replace('"', ""))] if rows else []


def _overlaps(connection: Connection, relation: Relation, period: str) -> str:
    """The query for them.

    Held rows are asked for no more than a key: a criterion may hold what has an empty period.
    """
    rows, time, held_back = candidate(relation), quoted(period), _held_by_rows(connection, relation)
    things = [quoted(k) for k in relation.contract.key if k != period]
    same = " and ".join(f"a.{k} = b.{k}" for k in things)
    # a join, which Postgres can hash; to ask of each row whether there is another it reads them all
    overlapping = (
        f"select b.ctid from {rows} a join {rows} b on {same} and a.ctid <> b.ctid"
        f" and a.{time} && b.{time} and a.ctid not in {held_back}"
    )
    empty = " or ".join(f"c.{quoted(k)} is null" for k in relation.contract.key)
    return (
        f"select c.* from {rows} c where {empty} or c.ctid not in {held_back}"
        f" and (isempty(c.{time}) or c.ctid in ({overlapping}))"
    )


def _held_by_rows(connection: Connection, relation: Relation) -> str:
    latest = record.latest_build(connection, relation)
    assert latest is not None, relation.name
    return f"(select place from {held(relation, latest['build_id'])} where effect = 'hold')"
