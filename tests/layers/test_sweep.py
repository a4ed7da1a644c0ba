"""Sweeping: a publication that replaced much does not leave readers twice the way."""

from contextlib import closing

import psycopg
import pytest

from layers import sweep
from tests.layers.conftest import MakeShop
from tests.layers.shop import Shop

MANY = 400


def of_price(till: Shop, price: int, *, dearer: int = 0) -> None:
    """Publishes so many sales, all of one price but for the first."""
    till.staged(
        "ada | |",
        "\n".join(f"{n} | ada | bread | {price + (n <= dearer)}" for n in range(1, MANY + 1)),
    )
    till.publish("dmn")


def vacuumed(till: Shop) -> dict[str, int]:
    """How often each table of the domain was vacuumed, by somebody and not by itself."""
    return {
        row.relname: row.vacuum_count
        for row in till.query(
            "select relname, vacuum_count from pg_stat_user_tables where schemaname = 'dmn'"
        )
    }


def test_a_table_of_which_every_row_is_replaced_again_and_again_does_not_grow(
    shop: MakeShop,
) -> None:
    till = shop()
    of_price(till, 1)
    size = "select pg_relation_size('dmn.dmn_sales') as bytes"
    (first,) = till.query(size)
    for price in range(2, 8):
        of_price(till, price)

    assert till.query(size)[0].bytes <= 2 * first.bytes + 8192
    assert vacuumed(till) == {"dmn_customers": 0, "dmn_sales": 6}


@pytest.mark.parametrize(("dearer", "times"), [(MANY // 5 + 50, 0), (MANY // 5 + 51, 1)])
def test_few_replaced_rows_are_left_to_autovacuum(shop: MakeShop, dearer: int, times: int) -> None:
    till = shop()
    of_price(till, 1)
    till.admin.execute("analyze dmn.dmn_sales")  # so that Postgres knows how many there are
    of_price(till, 1, dearer=dearer)

    assert vacuumed(till)["dmn_sales"] == times


def test_a_table_that_somebody_has_locked_is_left_alone(shop: MakeShop) -> None:
    till = shop()
    of_price(till, 1)
    with closing(psycopg.connect(till.server.dsn(till.name))) as foreign:
        foreign.execute("lock table dmn.dmn_sales in share update exclusive mode")
        of_price(till, 2)

    assert {int(row.amount) for row in till.rows("dmn_sales")} == {2}
    assert vacuumed(till)["dmn_sales"] == 0


def test_a_publication_is_made_though_its_sweeping_is_cut_short(
    shop: MakeShop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Else the task would be red, and its readers' new version would wake nobody."""
    till = shop()
    of_price(till, 1)

    def cancelled(*_: object) -> float:
        raise psycopg.errors.QueryCanceled("canceling statement due to user request")

    monkeypatch.setattr(sweep, "_rows", cancelled)
    of_price(till, 2)

    assert {int(row.amount) for row in till.rows("dmn_sales")} == {2}
    assert "sweeping what was published was cut short, and can wait: canceling" in caplog.text
