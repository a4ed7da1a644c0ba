"""Holding: whether what is held is within its limits, and the list of it in `layers.held`."""

from dataclasses import dataclass
from typing import Any

from layers import candidates, record, rules, touching
from layers.broken import SAMPLE, Broken, key_text, marked, query, remember, told
from layers.contract import CheckedContract, Contract, EntityContract
from layers.project import Project
from layers.relation import Relation
from layers.rules import LowerBound, ReferenceRule, Rule, allowed, literal, quoted
from layers.warehouse import Connection, one, text


@dataclass(frozen=True)
class Judged:
    """A candidate under judgement: its rules and the table of its held rows.

    Where it `is_narrow`, only its touched rows are judged.
    """

    relation: Relation
    build_id: int
    rows: int
    rules: list[Rule]
    is_narrow: bool = False

    @property
    def candidate(self) -> str:
        """The name of the table that is judged."""
        return candidates.candidate(self.relation)

    @property
    def asked(self) -> str:
        """The rows that are judged, in the form of a table."""
        return touching.only(self.relation) if self.is_narrow else self.candidate

    @property
    def held(self) -> str:
        """The name of the table of the rows that break rules."""
        return candidates.held(self.relation, self.build_id)

    @property
    def gone(self) -> str:
        """The places of rows that are held so far."""
        return f"(select place from {self.held} where effect = 'hold')"


def judge(connection: Connection, project: Project, relation: Relation) -> Judged:
    """The latest candidate of a relation, to be judged."""
    latest = record.latest_build(connection, relation)
    assert latest is not None, relation.name
    found = rules.of(project, relation)
    is_narrow = touching.is_narrow(connection, project, relation)
    return Judged(relation, latest["build_id"], latest["rows"], found, is_narrow)


def over_limits(connection: Connection, judged: Judged) -> list[str]:
    """What fails the layer: rules that fail it by themselves, and more held than a limit allows."""
    problems: list[str] = []
    contract = judged.relation.contract
    assert isinstance(contract, CheckedContract)
    for step in (2, 3):
        broken = marked(connection, judged.relation, judged.build_id, judged.rules, step)
        remember(connection, judged.relation, judged.build_id, broken)
        problems += [
            told(judged.relation, one) for one in broken if one.rule.on_violation == "fail"
        ]
    for number, rule in enumerate(judged.rules):
        if rule.limit is not None:
            problems += _over(connection, judged, rule.limit, f"rule = {number}", rule)
    own = [str(number) for number, rule in enumerate(judged.rules) if rule.limit is not None]
    others = f"rule not in ({', '.join(own)})" if own else "true"
    return problems + _over(connection, judged, contract.hold_limit, others, None)


def _over(
    connection: Connection, judged: Judged, limit: str, which: str, rule: Rule | None
) -> list[str]:
    (rows, sample) = one(
        connection,
        text(
            f"select count(*), (array_agg({key_text(judged.relation)}))[:{SAMPLE}] from"
            f" (select distinct place from {judged.held} where effect = 'hold' and {which}) h"
            f" join {judged.candidate} c on c.ctid = h.place"
        ),
    )
    if rows <= allowed(limit, judged.rows):
        return []
    worst = rule or _worst(connection, judged)
    over = f" ({rows:,} held of {judged.rows:,}, more than hold_limit {limit})"
    shown = query(judged.relation, judged.build_id, f"effect = 'hold' and {which}")
    return [told(judged.relation, Broken(worst, rows, sample, shown), over)]


def _worst(connection: Connection, judged: Judged) -> Rule:
    (number,) = one(
        connection,
        text(
            f"select rule from {judged.held} where effect = 'hold' group by rule"
            " order by count(*) desc, rule limit 1"
        ),
    )
    return judged.rules[int(number)]


