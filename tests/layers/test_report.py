"""`layers report`: one page of all that is published, drawn as contracts say that it adds up."""

import json
import os
import re
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from layers import cli, reading
from layers.contract import PresentationContract
from layers.project import Project, Settings
from layers.published import Freshness, Published
from layers.report.figures import charts
from layers.report.page import Read, page
from layers.report.shape import Shape
from tests.conftest import ROOT
from tests.layers.shop import write
from tests.warehouse import Warehouse

SETTINGS = Settings(project="shop", time_zone="UTC", first_month="2026-01", acronyms=("MRR",))
JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)
TAKINGS = "prs_takings_by_customer"

BY_SHELF = """
    answers: Who paid what?
    grain: one row per month and shelf
    key: [month, shelf]
    columns:
      month:             {type: date}
      shelf:             {type: text}
      is_complete_month: {type: boolean}
      paid:              {type: bigint, unit: EUR, additivity: sum}
      cost:              {type: bigint, unit: EUR, additivity: sum}
      owed:              {type: bigint, unit: EUR, additivity: balance}
      people:            {type: bigint, unit: people, additivity: distinct}
      margin:
        type: numeric(18,6)
        optional: true
        unit: ratio
        additivity: {ratio: {of: paid - cost, by: paid}}
"""
ROWS = [
    # month, shelf, over, paid, cost, owed, people, margin
    (JANUARY, "bread", True, 10, 4, 7, 3, Decimal("0.6")),
    (JANUARY, "cake", True, 30, 6, 8, 2, Decimal("0.8")),
    (FEBRUARY, "bread", False, 20, 5, 9, 4, Decimal("0.75")),
]


def contract(text: str) -> PresentationContract:
    return PresentationContract.model_validate(yaml.safe_load(text))


def drawn(text: str, rows: list[tuple[Any, ...]]) -> dict[str, Any]:
    said = contract(text)
    named = [dict(zip(said.columns, row, strict=True)) for row in rows]
    return charts(Shape(said), SETTINGS, named)


def measures(chart: dict[str, Any]) -> list[tuple[str, list[str]]]:
    return [
        (panel["kind"], [trace["meta"]["key"] for trace in panel["data"]])
        for panel in chart["panels"]
    ]


def data(html: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)
    assert found
    made: dict[str, Any] = json.loads(found[1])
    return made


def test_all_values_together_are_added_up_as_their_contract_says() -> None:
    chart = drawn(BY_SHELF, ROWS)
    together = chart["slices"]["*"]
    assert chart["choices"][0]["default"] == "*"
    assert together["x"] == ["2026-01-01", "2026-02-01"]
    assert together["y"]["paid"] == [40, 20]
    assert together["y"]["owed"] == [15, 9]  # a balance, over shelves and never over months
    assert together["y"]["margin"] == [0.75, 0.75]  # (40 - 10) / 40, and no mean of 0.6 and 0.8
    # whoever buys bread may buy cake; one shelf in February must not look like a fall
    assert together["y"]["people"] == [None, None]


def test_one_value_is_as_it_was_published() -> None:
    bread = drawn(BY_SHELF, ROWS)["slices"]["=bread"]["y"]
    assert (bread["people"], bread["margin"], bread["owed"]) == ([3, 4], [0.6, 0.75], [7, 9])


def test_units_and_ways_of_adding_up_do_not_share_a_chart() -> None:
    assert measures(drawn(BY_SHELF, ROWS)) == [
        ("bar", ["paid", "cost"]),
        ("line", ["owed"]),
        ("line", ["people"]),
        ("line", ["margin"]),
    ]


def test_a_number_many_times_another_gets_a_chart_of_its_own() -> None:
    rows = [(JANUARY, "bread", True, 100, 1, 7, 3, Decimal("0.99"))]
    assert measures(drawn(BY_SHELF, rows))[:2] == [("bar", ["paid"]), ("bar", ["cost"])]


