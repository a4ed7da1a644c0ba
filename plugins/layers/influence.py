"""Influence: the span of time that a row of a relation can touch, as SQL.

A contract names it as a column, an instant, a day or a range, or as `[from, to]` in instants.
"""

from dataclasses import dataclass

from layers.contract import Contract
from layers.rules import literal, quoted


@dataclass(frozen=True)
class Instants:
    """Spans of time, none where there is none; the first and the last instant, where they end."""

    spans: str | None
    begin: str | None
    end: str | None


def touching(when: str, contract: Contract, zone: str, instants: Instants) -> str:
    """Whether a row can influence something in these spans, as a condition."""
    touches = f"{span(when, contract, zone)} && {literal(instants.spans or '{}')}::tstzmultirange"
    between, asked = ends(when, contract), []
    # cheaper to ask, and of most rows enough; which end is the first one is not known
    for sign, bound in (("<", instants.end), (">=", instants.begin)):
        if bound and between:
            inside = " or ".join(f"{end} {sign} {literal(bound)}::timestamptz" for end in between)
            asked.append(f"({inside}) is not false")
    return " and ".join([*asked, touches])


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
    return f"tstzrange({first} at time zone {zone}, {behind} at time zone {zone})"


def ends(when: str, contract: Contract) -> tuple[str, ...]:
    """Expressions for where a span begins and ends, where they are plain to see."""
    if when in contract.columns and contract.columns[when].type == "timestamptz":
        return (quoted(when),)
    return halves(when) or ()


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
