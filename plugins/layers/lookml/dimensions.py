"""Dimensions: the columns of a table by which a query groups, filters and counts nothing."""

from collections.abc import Iterator

from layers.additivity import NUMBERS, resolved
from layers.contract import Contract
from layers.lookml.words import LookML, goes, label, value_format
from layers.project import Settings
from layers.promises import Column
from layers.relation import Relation

PRIMARY_KEY = "primary_key"
TIMEFRAMES = ("raw", "time", "date")
# What the months of a table may be taken together to.
COARSER = ("quarter", "year")
_TYPES = {"text": "string", "uuid": "string", "boolean": "yesno"}
_DAY = {"datatype": "date", "convert_tz": "no"}


def is_measured(contract: Contract, name: str) -> bool:
    """Whether queries may add it up somewhere; a count of distinct things they may not."""
    adds = resolved(contract, name)
    return adds is not None and adds.kind != "distinct"


def is_expressible(kind: str) -> bool:
    """Whether Looker has anything to show a type of the contract language as."""
    return bool(kind in _TYPES or kind in ("date", "timestamptz") or NUMBERS.fullmatch(kind))


def key_dimensions(relation: Relation) -> Iterator[LookML]:
    """What tells the rows apart, hidden: `pk2_` begins the name of each of two columns."""
    key = relation.contract.key
    names = [f"pk{len(key)}_{name}" for name in key]
    for name, column in zip(names, key, strict=True):
        only = {PRIMARY_KEY: "yes"} if len(key) == 1 else {}
        kind = relation.contract.columns[column].type
        yield {"name": name, **only, "hidden": "yes", **_type(kind), "sql": _sql(column, kind)}
    if len(key) > 1:
        # a row as text is the same for no two keys, whatever is in them
        together = f"row({', '.join(f'${{{name}}}' for name in names)})::text"
        yield {
            "name": PRIMARY_KEY,
            PRIMARY_KEY: "yes",
            "hidden": "yes",
            "type": "string",
            "sql": together,
        }


def dimensions(relation: Relation, settings: Settings) -> Iterator[LookML]:
    """All but the measured columns and the times, in the order of the contract."""
    for name, column in relation.contract.columns.items():
        if column.type == "timestamptz" or is_measured(relation.contract, name):
            continue
        if _is_month(name, column):
            yield from _month(name, column, settings)
        else:
            yield {"name": name, **_told(name, column, settings), **_shown(name, column)}


def dimension_groups(relation: Relation, settings: Settings) -> Iterator[LookML]:
    """The columns that are an instant, as the times and dates of the query's time zone."""
    for name, column in relation.contract.columns.items():
        if column.type == "timestamptz":
            told = _told(name.removesuffix("_at"), column, settings)
            yield {
                "name": name.removesuffix("_at"),
                **told,
                "type": "time",
                "timeframes": list(TIMEFRAMES),
                "datatype": "timestamp",
                "sql": f"${{TABLE}}.{name}",
            }


def own_key(name: str) -> LookML:
    """The number that tells the rows apart of a table that the engine makes itself, hidden."""
    key = {"name": f"pk1_{name}", PRIMARY_KEY: "yes", "hidden": "yes", "type": "number"}
    return {**key, "sql": f"${{TABLE}}.{name}"}


def dimension(name: str, said: str, *, text: bool = False, **more: object) -> LookML:
    """A column of such a table; as `text` where Looker has nothing to show it as."""
    told = {"name": name, "label": name.replace("_", " ").capitalize(), "description": said}
    sql = f"${{TABLE}}.{name}{'::text' if text else ''}"
    return {**told, "type": "string", **more, "sql": sql}


def instant(name: str, column: str, said: str) -> LookML:
    """An instant of such a table, as the times and dates of the query's time zone."""
    return {
        "name": name,
        "label": name.replace("_", " ").capitalize(),
        "description": said,
        "type": "time",
        "timeframes": list(TIMEFRAMES),
        "datatype": "timestamp",
        "sql": f"${{TABLE}}.{column}",
    }


def field_of_time(name: str, column: Column) -> str:
    """The field by which a time of the key is put into a query."""
    return name if column.type == "date" else f"{name.removesuffix('_at')}_time"


def _is_month(name: str, column: Column) -> bool:
    return column.type == "date" and (name == "month" or name.endswith("_month"))


def _month(name: str, column: Column, settings: Settings) -> Iterator[LookML]:
    """A month, and what months may be taken together to, as one group of the field picker."""
    group, sql = {"group_label": label(name, settings)}, f"${{TABLE}}.{name}"
    told = _told(name, column, settings)
    yield {"name": name, **group, **told, "type": "date_month", **_DAY, "sql": sql}
    for frame in COARSER:
        said = label(frame, settings, column.model_copy(update={"label": None}))
        coarser = {"label": said, "description": f"The {frame} of the month"}
        name_of = f"{name}_{frame}"
        yield {"name": name_of, **group, **coarser, "type": f"date_{frame}", **_DAY, "sql": sql}


def _told(name: str, column: Column, settings: Settings) -> LookML:
    cannot = "" if column.additivity is None else ". It cannot be added up"
    return {
        "label": label(name, settings, column),
        "description": f"{goes(column)}{column.means}{cannot}",
    }


def _shown(name: str, column: Column) -> LookML:
    said = _type(column.type)
    if column.one_of:
        said |= {"suggestions": list(column.one_of)}
    if said["type"] == "number":
        said |= {"value_format_name": value_format(column)}
    return {**said, "sql": _sql(name, column.type)}


def _type(kind: str) -> LookML:
    if kind == "date":
        return {"type": "date", **_DAY}
    return {"type": _TYPES.get(kind, "string" if kind == "timestamptz" else "number")}


def _sql(name: str, kind: str) -> str:
    """A column as Looker's filters can compare it: a text only with a text."""
    return f"${{TABLE}}.{name}{'::text' if kind in ('uuid', 'timestamptz') else ''}"
