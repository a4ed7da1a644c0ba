"""Restatements: complete numbers that a later publication changed, from what to what, and why."""

import json
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from layers import build, check, publish, restating, rollback, settle, standing
from layers.cli import main
from layers.project import Project
from layers.warehouse import connection_parameters, text
from tests.layers.conftest import MakeShop
from tests.layers.shop import Change, Shop

NAME = "prs_takings_by_customer"
TABLE = f"sql/prs/takings/{NAME}"
KEPT = "prs_takings.prs_takings_restatements"
# What somebody spent on bread is settled at once; who buys cake may come back for more.
FLAG = "bool_and(sales.shelf = 'bread') as is_settled"


def flagged(flag: str = "is_settled", **more: str) -> dict[str, Change]:
    """The shop's table with a column that says of a row that it is complete."""
    columns = "".join(f"\n          {name}: {said}" for name, said in more.items())
    return {
        f"{TABLE}.yaml": {"key: customer_id\n        columns:": (
            f"key: customer_id\n        columns:\n          {flag}: {{type: boolean}}{columns}"
        )},
        f"{TABLE}.sql": {"count(*) as": f"{FLAG.replace('is_settled', flag)}, count(*) as"},
    }  # fmt: skip


def published(till: Shop, *sales: str, customers: str = "ada | |\nbob | |") -> int:
    """Publishes everything from staging that holds these sales; the number for the use case."""
    till.staged(customers, "\n".join(sales))
    till.publish("dmn")
    number = till.publish("prs_takings").number
    assert number is not None
    return number


def kept(till: Shop) -> list[SimpleNamespace]:
    return till.query(f"select * from {KEPT} order by restatement_id")


def cells(till: Shop) -> list[tuple[str, str, str | None, str | None]]:
    """Who, what, from what, to what."""
    return [
        (row.key["customer_id"], row.column_name, row.old_value, row.new_value)
        for row in kept(till)
    ]


ADA, BOB = "1 | ada | bread | 2", "2 | bob | cake | 3"


def test_what_is_published_first_restates_nothing(shop: MakeShop) -> None:
    till = shop(flagged())

    published(till, ADA, BOB)

    assert kept(till) == []


def test_a_settled_number_that_changes_is_told_with_when_where_and_why(shop: MakeShop) -> None:
    till = shop(flagged())
    published(till, ADA, BOB)

    number = published(till, "1 | ada | bread | 5", BOB)

    (row,) = kept(till)
    assert (row.relation, row.key, row.column_name) == (NAME, {"customer_id": "ada"}, "amount")
    assert (row.old_value, row.new_value, row.is_row_gone) == ("2.00", "5.00", False)
    (told,) = till.query(f"select * from layers.publications where publication = {number}")
    assert (row.publication, row.published_at) == (number, told.published_at)
    assert row.cause == {"sources": ["till"], "moved": ["dmn_sales"]}


def test_a_number_that_was_not_settled_may_change_and_may_settle(shop: MakeShop) -> None:
    till = shop(flagged())
    published(till, ADA, BOB)

    published(till, ADA, "2 | bob | cake | 4")
    published(till, ADA, "2 | bob | bread | 6")

    assert kept(till) == []


def test_a_number_that_is_settled_no_more_is_restated(shop: MakeShop) -> None:
    till = shop(flagged())
    published(till, ADA)

    published(till, "1 | ada | cake | 2")

    assert cells(till) == [("ada", "is_settled", "true", "false")]


def test_a_complete_month_is_final_only_where_nothing_else_says_when_it_settles(
    shop: MakeShop,
) -> None:
    till = shop(flagged("is_complete_month"))
    published(till, ADA)
    published(till, "1 | ada | bread | 5")
    complete = cells(till)

    both = flagged("is_complete_month", is_settled="{type: boolean}")
    both[f"{TABLE}.sql"] = {
        "count(*) as": "true as is_complete_month, false as is_settled, count(*) as"
    }
    other = shop(both)
    published(other, ADA)
    published(other, "1 | ada | bread | 5")

    assert complete == [("ada", "amount", "2.00", "5.00")]
    assert kept(other) == []


def test_a_table_that_never_says_that_it_is_complete_restates_nothing(shop: MakeShop) -> None:
    till = shop()
    published(till, ADA)

    published(till, "1 | ada | bread | 5")

    assert kept(till) == []


