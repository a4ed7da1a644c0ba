"""A server that really crashes: a process of it is killed, and all of them start again.

It empties what is not logged, candidates and what is held of them, and ends every session. These
tests have a server of their own, whose writes reach the disk.
"""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from demo.server import Server
from layers import publish, warehouse
from layers.errors import TemporaryError
from tests.layers.conftest import MakeShop
from tests.layers.shop import Shop
from tests.layers.test_incremental import Street, person, street, street_there, visit
from tests.servers import Postgres, make_owner
from tests.warehouse import Warehouse

__all__ = ["street", "street_there"]  # fixtures, here of a street on the server below

OLD = ("ada | |\nbob | |", "1 | ada | bread | 1\n2 | bob | cake | 2\n3 | bob | cake | -1")
NEW = ("ada | |\ncy | |", "1 | ada | bread | 5\n4 | cy | cake | 4\n3 | cy | cake | -1")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with Server(tmp_path_factory.mktemp("crashing") / "postgres") as own:
        found = Postgres(own.dsn())
        make_owner(found)
        yield found


def crash(made: Warehouse) -> None:
    """Kills a session's process, which the server can only answer by starting anew."""
    url = made.server.url
    with psycopg.connect(url, autocommit=True) as victim:
        os.kill(victim.info.backend_pid, signal.SIGKILL)
        with pytest.raises(psycopg.OperationalError):
            victim.execute("select pg_sleep(60)")
    made.close()  # nobody told these sessions yet that they have ended
    for _ in range(600):
        try:
            with psycopg.connect(url) as again:
                again.execute("select 1")
                return
        except psycopg.OperationalError:
            time.sleep(0.05)
    pytest.fail("the server did not come back within half a minute")


def sales(till: Shop) -> dict[str, int]:
    return {row.sale_id: int(row.amount) for row in till.rows("dmn_sales")}


def test_between_any_two_verbs_it_costs_a_build_and_nothing_else(shop: MakeShop) -> None:
    till = shop()
    till.staged(*OLD)
    till.publish()
    verbs = [
        lambda: till.only_build("dmn_customers"),
        lambda: till.only_build("dmn_sales"),
        lambda: till.only_check("dmn_customers"),
        lambda: till.only_check("dmn_sales"),
        till.only_settle,
        till.only_publish,
    ]
    for last in range(len(verbs) + 1):
        till.staged(*(NEW if last % 2 == 0 else OLD))
        for number, verb in enumerate(verbs):
            if number == last:
                crash(till)
            verb()
        if last == len(verbs):
            crash(till)
            assert not till.only_publish().changes["dmn_sales"]

        assert sales(till) == ({"1": 5, "4": 4} if last % 2 == 0 else {"1": 1, "2": 2})
        assert list(till.held("dmn_sales")) == ["3"]


def test_in_the_middle_of_a_publication_the_old_version_stands_whole(shop: MakeShop) -> None:
    till = shop()
    till.staged(*OLD)
    till.publish()
    till.staged(*NEW)
    till.build()
    till.only_settle()
    before = till.rows("dmn_customers"), till.rows("dmn_sales")
    failed: list[Exception] = []

    def publishing() -> None:
        try:
            with warehouse.connect("modeller", "crashing") as own:
                publish.publish(own, till.project, "dmn", "crashed")
        except TemporaryError as error:
            failed.append(error)

    thread = threading.Thread(target=publishing)
    with closing(psycopg.connect(till.server.dsn(till.name))) as foreign:
        # customers are written by now; the sales have to wait for this
        foreign.execute("lock table dmn.dmn_sales in share mode")
        thread.start()
        wait_for_somebody_to_wait(till)
        crash(till)
        thread.join()

    assert len(failed) == 1
    assert (till.rows("dmn_customers"), till.rows("dmn_sales")) == before
    till.only_publish()
    assert sales(till) == {"1": 5, "4": 4}


def wait_for_somebody_to_wait(till: Shop) -> None:
    for _ in range(600):
        waiting = till.query(
            "select 1 as waiting from pg_locks where not granted"
            " and relation = 'dmn.dmn_sales'::regclass"
        )
        if waiting:
            return
        time.sleep(0.05)
    pytest.fail("nobody waits for dmn_sales")


def test_a_candidate_of_which_all_rows_are_held_is_not_taken_for_an_emptied_one(
    shop: MakeShop,
) -> None:
    """What is held is emptied with it; to go by that alone would publish what was held."""
    till = shop()
    till.staged("ada | |", "1 | ada | bread | 1\n3 | ada | cake | -1")
    till.build()
    crash(till)

    till.only_publish()

    assert sales(till) == {"1": 1}
    assert list(till.held("dmn_sales")) == ["3"]


def test_a_candidate_that_was_fed_is_made_in_full(street: Street) -> None:
    street.staged("people", person("cy"))
    street.staged("visits", visit("v4", "cy"))
    street.build()
    crash(street)

    street.publish()

    assert "v4" in street.visits()
    assert street.latest("dmn_visits").because == (
        "no candidate of its present query and contract is there"
    )
    assert street.is_as_in_full()


def test_what_was_loaded_and_staged_before_it_is_there(shop: MakeShop) -> None:
    till = shop()
    till.load("sales", {"id": "1", "amount": 1}, {"id": "2", "amount": 2})
    till.stage("stg_till_sales")
    crash(till)

    till.load("sales", {"id": "3", "amount": 3})
    again = till.stage("stg_till_sales")

    assert (again.read, again.inserted) == (1, 1)
    assert [row.sale_id for row in till.rows("stg_till_sales")] == ["1", "2", "3"]
