"""OULAD: 65,000 rows of a learning platform as CSV; the bulk of the recorded packs."""

from collections import Counter

import pytest

from tests.real import plain
from tests.real.runs import Result

README = {
    "assessments": ("assessments.csv", 37),
    "courses": ("courses.csv", 12),
    "results": ("studentAssessment.csv.gz", 36_184),
    "students": ("studentInfo.csv.gz", 12_489),
    "registrations": ("studentRegistration.csv.gz", 12_489),
    "learning_sites": ("vle.csv.gz", 3_219),
}


def test_every_record_is_accounted_for(result: Result) -> None:
    assert result.problems() == []


def test_reading_again_changes_nothing(result: Result) -> None:
    assert result.read_again() == []


@pytest.mark.parametrize("name", README)
def test_every_row_of_a_file_is_staged(result: Result, name: str) -> None:
    file, rows = README[name]
    account = result.accounts[name]
    assert rows == len(plain.rows(result.folder / file))
    assert (account.read, account.staged) == (rows, rows)


def test_a_student_who_is_enrolled_twice_has_two_registrations(result: Result) -> None:
    counted = Counter(row.student_id for row in result.rows("stg_learning_registrations"))
    assert len(counted) == 12_400
    assert sum(times > 1 for times in counted.values()) == 89


def test_days_before_the_start_are_negative_and_blanks_are_null(result: Result) -> None:
    results = result.rows("stg_learning_results")
    registrations = result.rows("stg_learning_registrations")
    sites = result.rows("stg_learning_sites")
    assert sum(row.submitted_on_day < 0 for row in results) == 752
    assert sum(row.score is None for row in results) == 18
    assert sum(row.unregistered_on_day is None for row in registrations) == 12_480
    assert [sum(getattr(r, n) is None for r in sites) for n in ("week_from", "week_to")] == [
        2_499
    ] * 2


def test_every_score_is_the_one_in_the_file(result: Result) -> None:
    assert {
        (r.assessment_id, r.student_id): r.score for r in result.rows("stg_learning_results")
    } == {
        (int(row["id_assessment"]), int(row["id_student"])): plain.number(row["score"])
        for row in plain.rows(result.folder / "studentAssessment.csv.gz")
    }


def test_a_band_is_kept_as_it_is_written(result: Result) -> None:
    bands = Counter(row.imd_band for row in result.rows("stg_learning_students"))
    assert bands[None] == 422
    assert [band for band in bands if band and not band.endswith("%")] == ["10-20"]


def test_nothing_points_nowhere(result: Result) -> None:
    def keys(relation: str, *names: str) -> set[tuple[object, ...]]:
        return {
            tuple(getattr(r, n) for n in names) for r in result.rows(f"stg_learning_{relation}")
        }

    presentation = ("module", "presentation")
    assert keys("registrations", *presentation) <= keys("courses", *presentation)
    assert keys("sites", *presentation) <= keys("courses", *presentation)
    assert keys("results", "assessment_id") <= keys("assessments", "assessment_id")
    student = (*presentation, "student_id")
    assert keys("registrations", *student) == keys("students", *student)
