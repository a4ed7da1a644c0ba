"""The report of the generated company: what it draws is what is published, and what it says."""

import json
import re
from datetime import date
from decimal import Decimal
from html import escape
from typing import Any

import pytest
from plotly import graph_objects

from layers import cli
from layers.contract import PresentationContract
from layers.project import Project
from tests.company import Company
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def report(flowed_company: Company, tmp_path_factory: pytest.TempPathFactory) -> str:
    assert flowed_company.failures == []
    file = tmp_path_factory.mktemp("report") / "report.html"
    with pytest.MonkeyPatch.context() as patch:
        flowed_company.warehouse.connections(patch)
        assert cli.main(["--project", str(ROOT), "report", str(file)]) == 0
    return file.read_text(encoding="utf-8")


def drawn(report: str) -> dict[str, Any]:
    """What the page's script draws, by table."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', report, re.S)
    assert found
    tables: dict[str, Any] = json.loads(found[1])
    return tables


def test_the_report_has_every_number_of_every_table_as_it_is_published(
    flowed_company: Company, report: str, example: Project
) -> None:
    tables = drawn(report)
    assert set(tables) == {one.name for one in example.relations.values() if one.layer == "prs"}
    for name, table in tables.items():
        names = [column["name"] for column in table["columns"]]
        published = [
            [plain(getattr(row, one)) for one in names]
            for row in flowed_company.warehouse.rows(name)
        ]
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


def test_lines_of_the_report_are_the_months_of_the_table(
    flowed_company: Company, report: str
) -> None:
    rows = flowed_company.warehouse.rows("prs_mrr_monthly")
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
