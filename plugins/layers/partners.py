"""Partners: queries for the rows of a candidate that have none left of those that they need."""

from layers import touching
from layers.holding import Judged
from layers.rules import LowerBound, ReferenceRule, columns, quoted


def pairs(ours: tuple[str, ...], theirs: tuple[str, ...]) -> list[tuple[str, str]]:
    """The columns in which two relations agree, ours and theirs."""
    return list(zip(ours, theirs, strict=True))


def uncovered(own: Judged, other: Judged, number: int, rule: ReferenceRule) -> str:
    """Rows whose time is not covered by what is left of their partners' times.

    A time that is empty is in none, as for the foreign keys of Postgres; where that is held
    already, there is no more to say of it.
    """
    keys, period = columns(rule.to_key), quoted(rule.to_period or "")
    matches = " and ".join(
        f"o.{quoted(theirs)} = c.{quoted(ours)}" for ours, theirs in pairs(rule.by, rule.to_key)
    )
    asks = " and ".join(f"c.{quoted(name)} is not null" for name in (*rule.by, rule.period or ""))
    alive = f"filter (where ctid not in {other.gone})"
    covers = (
        f"select {keys}, range_agg({period}) as ever, range_agg({period}) {alive} as now"
        f" from {other.candidate} group by {keys}"
    )
    time = f"c.{quoted(rule.period or '')}"
    is_some = "" if rule.is_instant else f" and not isempty({time})"
    ever, now = (f"(o.{covered} @> {time}{is_some}) is not true" for covered in ("ever", "now"))
    return (
        f"select c.ctid as place, {ever} as by_itself"
        f" from {own.candidate} c left join ({covers}) o on {matches}"
        f" where {asks} and {now} and ((o.ever @> {time}) is not true or c.ctid not in {own.gone})"
        f" and c.ctid not in (select place from {own.held} where rule = {number} and step = 3)"
    )


def broken(
    own: Judged, other: Judged, number: int, both: list[tuple[str, str]], *, upwards: bool
) -> str:
    """Rows with no partner left: by themselves where there never was one, else following."""
    theirs = columns(name for _, name in both)
    matches = " and ".join(f"o.{quoted(name)} = c.{quoted(ours)}" for ours, name in both)
    asks = " and ".join(f"c.{quoted(ours)} is not null" for ours, _ in both) if upwards else "true"
    alive = f"ctid not in {other.gone}"
    partners = (
        f"select {theirs}, {alive} as layers_alive from {other.candidate}"
        if upwards
        else f"select {theirs}, bool_or({alive}) as layers_alive from {other.candidate}"
        f" group by {theirs}"
    )
    return (
        f"select c.ctid as place, o.layers_alive is null as by_itself from {own.asked} c"
        f" left join ({partners}) o on {matches} where {asks} and o.layers_alive is not true"
        f" and (o.layers_alive is null or c.ctid not in {own.gone})"
        f" and c.ctid not in (select place from {own.held} where rule = {number} and step = 3)"
    )


def childless(own: Judged, other: Judged, number: int, rule: LowerBound) -> str:
    """Rows with none left that name them, among those which may have lost their last one."""
    both = pairs(own.relation.contract.key, rule.by)
    matches = " and ".join(f"o.{quoted(name)} = c.{quoted(ours)}" for ours, name in both)
    below = (
        f"select bool_or(o.ctid not in {other.gone}) as layers_alive"
        f" from {other.candidate} o where {matches}"
    )
    return (
        "select c.ctid as place, o.layers_alive is null as by_itself"
        f" from {touching.parents(own.relation, other.relation, rule)} c"
        f" cross join lateral ({below}) o where o.layers_alive is not true"
        f" and (o.layers_alive is null or c.ctid not in {own.gone})"
        f" and c.ctid not in (select place from {own.held} where rule = {number} and step = 3)"
    )
