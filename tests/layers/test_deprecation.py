"""Columns and tables that are to go: they stay as long as was said, and are not forgotten then."""

from datetime import date
from pathlib import Path

import pytest

from layers import cli, deprecation, plan, publish, reading
from layers.errors import WarehouseError
from layers.plan import Planned
from tests.layers.conftest import MakeShop
from tests.layers.shop import Change, Shop, write

TAKINGS = "sql/prs/takings/prs_takings_by_customer"
LAST, NEXT = date(2030, 12, 31), date(2031, 1, 1)
GOES = "replaced_by: amount, remove_after: 2030-12-31"
SALES = "sales:       {type: bigint, additivity: sum}"
ANNOUNCED: dict[str, Change] = {
    f"{TAKINGS}.yaml": {SALES: f"sales: {{type: bigint, additivity: sum, {GOES}}}"}
}
GONE: dict[str, Change] = {
    f"{TAKINGS}.yaml": {f"          {SALES}\n": ""},
    f"{TAKINGS}.sql": {"count(*) as sales,\n            ": ""},
}
TOO_EARLY = (
    "column 'sales' is no longer declared, and readers were told that it stays until 2030-12-31; "
    "put it back until then, or publish it once with an earlier remove_after"
)


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Lets a test say what day it is; the last one on which the column stays, to begin with."""
    monkeypatch.setattr(deprecation, "today", lambda: LAST)
    return monkeypatch


def announced(shop: MakeShop, changes: dict[str, Change]) -> Shop:
    """A shop that has published what its contracts say is to go."""
    till = shop(changes)
    till.staged("ada | |", "1 | ada | bread | 2")
    till.publish("dmn")
    till.publish("prs_takings")
    return till


def planned(till: Shop) -> list[Planned]:
    return plan.plan(till.connect("presenter"), till.project)


@pytest.mark.usefixtures("on")
def test_a_column_that_is_to_go_stays_published_and_says_so_to_whoever_asks(shop: MakeShop) -> None:
    till = announced(shop, ANNOUNCED)

    assert [row.sales for row in till.rows("prs_takings_by_customer")] == [1]
    (said,) = till.query(
        "select col_description('prs_takings.prs_takings_by_customer'::regclass, 3) as said"
    )
    assert said.said == "Deprecated: stays until 2030-12-31; read amount instead."
    assert planned(till) == []


@pytest.mark.usefixtures("on")
def test_a_column_that_is_removed_too_early_is_refused_with_the_day(shop: MakeShop) -> None:
    till = announced(shop, ANNOUNCED)
    till.change(GONE)

    gone, refused = planned(till)

    assert gone.what == (
        "column sales is no longer declared, and no query reads it; it was to stay until 2030-12-31"
    )
    assert refused.what == f"{TAKINGS}.yaml: {TOO_EARLY}"
    assert [gone.is_compatible, refused.is_compatible] == [False, False]
    assert refused.statements == ()


@pytest.mark.usefixtures("on")
def test_a_promise_to_stay_is_kept_even_where_breaking_readers_is_allowed(shop: MakeShop) -> None:
    till = announced(shop, ANNOUNCED)
    till.change(GONE)
    till.build("prs_takings")
    given = (till.connect("presenter"), till.project, "prs_takings", "test")

    with pytest.raises(WarehouseError) as refused:
        publish.publish(*given, allow_breaking=["prs_takings_by_customer"])

    assert str(refused.value) == f"{TAKINGS}.yaml: {TOO_EARLY}"
    live = till.query("select sales from prs_takings.prs_takings_by_customer")
    assert [row.sales for row in live] == [1]


def test_a_column_goes_without_a_word_once_it_has_stayed_as_long_as_was_said(
    shop: MakeShop, on: pytest.MonkeyPatch
) -> None:
    till = announced(shop, ANNOUNCED)
    on.setattr(deprecation, "today", lambda: NEXT)
    till.change(GONE)

    gone, follows = planned(till)
    till.publish("prs_takings")

    assert [gone.is_compatible, follows.is_compatible] == [True, True]
    assert (
        'alter table "prs_takings"."prs_takings_by_customer" drop column "sales"'
        in follows.statements
    )
    assert [vars(row).keys() for row in till.rows("prs_takings_by_customer")] == [
        {"customer_id", "email", "amount"}
    ]
    assert planned(till) == []


@pytest.mark.usefixtures("on")
def test_a_column_of_which_nothing_was_announced_is_refused_as_ever(shop: MakeShop) -> None:
    till = announced(shop, {})
    till.change(GONE)

    gone, refused = planned(till)

    assert gone.what == "column sales is no longer declared, and no query reads it"
    assert "--allow-breaking" not in gone.what
    assert not refused.is_compatible


@pytest.mark.usefixtures("on")
def test_a_day_may_be_brought_forward_by_saying_so_in_a_publication(shop: MakeShop) -> None:
    till = announced(shop, ANNOUNCED)
    sooner = f"sales: {{type: bigint, additivity: sum, {GOES.replace('12-31', '06-30')}}}"
    till.change({f"{TAKINGS}.yaml": {SALES: sooner}})
    till.publish("prs_takings")
    till.change(GONE)

    assert all(change.is_compatible for change in planned(till))


SUMMED = "sql/prs/takings/prs_takings_in_all"
IN_ALL: dict[str, Change] = {
    f"{SUMMED}.yaml": """
        answers: How much is spent?
        grain: one row
        key: currency
        columns:
          currency: {type: text}
          amount:   {type: numeric, additivity: sum}
    """,
    f"{SUMMED}.sql": "select 'EUR' as currency, sum(amount) as amount from dmn.dmn_sales",
    f"{TAKINGS}.yaml": {
        "answers:": "replaced_by: prs_takings_in_all\n        remove_after: 2030-12-31\n"
        "        answers:"
    },
}
NO_TABLE: dict[str, Change] = {f"{TAKINGS}.yaml": None, f"{TAKINGS}.sql": None}


def test_a_table_that_is_removed_too_early_is_wanted_back(
    shop: MakeShop, on: pytest.MonkeyPatch
) -> None:
    till = announced(shop, IN_ALL)
    assert planned(till) == []
    till.change({**IN_ALL, **NO_TABLE})

    (early,) = planned(till)
    on.setattr(deprecation, "today", lambda: NEXT)
    (told,) = planned(till)

    assert not early.is_compatible
    assert early.what.startswith(
        "prs_takings.prs_takings_by_customer is no longer declared, and readers were told that it "
        "stays until 2030-12-31; put it back"
    )
    assert told.is_compatible


def test_a_day_in_the_past_is_no_mistake_and_is_told(
    tmp_path: Path, on: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A day that passes must not stop what runs every hour."""
    on.setattr(deprecation, "today", lambda: NEXT)
    check = ["--project", str(write(tmp_path, ANNOUNCED)), "check"]

    assert cli.main(check) == 0
    note = "column 'sales' was to stay until 2030-12-31 and may be removed"
    assert f"{TAKINGS}.yaml: {note}" in capsys.readouterr().out.splitlines()
    on.setattr(deprecation, "today", lambda: LAST)
    assert cli.main(check) == 0
    assert note not in capsys.readouterr().out