def test_a_settled_row_that_is_gone_is_told_cell_by_cell_and_so_is_its_return(
    shop: MakeShop,
) -> None:
    till = shop(flagged())
    published(till, ADA, BOB)

    published(till, BOB)
    gone = cells(till)
    are_gone = {row.is_row_gone for row in kept(till)}
    published(till, ADA, BOB)

    was = [("is_settled", "true"), ("sales", "1"), ("amount", "2.00")]
    assert gone == [("ada", name, value, None) for name, value in was]
    assert are_gone == {True}
    assert cells(till)[3:] == [("ada", name, None, value) for name, value in was]
    published(till, ADA, "2 | bob | cake | 4")
    assert len(cells(till)) == 6


def test_a_new_row_of_a_complete_period_is_no_restatement(shop: MakeShop) -> None:
    till = shop(flagged())
    published(till, BOB)

    published(till, ADA, BOB)

    assert kept(till) == []


def test_restatements_are_known_although_the_difference_is_too_large_to_be_remembered(
    shop: MakeShop,
) -> None:
    project = {"sql/project.yaml": {"project: shop": "project: shop\n        keep_differences: 1"}}
    till = shop({**project, **flagged()})
    published(till, ADA, BOB)

    published(till, "1 | ada | bread | 5", "2 | bob | cake | 4")

    assert cells(till) == [("ada", "amount", "2.00", "5.00")]
    assert till.query("select * from layers.differences") == []


def test_taking_a_publication_back_restates_what_it_had_restated(shop: MakeShop) -> None:
    till = shop(flagged())
    good = published(till, ADA, BOB)
    published(till, "1 | ada | bread | 5")
    presenter = till.connect("presenter")

    number = rollback.rollback(presenter, till.project, "prs_takings", good, "test")

    back = [row for row in kept(till) if row.publication == number]
    assert [(row.column_name, row.old_value, row.new_value) for row in back] == [
        ("amount", "5.00", "2.00")
    ]
    assert back[0].cause == {"rolled_back_to": good}
    rollback.release(presenter, "prs_takings")
    till.publish("prs_takings")
    assert cells(till)[-1] == ("ada", "amount", "2.00", "5.00")
    assert kept(till)[-1].cause["sources"] == ["till"]


def test_a_row_that_a_bad_publication_deleted_comes_back_by_taking_it_back(shop: MakeShop) -> None:
    till = shop(flagged())
    good = published(till, ADA, BOB)
    published(till, BOB)

    rollback.rollback(till.connect("presenter"), till.project, "prs_takings", good, "test")

    assert cells(till)[-1] == ("ada", "amount", None, "2.00")


@pytest.mark.parametrize(
    ("changes", "contract"),
    [
        ({f"{TABLE}.sql": {"sum(sales.amount) as": "sum(sales.amount) + 3 as"}}, NAME),
        ({"sql/dmn/dmn_sales.sql": {"amount,": "amount + 3 as amount,"}}, "dmn_sales"),
    ],
)
def test_a_contract_or_query_that_changed_is_the_cause(
    shop: MakeShop, changes: dict[str, dict[str, str]], contract: str
) -> None:
    till = shop(flagged())
    published(till, ADA)

    base: dict[str, Any] = flagged()
    till.change({**base, **{f: {**base.get(f, {}), **said} for f, said in changes.items()}})
    till.publish("dmn")
    till.publish("prs_takings")

    assert cells(till) == [("ada", "amount", "2.00", "5.00")]
    assert kept(till)[0].cause["contracts"] == [contract]
    assert "sources" not in kept(till)[0].cause


def test_a_new_column_is_filled_without_restating_what_was_never_there(shop: MakeShop) -> None:
    till = shop(flagged())
    published(till, ADA)

    wider: dict[str, Any] = flagged(spent='{type: "numeric(18,2)", optional: true}')
    wider[f"{TABLE}.sql"]["sum(sales.amount) as"] = (
        "sum(sales.amount) as spent, sum(sales.amount) as"
    )
    till.change(wider)
    till.publish("prs_takings")
    filled = kept(till)
    published(till, "1 | ada | bread | 5")

    assert filled == []
    assert cells(till) == [("ada", "spent", "2.00", "5.00"), ("ada", "amount", "2.00", "5.00")]


def made_anew(till: Shop) -> None:
    """Publishes the use case with its table made anew."""
    presenter = till.connect("presenter")
    for relation in till.project.units["prs_takings"]:
        build.build(presenter, till.project, relation, "test")
        check.check(presenter, till.project, relation, "test")
    settle.settle(presenter, till.project, "prs_takings", "test")
    publish.publish(presenter, till.project, "prs_takings", "test", [NAME])


