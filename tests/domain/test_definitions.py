"""The model's words: somebody outside the team reads them and nothing else."""

from pathlib import Path

import pytest

from layers import model, reading
from tests.conftest import ROOT

TOOLS = ("rudderstack", "hubspot", "zendesk", "freshdesk", "jsonb", "staging", "stg_")


@pytest.mark.parametrize(
    "folder", [ROOT, ROOT / "examples" / "consultancy"], ids=["example", "consultancy"]
)
def test_every_column_of_every_entity_says_what_it_means_and_names_no_tool(folder: Path) -> None:
    entities = model.entities(reading.load(folder))

    assert entities
    for entity in entities:
        said = model.contract(entity)
        for name, column in said.columns.items():
            assert column.means, f"{entity.file}: column {name} does not say what it means"
        words = [said.definition, said.grain, *(c.means or "" for c in said.columns.values())]
        words += [*said.criteria, *said.unique]
        named = [word for word in words if any(tool in word.lower() for tool in TOOLS)]
        assert named == [], f"{entity.file}: a definition is without data sources"
