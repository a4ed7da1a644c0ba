"""Which commitments went on: by the month they were due, within 30 days, for good."""

from typing import Any

import pytest

from tests.domain.drawn import known
from tests.presentation.drawn import cells, shown, terms
from tests.warehouse import Warehouse

COUNTS = ("due_count", "renewed_count", "pending_count", "lapsed_count")


def renewals(warehouse: Warehouse, drawn: str, until: str) -> dict[str, Any]:
    terms(warehouse, drawn)
    known(warehouse, backend=until, rudderstack=until)
    rows = warehouse.run("dmn_subscription_terms", "prs_renewals_monthly")
    return {row.month_key: row for row in rows}


def counted(rows: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """Due, renewed, pending and lapsed, where any is due."""
    found = {month: cells([row], *COUNTS)[0] for month, row in rows.items()}
    return {month: counts for month, counts in found.items() if counts[0]}


def test_an_early_renewal_counts_in_the_month_it_was_due(warehouse: Warehouse) -> None:
    rows = renewals(
        warehouse,
        """
        1 | 1 | 2024-11-10 | 2025-10-10 | 10 | 120 | new     | 2025-11-10
        1 | 1 | 2025-10-10 |            | 12 | 120 | renewal | 2026-10-10   -- a month before
        """,
        until="2026-01-15T00:00:00Z",
    )

    assert counted(rows) == {"2025-11": (1, 1, 0, 0)}
    november = rows["2025-11"]
    assert (november.due_mrr_eur, november.renewed_mrr_eur) == (100, 120)
    # what is due is what can be kept
    assert (november.decided_renewed_mrr_eur, november.renewal_rate_by_value) == (100, 1)


@pytest.mark.parametrize(
    ("begins", "outcome"),
    [
        ("2025-10-31T23:59:59Z", (1, 1, 0, 0)),  # the 30th day after 1 October, in winter time
        ("2025-11-01T00:00:00Z", (1, 0, 0, 1)),
    ],
)
def test_a_renewal_begins_at_most_30_days_of_the_zone_after_the_due_date(
    warehouse: Warehouse, begins: str, outcome: tuple[int, ...]
) -> None:
    rows = renewals(
        warehouse,
        f"""
        1 | 1 | 2025-04-01 | 2025-10-01 | 10 | 120 | new     | 2025-10-01
        1 | 1 | {begins}   |            | 10 | 120 | renewal | 2027-10-01
        """,
        until="2026-01-15T00:00:00Z",
    )

    assert counted(rows) == {"2025-10": outcome}


@pytest.mark.parametrize(
    ("until", "outcome"),
    [
        # due on 1 March: the 30th day is 31 March, and ends in summer time
        ("2025-03-31T22:00:00Z", (1, 0, 1, 0)),
        ("2025-03-31T23:00:00Z", (1, 0, 0, 1)),
    ],
)
def test_it_is_pending_until_the_30th_day_is_over_and_then_lapsed(
    warehouse: Warehouse, until: str, outcome: tuple[int, ...]
) -> None:
    rows = renewals(
        warehouse,
        """
        1 | 1 | 2024-12-01 | 2025-03-01 | 10 | 120 | new     | 2025-03-01
        1 | 1 | 2025-04-01 |            | 10 | 120 | renewal | 2026-04-01   -- known, and too late
        """,
        until=until,
    )

    assert counted(rows) == {"2025-03": outcome}
    rate = rows["2025-03"].renewal_rate
    assert rate == (0 if outcome[3] else None)


def test_what_renews_a_commitment_is_the_next_term_of_its_subscription_by_renewal(
    warehouse: Warehouse,
) -> None:
    rows = renewals(
        warehouse,
        """
        1 | 1 | 2024-12-01 | 2025-02-01 | 10 | 120 | new     | 2025-03-01
        1 | 1 | 2025-02-01 | 2025-03-01 | 20 | 120 | change  | 2025-03-01   -- due once, with this
        1 | 1 | 2025-03-01 |            | 15 | 120 | renewal | 2026-03-01
        2 | 1 | 2024-12-01 | 2025-03-01 | 10 | 120 | new     | 2025-03-01
        2 | 1 | 2025-03-01 |            | 10 | 120 | new     | 2026-03-01   -- renews nothing
        3 | 2 | 2024-12-01 | 2025-03-01 | 10 | 10  | trial   | 2025-03-01   -- nothing is due
        3 | 2 | 2025-03-01 |            | 10 | 10  | renewal |
        4 | 4 | 2024-12-01 | 2025-03-01 | 10 | 0   | new     | 2025-03-01   -- due, at 0
        4 | 4 | 2025-03-01 |            | 10 | 0   | renewal | 2026-03-01
        5 | 1 | 2024-12-01 | 2025-01-15 | 10 | 120 | new     | 2025-03-01   -- left before
        """,
        until="2025-07-15T00:00:00Z",
    )

    assert counted(rows) == {"2025-03": (4, 2, 0, 2)}
    march = rows["2025-03"]
    assert (march.due_mrr_eur, march.renewed_mrr_eur) == (400, 150)
    assert (march.decided_count, march.decided_due_mrr_eur) == (4, 400)
    assert march.decided_renewed_mrr_eur == 150
    assert shown(march.renewal_rate) == 0.5
    assert shown(march.renewal_rate_by_value) == 0.375


def test_one_that_another_subscription_follows_has_lapsed(warehouse: Warehouse) -> None:
    rows = renewals(
        warehouse,
        """
        1 | 1 | 2024-12-01 | 2025-03-01 | 10 | 120 | new     | 2025-03-01
        6 | 1 | 2025-03-01 |            | 10 | 120 | renewal | 2026-03-01   -- the same customer
        """,
        until="2025-07-15T00:00:00Z",
    )

    assert counted(rows) == {"2025-03": (1, 0, 0, 1)}


def test_what_is_due_is_of_the_last_term_that_began_before_the_date(warehouse: Warehouse) -> None:
    rows = renewals(
        warehouse,
        """
        1 | 1 | 2024-12-01 | 2025-03-05 | 10 | 120 | new     | 2025-03-01   -- runs on
        1 | 1 | 2025-03-05 | 2025-03-20 | 30 | 120 | change  | 2025-03-01   -- after the date
        1 | 1 | 2025-03-20 |            | 40 | 120 | renewal | 2026-03-20   -- follows the last
        """,
        until="2025-07-15T00:00:00Z",
    )

    march = rows["2025-03"]
    assert counted(rows) == {"2025-03": (1, 1, 0, 0)}
    assert (march.due_mrr_eur, march.renewed_mrr_eur, march.decided_renewed_mrr_eur) == (
        *(100, 400),
        100,
    )


def test_a_term_that_begins_after_data_as_of_neither_renews_nor_changes_anything(
    warehouse: Warehouse,
) -> None:
    rows = renewals(
        warehouse,
        """
        1 | 1 | 2024-12-01 | 2025-03-01 | 10 | 120 | new     | 2025-03-01
        1 | 1 | 2025-03-12 |            | 10 | 120 | renewal | 2026-03-01   -- known already
        2 | 1 | 2024-12-01 | 2025-03-01 | 10 | 120 | new     | 2025-03-01
        2 | 1 | 2025-03-10 |            | 10 | 120 | renewal | 2026-03-01   -- exactly then
        """,
        until="2025-03-10T00:00:00Z",
    )

    assert counted(rows) == {"2025-03": (2, 1, 1, 0)}


def test_months_without_renewals_are_zeros_and_settled_after_31_days(warehouse: Warehouse) -> None:
    rows = renewals(
        warehouse,
        "1 | 2 | 2025-01-10 | | 10 | 9 | new |",
        until="2025-03-04T00:00:00Z",
    )

    assert cells(list(rows.values()), "month_key", *COUNTS, "renewal_rate", "is_settled") == [
        ("2025-01", 0, 0, 0, 0, None, True),
        ("2025-02", 0, 0, 0, 0, None, False),
        ("2025-03", 0, 0, 0, 0, None, False),
    ]
