"""A small company for tests of the domain: some people, two organisations, three plans.

People are called by their names, moments at midnight by their dates.
"""

import json
import re
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from psycopg.types.range import Range

from tests.warehouse import Warehouse

PEOPLE = {
    name: str(UUID(int=number)) for number, name in enumerate("ada bob cat dan eve fay".split(), 1)
}
_NAMES = {id_: name for name, id_ in PEOPLE.items()}


def given(warehouse: Warehouse, table: str, rows: str) -> None:
    """Rows of a staging table of which whole cells may be the names of people."""
    for name, id_ in PEOPLE.items():
        rows = re.sub(rf"(^|\|)( *){name}(?= *(\||$))", rf"\g<1>\g<2>{id_}", rows, flags=re.M)
    warehouse.given(table, rows)


def name(teacher_id: str) -> str:
    """Who it is."""
    return _NAMES[teacher_id]


def span(period: "Range[datetime]") -> str:
    """A period as `2026-01-01..2026-03-01`; what has no end ends with the dots."""
    return f"{_written(period.lower)}..{_written(period.upper)}"


def _written(at: datetime | None) -> str:
    if at is None:
        return ""
    at = at.astimezone(UTC)
    if at.timetz().replace(tzinfo=None) == time():
        return f"{at:%Y-%m-%d}"
    return f"{at:%Y-%m-%dT%H:%M:%S}"


def people(warehouse: Warehouse, *names: str) -> None:
    """Their accounts, all of 2024."""
    lines = "\n".join(f"{one} | {one}@post.example | 2024-01-01T00:00:00Z" for one in names)
    given(warehouse, "stg_backend.stg_backend_users", f"id | email | signed_up_at\n{lines}")


def schools(warehouse: Warehouse) -> None:
    """Schools 1 and 2 of one organisation, 3 of another."""
    warehouse.given(
        "stg_backend.stg_backend_organisations",
        """
        id | name            | created_at
        1  | Learning Trust  | 2024-01-01T00:00:00Z
        2  | School Board    | 2024-01-01T00:00:00Z
        """,
    )
    warehouse.given(
        "stg_backend.stg_backend_schools",
        """
        id | organisation_id | name     | created_at
        1  | 1               | Ashford  | 2024-01-01T00:00:00Z
        2  | 1               | Barnford | 2024-01-01T00:00:00Z
        3  | 2               | Camford  | 2024-01-01T00:00:00Z
        """,
    )


def members(warehouse: Warehouse, *names: str) -> None:
    """Each is at school 1, since 2024."""
    lines = "\n".join(
        f"{number} | {one} | 1 | 2024-01-01T00:00:00Z" for number, one in enumerate(names, 1)
    )
    given(
        warehouse,
        "stg_backend.stg_backend_school_memberships",
        f"id | user_id | school_id | started_at\n{lines}",
    )


def plans(warehouse: Warehouse) -> None:
    """By the year, by the month, in dollars and for nothing."""
    warehouse.given(
        "stg_backend.stg_backend_plans",
        """
        id | name    | billing_period | price_per_seat | currency | is_free | created_at
        1  | Yearly  | year           | 99             | EUR      | false   | 2024-01-01T00:00:00Z
        2  | Monthly | month          | 9.9            | EUR      | false   | 2024-01-01T00:00:00Z
        3  | US      | year           | 110            | USD      | false   | 2024-01-01T00:00:00Z
        4  | Free    | month          | 0              | EUR      | true    | 2024-01-01T00:00:00Z
        """,
    )


def subscriptions(warehouse: Warehouse) -> None:
    """1 and 2 of organisation 1, 3 of organisation 2."""
    warehouse.given(
        "stg_backend.stg_backend_subscriptions",
        """
        id | organisation_id | started_at
        1  | 1               | 2025-01-01T00:00:00Z
        2  | 1               | 2025-01-01T00:00:00Z
        3  | 2               | 2025-01-01T00:00:00Z
        """,
    )


def known(warehouse: Warehouse, **until: str) -> None:
    """Up to when each source is known."""
    lines = "\n".join(f"{source} | {moment}" for source, moment in until.items())
    warehouse.given("stg_layers.stg_layers_watermarks", f"source | loaded_until\n{lines}")


def table(rows: list[Any], *columns: str) -> list[tuple[Any, ...]]:
    """These columns of rows; people by their names, periods as dates."""
    return [tuple(_shown(getattr(row, column)) for column in columns) for row in rows]


def _shown(value: Any) -> Any:
    if isinstance(value, Range):
        return span(value)
    return _NAMES.get(value, value) if isinstance(value, str) else value


def held(warehouse: Warehouse, relation: str) -> list[tuple[Any, ...]]:
    """What is held of a relation: the parts of its key, then the sentences that it breaks."""
    found = warehouse.held(relation).items()
    keys = [json.loads(key) if key.startswith("[") else [key] for key, _ in found]
    return [(*map(_shown, key), said) for key, (_, said) in zip(keys, found, strict=True)]
