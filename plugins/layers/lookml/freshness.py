"""How fresh a use case is: what Looker asks to know that something was published, and shows."""

from collections.abc import Iterator
from datetime import timedelta

from layers.lookml.dimensions import dimension, instant, own_key
from layers.lookml.tables import counted, counted_test, datagroup
from layers.lookml.words import LookML
from layers.project import UseCase

FRESH, VALUES = "fresh", ("fresh", "late", "held back")
IS_FRESH = "fresh_publications"
# How old a shown freshness may be: what it says changes without a publication.
CACHED = "60 seconds"


def table(use_case: str) -> str:
    """The name of the table in which a use case says how fresh it is."""
    return f"prs_{use_case}_freshness"


def view(use_case: str) -> LookML:
    """The view of the one row."""
    return {
        "name": table(use_case),
        "sql_table_name": f"prs_{use_case}.{table(use_case)}",
        "label": "Freshness",
        "dimensions": [own_key("publication"), *_dimensions()],
        "dimension_groups": [
            instant("published", "published_at", "When this publication became visible"),
            instant("data_as_of", "data_as_of", "Up to when all needed sources are known"),
        ],
        "measures": [
            counted(IS_FRESH, f"count(*) filter (where ${{TABLE}}.freshness = '{FRESH}')")
        ],
    }


def _dimensions() -> Iterator[LookML]:
    yield dimension("publication", "The number of the publication", type="number")
    said = "Whether the promise is kept: fresh, late, or held back after a mistake"
    yield dimension("freshness", said, suggestions=list(VALUES))
    yield dimension("promised_freshness", "How old the data may be", text=True)
    yield dimension("watermarks", "Up to when each source is known, as JSON", text=True)


def title(said: UseCase) -> str:
    """What readers call the freshness of a use case."""
    return f"{said.use_case} freshness"


def explore(use_case: str, said: UseCase) -> LookML:
    """The explore of the one row."""
    return {
        "name": table(use_case),
        "label": title(said),
        "group_label": said.use_case,
        "description": "How fresh is what is published, and up to when are its sources known?",
        "persist_for": CACHED,
    }


def tests(use_case: str) -> Iterator[LookML]:
    """There is one row, and it is fresh."""
    yield counted_test(table(use_case), "is_fresh", IS_FRESH, 1)


def trigger(use_case: str, said: UseCase) -> LookML:
    """The datagroup: a new publication empties the cache, which is never older than the promise."""
    return {
        "name": datagroup(use_case),
        "label": f"{said.use_case} was published",
        "description": f"Changes with the number of the publication of prs_{use_case}",
        "sql_trigger": f"select publication from prs_{use_case}.{table(use_case)}",
        "max_cache_age": f"{_seconds(said.promised_freshness)} seconds",
    }


def _seconds(span: str) -> int:
    number, unit = span.split()
    return int(timedelta(**{f"{unit.removesuffix('s')}s": int(number)}).total_seconds())
