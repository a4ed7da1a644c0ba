"""What readers see of a name, and what Looker makes of a unit."""

import re
from typing import Any

from layers.project import Settings
from layers.promises import Column, Deprecated

LookML = dict[str, Any]

CURRENCIES = {"EUR": "eur", "GBP": "gbp", "USD": "usd"}
DEPRECATED = "deprecated"


def identifier(text: str) -> str:
    """A text as a name of LookML: lower-case letters, digits, and _ for everything else."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def label(name: str, settings: Settings, column: Column | None = None) -> str:
    """A name as people write it: `mrr_eur` in EUR is `MRR (EUR)`, where MRR is an acronym."""
    if column is not None and column.label is not None:
        return _marked(column.label, column)
    parts = name.split("_")
    unit = column.unit if column is not None and column.unit else ""
    currency = unit if unit.isupper() and parts[1:] and parts[-1] == unit.lower() else ""
    capitals = {word.lower(): word for word in settings.acronyms}
    said = [capitals.get(part, part) for part in (parts[:-1] if currency else parts)]
    text = " ".join(said) + (f" ({currency})" if currency else "")
    return _marked(text[:1].upper() + text[1:], column)


def _marked(text: str, said: Deprecated | None) -> str:
    return text if said is None or said.remove_after is None else f"{text} ({DEPRECATED})"


def goes(said: Deprecated) -> str:
    """What is said before the meaning of something that is to go; empty where it stays."""
    if said.remove_after is None:
        return ""
    return f"Stays until {said.remove_after}; read {said.replaced_by} instead. "


def value_format(column: Column) -> str:
    """One of Looker's own formats, by the column's unit."""
    if column.unit == "ratio":
        return "percent_1"
    if column.unit in CURRENCIES:
        return CURRENCIES[column.unit]
    return "decimal_2" if column.type.startswith("numeric") else "decimal_0"
