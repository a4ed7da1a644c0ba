"""Every number of every table of the generated company, against a second reckoning of it."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from layers.project import Project
from tests.company import Company
from tests.presentation.second import RECKONINGS, Facts
from tests.presentation.second.compare import differences, published, reckoned


@dataclass(frozen=True)
class Made:
    company: Company
    facts: Facts


@pytest.fixture(scope="module")
def made(flowed_company: Company, told: Path) -> Made:
    return Made(flowed_company, Facts(told))


def test_each_use_case_says_as_of_when_it_is_and_its_tables_are_of_that_moment(
    made: Made, example: Project
) -> None:
    warehouse = made.company.warehouse
    use_cases = {row.use_case: row.data_as_of for row in warehouse.rows("dmn_use_cases")}
    known = {row.source: row.loaded_until for row in warehouse.rows("dmn_source_watermarks")}
    for name in example.use_cases:
        (row,) = warehouse.query(f"select * from prs_{name}.prs_{name}_freshness")
        assert row.data_as_of == min(known[source] for source in example.needed(name))
        assert use_cases[name] == row.data_as_of
        assert set(row.watermarks) >= set(example.needed(name))
        assert row.freshness == "fresh"  # by the company's clock, whatever ours says
        restated = f"select * from prs_{name}.prs_{name}_restatements"
        assert warehouse.query(restated) == []


def test_nothing_fails(made: Made) -> None:
    assert made.company.failures == []


def test_every_table_of_the_presentation_layer_is_reckoned_twice(example: Project) -> None:
    units = [relations for unit, relations in example.units.items() if unit != "dmn"]

    assert {one.name for relations in units for one in relations} == RECKONINGS.keys()


@pytest.mark.parametrize("relation", RECKONINGS)
def test_every_number_is_that_of_the_second_reckoning(made: Made, relation: str) -> None:
    warehouse = made.company.warehouse
    found = published(warehouse, relation)

    assert differences(found, reckoned(warehouse, relation, made.facts)) == []
    # no column agrees because it says nothing
    columns = warehouse.project.relation(relation).contract.columns
    silent = {column for column in columns if len({row[column] for row in found.values()}) == 1}
    assert silent == set()
