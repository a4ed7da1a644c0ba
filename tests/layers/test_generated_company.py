"""The generated company, from its tools to `prs_`, against the truth that it was generated from."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing

import pytest

from demo.company import generate
from layers import build, warehouse
from layers.project import Project
from layers.warehouse import text
from tests.company import Company, flowing
from tests.layers.plans import PARALLEL, SERIAL, set_plan
from tests.servers import Postgres


@pytest.fixture(scope="module")
def company(
    server: Postgres, example: Project, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Company]:
    folder = tmp_path_factory.mktemp("company")
    generate(folder, seed=3, teachers=60, months=6, events=4_000)
    with flowing(server, example, folder) as made:
        yield made


def test_nothing_fails(company: Company) -> None:
    assert company.failures == []


def test_active_users_are_those_who_did_something_that_counts(company: Company) -> None:
    rows = company.presented("prs_monthly_active_users")
    together = [row for row in rows if row.seat_type == "all"]
    active = {row.month_key: row.active_users for row in together if row.active_users}
    truth = company.truth["rudderstack"]["active_users"]
    assert len(active) == 5
    assert active == {month: truth[month] for month in active}


def test_tickets_are_opened_and_solved_by_month_and_agent(company: Company) -> None:
    found: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    rows = company.presented("prs_ticket_resolution_monthly")
    for row in rows:
        found["opened"][row.agent_id][row.month_key] = row.opened_tickets
        found["solved"][row.agent_id][row.month_key] = row.solved_tickets
    for what in ("opened", "solved"):
        for agent, months in company.truth["zendesk"][what].items():
            for month in list(months)[:-1]:
                assert found[what][agent][month] == months[month], (what, agent, month)


def test_all_agents_together_are_the_sum_of_each(company: Company) -> None:
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    together = {}
    for row in company.presented("prs_ticket_resolution_monthly"):
        counts = [row.opened_tickets, row.solved_tickets, row.backlog_tickets]
        if row.agent_id == "all":
            together[row.month_key] = counts
        else:
            totals[row.month_key] = [
                a + b for a, b in zip(totals[row.month_key], counts, strict=True)
            ]
    assert sum(counts[0] for counts in together.values()) > 20
    assert together == totals


def test_the_backlog_rolls_forward(company: Company) -> None:
    rows = [r for r in company.presented("prs_ticket_resolution_monthly") if r.agent_id == "all"]
    before = 0
    for row in sorted(rows, key=lambda row: row.month):
        assert row.backlog_tickets == before + row.opened_tickets - row.solved_tickets
        before = row.backlog_tickets


def test_what_is_torn_or_has_a_nul_is_rejected_and_every_flaw_is_counted(company: Company) -> None:
    flaws = [source["flaws"] for source in company.truth["rudderstack"]["sources"].values()]
    lines = sum(source["lines"] for source in company.truth["rudderstack"]["sources"].values())
    (loads,) = company.warehouse.query(
        "select sum(records)::int as records, sum(rejected)::int as rejected from layers.loads"
        " where source = 'rudderstack'"
    )
    broken = sum(one.get("torn", 0) + one.get("nul", 0) for one in flaws)
    assert loads.rejected == broken > 0
    assert loads.records + loads.rejected == lines
    (staged,) = company.warehouse.query(
        "select (sum(superseded) + sum(repeated))::int as twice from layers.stagings"
        " where relation like 'stg_rudderstack%'"
    )
    assert staged.twice == sum(one.get("twice", 0) for one in flaws)


def test_events_of_unknown_users_and_wrong_clocks_are_held(company: Company) -> None:
    flaws = [source["flaws"] for source in company.truth["rudderstack"]["sources"].values()]
    expected = sum(one.get("unknown_user", 0) + one.get("wrong_clock", 0) for one in flaws)
    assert len(company.warehouse.held("dmn_product_events")) == expected > 0


def test_a_ticket_that_nobody_took_is_held(company: Company) -> None:
    held = company.warehouse.held("dmn_support_tickets")
    assert len(held) == company.truth["zendesk"]["nobody_took"] == 1


def test_a_line_of_a_sheet_that_means_nothing_or_counts_no_more_is_rejected(
    company: Company,
) -> None:
    rejects = company.warehouse.query(
        "select object, reason from layers.rejects where source = 'finance'"
    )
    found = [(row.object, row.reason.split(":")[0].removeprefix("line ")) for row in rejects]
    for sheet, told in company.truth["finance"].items():
        lines = sorted(int(number) for name, number in found if name == sheet)
        assert lines == sorted(told["rubbish_lines"] + told["superseded_lines"])


def test_every_relation_built_in_parallel_and_in_series_with_little_memory_is_the_same(
    company: Company,
) -> None:
    serial, parallel = (built(company, plan) for plan in (SERIAL, PARALLEL))

    assert [name for name, rows in serial.items() if parallel[name] != rows] == []
    assert max(map(len, serial.values())) > 1_000


def built(company: Company, plan: dict[str, str]) -> dict[str, list[str]]:
    """The candidates of all units, built by one kind of plan."""
    project, found = company.warehouse.project, {}
    for unit, relations in project.units.items():
        with closing(warehouse.connect(warehouse.writer(unit), "plans")) as connection:
            set_plan(connection, plan)
            for relation in relations:
                build.build(connection, project, relation, "plans")
                rows = f"select c::text from {build.candidate(relation)} c order by 1"
                found[relation.name] = [row for (row,) in connection.execute(text(rows))]
    return found