def keep(connection: Connection, judged: Judged) -> None:
    """Writes what is held to `layers.held`; a row that is held still keeps its day."""
    name = judged.relation.name
    said = ", ".join(
        f"({number}, {literal(rule.sentence)})" for number, rule in enumerate(judged.rules)
    )
    if not said:
        connection.execute("delete from layers.held where relation = %s", [name])
        return
    connection.execute(
        text(
            f"with now as materialized ({_now(judged, said)}), mended as (delete from layers.held"
            f" where relation = {literal(name)} and key not in (select key from now))"
            f" insert into layers.held (relation, key, rules, follows, build_id)"
            f" select {literal(name)}, key, rules, follows, {judged.build_id} from now"
            " on conflict (relation, key) do update set rules = excluded.rules,"
            " follows = excluded.follows, build_id = excluded.build_id"
        )
    )


def _now(judged: Judged, said: str) -> str:
    """What is held now: keys, with the sentences that they break and what they follow.

    `said` are the numbers and sentences of all rules.
    """
    key = key_text(judged.relation, masked=False)
    # held rows may share a key: two empty periods of one thing are equal
    marks = (
        f"select {key} as key, h.rule, bool_or(h.by_itself) as by_itself, min(h.place) as place"
        f" from {judged.held} h join {judged.candidate} c on c.ctid = h.place"
        " where h.effect = 'hold' group by 1, 2"
    )
    broken = (
        "select m.key, min(m.place) as place, coalesce(array_agg(s.sentence order by s.number)"
        " filter (where m.by_itself), array_agg(s.sentence order by s.number)) as rules,"
        " case when not bool_or(m.by_itself) then min(m.rule) end as followed"
        f" from ({marks}) m join (values {said})"
        " as s (number, sentence) on m.rule = s.number group by m.key"
    )
    return (
        f"select b.key, b.rules, {_followed(judged)} as follows from ({broken}) b"
        f" join {judged.candidate} c on c.ctid = b.place"
    )


def _followed(judged: Judged) -> str:
    """The SQL of the row that a held row follows: its entity and key, or the entity of its rows."""
    named = []
    for number, rule in enumerate(judged.rules):
        if isinstance(rule, ReferenceRule):
            key = ", ".join(f"c.{quoted(name)}::text" for name in rule.by)
            named.append(f"when {number} then concat_ws(' ', {literal(rule.to)}, {key})")
        elif isinstance(rule, LowerBound):
            named.append(f"when {number} then {literal(rule.child)}")
    return f"case b.followed {' '.join(named)} end" if named else "null::text"


def rows(connection: Connection, judged: Judged) -> int:
    """How many rows of a candidate are held."""
    counting = f"select count(distinct place) from {judged.held} where effect = 'hold'"
    return int(one(connection, text(counting))[0])


def held_summary(connection: Connection) -> list[dict[str, Any]]:
    """How many rows of each relation are held, by the rules that they break, and since when."""
    found = connection.execute(
        "select relation, array_to_string(rules, '; '), count(*), count(follows),"
        " min(held_since)::timestamptz(0)::text from layers.held group by 1, 2 order by 1, 3 desc"
    )
    names = ("relation", "because", "rows", "following_others", "since")
    return [dict(zip(names, row, strict=True)) for row in found]


def held_rows(connection: Connection, relation: Relation) -> list[dict[str, Any]]:
    """The rows of a relation that are held: key, every rule they break, or the row they follow.

    The last ones first. What is personal is masked.
    """
    found = connection.execute(
        "select key, array_to_string(rules, '; '), follows, held_since::timestamptz(0)::text"
        " from layers.held where relation = %s order by held_since desc, key",
        [relation.name],
    )
    names = ("key", "because", "follows", "since")
    rows = [dict(zip(names, row, strict=True)) for row in found]
    masked = _masked(relation.contract)
    return [row | {name: "***" for name in masked if row[name]} for row in rows]


def _masked(contract: Contract) -> list[str]:
    """Where a list of held rows would say something personal."""
    links = contract.relationships.values() if isinstance(contract, EntityContract) else ()
    said = {"key": contract.key, "follows": [name for link in links for name in link.by]}
    return [what for what, names in said.items() if any(contract.columns[n].pii for n in names)]
