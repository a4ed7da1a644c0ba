"""A publication that is cut short: the old version stands whole, and the next run publishes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from layers import publish, warehouse
from layers.errors import TemporaryError
from tests.layers.conftest import MakeShop
from tests.layers.shop import Shop
from tests.layers.test_together import in_thread, until


@pytest.fixture
def till(shop: MakeShop) -> Shop:
    """A published shop, and the next version of both its tables, ready to be published."""
    made = shop()
    made.staged("ada | old@ |\n bob | bob@ |", "1 | ada | | 1\n 2 | bob | | 1")
    made.publish()
    made.staged("ada | new@ |\n bob | bob@ |", "1 | ada | | 2\n 2 | bob | | 2")
    made.build()
    made.only_settle()
    return made


def state(till: Shop) -> tuple[Any, ...]:
    return (
        [(row.customer_id, row.email) for row in till.rows("dmn_customers")],
        [(row.sale_id, row.amount) for row in till.rows("dmn_sales")],
        [row.publication for row in till.query("select publication from layers.publications")],
    )


OLD = ([("ada", "old@"), ("bob", "bob@")], [("1", 1), ("2", 1)], [1])
NEW = ([("ada", "new@"), ("bob", "bob@")], [("1", 2), ("2", 2)])


@contextmanager
def in_the_middle(till: Shop) -> Iterator[None]:
    """A publication waits when customers are written, and sales are not yet."""
    till.admin.execute(
        "create function public.wait() returns trigger language plpgsql as"
        " $$ begin perform pg_catalog.pg_sleep(60); return null; end $$"
    )
    till.admin.execute(
        "create trigger wait before insert or update or delete on dmn.dmn_sales"
        " for each statement execute function public.wait()"
    )
    yield
    till.admin.execute("drop function public.wait cascade")


def publish_as_another(till: Shop, **settings: str) -> None:
    with warehouse.connect("modeller", "the publication") as connection:
        for name, value in settings.items():
            connection.execute(f"set {name} = '{value}'")
        publish.publish(connection, till.project, "dmn", "cut short")


def is_(till: Shop, waiting_for: str) -> Callable[[], bool]:
    """Whether the publication waits for something of that kind."""
    return lambda: bool(
        till.query(
            "select from pg_stat_activity where application_name = 'the publication'"
            f" and wait_event = '{waiting_for}'"
        )
    )


def assert_old_and_then_new(till: Shop, results: list[object]) -> None:
    (error,) = results
    assert isinstance(error, TemporaryError), error
    assert state(till) == OLD
    till.only_publish()
    assert state(till)[:2] == NEW


def test_a_statement_timeout_in_the_middle_leaves_the_old_version_whole(till: Shop) -> None:
    with in_the_middle(till):
        thread, results = in_thread(lambda: publish_as_another(till, statement_timeout="4s"))
        thread.join(60)

    assert "statement timeout (57014)" in str(results[0])
    assert_old_and_then_new(till, results)


@pytest.mark.parametrize("end", ["pg_cancel_backend", "pg_terminate_backend"])
def test_a_cancelled_publication_leaves_the_old_version_whole(till: Shop, end: str) -> None:
    with in_the_middle(till):
        thread, results = in_thread(lambda: publish_as_another(till))
        until(is_(till, "PgSleep"), timedelta(seconds=30))
        assert state(till) == OLD
        till.query(
            f"select {end}(pid) from pg_stat_activity where application_name = 'the publication'"
        )
        thread.join(60)

    assert_old_and_then_new(till, results)


def test_a_deadlock_with_somebody_else_leaves_the_old_version_whole(till: Shop) -> None:
    """Somebody holds a sale that we want, and wants a customer that we hold: Postgres ends us."""
    till.admin.execute(f"alter database {till.name} set deadlock_timeout = '5s'")
    with psycopg.connect(till.server.dsn(till.name)) as somebody:
        somebody.execute("set deadlock_timeout = '10min'")
        somebody.execute("select from dmn.dmn_sales where sale_id = '2' for update")
        thread, results = in_thread(lambda: publish_as_another(till))
        until(is_(till, "transactionid"), timedelta(seconds=30))
        somebody.execute("select from dmn.dmn_customers where customer_id = 'ada' for update")
        thread.join(60)
        somebody.rollback()

    assert "deadlock detected" in str(results[0])
    assert_old_and_then_new(till, results)
