"""What holds of any data: companies drawn by lot, on the edges of months and of what is known.

`LAYERS_COMPANIES=200 pytest tests/presentation/test_invariants.py` looks further than CI does.
"""

import os
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from layers.project import Project
from tests.conftest import empty
from tests.presentation.made_up import AS_OF, make_up
from tests.presentation.second import RECKONINGS, Facts
from tests.presentation.second.calendar import UNITS
from tests.presentation.second.compare import Table, differences, published, reckoned
from tests.servers import Postgres

COMPANIES = int(os.environ.get("LAYERS_COMPANIES", len(AS_OF)))
MOVEMENTS = [f"{way}_mrr_eur" for way in "new reactivation expansion contraction churned".split()]
TICKETS = "opened_tickets solved_tickets backlog_tickets reopened_tickets".split()
USERS = "active_users seat_holders active_seat_holders rolling_30_day_active_users".split()
Rows = list[dict[str, Any]]


class Company:
    """All tables of one company, as they were published and as they are reckoned."""

    def __init__(self, found: dict[str, Table], expected: dict[str, Table]) -> None:
        self.found, self.expected = found, expected

    def by(self, relation: str, *columns: str) -> dict[tuple[Any, ...], Rows]:
        """The rows of a table that agree in these columns, in the order of their keys."""
        groups = defaultdict(list)
        for _, row in sorted(self.found[relation].items()):
            groups[tuple(row[column] for column in columns)].append(row)
        return groups

    def rows(self, relation: str) -> Rows:
        return self.by(relation)[()]


@pytest.fixture(scope="module", params=range(COMPANIES))
def company(
    request: pytest.FixtureRequest,
    server: Postgres,
    template: str,
    example: Project,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Company]:
    folder = tmp_path_factory.mktemp("company")
    with (
        pytest.MonkeyPatch.context() as patch,
        empty(server, template, example, patch) as warehouse,
    ):
        make_up(warehouse, folder, request.param)
        for unit in example.units:
            warehouse.publish(unit)
        facts = Facts(folder)
        yield Company(
            {name: published(warehouse, name) for name in RECKONINGS},
            {name: reckoned(warehouse, name, facts) for name in RECKONINGS},
        )


@pytest.mark.parametrize("relation", RECKONINGS)
def test_every_number_is_that_of_the_second_reckoning(company: Company, relation: str) -> None:
    assert differences(company.found[relation], company.expected[relation]) == []
    assert company.found[relation]


@pytest.mark.parametrize(
    ("relation", "parts"),
    [("prs_organisation_mrr_monthly", ["organisation_id"]), ("prs_mrr_monthly", [])],
)
def test_mrr_rolls_forward(company: Company, relation: str, parts: list[str]) -> None:
    for rows in company.by(relation, *parts).values():
        before = 0
        for row in rows:
            more = sum(row[name] for name in MOVEMENTS[:3])
            less = sum(row[name] for name in MOVEMENTS[3:])
            assert row["opening_mrr_eur"] == before, row
            assert before + more - less == row["mrr_eur"], row
            before = row["mrr_eur"]


def test_movements_exclude_each_other_and_none_is_negative(company: Company) -> None:
    for row in company.rows("prs_organisation_mrr_monthly"):
        moved = [row[name] for name in MOVEMENTS]
        assert min(moved) >= 0, row
        assert sum(amount > 0 for amount in moved) == (row["mrr_eur"] != row["opening_mrr_eur"])


def test_all_organisations_together_are_the_sum_of_each(company: Company) -> None:
    of_month = company.by("prs_organisation_mrr_monthly", "month")
    for total in company.rows("prs_mrr_monthly"):
        rows = of_month.get((total["month"],), [])
        for name in ("mrr_eur", "opening_mrr_eur", *MOVEMENTS):
            assert total[name] == sum(row[name] for row in rows), (total["month"], name)
        assert total["paying_organisations"] == sum(row["is_paying"] for row in rows)


