"""From a contract to LookML: what each promise becomes, and what LookML cannot say."""

from pathlib import Path

import lkml
import pytest

from layers import reading
from layers.errors import ProjectError
from layers.lookml import folder
from tests.layers.shop import Change, write
from tests.looker.asking import Explore

TAKINGS = "sql/prs/takings/prs_takings_by_customer"
PLAIN = """
    answers: Who spends how much?
    grain: one row per customer
    key: customer_id
    columns:
      customer_id: {type: text, means: The customer's own number}
      email:       {type: text, optional: true, means: Empty for some}
      sales:       {type: bigint, unit: sales, additivity: sum, means: What was bought}
      amount:      {type: "numeric(18,2)", unit: EUR, additivity: sum, means: What was paid}
    criteria:
      nobody buys nothing: sales > 0
"""
LONG = "long_" * 8
GOES = "replaced_by: sales, remove_after: 2030-12-31"


def files(
    folder_: Path, changes: dict[str, str], others: dict[str, Change] | None = None
) -> dict[str, str]:
    """The LookML of the shop, whose contract of takings says other words."""
    contract = PLAIN
    for old, new in changes.items():
        assert old in contract
        contract = contract.replace(old, new)
    # the model is there before its query is
    said: dict[str, Change] = {f"{TAKINGS}.yaml": contract, f"{TAKINGS}.sql": None}
    project = reading.load(write(folder_, {**said, **(others or {})}))
    assert project.problems == ()
    return folder.files(project)


REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "a word of LookML": (
        {"email: ": "view: "},
        "column 'view' has a name that is a word of LookML itself; rename it",
    ),
    "a value of LookML": (
        {"email: ": '"yes": '},
        "column 'yes' has a name that is a word of LookML itself; rename it",
    ),
    "a field that LookML has of its own": (
        {"email: ": "pk1_customer_id: "},
        "column 'pk1_customer_id' has a name that LookML gives to a field of its own; rename it",
    ),
    "the quarter of a month beside a month": (
        {
            "email:       {type: text": "month: {type: date, means: When}\n"
            "      month_quarter: {type: text"
        },
        "column 'month_quarter' has a name that LookML gives to a field of its own; rename it",
    ),
    "a name that is no name of LookML": (
        {"email: ": "Email: "},
        "column 'Email' has a name that LookML has not; wanted lower-case letters, digits and _",
    ),
    "a name that is too long for a column of Looker's queries": (
        {"email: ": f"{LONG}: "},
        f"column '{LONG}' would be prs_takings_by_customer.{LONG} in Looker's queries, 64"
        " characters; wanted at most 63",
    ),
    "a span of time": (
        {"email:       {type: text": "email: {type: tstzrange"},
        "column 'email' is tstzrange, which Looker cannot show; wanted columns with its parts",
    ),
    "a list": (
        {"email:       {type: text": 'email: {type: "text[]"'},
        "column 'email' is text[], which Looker cannot show; wanted columns with its parts",
    ),
    "a column without a meaning": (
        {", means: Empty for some": ""},
        "column 'email' does not say what it means; wanted 'means', which its readers see",
    ),
    "a number that does not say how it adds up": (
        {"unit: sales, additivity: sum, ": ""},
        "column 'sales' does not say how it adds up; wanted 'additivity'",
    ),
    "a text that Looker would fill in": (
        {"Empty for some": '"{{ like this }}"'},
        "column 'email' has '{{' in its means, which Looker would not show as it stands",
    ),
    "an explore whose name does not fit": (
        {"answers:": "label: Takings of all our customers\n    answers:"},
        "would be the explore 'Takings of all our customers', 28 characters of which Looker shows"
        " 25; wanted a shorter 'label'",
    ),
    "two criteria of one name": (
        {"criteria:": 'criteria:\n      "nobody buys: nothing": amount > 0'},
        "has tests that LookML would all call 'nobody_buys_nothing'; word the criteria anew",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_lookml_cannot_say_stops_it_with_the_column(what: str, tmp_path: Path) -> None:
    changes, said = REFUSED[what]

    with pytest.raises(ProjectError) as refused:
        files(tmp_path, changes)

    assert str(refused.value) == f"{TAKINGS}.yaml: {said}"


def test_a_use_case_whose_own_tables_have_names_too_long_for_a_query_is_told(
    tmp_path: Path,
) -> None:
    name = "takings_of_all_our_shops_"  # 25 characters
    others: dict[str, Change] = {
        f"sql/prs/{name}.yaml": """
            use_case: Takings
            needs: [till]
            promised_freshness: 2 hours
        """
    }

    with pytest.raises(ProjectError) as refused:
        files(tmp_path, {}, others)

    field = f"prs_{name}_restatements.rows_with_a_key_twice"
    assert str(refused.value) == (
        f"sql/prs/{name}.yaml: would be {field} in Looker's queries, 64 characters; wanted at most"
        " 63: a shorter name of the file"
    )


def test_a_project_with_a_hyphen_in_its_name_has_a_model_without(tmp_path: Path) -> None:
    made = files(tmp_path, {}, {"sql/project.yaml": {"project: shop": "project: corner-shop"}})

    assert lkml.load(made["corner_shop.model.lkml"])["label"] == "Corner shop"
    assert lkml.load(made["manifest.lkml"])["project_name"] == "corner_shop"


def test_labels_and_formats_come_from_names_units_and_acronyms(tmp_path: Path) -> None:
    made = files(
        tmp_path,
        {"email: ": "vat_no: ", "means: What was bought": "label: Sold, means: What was bought"},
        {"sql/project.yaml": {"time_zone": "acronyms: [VAT]\n        time_zone"}},
    )
    view = Explore.of(made["views/prs_takings_by_customer.view.lkml"])

    assert view.dimensions["vat_no"]["label"] == "VAT no"
    assert view.measures["sales"]["label"] == "Sold"
    formats = {name: one.get("value_format_name") for name, one in view.measures.items()}
    assert formats["sales"] == "decimal_0"
    assert formats["amount"] == "eur"


def test_a_column_that_goes_says_so_in_its_label_and_what_to_read_in_its_description(
    tmp_path: Path,
) -> None:
    made = files(tmp_path, {"means: What was paid": f"means: What was paid, {GOES}"})
    amount = Explore.of(made["views/prs_takings_by_customer.view.lkml"]).measures["amount"]

    assert amount["label"] == "Amount (deprecated)"
    assert amount["description"] == "Stays until 2030-12-31; read sales instead. What was paid"


def test_a_table_that_goes_says_so_where_its_explore_is_found(tmp_path: Path) -> None:
    gone = "replaced_by: prs_takings_in_all\n    remove_after: 2030-12-31\n    answers:"
    other: dict[str, Change] = {"sql/prs/takings/prs_takings_in_all.yaml": PLAIN}
    made = files(tmp_path, {"answers:": gone}, other)
    (explore,) = lkml.load(made["explores/prs_takings_by_customer.explore.lkml"])["explores"]

    assert explore["group_label"] == "Takings (deprecated)"
    assert explore["description"].startswith("Stays until 2030-12-31; read prs_takings_in_all")


def test_one_of_a_few_values_is_suggested_without_a_query(tmp_path: Path) -> None:
    made = files(tmp_path, {"optional: true, means": "optional: true, one_of: [a, b], means"})
    view = Explore.of(made["views/prs_takings_by_customer.view.lkml"])

    assert view.dimensions["email"]["suggestions"] == ["a", "b"]


def test_months_are_dates_that_no_time_zone_moves(tmp_path: Path) -> None:
    made = files(tmp_path, {"email:       {type: text": "paid_month: {type: date"})
    view = Explore.of(made["views/prs_takings_by_customer.view.lkml"])

    for name, kind in {"": "month", "_quarter": "quarter", "_year": "year"}.items():
        month = view.dimensions[f"paid_month{name}"]
        assert (month["type"], month["datatype"], month["convert_tz"]) == (
            f"date_{kind}",
            "date",
            "no",
        )


def test_an_instant_is_a_group_of_times(tmp_path: Path) -> None:
    made = files(tmp_path, {"email:       {type: text": "paid_at: {type: timestamptz"})
    view = Explore.of(made["views/prs_takings_by_customer.view.lkml"])

    assert {"paid_raw", "paid_time", "paid_date"} <= view.dimensions.keys()


def test_a_criterion_that_only_warns_is_no_test(tmp_path: Path) -> None:
    made = files(tmp_path, {"sales > 0": "{holds: sales > 0, on_violation: warn}"})

    tests = lkml.load(made["tests/prs_takings_by_customer.test.lkml"])["tests"]
    assert [one["name"] for one in tests] == ["prs_takings_by_customer_key_is_unique"]
