"""A value that grows with every change, between readings: as JSON, with its type beside it.

A resource that yields datetimes wants one back, and they compare with nothing else.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

_READ: Mapping[str, Callable[[str], Any]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "decimal": Decimal,
}


def kept(value: Any) -> dict[str, Any]:
    """The cursor that keeps a value; nothing where there is none. Raises TypeError."""
    if value is None:
        return {}
    kind = _kind(value)
    if kind is None:
        return {"newest": value}
    return {"newest": written(value), "type": kind}


def restored(cursor: Mapping[str, Any]) -> Any:
    """The value that a cursor keeps, of its type; None where it keeps none."""
    kind, value = cursor.get("type"), cursor.get("newest")
    return _READ[kind](str(value)) if kind else value


def alike(cursor: Mapping[str, Any], moment: datetime) -> Any:
    """A moment as a value of the type that a cursor keeps, as text where it keeps none.

    Raises TypeError where it keeps what is no time.
    """
    kind, value = cursor.get("type"), restored(cursor)
    if kind == "datetime":
        return moment if value.tzinfo else moment.astimezone(UTC).replace(tzinfo=None)
    if kind == "date":
        return moment.astimezone(UTC).date()
    if value is None or isinstance(value, str):
        return moment.isoformat()
    raise TypeError("is a number")


def written(value: Any) -> str:
    """A value as text: times as ISO 8601."""
    return value.isoformat() if isinstance(value, date) else str(value)


def greatest(found: Iterable[Any], newest: Any) -> Any:
    """The greatest of values and the one before them. Raises TypeError or ValueError."""
    for value in found:
        if newest is None or value > _alike(newest, value):
            newest = value
    return newest


def _alike(newest: Any, value: Any) -> Any:
    """What an earlier version kept as text only, as the type that the values have."""
    kind = _kind(value)
    return _READ[kind](newest) if kind and isinstance(newest, str) else newest


def _kind(value: Any) -> str | None:
    if isinstance(value, datetime):
        return "datetime"
    if isinstance(value, date):
        return "date"
    if isinstance(value, Decimal):
        return "decimal"
    if isinstance(value, str | int | float):
        return None
    raise TypeError(f"a {type(value).__name__} is nothing that grows")
