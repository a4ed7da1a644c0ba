"""Publications: what they remember, what one would change, and one that is taken back."""

import pytest

from layers import preview, publish, record, rollback
from layers.errors import ProjectError, WarehouseError
from layers.warehouse import connect
from tests.layers.conftest import MakeShop
from tests.layers.shop import Shop

TAKINGS = "prs_takings_by_customer"
FIRST = ("ada | ada@till.example |\nbob | |", "1 | ada | bread | 2\n2 | bob | cake | 3")


def published(till: Shop, customers: str, sales: str) -> int:
    """Publishes everything from staging that holds these rows; the number for the use case."""
    till.staged(customers, sales)
    till.publish("dmn")
    number = till.publish("prs_takings").number
    assert number is not None
    return number


def takings(till: Shop) -> dict[str, int]:
    return {row.customer_id: int(row.amount) for row in till.rows(TAKINGS)}


def test_a_publication_remembers_what_it_changed_and_why(shop: MakeShop) -> None:
    till = shop()
    published(till, *FIRST)
    number = published(
        till, "ada | ada@till.example |\ncy | |", "1 | ada | bread | 5\n3 | cy | cake | 1"
    )

    found = till.query(
        "select key ->> 'customer_id' as key, operation, before ->> 'amount' as before,"
        f" after ->> 'amount' as after from layers.differences where publication = {number}"
        " order by key"
    )
    assert [(row.key, row.operation, row.before, row.after) for row in found] == [
        ("ada", "update", "2.00", "5.00"),
        ("bob", "delete", "3.00", None),
        ("cy", "insert", None, None),
    ]
    (told,) = till.query(f"select * from layers.publications where publication = {number}")
    assert told.cause == {"moved": ["dmn_customers", "dmn_sales"]}
    change = {"inserted": 1, "updated": 1, "deleted": 1, "is_recorded": True}
    assert told.changes == {TAKINGS: change}


def test_what_publishing_would_change_is_told_and_nothing_is_published(shop: MakeShop) -> None:
    till = shop()
    published(till, *FIRST)
    till.staged("ada | ada@till.example |\nbob | |", "1 | ada | bread | 9\n2 | bob | cake | 3")
    before = till.rows("dmn_sales")

    with connect("modeller") as modeller:
        (would,) = preview.preview(modeller, till.project, "dmn", "test")

    assert (would.relation, would.change.updated) == ("dmn_sales", 1)
    (row,) = would.sample
    assert (row.key, row.cells) == ({"sale_id": "1"}, {"amount": (2.0, 9.0)})
    assert till.rows("dmn_sales") == before
    assert till.publish("dmn").changes["dmn_sales"].updated == 1


def test_a_use_case_is_as_a_publication_left_it_and_stays_so_until_it_is_released(
    shop: MakeShop,
) -> None:
    till = shop()
    good = published(till, *FIRST)
    first = till.rows(TAKINGS)
    published(till, "ada | ada@till.example |\ncy | |", "1 | ada | bread | 5\n3 | cy | cake | 1")
    published(till, "ada | ada@till.example |\ncy | |", "1 | ada | bread | 7\n3 | cy | cake | 1")
    wrong = till.rows(TAKINGS)

    presenter = till.connect("presenter")
    number = rollback.rollback(presenter, till.project, "prs_takings", good, "test")
    taken_back = till.rows(TAKINGS)
    again = publish.publish(presenter, till.project, "prs_takings", "test")
    while_held = till.rows(TAKINGS)
    behind = record.someone_behind(presenter, till.project, "dmn")
    was_held = rollback.release(presenter, "prs_takings")
    till.publish("prs_takings")

    assert taken_back == while_held == first
    assert again.number is None
    assert behind == []
    assert was_held
    assert till.rows(TAKINGS) == wrong
    (told,) = till.query(f"select * from layers.publications where publication = {number}")
    assert told.cause == {"rolled_back_to": good}
    change = {"inserted": 1, "updated": 1, "deleted": 1, "is_recorded": True}
    assert told.changes == {TAKINGS: change}


def test_what_was_taken_back_can_be_taken_back_too(shop: MakeShop) -> None:
    till = shop()
    first = published(till, *FIRST)
    second = published(till, "ada | |", "1 | ada | bread | 5")
    presenter = till.connect("presenter")

    rollback.rollback(presenter, till.project, "prs_takings", first, "test")
    rollback.rollback(presenter, till.project, "prs_takings", second, "test")

    assert takings(till) == {"ada": 5}


def test_a_publication_that_remembers_nothing_cannot_be_passed(shop: MakeShop) -> None:
    till = shop(
        {"sql/project.yaml": {"project: shop": "project: shop\n        keep_differences: 1"}}
    )
    first = published(till, *FIRST)
    second = published(till, "ada | |\ncy | |", "1 | ada | bread | 5\n3 | cy | cake | 1")
    presenter = till.connect("presenter")

    with pytest.raises(
        WarehouseError, match=f"publication {second} changed more rows of {TAKINGS}"
    ):
        rollback.rollback(presenter, till.project, "prs_takings", first, "test")

    assert takings(till) == {"ada": 5, "cy": 1}


def test_what_cannot_be_taken_back_is_said(shop: MakeShop) -> None:
    till = shop()
    number = published(till, *FIRST)
    presenter = till.connect("presenter")

    with pytest.raises(ProjectError, match="'dmn' is no use case that could be taken back"):
        rollback.rollback(presenter, till.project, "dmn", number, "test")
    with pytest.raises(WarehouseError, match=f"has no publication 99; its last are {number}"):
        rollback.rollback(presenter, till.project, "prs_takings", 99, "test")