def test_what_is_not_over_yet_is_shaded() -> None:
    (band,) = drawn(BY_SHELF, ROWS)["panels"][0]["layout"]["shapes"]
    assert band["x0"] < "2026-02-01" < band["x1"]
    assert band["x0"] > "2026-01-01"
    whole = [(*row[:2], True, *row[3:]) for row in ROWS]
    assert drawn(BY_SHELF, whole)["panels"][0]["layout"]["shapes"] == []


def test_values_that_overlap_are_chosen_one_at_a_time_and_the_whole_is_first() -> None:
    text = """
        answers: Who opened how many?
        grain: one row per month and agent
        key: [month, agent_id]
        columns:
          month:    {type: date}
          agent_id: {type: text}
          opened:   {type: bigint, unit: tickets, additivity: {sum: {within: [agent_id]}}}
    """
    agents = [f"agent {number}" for number in range(7)]  # too many to be lines of one chart
    rows: list[tuple[Any, ...]] = [(JANUARY, agent, 1) for agent in agents]
    chart = drawn(text, [*rows, (JANUARY, "everybody", 7)])
    assert chart["choices"][0]["default"] == "=everybody"
    assert chart["slices"]["=everybody"]["y"]["opened"] == [7]
    assert "*" not in chart["slices"]

    few = drawn(text, [*rows[:2], (JANUARY, "everybody", 2)])
    assert few["choices"] == []
    assert measures(few) == [
        ("line", ["opened=agent 0", "opened=agent 1", "opened=everybody"]),
    ]
    assert few["slices"][""]["y"]["opened=everybody"] == [2]


def test_sums_that_make_up_another_are_stacked_and_what_is_lost_is_below_the_line() -> None:
    text = """
        answers: How did it come about?
        grain: one row per month
        key: month
        columns:
          month:   {type: date}
          opening: {type: bigint, unit: EUR, additivity: balance}
          won:     {type: bigint, unit: EUR, additivity: sum}
          lost:    {type: bigint, unit: EUR, additivity: sum}
          closing: {type: bigint, unit: EUR, additivity: balance}
        criteria:
          money rolls forward: opening + won - lost = closing
          nothing is negative: least(won, lost) >= 0
    """
    chart = drawn(text, [(JANUARY, 0, 5, 0, 5), (FEBRUARY, 5, 2, 1, 6)])
    (stack,) = [panel for panel in chart["panels"] if panel["kind"] == "stack"]
    signs = {trace["meta"]["key"]: trace["meta"]["sign"] for trace in stack["data"]}
    assert signs == {"won": 1, "lost": -1}
    assert stack["layout"]["barmode"] == "relative"
    assert chart["slices"][""]["y"]["lost"] == [0, 1]  # the number itself stays as it is


COHORTS = """
    answers: Who stays?
    grain: one row per unit of time, cohort and period
    key: [period_unit, cohort_start, period_number]
    columns:
      period_unit:   {type: text, one_of: [week, month]}
      cohort_start:  {type: date}
      period_number: {type: bigint}
      size:          {type: bigint, additivity: {sum: {within: [period_unit, period_number]}}}
      kept:          {type: bigint, additivity: {sum: {within: [period_unit, period_number]}}}
      rate:
        type: numeric(18,6)
        optional: true
        unit: ratio
        additivity: {ratio: {of: kept, by: size}}
"""


def test_cohorts_are_a_grid_and_a_curve_of_all_of_them_by_their_age() -> None:
    rows: list[tuple[Any, ...]] = [
        ("month", JANUARY, 0, 3, 3, Decimal(1)),
        ("month", JANUARY, 1, 3, 1, Decimal("0.333333")),
        ("month", FEBRUARY, 0, 1, 1, Decimal(1)),
        ("week", JANUARY, 0, 1, 1, Decimal(1)),
    ]
    chart = drawn(COHORTS, rows)
    assert measures(chart) == [("line", ["rate"]), ("heat", ["rate"])]
    assert chart["choices"][0]["default"] == "=month"
    months = chart["slices"]["=month"]
    assert months["x"] == [0, 1]
    assert months["y"]["rate"] == [1.0, 0.333333]
    assert months["times"] == ["Jan 2026", "Feb 2026"]
    assert months["z"]["rate"] == [[1.0, 0.333333], [1.0, None]]  # what has not begun is missing


