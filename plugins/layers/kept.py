"""Kept: the rows of a candidate that are published, and those that are."""

from collections.abc import Collection

from layers import rules, touching
from layers.candidates import candidate, held
from layers.ddl import table
from layers.project import Project
from layers.relation import Relation
from layers.rules import ReferenceRule, columns, quoted


def kept_rows(
    project: Project, relation: Relation, build_id: int, *, is_narrow: bool = False
) -> str:
    """The candidate without its held rows, references that lead nowhere emptied."""
    return (
        f"{as_kept(project, relation, build_id)}"
        f" where c.ctid not in (select place from {held(relation, build_id)} where effect = 'hold')"
        + (f" and {touching.among(relation, 'c')}" if is_narrow else "")
    )


def as_kept(project: Project, relation: Relation, build_id: int) -> str:
    """All rows of the candidate `c`, as they are where they are kept.

    For places of which that is known: to ask it again would cost as much for a few as for all.
    """
    gone = held(relation, build_id)
    emptied: dict[str, list[int]] = {}
    for number, rule in enumerate(rules.of(project, relation)):
        if isinstance(rule, ReferenceRule) and rule.empties:
            for name in rule.by:
                emptied.setdefault(name, []).append(number)
    values = []
    for name in relation.contract.columns:
        if numbers := emptied.get(name):
            empty = (
                f"c.ctid in (select place from {gone} where effect = 'empty'"
                f" and rule in ({', '.join(map(str, numbers))}))"
            )
            values.append(f"case when not {empty} then c.{quoted(name)} end as {quoted(name)}")
        else:
            values.append(f"c.{quoted(name)}")
    return f"select c.ctid as layers_place, {', '.join(values)} from {candidate(relation)} c"


def live_rows(relation: Relation, missing: Collection[str] = ()) -> str:
    """The published rows; columns that are `missing` in the live table are empty."""
    said = relation.contract.columns
    own = columns(name for name in said if name not in missing)
    new = "".join(f", null::{said[name].type} as {quoted(name)}" for name in missing)
    return f"select ctid as layers_place, {own}{new} from {table(relation)} l"