def test_a_table_that_is_made_anew_restates_what_is_not_as_it_was(shop: MakeShop) -> None:
    till = shop(flagged())
    published(till, ADA, "2 | bob | bread | 7")

    base: dict[str, Any] = flagged()
    base[f"{TABLE}.yaml"] |= {'"numeric(18,2)"': '"numeric(18,4)"'}
    base[f"{TABLE}.sql"] |= {"sum(sales.amount) as": "greatest(sum(sales.amount), 5) as"}
    till.change(base)
    made_anew(till)

    assert cells(till) == [("ada", "amount", "2.00", "5.0000")]
    assert kept(till)[0].cause == {"contracts": [NAME]}


def test_what_is_personal_is_masked(shop: MakeShop) -> None:
    secret: dict[str, Any] = flagged()
    secret[f"{TABLE}.yaml"] |= {"email:       {type: text,": "email:       {type: text, pii: true,"}
    till = shop(secret)
    published(till, ADA, customers="ada | ada@till.example |")

    published(till, ADA, customers="ada | ada@home.example |")

    assert cells(till) == [("ada", "email", "***", "***")]


def test_restatements_are_kept_for_as_long_as_the_project_says(shop: MakeShop) -> None:
    project = {"project: shop": "project: shop\n        keep_restatements: 10 days"}
    till = shop({"sql/project.yaml": project, **flagged()})
    published(till, ADA)
    published(till, "1 | ada | bread | 5")
    till.admin.execute(text(f"update {KEPT} set published_at = published_at - interval '11 days'"))

    published(till, "1 | ada | bread | 6")

    assert cells(till) == [("ada", "amount", "5.00", "6.00")]


def test_a_publication_that_fails_has_restated_nothing(
    shop: MakeShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    till = shop(flagged())
    published(till, ADA)
    done = []

    def killed(*_: Any) -> None:
        done.append(len(till.connect("presenter").execute(f"select * from {KEPT}").fetchall()))
        raise RuntimeError

    till.staged("ada | |", "1 | ada | bread | 5")
    till.publish("dmn")
    monkeypatch.setattr(standing, "confirm", killed)
    with pytest.raises(RuntimeError):
        till.publish("prs_takings")

    assert done == [1]  # it was there, and is not
    assert kept(till) == []


def test_publishing_asks_nothing_of_restatements_where_nothing_complete_changed(
    shop: MakeShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    till = shop(flagged())
    published(till, ADA, BOB)
    asked: list[str] = []
    real = restating._keep
    monkeypatch.setattr(
        restating, "_keep", lambda r, relation, rows: asked.append(rows) or real(r, relation, rows)
    )

    published(till, ADA, "2 | bob | cake | 4")

    assert asked == []


def test_looker_reads_restatements_and_a_command_prints_them(
    shop: MakeShop, capsys: pytest.CaptureFixture[str]
) -> None:
    till = shop(flagged())
    published(till, ADA)
    published(till, "1 | ada | bread | 5")
    command = ["--project", str(till.folder), "restatements", "prs_takings"]

    with psycopg.connect(**connection_parameters("looker")) as looker:
        (row,) = looker.execute(f"select column_name, new_value from {KEPT}").fetchall()
    printed = (main(command), capsys.readouterr().out)
    main([*command, "--json"])
    (said,) = json.loads(capsys.readouterr().out)
    main([*command, "--since", "2999-01-01", "--json"])

    assert row == ("amount", "5.00")
    assert printed[0] == 0
    assert f"{NAME}  customer_id ada  amount: 2.00 -> 5.00\n" in printed[1]
    assert ": moved dmn_sales; sources till\n" in printed[1]
    assert (said["old_value"], said["new_value"]) == ("2.00", "5.00")
    assert json.loads(capsys.readouterr().out) == []


def test_a_unit_that_has_no_restatements_is_told(
    shop: MakeShop, capsys: pytest.CaptureFixture[str]
) -> None:
    till = shop()

    assert main(["--project", str(till.folder), "restatements", "dmn"]) == 1
    assert "dmn is no use case" in capsys.readouterr().err


def test_every_table_of_the_example_that_settles_or_completes_says_so(example: Project) -> None:
    said = {r.name: r.complete_when for r in example.relations.values() if r.layer == "prs"}

    assert said["prs_renewals_monthly"] == said["prs_campaign_funnel_monthly"] == "is_settled"
    assert said["prs_mrr_monthly"] == "is_complete_month"
    assert said["prs_seat_retention"] == "is_complete_period"
    assert None not in said.values()