def test_a_table_without_a_time_has_a_bar_for_each_of_its_rows() -> None:
    text = """
        answers: Who spends how much?
        grain: one row per customer
        key: customer_id
        columns:
          customer_id: {type: text}
          amount:      {type: "numeric(18,2)", unit: EUR, additivity: sum}
    """
    chart = drawn(text, [("ada", Decimal("1.50")), ("bob", Decimal(3))])
    assert measures(chart) == [("bar", ["amount"])]
    assert chart["slices"][""] == {"x": ["ada", "bob"], "y": {"amount": [1.5, 3.0]}}


def test_of_many_values_without_a_time_the_largest_are_bars() -> None:
    text = """
        answers: Who spends how much?
        grain: one row per customer
        key: customer_id
        columns:
          customer_id: {type: text}
          amount:      {type: bigint, unit: EUR, additivity: sum}
    """
    chart = drawn(text, [(f"customer {number:03}", number) for number in range(100)])
    assert chart["slices"][""]["y"]["amount"] == list(range(64, 100))
    assert chart["panels"][0]["note"] == "EUR; at most 36, the largest"


def test_counts_of_cohorts_are_a_grid_where_no_share_is_declared() -> None:
    said = yaml.safe_load(COHORTS)
    del said["columns"]["rate"], said["columns"]["kept"]
    chart = drawn(yaml.safe_dump(said, sort_keys=False), [("month", JANUARY, 0, 3)])
    assert measures(chart) == [("line", ["size"]), ("heat", ["size"])]
    assert chart["slices"]["=month"]["z"] == {"size": [[3]]}


def test_what_overlaps_is_empty_for_all_together_beside_what_adds_up() -> None:
    text = """
        answers: How many?
        grain: one row per month and shelf
        key: [month, shelf]
        columns:
          month: {type: date}
          shelf: {type: text}
          sold:  {type: bigint, unit: loaves, additivity: sum}
          liked: {type: bigint, unit: people, additivity: {sum: {within: [shelf]}}}
    """
    chart = drawn(
        text, [(JANUARY, "bread", 5, 2), (JANUARY, "cake", 1, 2), (FEBRUARY, "cake", 3, 1)]
    )
    assert chart["slices"]["*"]["y"] == {"sold": [6, 3], "liked": [None, None]}
    assert chart["slices"]["=cake"]["y"] == {"sold": [1, 3], "liked": [2, 1]}


def shop(folder: Path, means: str = "Somebody") -> Project:
    said = f'customer_id: {{type: text, means: "{means}"}}'
    changes = {f"sql/prs/takings/{TAKINGS}.yaml": {"customer_id: {type: text}": said}}
    project = reading.load(write(folder, changes))
    assert not project.problems
    return project


def of_the_shop(rows: list[tuple[Any, ...]], fresh: Freshness | None = None) -> Read:
    return Read({TAKINGS: Published(rows, len(rows), True)}, {"takings": fresh})


SOLD: list[tuple[Any, ...]] = [("ada", None, 1, Decimal("2.00")), ("bob", None, 2, Decimal("3.10"))]


