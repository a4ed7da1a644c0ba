"""The generated company's numbers, against a second reckoning from what is true of it.

Nothing here is as the queries do it: month after month, everybody is asked what holds then.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from html import escape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from plotly import graph_objects

from demo.company import generate
from layers import cli
from layers.contract import PresentationContract
from layers.project import Project
from tests.company import Company, flowing
from tests.conftest import ROOT
from tests.domain import timelines
from tests.domain.timelines import some
from tests.servers import Postgres

LONDON = ZoneInfo("Europe/London")
TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Made:
    company: Company
    truth: Path

    def rows(self, relation: str) -> list[Any]:
        return self.company.warehouse.rows(relation)

    def known_until(self, *sources: str) -> datetime:
        found = {row.source: row.loaded_until for row in self.rows("dmn_source_watermarks")}
        return min(found[source] for source in sources)

    def month_ends(self, relation: str, until: datetime) -> dict[date, datetime]:
        """The last instant of each month that the table has."""
        months = sorted({row.month for row in self.rows(relation)})
        return {month: min(midnight(following(month)) - TICK, until) for month in months}

    def terms(self, until: datetime) -> list[dict[str, Any]]:
        every = [one for one in timelines.read(self.truth, "terms") if one["held"] is None]
        return [one for one in every if some(one["starts"]) <= until]


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=LONDON)


def following(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def holds(one: dict[str, Any], at: datetime, start: str = "starts", end: str = "ends") -> bool:
    return some(one[start]) <= at and (one[end] is None or at < some(one[end]))


def worth(terms: list[dict[str, Any]]) -> Decimal:
    paid = sum(
        (one["seats"] * Decimal(one["month_price_eur"]) for one in terms if not one["is_trial"]),
        Decimal(0),
    )
    return paid.quantize(Decimal("0.0001"), ROUND_HALF_UP)


@pytest.fixture(scope="module")
def made(
    server: Postgres, example: Project, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Made]:
    """With so many schools that every story of a subscription is told."""
    folder = tmp_path_factory.mktemp("company")
    generate(folder, seed=4, teachers=180, schools=60, months=12, events=7_200)
    with flowing(server, example, folder) as company:
        yield Made(company, folder / "truth")


def test_nothing_fails(made: Made) -> None:
    assert made.company.failures == []


def test_every_organisation_pays_what_its_terms_say_and_moved_in_one_way(made: Made) -> None:
    until = made.known_until("backend", "rudderstack")
    terms = defaultdict(list)
    for one in made.terms(until):
        terms[str(one["organisation"])].append(one)
    expected = {}
    for organisation, agreed in terms.items():
        before, ever = Decimal(0), False
        for month, end in made.month_ends("prs_mrr_monthly", until).items():
            now = worth([one for one in agreed if holds(one, end)])
            ways = [Decimal(0)] * 5  # new, reactivation, expansion, contraction, churned
            if now > 0 and before == 0:
                ways[1 if ever else 0] = now
            elif now > before:
                ways[2] = now - before
            elif now < before:
                ways[3 if now else 4] = before - now
            ever = ever or now > 0
            if ever:
                is_active = any(holds(one, end) for one in agreed)
                expected[organisation, month] = (before, *ways, now, is_active)
            before = now
    found = {
        (row.organisation_id, row.month): (
            *(row.opening_mrr_eur, row.new_mrr_eur, row.reactivation_mrr_eur),
            *(row.expansion_mrr_eur, row.contraction_mrr_eur, row.churned_mrr_eur),
            *(row.mrr_eur, row.is_active),
        )
        for row in made.rows("prs_organisation_mrr_monthly")
    }

    assert found == expected
    assert all(any(row[way] for row in found.values()) for way in range(1, 6))
    for total in made.rows("prs_mrr_monthly"):
        of_month = [row for (_, month), row in expected.items() if month == total.month]
        assert total.mrr_eur == sum(row[6] for row in of_month)
        assert total.arr_eur == 12 * total.mrr_eur
        assert total.paying_organisations == sum(row[6] > 0 for row in of_month)
        assert total.churned_organisations == sum(row[5] > 0 for row in of_month)
        if total.opening_mrr_eur:
            kept = sum(row[0] + row[3] - row[4] - row[5] for row in of_month)
            assert total.net_revenue_retention == round(kept / total.opening_mrr_eur, 6)


def test_renewals_are_what_followed_each_due_date(made: Made) -> None:
    until = made.known_until("backend", "rudderstack")
    of_one = defaultdict(list)
    for one in sorted(made.terms(until), key=lambda one: some(one["starts"])):
        of_one[one["subscription"]].append(one)
    expected: dict[date, list[Any]] = defaultdict(lambda: [0, 0, 0, Decimal(0), Decimal(0)])
    for agreed in of_one.values():
        for due_on in {one["renewal_due_on"] for one in agreed} - {None}:
            due, last_day = date.fromisoformat(due_on), date.fromisoformat(due_on) + timedelta(30)
            places = [n for n, one in enumerate(agreed) if one["renewal_due_on"] == due_on]
            paid = [n for n in places if some(agreed[n]["starts"]).astimezone(LONDON).date() < due]
            after = agreed[places[-1] + 1 :][:1]
            at = [some(one["starts"]) for one in after if one["began_by"] == "renewal"]
            is_renewed = bool(at) and at[0].astimezone(LONDON).date() <= last_day
            is_pending = not is_renewed and until < midnight(last_day + timedelta(1))
            counts = expected[due.replace(day=1)]
            counts[0 if is_renewed else 1 if is_pending else 2] += 1
            counts[3] += worth([agreed[paid[-1]]])
            counts[4] += worth(after) if is_renewed else 0
    rows = made.rows("prs_renewals_monthly")
    found = {
        row.month: [
            *(row.renewed_count, row.pending_count, row.lapsed_count),
            *(row.due_mrr_eur, row.renewed_mrr_eur),
        ]
        for row in rows
    }

    assert found == {month: expected[month] for month in found}
    assert sum(row.due_count for row in rows) > 10
    assert all(sum(counts[n] for counts in found.values()) for n in (0, 2))


def test_seats_are_those_with_a_holder_at_the_end_of_each_month(made: Made) -> None:
    until = made.known_until("backend", "rudderstack")
    homeless = {one["account"] for one in timelines.read(made.truth, "assignments")} - {
        one["account"] for one in timelines.read(made.truth, "memberships")
    }
    licences = [one for one in timelines.licences(made.truth) if one[0] not in homeless]
    expected = {}
    for month, end in made.month_ends("prs_mrr_monthly", until).items():
        running = [one for one in made.terms(until) if holds(one, end)]
        owners = {str(one["subscription"]): str(one["organisation"]) for one in running}
        for one in running:
            counts = expected.setdefault((str(one["organisation"]), month), [0, set(), set()])
            counts[0] += one["seats"]
        for teacher, start, stop, seat, _, subscription in licences:
            if start <= end and (stop is None or end < stop):
                counts = expected[owners[subscription], month]
                counts[1].add(seat)
                counts[2].add(teacher)
    found = {
        (row.organisation_id, row.month): (row.seats_purchased, row.seats_assigned, row.teachers)
        for row in made.rows("prs_organisation_seats_monthly")
    }

    assert {key: row for key, row in found.items() if any(row)} == {
        key: (bought, len(seats), len(teachers))
        for key, (bought, seats, teachers) in expected.items()
        if bought or seats
    }
    assert any(row.seats_active for row in made.rows("prs_organisation_seats_monthly"))


def test_seat_types_add_up_and_are_those_of_the_holders(made: Made) -> None:
    until = made.known_until("backend", "rudderstack")
    homeless = {one["account"] for one in timelines.read(made.truth, "assignments")} - {
        one["account"] for one in timelines.read(made.truth, "memberships")
    }
    rows = {(row.month, row.seat_type): row for row in made.rows("prs_monthly_active_users")}
    for month, end in made.month_ends("prs_monthly_active_users", until).items():
        held = [
            kind
            for teacher, start, stop, _, kind, _ in timelines.licences(made.truth)
            if teacher not in homeless and start <= end and (stop is None or end < stop)
        ]
        for kind in ("admin", "full", "viewer"):
            assert rows[month, kind].seat_holders == held.count(kind), (month, kind)
        for column in ("active_users", "seat_holders", "rolling_30_day_active_users"):
            parts = [getattr(rows[month, kind], column) for kind in (*timelines.RANKS, "none")]
            assert sum(parts) == getattr(rows[month, "all"], column), (month, column)
    assert sum(row.seat_holders for row in rows.values()) > 100


def test_first_cohorts_keep_everybody_and_the_funnel_has_every_visitor_twice(made: Made) -> None:
    retention = made.rows("prs_seat_retention")
    sizes: dict[str, int] = defaultdict(int)
    for row in retention:
        if row.period_number == 0:
            assert row.seat_retention_rate == 1
            sizes[row.period_unit] += row.cohort_size
    assert len(sizes) == 4
    assert len(set(sizes.values())) == 1
    ways: dict[str, int] = defaultdict(int)
    for row in made.rows("prs_campaign_funnel_monthly"):
        ways[row.attribution] += row.web_users
    assert ways["first_touch"] == ways["last_touch"] > 100


def test_active_seat_holders_did_something_that_counts_in_the_month(made: Made) -> None:
    until = made.known_until("backend", "rudderstack")
    homeless = {one["account"] for one in timelines.read(made.truth, "assignments")} - {
        one["account"] for one in timelines.read(made.truth, "memberships")
    }
    did = defaultdict(set)
    for account, first, *_ in timelines.read(made.truth, "activity"):
        day = datetime.fromtimestamp(first / 1000, LONDON).date()
        did[day.replace(day=1)].add(account)
    licences = timelines.licences(made.truth)
    rows = {(row.month, row.seat_type): row for row in made.rows("prs_monthly_active_users")}
    seen = 0
    for month, end in made.month_ends("prs_monthly_active_users", until).items():
        if not rows[month, "all"].is_complete_month:
            continue
        for kind in timelines.RANKS:
            holders = {
                teacher
                for teacher, start, stop, _, of, _ in licences
                if of == kind and start <= end and (stop is None or end < stop)
            }
            expected = len((holders - homeless) & did[month])
            assert rows[month, kind].active_seat_holders == expected, (month, kind)
            seen += expected
    assert seen > 50


@pytest.fixture(scope="module")
def report(made: Made, tmp_path_factory: pytest.TempPathFactory) -> str:
    assert made.company.failures == []
    file = tmp_path_factory.mktemp("report") / "report.html"
    assert cli.main(["--project", str(ROOT), "report", str(file)]) == 0
    return file.read_text(encoding="utf-8")


def drawn(report: str) -> dict[str, Any]:
    """What the page's script draws, by table."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', report, re.S)
    assert found
    tables: dict[str, Any] = json.loads(found[1])
    return tables


