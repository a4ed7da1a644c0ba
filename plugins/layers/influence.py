"""Influence: the span of time that a row of a relation can touch, as SQL.

A contract names it as a column, an instant, a day or a range, or as `[from, to]` in instants.
"""

from layers.contract import Contract
from layers.rules import quoted


def span(when: str, contract: Contract, zone: str) -> str:
    """The span of time that a row can influence, as a tstzrange; an empty end is none."""
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
            return name
    return f"tstzrange({first} at time zone {zone}, {behind} at time zone {zone})"


def ends(when: str, contract: Contract) -> tuple[str, str] | None:
    """Expressions for where a span begins and ends, where they are plain to see."""
    if when in contract.columns and contract.columns[when].type == "timestamptz":
        return quoted(when), quoted(when)
    return halves(when)


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
