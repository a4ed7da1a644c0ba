"""Several at once: readers see the old or the new whole, and whoever builds waits for its turn."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from layers import load, publish, record, warehouse
from layers.keeping import Loaded
from layers.publish import Published
from layers.sources import Batch, Declaration, Unseen
from tests.layers.conftest import MakeShop
from tests.layers.shop import Change, Shop

PEOPLE = 200


def generation(shop: Shop, number: int) -> None:
    """Staging of which every row says the same number; every third customer comes and goes."""
    shop.admin.execute("truncate stg_till.stg_till_customers, stg_till.stg_till_sales")
    there = f"n % 3 > 0 or {number} % 2 = 0"
    shop.admin.execute(
        "insert into stg_till.stg_till_customers (customer_id, email, layers_load_id,"
        f" layers_ordinal) select n, n || '@{number}', 0, n from generate_series(1, {PEOPLE}) n"
        f" where {there}"
    )
    shop.admin.execute(
        "insert into stg_till.stg_till_sales (sale_id, customer_id, amount, layers_load_id,"
        f" layers_ordinal) select n, n, {number}, 0, n from generate_series(1, {PEOPLE}) n"
        f" where {there}"
    )
    record.moved(shop.admin, "stg_till_customers")
    record.moved(shop.admin, "stg_till_sales")


CUSTOMERS = "select count(*), array_agg(distinct split_part(email, '@', 2)) from dmn.dmn_customers"
SALES = "select count(*), array_agg(distinct amount::int::text) from dmn.dmn_sales"


def in_one_statement(reader: psycopg.Connection[Any]) -> tuple[Any, ...]:
    found = reader.execute(f"select * from ({CUSTOMERS}) c, ({SALES}) s").fetchone()
    assert found is not None
    return found


def in_one_transaction(reader: psycopg.Connection[Any]) -> tuple[Any, ...]:
    with warehouse.snapshot(reader):
        customers = reader.execute(CUSTOMERS).fetchone() or ()
        time.sleep(0.02)  # a publication may come in between
        sales = reader.execute(SALES).fetchone() or ()
    return (*customers, *sales)


Read = Callable[[psycopg.Connection[Any]], tuple[Any, ...]]


@contextmanager
def reading(shop: Shop, read: Read) -> Iterator[list[tuple[Any, ...]]]:
    """What a reader sees while the block runs, who is never ready to wait for a lock."""
    seen: list[Any] = []
    over = threading.Event()

    def go_on() -> None:
        with psycopg.connect(shop.server.dsn(shop.name), autocommit=True) as reader:
            reader.execute("set role layers_presenter")
            reader.execute("set lock_timeout = '1ms'")
            try:
                while not over.is_set():
                    seen.append(read(reader))
            except psycopg.Error as error:
                seen.append(error)

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join(10)


@pytest.mark.parametrize("read", [in_one_statement, in_one_transaction])
def test_a_reader_sees_the_old_or_the_new_layer_whole_and_never_waits(
    shop: MakeShop, read: Read
) -> None:
    no_limit: Change = {"key:": "shrink_limit: 50%\n        key:"}
    till = shop({f"sql/dmn/{name}.yaml": no_limit for name in ("dmn_customers", "dmn_sales")})
    generation(till, 0)
    till.publish()

    with reading(till, read) as seen:
        for number in range(1, 7):
            generation(till, number)
            till.publish()

    wholes = [(PEOPLE if n % 2 == 0 else PEOPLE - PEOPLE // 3, [str(n)]) for n in range(7)]
    assert [row for row in seen if row not in [(*whole, *whole) for whole in wholes]] == []
    assert len({str(row) for row in seen}) > 2, "the reader saw too few publications to judge"


def test_staging_that_moves_between_two_builds_of_a_run_is_published_from_one_state(
    shop: MakeShop,
) -> None:
    till = shop()
    till.staged("ada | |", "1 | ada | | 1")
    till.publish()

    till.only_build("dmn_customers")
    till.staged("ada | |\nbob | |", "1 | ada | | 1\n2 | bob | | 1")
    till.only_build("dmn_sales")  # sees a sale of bob, whom the other candidate does not know
    for name in ("dmn_customers", "dmn_sales"):
        till.only_check(name)
    till.only_settle()
    assert till.held("dmn_sales") == {"2": "each sale has 1 customer"}
    till.only_publish()

    assert [row.customer_id for row in till.rows("dmn_customers")] == ["ada", "bob"]
    assert [row.sale_id for row in till.rows("dmn_sales")] == ["1", "2"]
    assert till.held("dmn_sales") == {}
    assert not record.is_behind(till.admin, till.project, "dmn")


def test_staging_that_moves_after_all_builds_is_left_to_the_next_run_that_is_woken_for_it(
    shop: MakeShop,
) -> None:
    till = shop()
    till.staged("ada | |", "1 | ada | | 1")
    till.build()
    till.staged("ada | |\nbob | |", "1 | ada | | 1\n2 | bob | | 1")

    till.only_settle()
    till.only_publish()

    assert [row.customer_id for row in till.rows("dmn_customers")] == ["ada"]
    assert record.is_behind(till.admin, till.project, "dmn")
    assert record.someone_behind(till.admin, till.project, "stg_till") == ["dmn"]


def test_a_domain_that_moves_between_two_builds_of_a_use_case_is_presented_in_one_state(
    shop: MakeShop,
) -> None:
    counting = "sql/prs/takings/prs_takings_count"
    till = shop(
        {
            f"{counting}.yaml": (
                "answers: How many?\ngrain: one row\nkey: what\n"
                "columns: {what: {type: text}, sales: {type: bigint}}\n"
            ),
            f"{counting}.sql": "select 'sale' as what, count(*) as sales from dmn.dmn_sales",
        }
    )
    till.staged("ada | |", "1 | ada | | 1")
    till.publish()
    till.publish("prs_takings")

    till.staged("ada | |", "1 | ada | | 1\n2 | ada | | 1")
    till.only_build("prs_takings_by_customer")
    till.publish()
    till.only_build("prs_takings_count")
    till.only_publish("prs_takings")

    by_customer = sum(row.sales for row in till.rows("prs_takings_by_customer"))
    assert [row.sales for row in till.rows("prs_takings_count")] == [by_customer] == [2]


def in_thread(verb: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """A thread that does a verb, and its result or what it raised."""
    results: list[object] = []

    def do() -> None:
        try:
            results.append(verb())
        except Exception as error:  # whatever it is, the test shall see it
            results.append(error)

    thread = threading.Thread(target=do)
    thread.start()
    return thread, results


def publish_as_another(shop: Shop) -> Published:
    with warehouse.connect("modeller", "another") as connection:
        return publish.publish(connection, shop.project, "dmn", "another")


def test_two_publications_at_once_are_one_and_nothing(shop: MakeShop) -> None:
    till = shop()
    generation(till, 0)
    till.build()
    till.only_settle()

    both = [in_thread(lambda: publish_as_another(till)) for _ in range(2)]
    for thread, _ in both:
        thread.join(20)

    results = [result for _, found in both for result in found]
    assert sorted(str(getattr(result, "number", result)) for result in results) == ["1", "None"]
    assert len(till.rows("dmn_sales")) == PEOPLE
    assert len(till.query("select from layers.publications")) == 1


@pytest.mark.parametrize(
    ("busy", "verb"),
    [
        ("dmn", Shop.only_publish),
        ("dmn_sales", Shop.only_publish),
        ("dmn_sales", Shop.only_settle),
        ("dmn_sales", lambda shop: shop.only_check("dmn_sales")),
        ("dmn_sales", lambda shop: shop.only_build("dmn_sales")),
    ],
    ids=["publish, publish", "build, publish", "build, settle", "build, check", "build, build"],
)
def test_who_wants_what_another_works_on_waits_for_it(
    shop: MakeShop, busy: str, verb: Callable[[Shop], object]
) -> None:
    till = shop()
    till.staged("ada | |", "1 | ada | | 1")
    till.publish()

    with someone_at_work(busy):
        thread, results = in_thread(lambda: verb(till))
        until(lambda: is_waiting(till))
        assert results == []
    thread.join(20)

    assert len(results) == 1
    assert not isinstance(results[0], Exception), results


def test_a_build_that_had_to_wait_sees_what_was_staged_meanwhile(shop: MakeShop) -> None:
    till = shop()
    till.staged("ada | |", "1 | ada | | 1")

    with someone_at_work("dmn_sales"):
        thread, _ = in_thread(lambda: till.only_build("dmn_sales"))
        until(lambda: is_waiting(till))
        till.staged("ada | |", "1 | ada | | 2")
    thread.join(20)

    assert [row.amount for row in till.query("select amount from dmn_candidates.dmn_sales")] == [2]


class Slow:
    """A source of which the first reading stops after a batch, until it is told to go on."""

    independent = False

    def __init__(self) -> None:
        self.is_half_way, self.may_go_on = threading.Event(), threading.Event()

    def reader(self, _declaration: Declaration, _object_name: str) -> "Slow":
        return self

    def read(self, cursor: dict[str, Any], _unseen: Unseen) -> Iterator[Batch]:
        for number in range(cursor.get("read", 0), 2):
            if number == 1:
                self.is_half_way.set()
                assert self.may_go_on.wait(20)
            yield Batch([b'{"id": "%d"}' % number], {"read": number + 1})


def load_as_another(shop: Shop) -> Loaded:
    with closing(warehouse.connect("loader", "another")) as connection:
        return load.load(connection, shop.project, "till", "sales", "another")


def test_of_two_loads_of_an_object_the_second_waits_for_the_first_and_nothing_is_there_twice(
    shop: MakeShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    till, slow = shop(), Slow()
    monkeypatch.setattr(load, "reader", slow.reader)

    first, firsts = in_thread(lambda: load_as_another(till))
    assert slow.is_half_way.wait(20)
    second, seconds = in_thread(lambda: load_as_another(till))
    until(lambda: is_waiting(till))
    assert till.raw("sales") == [{"id": "0"}]
    slow.may_go_on.set()
    for thread in (first, second):
        thread.join(20)

    records = [getattr(result, "records", result) for result in (*firsts, *seconds)]
    assert records == [2, 0]
    assert till.raw("sales") == [{"id": "0"}, {"id": "1"}]


@contextmanager
def someone_at_work(what: str) -> Iterator[None]:
    with warehouse.connect("modeller", "someone") as other, warehouse.locked(other, what):
        yield


def is_waiting(shop: Shop) -> bool:
    found = shop.query("select from pg_locks where locktype = 'advisory' and not granted")
    return len(found) == 1


def until(happens: Callable[[], bool], patience: timedelta = timedelta(seconds=10)) -> None:
    end = time.monotonic() + patience.total_seconds()
    while not happens():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)
