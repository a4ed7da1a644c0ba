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
