"""Settle: what is held of a layer, decided once over all its candidates.

Three steps, so that there is one answer whatever the order: row rules (done by `check`), upper
bounds over what these left, then the largest set of rows that breaks no reference and no lower
bound. Such sets are closed under union, so the largest is unique, and taking away what breaks a
rule until nothing does finds it.
"""

from layers import check, holding, partners, record, touching
from layers.candidates import unfit
from layers.errors import DataError
from layers.holding import Judged
from layers.project import Project
from layers.rules import LowerBound, ReferenceRule, Rule, UpperBound, columns, quoted
from layers.warehouse import Connection, errors_told, lock_relation, text


def settle(connection: Connection, project: Project, unit: str, run: str) -> dict[str, int]:
    """Decides what is held of a unit's candidates; returns the held rows per relation.

    Candidates that are missing or unchecked are built and checked first. Raises DataError where
    more is held than a limit allows or a rule that fails its layer is broken; what is held is in
    `layers.held` all the same.
    """
    with errors_told(f"settling {unit}"):
        stale = unfit(connection, project.units[unit])
        for relation in project.units[unit]:
            if relation.name in stale:
                check.check(connection, project, relation, run)
        with connection.transaction():
            for relation in project.units[unit]:
                lock_relation(connection, relation.name)
            counts, problems = settle_here(connection, project, unit, run)
    if problems:
        raise DataError("\n".join(problems))
    return counts


def settle_here(
    connection: Connection, project: Project, unit: str, run: str
) -> tuple[dict[str, int], list[str]]:
    """Settles in the caller's transaction: held rows per relation, and what fails the layer."""
    judged = {r.name: holding.judge(connection, project, r) for r in project.units[unit]}
    for one_of in judged.values():
        if not one_of.is_narrow:
            connection.execute(text(f"delete from {one_of.held} where step > 1"))
    for one_of in judged.values():
        _upper_bounds(connection, one_of)
    for one_of in judged.values():
        if one_of.is_narrow:
            _reopen(connection, judged, one_of)
    _references(connection, judged)
    for one_of in judged.values():
        connection.execute(text(f"analyze {one_of.held}"))
    problems = []
    for one_of in judged.values():
        problems += holding.over_limits(connection, one_of)
        holding.keep(connection, one_of)
    counts = {name: holding.rows(connection, one_of) for name, one_of in judged.items()}
    if not problems:
        record.settle(connection, unit, run, {n: j.build_id for n, j in judged.items()})
    return counts, problems


def _reopen(connection: Connection, judged: dict[str, Judged], own: Judged) -> None:
    """Judges again what was held for a partner, where that may be another matter now."""
    for number, rule in enumerate(own.rules):
        if isinstance(rule, ReferenceRule):
            other = judged[rule.to]
            partner = (other.candidate, other.gone)
            touching.reopen(connection, own.relation, own.build_id, (number, rule), partner)
    touching.judge_again(connection, own.relation, own.build_id)


def _upper_bounds(connection: Connection, judged: Judged) -> None:
    key = judged.relation.contract.key
    for number, rule in enumerate(judged.rules):
        if not isinstance(rule, UpperBound):
            continue
        there = " and ".join(f"c.{quoted(name)} is not null" for name in rule.columns)
        left = (
            f"select c.ctid as layers_place, c.* from {judged.candidate} c where {there}"
            f" and c.ctid not in (select place from {judged.held}"
            " where step = 1 and effect = 'hold')"
        )
        first = columns((*(rule.prefer or ()), *key), "c")
        stays = "rank > 1" if rule.prefer else "true"
        by = columns(rule.columns)
        connection.execute(
            text(
                f"insert into {judged.held} with fit as ({left}), clashing as (select {by} from fit"
                f" group by {by} having count(*) > 1)"
                f" select layers_place, {number}, 2, '{_effect(rule)}', true from"
                " (select c.layers_place, row_number() over"
                f" (partition by {columns(rule.columns, 'c')} order by {first}) as rank"
                f" from fit c join clashing using ({by})) ranked"
                f" where {stays}"
            )
        )


def _effect(rule: Rule) -> str:
    if isinstance(rule, ReferenceRule) and rule.empties:
        return "empty"
    return "hold" if rule.on_violation == "hold" else "note"


def _references(connection: Connection, judged: dict[str, Judged]) -> None:
    """Takes away what breaks a reference or lower bound until nothing does."""
    everything = [
        (name, number)
        for name, one_of in judged.items()
        for number, rule in enumerate(one_of.rules)
        if isinstance(rule, (ReferenceRule, LowerBound))
    ]
    firm = [(n, i) for n, i in everything if _effect(judged[n].rules[i]) == "hold"]
    pending = firm
    while pending:
        dirty = {name for name, number in pending if _take_away(connection, judged, name, number)}
        pending = [(n, i) for n, i in firm if _looks_at(judged[n].rules[i]) in dirty]
    for name, number in everything:
        if (name, number) not in firm:
            _take_away(connection, judged, name, number)


def _looks_at(rule: Rule) -> str:
    assert isinstance(rule, (ReferenceRule, LowerBound))
    return rule.to if isinstance(rule, ReferenceRule) else rule.child


def _take_away(connection: Connection, judged: dict[str, Judged], name: str, number: int) -> int:
    """Marks the rows that break one rule now; returns how many are new."""
    own = judged[name]
    rule = own.rules[number]
    assert isinstance(rule, (ReferenceRule, LowerBound))
    other = judged[_looks_at(rule)]
    if own.is_narrow and isinstance(rule, ReferenceRule):
        partner = (other.relation, other.candidate, other.gone)
        touching.orphans(connection, own.relation, own.build_id, rule, partner)
    if isinstance(rule, ReferenceRule) and rule.period:
        broken = partners.uncovered(own, other, number, rule)
    elif isinstance(rule, ReferenceRule):
        broken = partners.broken(
            own, other, number, partners.pairs(rule.by, rule.to_key), upwards=True
        )
    elif other.is_narrow and _effect(rule) == "hold":
        broken = partners.childless(own, other, number, rule)
    else:
        pairs = partners.pairs(own.relation.contract.key, rule.by)
        broken = partners.broken(own, other, number, pairs, upwards=False)
    return connection.execute(
        text(
            f"insert into {own.held} select b.place, {number}, 3, '{_effect(rule)}', b.by_itself"
            f" from ({broken}) b"
        )
    ).rowcount
