"""A small company for tests of the presentation layer, and its tables as a reader can compare them.

Organisations 1 to 5 have a subscription each, of the same number; 6 is a second one of 1. Plans are
those of the domain's tests: 1 by the year, 2 by the month, 4 for nothing.
"""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from tests.domain import drawn
from tests.presentation.second import RECKONINGS
from tests.warehouse import Warehouse

Tables = list[SimpleNamespace]
UNTIL = "2026-03-15T00:00:00Z"


def customers(warehouse: Warehouse) -> None:
    """Five organisations, with a school each, and their subscriptions."""
    since = "2024-01-01T00:00:00Z"
    for table, columns, lines in (
        ("organisations", "id | name | created_at", [f"{n} | Trust {n} | {since}" for n in FIVE]),
        (
            "schools",
            "id | organisation_id | name | created_at",
            [f"{n} | {n} | School {n} | {since}" for n in FIVE],
        ),
        (
            "subscriptions",
            "id | organisation_id | started_at",
            [*(f"{n} | {n} | {since}" for n in FIVE), f"6 | 1 | {since}"],
        ),
    ):
        rows = "\n".join([columns, *lines])
        warehouse.given(f"stg_backend.stg_backend_{table}", rows)
    drawn.plans(warehouse)


FIVE = range(1, 6)


def terms(warehouse: Warehouse, rows: str) -> None:
    """Terms from drawn rows, numbered; what is not drawn of them has nothing to say.

    `subscription | plan | starts | ends | seats | price | began_by | renewal_due_on`, days as
    London's midnights; a trial is one whose `began_by` is `trial`. Whoever has a term has a
    subscription; one of 2099 stands for those of customers without another.
    """
    customers(warehouse)
    lines, seen = [], set()
    for number, line in enumerate(_lines(rows), 1):
        subscription, plan, starts, ends, seats, price, began_by, due = line
        seen.add(subscription)
        is_trial = began_by == "trial"
        cells = [
            *(str(number), subscription, plan, moment(starts), moment(ends), seats, price),
            *("new" if is_trial else began_by, due, str(is_trial)),
        ]
        lines.append(" | ".join(cells))
    lines += [
        f"9{number} | {number} | 4 | 2099-01-01T00:00:00Z | | 1 | 0 | new | | False"
        for number in {str(n) for n in range(1, 7)} - seen
    ]
    header = "id | subscription_id | plan_id | starts_at | ends_at | seats | price_per_seat"
    header += " | began_by | renewal_due_on | is_trial"
    warehouse.given("stg_backend.stg_backend_subscription_terms", "\n".join([header, *lines]))


def _lines(rows: str) -> list[list[str]]:
    lines = [line.split("   --")[0] for line in rows.splitlines() if line.strip()]
    return [[cell.strip() for cell in line.split("|")] for line in lines]


def moment(written: str) -> str:
    """A day as its midnight in London; a moment as it is."""
    return f"{written} 00:00 Europe/London" if len(written) == len("2026-01-01") else written


def shown(value: Any) -> Any:
    """Amounts without the zeros after the point."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def cells(rows: Tables, *columns: str) -> list[tuple[Any, ...]]:
    """These columns of all rows."""
    return [tuple(shown(getattr(row, column)) for column in columns) for row in rows]


def people(warehouse: Warehouse, *names: str, at: int = 1) -> None:
    """Accounts, members of one school since 2024."""
    drawn.people(warehouse, *names)
    lines = "\n".join(
        f"{number} | {one} | {at} | 2024-01-01T00:00:00Z" for number, one in enumerate(names, 1)
    )
    header = "id | user_id | school_id | started_at"
    table = "stg_backend.stg_backend_school_memberships"
    drawn.given(warehouse, table, f"{header}\n{lines}")


def seats(warehouse: Warehouse, rows: str) -> None:
    """Assignments from drawn rows: `seat | type | subscription | who | from | to`."""
    kept, given = {}, []
    for number, (seat, kind, subscription, who, since, until) in enumerate(_lines(rows), 1):
        kept[seat] = f"{seat} | {subscription} | {kind}"
        until = moment(until) if until else ""
        given.append(f"{number} | {seat} | {who} | {moment(since)} | {until}")
    warehouse.given(
        "stg_backend.stg_backend_seats",
        "\n".join(["id | subscription_id | seat_type", *kept.values()]),
    )
    drawn.given(
        warehouse,
        "stg_backend.stg_backend_seat_assignments",
        "\n".join(["id | seat_id | user_id | assigned_at | released_at", *given]),
    )


def events(warehouse: Warehouse, rows: str) -> None:
    """What people did in the product, drawn as `who | what | when`."""
    lines = [f"{n} | {' | '.join(line)}" for n, line in enumerate(_lines(rows), 1)]
    drawn.given(
        warehouse,
        "stg_rudderstack.stg_rudderstack_tracks",
        "\n".join(["event_id | user_id | event | event_at", *lines]),
    )


def everything(warehouse: Warehouse, until: str | None = UNTIL) -> dict[str, Tables]:
    """All tables, of what has been given and is known up to a moment."""
    if until:
        drawn.known(warehouse, **dict.fromkeys(("backend", "rudderstack", "zendesk"), until))
    for unit in warehouse.project.units:
        warehouse.publish(unit)
    return {name: warehouse.rows(name) for name in RECKONINGS}