SAID = {
    "replaced_by: amount": "has replaced_by without remove_after; wanted both",
    "remove_after: 2030-12-31": "has remove_after without replaced_by; wanted both",
    "replaced_by: amuont, remove_after: 2030-12-31": "did you mean amount?",
    "replaced_by: sales, remove_after: 2030-12-31": "has replaced_by, which names itself",
    "replaced_by: amount, remove_after: soon": "'columns.sales.remove_after' is 'soon'",
}


@pytest.mark.parametrize("said", SAID)
def test_a_column_says_both_what_to_read_instead_and_until_when_it_stays(
    said: str, tmp_path: Path
) -> None:
    changes = {f"{TAKINGS}.yaml": {SALES: f"sales: {{type: bigint, additivity: sum, {said}}}"}}

    (problem,) = reading.load(write(tmp_path, changes)).problems

    assert SAID[said] in problem.message


def test_a_column_of_the_key_cannot_go(tmp_path: Path) -> None:
    changes = {
        f"{TAKINGS}.yaml": {"customer_id: {type: text}": f"customer_id: {{type: text, {GOES}}}"}
    }

    (problem,) = reading.load(write(tmp_path, changes)).problems

    assert problem.message.startswith("column 'customer_id' is part of the key, which cannot go")


def test_a_table_is_replaced_by_another_one_of_its_layer(tmp_path: Path) -> None:
    words = "replaced_by: dmn_sales\n        remove_after: 2030-12-31\n        answers:"

    (problem,) = reading.load(write(tmp_path, {f"{TAKINGS}.yaml": {"answers:": words}})).problems

    assert problem.message == "is replaced by 'dmn_sales'; wanted another prs table"
