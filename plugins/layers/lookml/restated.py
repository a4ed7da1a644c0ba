"""What a use case had published as complete and changed later: the table of its restatements."""

from collections.abc import Iterator

from layers.lookml.dimensions import dimension, instant, own_key
from layers.lookml.tables import KEY_TEST, KEY_TWICE, counted, counted_test, datagroup
from layers.lookml.words import LookML
from layers.project import UseCase, kept_for


def table(use_case: str) -> str:
    """The name of the table in which the restatements of a use case are."""
    return kept_for(use_case)[1]


def view(use_case: str) -> LookML:
    """The view: a row for each cell that changed."""
    cells = {"name": "restated_cells", "label": "Restated cells", "type": "number"}
    return {
        "name": table(use_case),
        "sql_table_name": f"prs_{use_case}.{table(use_case)}",
        "label": "Restatements",
        "dimensions": [own_key("restatement_id"), *_dimensions()],
        "dimension_groups": [instant("published", "published_at", "When the change was published")],
        "measures": [
            {**cells, "description": "Cells of complete rows that changed", "sql": "count(*)"},
            counted(KEY_TWICE, "count(*) - count(distinct ${TABLE}.restatement_id)"),
        ],
    }


def _dimensions() -> Iterator[LookML]:
    said = "The number of the publication that changed the cell"
    yield dimension("publication", said, type="number")
    yield dimension("relation", "The table that the row is of", label="Table")
    yield dimension("key", "The key of the row, as JSON; personal parts are masked", text=True)
    yield dimension("column_name", "The column of the cell", label="Column")
    yield dimension("old_value", "What was published before")
    yield dimension("new_value", "What is published now; empty where the row is gone")
    yield dimension("is_row_gone", "The whole row is no longer there", type="yesno")
    said = "Sources and contracts that changed since the publication before, as far as known: JSON"
    yield dimension("cause", said, text=True)


def title(said: UseCase) -> str:
    """What readers call the restatements of a use case."""
    return f"{said.use_case} restated"


def explore(use_case: str, said: UseCase) -> LookML:
    """The explore of the changed cells."""
    return {
        "name": table(use_case),
        "label": title(said),
        "group_label": said.use_case,
        "description": "Which numbers were final when first published, and are others now? Why?",
        "persist_with": datagroup(use_case),
    }


def tests(use_case: str) -> Iterator[LookML]:
    """No restatement is there twice."""
    yield counted_test(table(use_case), KEY_TEST, KEY_TWICE)
