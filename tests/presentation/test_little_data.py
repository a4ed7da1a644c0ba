"""Nothing at all, and one of everything: every table is there, and says no more than it knows."""

from datetime import date
from typing import Any

import pytest

from tests.domain import drawn as domain
from tests.domain.drawn import given
from tests.presentation import drawn
from tests.presentation.drawn import UNTIL, cells, everything
from tests.presentation.second import RECKONINGS
from tests.warehouse import Warehouse

Tables = dict[str, list[Any]]


def ratios(warehouse: Warehouse, relation: str) -> list[str]:
    """The columns of a table that divide something."""
    columns = warehouse.project.relation(relation).contract.columns
    return [
        name
        for name, column in columns.items()
        if column.additivity is not None and column.additivity.kind == "ratio"
    ]


@pytest.mark.parametrize("until", [None, UNTIL])
def test_without_any_data_every_table_is_there_and_empty(
    warehouse: Warehouse, until: str | None
) -> None:
    tables = everything(warehouse, until)

    assert [name for name, rows in tables.items() if not rows] == list(RECKONINGS)


def test_before_anything_is_sold_or_asked_all_is_zero_and_every_share_is_null(
    warehouse: Warehouse,
) -> None:
    domain.people(warehouse, "ada")
    drawn.events(warehouse, "ada | app_opened | 2026-01-20T09:00:00Z")  # does not count

    tables = everything(warehouse)

    months = [date(2026, month, 1) for month in (1, 2, 3)]
    sizes = {name: len(rows) for name, rows in tables.items() if rows}
    assert sizes == {
        "prs_mrr_monthly": 3,
        "prs_renewals_monthly": 3,
        "prs_monthly_active_users": 3 * 5,  # a row for each seat type, and for all
        "prs_campaign_funnel_monthly": 3 * 2,  # of direct traffic alone, in both ways
        "prs_ticket_resolution_monthly": 3,  # of all agents, as there are none
    }
    for relation in sizes:
        columns = warehouse.project.relation(relation).contract.columns
        shares = ratios(warehouse, relation)
        counted = [name for name, one in columns.items() if one.unit and name not in shares]
        assert counted, relation
        for row in tables[relation]:
            assert row.month in months
            assert {getattr(row, name) for name in shares} <= {None}, row
            assert {getattr(row, name) for name in counted} <= {0, None}, row
    assert len([name for name in sizes if ratios(warehouse, name)]) == 4


@pytest.fixture
def one_of_each(warehouse: Warehouse) -> Tables:
    """An organisation with a school, a teacher with a seat, and one thing that she did."""
    since = "2026-02-10 00:00 Europe/London"
    for table, rows in {
        "organisations": f"id | name | created_at \n 1 | Trust | {since}",
        "schools": f"id | organisation_id | name | created_at \n 1 | 1 | Ashford | {since}",
        "subscriptions": f"id | organisation_id | started_at \n 1 | 1 | {since}",
        "subscription_terms": f"""
            id | subscription_id | plan_id | starts_at | seats | price_per_seat | began_by | is_trial
            1  | 1               | 2       | {since}   | 2     | 9              | new      | false
        """,  # noqa: E501
        "users": "id | email | signed_up_at \n ada | ada@post.example | 2026-02-12T09:00:00Z",
        "school_memberships": f"id | user_id | school_id | started_at \n 1 | ada | 1 | {since}",
    }.items():
        given(warehouse, f"stg_backend.stg_backend_{table}", rows)
    domain.plans(warehouse)
    drawn.seats(warehouse, "1 | full | 1 | ada | 2026-02-12T10:00:00Z |")
    drawn.events(warehouse, "ada | lesson_started | 2026-02-20T09:00:00Z")
    return everything(warehouse)


def test_of_one_organisation_all_money_is_its_own(one_of_each: Tables) -> None:
    columns = ("month_key", "opening_mrr_eur", "new_mrr_eur", "mrr_eur")
    story = [("2026-02", 0, 18, 18), ("2026-03", 18, 0, 18)]  # 2 * 9

    assert cells(one_of_each["prs_organisation_mrr_monthly"], *columns) == story
    assert cells(one_of_each["prs_mrr_monthly"], *columns) == story
    assert cells(
        one_of_each["prs_mrr_monthly"],
        *("arr_eur", "paying_organisations", "net_revenue_retention", "logo_churn_rate"),
        *("budgeted_mrr_eur", "budget_attainment"),
    ) == [(216, 1, None, None, None, None), (216, 1, 1, 0, None, None)]
    renewals = one_of_each["prs_renewals_monthly"]
    assert cells(renewals, "due_count", "renewal_rate", "renewal_rate_by_value") == [
        (0, None, None),
        (0, None, None),
    ]


def test_of_one_teacher_all_seats_and_activity_are_hers(one_of_each: Tables) -> None:
    seats = one_of_each["prs_organisation_seats_monthly"]
    users = one_of_each["prs_monthly_active_users"]

    assert cells(
        seats,
        *("month_key", "seats_purchased", "seats_assigned", "seats_active", "seat_utilisation"),
        *("teachers", "schools"),
    ) == [("2026-02", 2, 1, 1, 0.5, 1, 1), ("2026-03", 2, 1, 0, 0, 1, 1)]
    columns = ("seat_type", "active_users", "seat_holders", "active_seat_holders", "active_rate")
    rolling = "rolling_30_day_active_users"
    found = [row for row in cells(users, "month_key", *columns, rolling) if any(row[2:])]
    assert found == [
        ("2026-02", "all", 1, 1, 1, 1, 1),
        ("2026-02", "full", 1, 1, 1, 1, 1),
        ("2026-03", "all", 0, 1, 0, 0, 1),  # 20 February is within 30 days of 15 March
        ("2026-03", "full", 0, 1, 0, 0, 1),
    ]


def test_of_one_teacher_every_cohort_is_hers(one_of_each: Tables) -> None:
    columns = ("period_unit", "cohort_start", "period_number", "retained_seats", "retained_active")

    assert cells(one_of_each["prs_seat_retention"], *columns) == [
        ("month", date(2026, 2, 1), 0, 1, 1),
        ("month", date(2026, 2, 1), 1, 1, 0),
        ("quarter", date(2026, 1, 1), 0, 1, 1),
        ("week", date(2026, 2, 9), 0, 1, 0),
        ("week", date(2026, 2, 9), 1, 1, 1),  # 20 February is a Friday
        ("week", date(2026, 2, 9), 2, 1, 0),
        ("week", date(2026, 2, 9), 3, 1, 0),
        ("week", date(2026, 2, 9), 4, 1, 0),
        ("year", date(2026, 1, 1), 0, 1, 1),
    ]


def test_where_nobody_came_or_asked_there_are_zeros(one_of_each: Tables) -> None:
    funnel = one_of_each["prs_campaign_funnel_monthly"]
    desk = one_of_each["prs_ticket_resolution_monthly"]

    assert (
        cells(funnel, "attribution", "campaign_id", "web_users", "cost_eur", "seat_rate")
        == [
            ("first_touch", "direct", 0, 0, None),
            ("last_touch", "direct", 0, None, None),
        ]
        * 2
    )
    columns = ("agent_id", "opened_tickets", "backlog_tickets", "median_first_reply_minutes")
    assert cells(desk, *columns) == [("all", 0, 0, None)] * 2