def test_the_report_has_every_number_of_every_table_as_it_is_published(
    made: Made, report: str, example: Project
) -> None:
    tables = drawn(report)
    assert set(tables) == {one.name for one in example.relations.values() if one.layer == "prs"}
    for name, table in tables.items():
        names = [column["name"] for column in table["columns"]]
        published = [[plain(getattr(row, one)) for one in names] for row in made.rows(name)]
        assert len(published) > 0
        assert sorted(table["rows"], key=str) == sorted(published, key=str), name


def plain(value: Any) -> Any:
    return str(value) if isinstance(value, (date, Decimal)) else value


def test_the_report_has_every_definition(report: str, example: Project) -> None:
    for relation in example.relations.values():
        if isinstance(relation.contract, PresentationContract):
            assert escape(relation.contract.answers) in report
            assert escape(relation.contract.grain) in report
            for column in relation.contract.columns.values():
                assert escape(column.means or "?") in report


def test_lines_of_the_report_are_the_months_of_the_table(made: Made, report: str) -> None:
    rows = made.rows("prs_mrr_monthly")
    (line,) = drawn(report)["prs_mrr_monthly"]["slices"].values()
    assert line["x"] == [str(row.month) for row in rows]
    assert line["y"]["mrr_eur"] == [float(row.mrr_eur) for row in rows]
    rates = [row.logo_churn_rate for row in rows]
    assert line["y"]["logo_churn_rate"] == [None if one is None else float(one) for one in rates]


def test_all_organisations_together_are_the_months_of_all(report: str) -> None:
    """The report adds up what the contract lets it; the domain's own sums are the judge."""
    tables = drawn(report)
    (months,) = tables["prs_mrr_monthly"]["slices"].values()
    together = tables["prs_organisation_mrr_monthly"]["slices"]["*"]
    paid = dict(zip(months["x"], months["y"]["mrr_eur"], strict=True))
    added = dict(zip(together["x"], together["y"]["mrr_eur"], strict=True))
    assert added == {month: pytest.approx(paid[month]) for month in added}
    assert sum(added.values()) > 0


def test_every_panel_of_the_report_is_one_that_plotly_knows(report: str) -> None:
    """Its validators know every property of every kind of trace, and refuse the others."""
    figures = [panel for table in drawn(report).values() for panel in table["panels"]]
    assert {panel["kind"] for panel in figures} == {"line", "bar", "stack", "heat"}
    for panel in figures:
        graph_objects.Figure(data=panel["data"], layout=panel["layout"])
