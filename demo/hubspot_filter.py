"""HubSpot's filters: what a property is compared with, as a number, a time or a text."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from demo.page import Record, seconds

NUMBER = re.compile(r"-?\d+(\.\d+)?")
Value = tuple[bool, float | str]  # texts come before numbers and times
Filter = Callable[[Record], bool]

ONE: Mapping[str, Callable[[Value, Value], bool]] = {
    "EQ": eq,
    "NEQ": ne,
    "GT": gt,
    "GTE": ge,
    "LT": lt,
    "LTE": le,
}


@lru_cache(maxsize=200_000)
def value(text: str) -> Value:
    """A number, a time as milliseconds since 1970, or a text whose case does not matter."""
    if NUMBER.fullmatch(text):
        return True, float(text)
    try:
        return True, float(round(seconds(text) * 1000))
    except ValueError:
        return False, text.lower()


def filter_of(asked: Mapping[str, Any]) -> Filter:
    """One filter; ValueError where HubSpot knows none such, KeyError where it is incomplete."""
    name, operator = asked["propertyName"], asked["operator"]
    if operator in ("HAS_PROPERTY", "NOT_HAS_PROPERTY"):
        return lambda record: bool(record["properties"].get(name)) is (operator == "HAS_PROPERTY")
    fits = _comparison(operator, asked)

    def passes(record: Record) -> bool:
        text = record["properties"].get(name)
        return bool(text) and fits(value(text))

    return passes


def _comparison(operator: str, asked: Mapping[str, Any]) -> Callable[[Value], bool]:
    if operator in ("IN", "NOT_IN"):
        many = {value(str(text)) for text in asked["values"]}
        return lambda found: (found in many) is (operator == "IN")
    wanted = value(str(asked["value"]))
    if operator == "BETWEEN":
        most = value(str(asked["highValue"]))
        return lambda found: wanted <= found <= most
    if operator not in ONE:
        raise ValueError(f"Invalid input JSON: no operator {operator}")
    compare = ONE[operator]
    return lambda found: compare(found, wanted)
