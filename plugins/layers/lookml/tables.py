"""A table of `prs` in LookML: its view, the one explore of it, and tests of what it promises."""

from collections.abc import Iterator

import sqlglot
from sqlglot import exp

from layers.contract import CheckedContract, PresentationContract
from layers.lookml.dimensions import dimension_groups, dimensions, key_dimensions
from layers.lookml.measures import measures
from layers.lookml.words import DEPRECATED, LookML, goes, identifier, label
from layers.project import Project, Settings
from layers.relation import Relation
from layers.rules import expression

KEY_TWICE = "rows_with_a_key_twice"
KEY_TEST = "key_is_unique"


def contract(relation: Relation) -> PresentationContract:
    """The contract of a table of `prs`."""
    assert isinstance(relation.contract, PresentationContract)
    return relation.contract


def title(relation: Relation, settings: Settings) -> str:
    """What readers call a table."""
    return contract(relation).label or label(relation.name.removeprefix("prs_"), settings)


def view(relation: Relation, settings: Settings) -> LookML:
    """The view: key first, then what queries group by, then what they add up."""
    groups = list(dimension_groups(relation, settings))
    return {
        "name": relation.name,
        "sql_table_name": f"{relation.schema}.{relation.name}",
        "label": title(relation, settings),
        "dimensions": [*key_dimensions(relation), *dimensions(relation, settings)],
        **({"dimension_groups": groups} if groups else {}),
        "measures": [*measures(relation, settings), *_counted(relation, settings)],
    }


def explore(relation: Relation, project: Project) -> LookML:
    """The explore: this view and no other, so Looker adds up without a thought for fan-outs."""
    said = contract(relation)
    marked = f" ({DEPRECATED})" if said.remove_after else ""
    return {
        "name": relation.name,
        "label": title(relation, project.settings),
        "group_label": f"{project.use_cases[relation.folder].use_case}{marked}",
        "description": f"{goes(said)}{said.answers} ({said.grain})",
        "persist_with": datagroup(relation.folder),
    }


def datagroup(use_case: str) -> str:
    """The name of the datagroup that a use case's publications trigger."""
    return f"prs_{use_case}_publication"


def tests(relation: Relation) -> Iterator[LookML]:
    """Keys are unique and criteria hold, each counted in the database: a test sees few rows."""
    yield counted_test(relation.name, KEY_TEST, KEY_TWICE)
    for number, sentence in enumerate(criteria(relation), start=1):
        yield counted_test(relation.name, identifier(sentence), _broken(number))


def counted_test(view: str, said: str, measure: str, wanted: int = 0) -> LookML:
    """A test that a measure of a view has the value that is wanted."""
    field = f"{view}.{measure}"
    return {
        "name": f"{view}_{said}",
        "explore_source": {"name": view, "columns": [{"name": measure, "field": field}]},
        "asserts": [{"name": said, "expression": f"${{{field}}} = {wanted}"}],
    }


def criteria(relation: Relation) -> dict[str, str]:
    """The criteria that no published row breaks: the sentence, and its SQL."""
    said = relation.contract
    assert isinstance(said, CheckedContract)
    return {
        sentence: criterion.holds
        for sentence, criterion in said.criteria.items()
        if (criterion.on_violation or said.on_violation) != "warn"
    }


def _broken(number: int) -> str:
    return f"rows_that_break_rule_{number}"


def _counted(relation: Relation, settings: Settings) -> Iterator[LookML]:
    """What the tests ask for, hidden."""
    key = ", ".join(f"${{TABLE}}.{name}" for name in relation.contract.key)
    several = f"({key})" if len(relation.contract.key) > 1 else key
    yield counted(KEY_TWICE, f"count(*) - count(distinct {several})")
    for number, holds in enumerate(criteria(relation).values(), start=1):
        broken = _qualified(expression(holds, settings))
        yield counted(_broken(number), f"count(*) filter (where not ({broken}))")


def counted(name: str, sql: str) -> LookML:
    """A hidden count of rows."""
    return {"name": name, "hidden": "yes", "type": "number", "sql": sql}


def _qualified(holds: str) -> str:
    """A criterion whose columns are those of the view's table."""
    tree = sqlglot.parse_one(holds, read="postgres")
    places = sorted(column.this.meta["start"] for column in tree.find_all(exp.Column))
    for start in reversed(places):
        holds = f"{holds[:start]}${{TABLE}}.{holds[start:]}"
    return holds.strip()
