"""History goes when it is old; what the next run, a reader or a rollback stands on never does."""

import pytest

from layers import rollback
from layers.announce import announce
from layers.errors import WarehouseError
from tests.layers.conftest import MakeShop
from tests.layers.shop import Change, Shop

KEEP: dict[str, Change] = {
    "sql/project.yaml": {"project: shop": "project: shop\n        keep_history: 30 days"}
}
AGO = "interval '31 days'"
TIMES = {"builds": "built_at", "publications": "published_at", "stagings": "staged_at"}


def pass_a_month(till: Shop) -> None:
    """Everything that has happened so far happened a month earlier."""
    for table, moment in TIMES.items():
        till.admin.execute(f"update layers.{table} set {moment} = {moment} - {AGO}")


def published(till: Shop, amount: int) -> int:
    """Publishes both layers, of a good sale and a bad one; the number for the use case."""
    till.staged("ada | |", f"1 | ada | bread | {amount}\n2 | ada | bread | -1")
    till.publish("dmn")
    number = till.publish("prs_takings").number
    assert number is not None
    return number


def builds(till: Shop, unit: str) -> list[int]:
    found = till.query(f"select build_id from layers.builds where unit = '{unit}' order by 1")
    return [row.build_id for row in found]


def test_old_builds_go_with_their_checks_and_the_newest_stay(shop: MakeShop) -> None:
    till = shop(KEEP)
    for amount in (1, 2, 3):
        published(till, amount)
    former = builds(till, "dmn")
    pass_a_month(till)

    published(till, 4)

    newest = builds(till, "dmn")
    assert len(former) == 6
    assert min(newest) > max(former)
    assert len(newest) == 2
    checked = till.query("select build_id, relation from layers.checks")
    assert [(row.build_id, row.relation) for row in checked] == [(newest[1], "dmn_sales")]


def test_what_is_published_or_read_by_a_build_stays_however_old(shop: MakeShop) -> None:
    """Else a restatement could not say whose contract changed, nor a feed what it has missed."""
    till = shop(KEEP)
    published(till, 1)
    stands_for = builds(till, "dmn")
    till.build()  # built anew twice, and nothing published since
    till.build()
    pass_a_month(till)

    till.publish("prs_takings")
    assert set(stands_for) < set(builds(till, "dmn"))
    till.only_publish("dmn")

    assert builds(till, "dmn") == sorted(
        row.value
        for row in till.query(
            "select value::bigint from layers.published cross join jsonb_each_text(builds)"
            " where unit = 'dmn'"
        )
    )


def test_rows_that_changed_long_ago_are_not_remembered_and_nobody_can_go_behind_them(
    shop: MakeShop,
) -> None:
    till = shop(KEEP)
    first, second = published(till, 1), published(till, 2)
    pass_a_month(till)
    third = published(till, 3)
    presenter = till.connect("presenter")

    remembered = till.query("select distinct publication from layers.differences")
    said = f"publication {second} changed rows of prs_takings_by_customer that are not remembered"
    with pytest.raises(WarehouseError, match=said):
        rollback.rollback(presenter, till.project, "prs_takings", first, "test")
    number = rollback.rollback(presenter, till.project, "prs_takings", second, "test")

    assert first not in {row.publication for row in remembered}
    assert second not in {row.publication for row in remembered}
    assert third in {row.publication for row in remembered}
    assert [int(row.amount) for row in till.rows("prs_takings_by_customer")] == [2]
    assert number > third


def test_a_publication_is_told_of_for_ever(shop: MakeShop) -> None:
    till = shop(KEEP)
    first = published(till, 1)
    pass_a_month(till)
    second = published(till, 2)

    found = till.query(
        "select publication, changes -> 'prs_takings_by_customer' as change"
        " from layers.publications where unit = 'prs_takings' order by publication"
    )
    counts = {"inserted": 0, "updated": 1, "deleted": 0}
    assert [row.publication for row in found] == [first, second]
    assert found[1].change == {**counts, "is_recorded": True}
    assert found[0].change["inserted"] == 1


def test_old_stagings_go_but_those_that_say_how_far_a_relation_was_ever_staged(
    shop: MakeShop,
) -> None:
    """A replay puts the mark back; what lies between it and there is judged anew."""
    till = shop(KEEP)
    for sale in ("1", "2", "3"):
        till.load("sales", {"id": sale})
        till.stage("stg_till_sales", run=sale)
    pass_a_month(till)
    till.load("sales", {"id": "4"})
    till.stage("stg_till_sales", run="4")
    till.admin.execute("update layers.stagings set to_load_id = 99 where run = '2'")

    announce(till.connect("loader"), till.project, "till")

    left = till.query("select run from layers.stagings order by run")
    assert [row.run for row in left] == ["2", "4"]
