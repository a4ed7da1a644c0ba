"""The model as pictures and pages, and the schemas by which editors check what is written."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from jsonschema import Draft202012Validator

from layers import model, reading, schema
from layers.project import Project
from tests.conftest import ROOT
from tests.layers import shop

SVG = "{http://www.w3.org/2000/svg}"
ONLY_DRAWN = """
    entity: Loyalty card
    definition: What a customer shows to be known again.
    grain: one row per card
    key: card_id
    columns:
      card_id:     {type: text}
      customer_id: {type: text, optional: true, pii: true, means: Empty while nobody has it}
    criteria:
      a card has a long number: length(card_id) > 8
    relationships:
      holder: {to: dmn_customers, by: customer_id, each: "0..1", inverse: "1..*"}
"""


@pytest.fixture
def drawn(tmp_path: Path) -> Project:
    """The shop, and an entity that nobody has written a query for."""
    project = reading.load(shop.write(tmp_path, {"sql/dmn/dmn_cards.yaml": ONLY_DRAWN}))
    assert project.problems == ()
    return project


def texts(picture: bytes) -> list[str]:
    """All that is written in a picture."""
    return [node.text or "" for node in ElementTree.fromstring(picture).iter(f"{SVG}text")]


def test_mermaid_has_each_entity_and_both_cardinalities(drawn: Project) -> None:
    said = model.mermaid(drawn).splitlines()

    assert said[0] == "erDiagram"
    assert '    dmn_cards["Loyalty card (not yet filled)"] {' in said
    assert "        text sale_id PK" in said
    assert '    dmn_customers ||--|{ dmn_sales : "customer"' in said
    assert '    dmn_customers |o--|{ dmn_cards : "holder"' in said
    assert '    dmn_customers |o--o{ dmn_customers : "referrer"' in said


def test_the_picture_shows_every_entity_with_its_definition_and_every_relationship(
    drawn: Project,
) -> None:
    said = texts(model.svg(drawn))

    assert {"Customer", "Sale", "Loyalty card", " (not yet filled)"} <= set(said)
    assert "What a customer shows to be known again." in said
    assert {"customer", "holder", "referrer"} <= set(said)


def test_the_picture_has_each_foot_at_its_own_end(drawn: Project) -> None:
    """The first is the end of whom a row refers to, the second the end of those that do."""
    said = model.dot(drawn)

    for line in (
        'dmn_customers -> dmn_sales [arrowtail=teetee, arrowhead=crowtee, label="customer"]',
        'dmn_customers -> dmn_cards [arrowtail=teeodot, arrowhead=crowtee, label="holder"]',
        'dmn_customers -> dmn_customers [arrowtail=teeodot, arrowhead=crowodot, label="referrer"]',
    ):
        assert line in said


def test_the_picture_cuts_no_definition_however_long() -> None:
    project = reading.load(ROOT)

    said = " ".join(texts(model.svg(project)))

    for entity in model.entities(project):
        assert model.contract(entity).definition in said


def test_forty_entities_are_drawn_beside_each_other_and_none_over_another(tmp_path: Path) -> None:
    files: dict[str, shop.Change] = {}
    for number in range(38):
        card = ONLY_DRAWN.replace("Loyalty card", f"Loyalty card {number}")
        to = "dmn_customers" if number < 5 else f"dmn_cards_{number // 3}"
        key = "card_id" if number < 5 else "customer_id"
        card = card.replace("dmn_customers", to).replace(", optional: true, pii: true", "")
        card = card.replace('each: "0..1"', 'each: "1"').replace("by: customer_id", f"by: {key}")
        files[f"sql/dmn/dmn_cards_{number}.yaml"] = card
    project = reading.load(shop.write(tmp_path, files))
    assert project.problems == ()

    boxes = _boxes(model.svg(project))

    assert len(boxes) == 40
    assert not [(a, b) for a in boxes for b in boxes if a is not b and _overlap(a, b)]


def _boxes(picture: bytes) -> list[tuple[float, float, float, float]]:
    """The frame of each entity: left, top, right, bottom."""
    found = []
    for group in ElementTree.fromstring(picture).iter(f"{SVG}g"):
        if group.get("class") == "node":
            points = [
                tuple(map(float, point.split(",")))
                for polygon in group.iter(f"{SVG}polygon")
                for point in (polygon.get("points") or "").split()
            ]
            xs, ys = zip(*points, strict=True)
            found.append((min(xs), min(ys), max(xs), max(ys)))
    return found


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def test_the_page_says_what_every_word_means_and_how_many_of_what(drawn: Project) -> None:
    page = model.markdown(drawn)

    assert "## Loyalty card\n\nWhat a customer shows to be known again.\n" in page
    assert "| `customer_id` | text | Empty while nobody has it; personal; may be empty |" in page
    for fact in (
        "a card has a long number",
        "each loyalty card has 0..1 customer (holder)",
        "each customer has 1..* loyalty card (holder)",
        "each sale has 1 customer",
    ):
        assert f"- {fact}\n" in page
    assert "It is modelled, and not yet filled." in page


def test_the_schemas_beside_the_files_are_those_of_the_contract_language() -> None:
    for path, text in schema.files(ROOT):
        assert path.read_text() == text, f"{path} is old: layers schemas"


@pytest.mark.parametrize(("name", "pattern"), schema.USED_FOR.items())
def test_every_file_of_the_example_fits_its_schema(name: str, pattern: str) -> None:
    found = list(ROOT.glob(pattern))
    assert found
    for path in found:
        assert list(problems(name, yaml.safe_load(path.read_text()))) == [], path


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("dmn", {"hold_limits": "1%"}),  # a word that is not one
        ("dmn", {"relationships": {"a": {"to": "dmn_b", "by": "b", "each": "2", "inverse": "1"}}}),
        ("stg", {"columns": {"a": {"type": "text", "written": "roman"}}}),
        ("prs", {"on_violation": "shout"}),
    ],
)
def test_what_the_check_refuses_an_editor_refuses_too(name: str, wrong: dict[str, Any]) -> None:
    right = {
        "dmn": {"entity": "A", "definition": "A thing.", "relationships": {}},
        "stg": {},
        "prs": {"answers": "How many?"},
    }[name]
    right |= {"grain": "one row per a", "key": "a", "columns": {"a": {"type": "text"}}}

    assert list(problems(name, right)) == []
    assert list(problems(name, right | wrong))


def problems(name: str, content: Any) -> list[str]:
    said = json.loads((ROOT / "sql" / schema.FOLDER / f"{name}.json").read_text())
    return [error.message for error in Draft202012Validator(said).iter_errors(content)]