def test_organisations_come_and_go_by_what_they_pay(company: Company) -> None:
    before = 0
    for row in company.rows("prs_mrr_monthly"):
        assert row["opening_paying_organisations"] == before
        came = row["new_organisations"] + row["reactivated_organisations"]
        before += came - row["churned_organisations"]
        assert row["paying_organisations"] == before


def test_no_more_seats_and_holders_are_active_than_there_are(company: Company) -> None:
    for row in company.rows("prs_organisation_seats_monthly"):
        assert 0 <= row["seats_active"] <= row["seats_assigned"], row
        assert row["schools"] <= row["teachers"], row
    for row in company.rows("prs_monthly_active_users"):
        assert 0 <= row["active_seat_holders"] <= row["seat_holders"], row


def test_the_steps_of_the_funnel_fall(company: Company) -> None:
    for row in company.rows("prs_campaign_funnel_monthly"):
        assert 0 <= row["seated"] <= row["signed_up"] <= row["web_users"], row


def test_both_ways_of_attribution_have_the_same_visitors(company: Company) -> None:
    for month, rows in company.by("prs_campaign_funnel_monthly", "month").items():
        for step in ("web_users", "signed_up", "seated"):
            sums = {"first_touch": 0, "last_touch": 0}
            for row in rows:
                sums[row["attribution"]] += row[step]
            assert sums["first_touch"] == sums["last_touch"], (month, step)


@pytest.mark.parametrize(
    ("relation", "part", "columns"),
    [
        ("prs_monthly_active_users", "seat_type", USERS),
        ("prs_ticket_resolution_monthly", "agent_id", [*TICKETS, "tickets_from_seat_holders"]),
    ],
)
def test_all_together_are_the_sum_of_their_parts_within_a_month(
    company: Company, relation: str, part: str, columns: list[str]
) -> None:
    for month, rows in company.by(relation, "month").items():
        (together,) = [row for row in rows if row[part] == "all"]
        for column in columns:
            each = [row[column] for row in rows if row[part] != "all"]
            assert sum(each) == together[column], (month, column)


def test_the_backlog_rolls_forward(company: Company) -> None:
    for agent, rows in company.by("prs_ticket_resolution_monthly", "agent_id").items():
        before = 0
        for row in rows:
            before += row["opened_tickets"] - row["solved_tickets"]
            assert row["backlog_tickets"] == before, (agent, row["month"])


def test_all_of_a_cohort_hold_a_seat_in_its_first_period(company: Company) -> None:
    cohorts = company.by("prs_seat_retention", "period_unit", "cohort_start")
    for cohort, rows in cohorts.items():
        assert rows[0]["seat_retention_rate"] == 1, cohort
        assert [row["period_number"] for row in rows] == list(range(len(rows)))
        assert {row["cohort_size"] for row in rows} == {rows[0]["retained_seats"]}
        assert all(0 <= row["retained_active"] <= row["retained_seats"] for row in rows), cohort


def test_every_teacher_is_in_one_cohort_of_each_unit(company: Company) -> None:
    sizes: dict[str, int] = defaultdict(int)
    for row in company.rows("prs_seat_retention"):
        sizes[row["period_unit"]] += row["cohort_size"] if row["period_number"] == 0 else 0
    assert len(sizes) == len(UNITS)
    assert len(set(sizes.values())) == 1


def test_every_month_is_there_up_to_the_last_one_that_has_begun(company: Company) -> None:
    months = [row["month"] for row in company.rows("prs_mrr_monthly")]
    assert len(months) > 9
    for relation, parts in (
        ("prs_renewals_monthly", []),
        ("prs_monthly_active_users", ["seat_type"]),
        ("prs_campaign_funnel_monthly", ["attribution", "campaign_id"]),
        # from some month on
        ("prs_organisation_mrr_monthly", ["organisation_id"]),
        ("prs_organisation_seats_monthly", ["organisation_id"]),
    ):
        for key, rows in company.by(relation, *parts).items():
            found = [row["month"] for row in rows]
            expected = months[months.index(found[0]) :] if "organisation_id" in parts else months
            assert found == expected, (relation, key)
