"""Influence: the span of time that a row of a relation can touch, as SQL.

A contract names it as a column, an instant, a day or a range, or as `[from, to]` in instants.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from layers.contract import Contract
from layers.rules import literal, quoted


@dataclass(frozen=True)
class Span:
    """A span of time: its instants, the end not within, and its days, both within; None is open."""

    begin: str | None
    end: str | None
    first_day: str | None
    last_day: str | None


def touching(when: str, contract: Contract, zone: str, spans: Sequence[Span]) -> str:
    """Whether a row can influence something in these spans, or perhaps beside them: a condition.

    It asks columns themselves where it can, as of those Postgres knows how many rows it leaves.
    """
    asked = " or ".join(f"({_within(when, contract, one)})" for one in spans)
    asked = asked or f"{span(when, contract, zone)} && '{{}}'::tstzmultirange"
    if when not in contract.columns:
        return f"({asked}) is not false"
    return f"{asked} or {quoted(when)} is null"  # of a rule that warns, what must be there may not


def _within(when: str, contract: Contract, one: Span) -> str:
    """The same of one span; nothing is known of what is null."""
    if between := halves(when):
        return _bounded(between, one.begin, one.end, "timestamptz", "<")
    kind, name = contract.columns[when].type, quoted(when)
    match kind:
        case "timestamptz":
            return _bounded((name,), one.begin, one.end, kind, "<")
        case "date":
            return _bounded((name,), one.first_day, one.last_day, kind, "<=")
        case "daterange":
            begin, end, ends = one.first_day, one.last_day, "[]"
        case _:
            begin, end, ends = one.begin, one.end, "[)"
    said = ", ".join("null" if bound is None else literal(bound) for bound in (begin, end))
    return f"{name} && {kind}({said}, '{ends}')"


def _bounded(
    between: tuple[str, ...], begin: str | None, end: str | None, kind: str, before: str
) -> str:
    """Whether something lies within bounds; of two ends it is not known which is the first."""
    bounds = ((">=", begin), (before, end))
    asked = [
        "(" + " or ".join(f"{one} {sign} {literal(bound)}::{kind}" for one in between) + ")"
        for sign, bound in bounds
        if bound is not None
    ]
    return " and ".join(asked) or "true"


def span(when: str, contract: Contract, zone: str) -> str:
    """The span of time that a row can influence, as a tstzrange; all time where it has none."""
    if between := halves(when):
        begin, end = between
        there, back = f"tstzrange({begin}, {end}, '[]')", f"tstzrange({end}, {begin}, '[]')"
        return f"case when {begin} > {end} then {back} else {there} end"
    name = quoted(when)
    match contract.columns[when].type:
        case "timestamptz":
            return f"tstzrange({name}, {name}, '[]')"
        case "date":
            first, behind = f"{name}::timestamp", f"({name} + 1)::timestamp"
        case "daterange":
            first, behind = f"lower({name})::timestamp", f"upper({name})::timestamp"
        case _:
            return f"coalesce({name}, '(,)')"
    found = f"tstzrange({first} at time zone {zone}, {behind} at time zone {zone})"
    is_range = contract.columns[when].type == "daterange"
    return f"case when isempty({name}) then 'empty' else {found} end" if is_range else found


def halves(when: str) -> tuple[str, str] | None:
    """The two expressions of `[from, to]`, in parentheses; none where it is written otherwise."""
    said, depth = when.strip(), 0
    if not (said.startswith("[") and said.endswith("]")):
        return None
    inside = said[1:-1]
    commas = []
    for place, letter in enumerate(inside):
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and depth == 0:
            commas.append(place)
    if len(commas) != 1:
        return None
    return f"({inside[: commas[0]].strip()})", f"({inside[commas[0] + 1 :].strip()})"
