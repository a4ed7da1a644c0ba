"""Schools, trusts and local authorities: CSV as a government department keeps it."""

import json

import pytest

from tests.real import plain
from tests.real.runs import Result

README = {
    "schools": ("School.csv.gz", 768),
    "trusts": ("Trust.csv", 415),
    "local_authorities": ("LocalAuthority.csv", 154),
    "non_financial": ("NonFinancial.csv.gz", 767),
    "financial_plans": ("FinancialPlan.csv", 9),
    "commercial_resources": ("CommercialResources.csv", 55),
    "banners": ("Banner.csv", 12),
    "news": ("News.csv", 5),
}
RAGGED = {"trusts": 2}
NULLS = {
    "phase": "OverallPhase",
    "ks4_banding": "KS4ProgressBanding",
    "floor_area_m2": "TotalInternalFloorArea",
    "pupils": "TotalPupils",
    "teachers_fte": "TeachersFTE",
    "free_school_meals_percent": "PercentFreeSchoolMeals",
    "other_needs_percent": "PercentWithOTH",
    "ks2_progress": "KS2Progress",
    "headteachers": "HeadTeacherHeadcount",
}


def test_every_record_is_accounted_for(result: Result) -> None:
    assert result.problems() == []


def test_reading_again_changes_nothing(result: Result) -> None:
    assert result.read_again() == []


@pytest.mark.parametrize("name", README)
def test_every_row_of_a_file_is_staged_or_rejected(result: Result, name: str) -> None:
    file, rows = README[name]
    account = result.accounts[name]
    assert rows == len(plain.rows(result.folder / file))
    ragged = RAGGED.get(name, 0)
    assert (account.read, account.staged, account.rejected) == (rows, rows - ragged, ragged)


def test_a_ragged_row_is_reported_with_its_line(result: Result) -> None:
    lines = plain.text(result.folder / "Trust.csv").splitlines()
    ragged = [number for number, line in enumerate(lines, 1) if line.count(",") != 6]
    assert len(ragged) == 2
    assert [(row.record.decode().rstrip("\r\n"), row.reason) for row in result.rejects()] == [
        (
            lines[number - 1],
            f"Trust.csv: line {number}: has 6 values, and the header 7 names",
        )
        for number in ragged
    ]


def test_leading_zeros_and_blanks_are_kept(result: Result) -> None:
    trusts = plain.rows(result.folder / "Trust.csv")
    whole = {
        row["CompanyNumber"]: row["TrustName"] for row in trusts if row["TrustUPIN"] is not None
    }
    assert {row.company_number: row.name for row in result.rows("stg_dfe_trusts")} == whole
    assert any(number.startswith("0") for number in whole)
    codes = {row.code for row in result.rows("stg_dfe_local_authorities")}
    assert codes == {row["Code"] for row in plain.rows(result.folder / "LocalAuthority.csv")}
    assert "006" in codes


def test_a_byte_order_mark_is_no_part_of_a_name(result: Result) -> None:
    firsts = {"schools": "URN", "local_authorities": "Code", "financial_plans": "URN"}
    for name, first in firsts.items():
        packed = result.folder / README[name][0]
        assert plain.text(packed).startswith(first)  # `text` has taken the mark away
        assert {first in record for record in result.raw(f"dfe.{name}")} == {True}
        assert not [key for key in result.raw(f"dfe.{name}")[0] if "\ufeff" in key]


def test_the_word_null_is_no_value(result: Result) -> None:
    raw = result.raw("dfe.non_financial")
    assert sum(value == "NULL" for record in raw for value in record.values()) == 8_536
    recorded = {row["URN"]: row for row in plain.rows(result.folder / "NonFinancial.csv.gz")}
    for row in result.rows("stg_dfe_non_financial"):
        for ours, written in NULLS.items():
            said = recorded[row.urn][written]
            value = getattr(row, ours)
            wanted = None if said == "NULL" else said if isinstance(value, str) else float(said)
            assert (value if wanted is None or isinstance(value, str) else float(value)) == wanted


def test_json_in_a_cell_is_json(result: Result) -> None:
    plans = {(r["URN"], int(r["Year"])): r for r in plain.rows(result.folder / "FinancialPlan.csv")}
    for row in result.rows("stg_dfe_financial_plans"):
        recorded = plans[row.urn, row.year]
        assert row.input == json.loads(recorded["Input"])
        said = recorded["DeploymentPlan"]
        assert row.deployment_plan == (None if said == "NULL" else json.loads(said))
    nulls = [value == "NULL" for recorded in plans.values() for value in recorded.values()]
    assert sum(nulls) == 49
    resources = plain.rows(result.folder / "CommercialResources.csv")
    assert {row.title: row.categories for row in result.rows("stg_dfe_commercial_resources")} == {
        row["Title"]: json.loads(row["Category"]) for row in resources
    }


def test_a_time_with_seven_digits_of_a_second_is_a_time(result: Result) -> None:
    recorded = {r["Slug"]: r for r in plain.rows(result.folder / "News.csv")}
    for row in result.rows("stg_dfe_news"):
        whole, fraction = recorded[row.slug]["Created"].removesuffix(" +00:00").split(".")
        assert len(fraction) == 7
        wanted = plain.instant(f"{whole}+00:00")
        assert wanted is not None
        assert abs((row.created_at - wanted).total_seconds() - float(f"0.{fraction}")) < 1e-6


def test_a_cell_with_line_breaks_is_one_cell(result: Result) -> None:
    recorded = {row["Slug"]: row["Body"] for row in plain.rows(result.folder / "News.csv")}
    assert {row.slug: row.body for row in result.rows("stg_dfe_news")} == recorded
    assert any("\n" in body for body in recorded.values())