class Loads(HTMLParser):
    """Everything in a page that a browser would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str | None]] = []
        self.policy = ""
        self.styles = ""
        self._tag = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tag = tag
        names = dict(attrs)
        loading = {"src", "href", "srcset", "data", "action", "poster", "background", "style"}
        self.found += [(tag, names[name]) for name in loading & names.keys()]
        if names.get("http-equiv") == "Content-Security-Policy":
            self.policy = names["content"] or ""

    def handle_data(self, data: str) -> None:
        if self._tag == "style":
            self.styles += data


def test_nothing_is_loaded_from_anywhere_and_the_page_itself_forbids_it(tmp_path: Path) -> None:
    loads = Loads()
    loads.feed(page(shop(tmp_path), of_the_shop(SOLD)))
    assert loads.found == [("a", "#takings")]
    assert loads.policy.startswith("default-src 'none';")
    assert "http" not in loads.policy
    assert "connect-src" not in loads.policy
    assert not re.search(r"url\(|@import", loads.styles)


def test_words_of_a_contract_cannot_end_the_script_or_begin_another(tmp_path: Path) -> None:
    html = page(
        shop(tmp_path, means="<b>&</b>"), of_the_shop([("</script><i>", None, 1, Decimal(2))])
    )
    assert "<b>" not in html
    assert "&lt;b&gt;&amp;&lt;/b&gt;" in html
    assert "</script><i>" not in html
    assert data(html)[TAKINGS]["rows"][0][0] == "</script><i>"


def test_how_fresh_a_use_case_is_stands_beside_it_in_the_companys_time(tmp_path: Path) -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    marks = {"till": "2026-03-01T12:30:00+00:00", "desk": None}
    fresh = Freshness(7, at, at, marks, "held back")
    html = page(shop(tmp_path), of_the_shop(SOLD, fresh))
    assert "held back</span>" in html
    assert "<dt>Data as of</dt><dd>1 Mar 2026, 12:00 UTC</dd>" in html
    assert "<dt>till known until</dt><dd>1 Mar 2026, 12:30 UTC</dd>" in html
    assert "<dt>desk known until</dt><dd>not known</dd>" in html
    assert "held back" not in page(shop(tmp_path), of_the_shop(SOLD))


def test_equal_data_gives_an_equal_page_whatever_the_order_of_hashes(tmp_path: Path) -> None:
    write(tmp_path)
    made = (
        "import sys, hashlib; from pathlib import Path; from layers import reading;"
        "from layers.report.page import page; from tests.layers.test_report import *;"
        f"html = page(reading.load(Path({str(tmp_path)!r})), of_the_shop(SOLD));"
        "print(hashlib.sha256((html + str(drawn(BY_SHELF, ROWS))).encode()).hexdigest())"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", made],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": f"{ROOT}/plugins:{ROOT}"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1


def test_dag_files_never_import_what_draws() -> None:
    asked = "import sys; import layers.airflow.dags, layers.cli; print('plotly' in sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}/plugins:{ROOT}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.splitlines()[-1] == "False"


def report(folder: Path) -> str:
    file = folder / "report.html"
    assert cli.main(["--project", str(ROOT), "report", str(file)]) == 0
    assert [path.name for path in folder.iterdir()] == ["report.html"]
    return file.read_text(encoding="utf-8")


def test_a_warehouse_in_which_nothing_was_published_is_drawn(
    warehouse: Warehouse, example: Project, tmp_path: Path
) -> None:
    assert warehouse.name
    tables = [one for one in example.relations.values() if one.layer == "prs"]
    html = report(tmp_path)
    assert html.count("No rows yet.") == len(tables) > 0
    assert {name: one["rows"] for name, one in data(html).items()} == {
        one.name: [] for one in tables
    }


def test_a_table_whose_contract_is_newer_than_the_last_run_is_drawn_too(tmp_path: Path) -> None:
    html = page(shop(tmp_path), Read({TAKINGS: Published([], 0, is_there=False)}, {}))
    assert "Nobody has made this table yet: nothing was published." in html
    assert "Who spends how much?" in html


def test_a_folder_that_is_not_there_is_told(
    warehouse: Warehouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert warehouse.name
    file = tmp_path / "nowhere" / "report.html"
    assert cli.main(["--project", str(ROOT), "report", str(file)]) == 1
    assert f"{file.parent}: is no folder" in capsys.readouterr().err
