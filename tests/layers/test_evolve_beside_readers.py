"""A contract changes while somebody reads: nobody waits for long, and none sees half of it."""

from collections.abc import Mapping
from threading import Thread

import psycopg
import pytest

from layers import evolve
from layers.errors import TemporaryError
from tests.layers.conftest import MakeShop
from tests.layers.evolving import SOLD_AT, filled, reader, shape
from tests.layers.shop import Change
from tests.layers.test_together import in_thread, until

SALES = "sql/dmn/dmn_sales"
TAKINGS = "sql/prs/takings/prs_takings_by_customer"
NOTE: Mapping[str, Change] = {
    f"{TAKINGS}.yaml": {
        "email:       {type: text, optional: true}": "email: {type: text, optional: true}\n"
        "          note:        {type: text, optional: true}"
    },
    f"{TAKINGS}.sql": {
        "customers.email,\n            count": "customers.email, 'a' as note,\n            count"
    },
}
READ = "select count(*) from prs_takings.prs_takings_by_customer"


def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evolve, "ATTEMPTS", 2)
    monkeypatch.setattr(evolve, "LOCK_SECONDS", 0.2)


def test_a_reader_that_holds_a_table_is_left_alone_and_the_next_run_tries_again(
    shop: MakeShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch)
    till = filled(shop)
    till.publish("prs_takings")
    till.change(NOTE)

    with reader() as looker:
        looker.execute(READ)
        with pytest.raises(TemporaryError, match="a long-running reader did not let go"):
            till.publish("prs_takings")
        assert looker.execute(READ).fetchone() == (2,)
    columns = [row.name for row in shape(till, "prs_takings.prs_takings_by_customer")]
    assert "note" not in columns

    till.publish("prs_takings")

    assert [row.note for row in till.rows("prs_takings_by_customer")] == ["a", "a"]


def test_who_waits_for_one_table_lets_others_be_read_although_it_has_changed_them(
    shop: MakeShop,
) -> None:
    """A new column, its index and its foreign key once were one transaction, which readers felt."""
    till = filled(shop)
    refunds = 'refunder: {to: dmn_customers, by: refunder_id, each: "0..1", inverse: "0..*"}'
    till.change(
        {
            f"{SALES}.yaml": {
                SOLD_AT: f"{SOLD_AT}\n          refunder_id: {{type: text, optional: true}}",
                "relationships:": f"relationships:\n          {refunds}",
            },
            f"{SALES}.sql": {"sold_at\n": "sold_at,\n            null::text as refunder_id\n"},
        }
    )
    till.build()
    till.only_settle()

    with psycopg.connect(till.server.dsn(till.name)) as writer:
        writer.execute("lock table dmn.dmn_customers in row exclusive mode")
        thread, results = in_thread(till.only_publish)
        until(
            lambda: bool(
                till.query(
                    "select from pg_stat_activity where wait_event = 'relation'"
                    " and datname = current_database()"
                )
            )
        )
        till.admin.execute("set lock_timeout = '100ms'")
        seen = till.query("select refunder_id from dmn.dmn_sales")
        writer.rollback()
    thread.join(30)

    assert [row.refunder_id for row in seen] == [None, None, None]
    assert not isinstance(results[0], Exception), results[0]


def test_a_reader_that_holds_an_empty_table_does_not_stop_its_first_publication_for_ever(
    shop: MakeShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch)
    till = filled(shop)
    ended: list[Exception | None] = []

    def publish() -> None:
        try:
            till.publish("prs_takings")
            ended.append(None)
        except TemporaryError as error:
            ended.append(error)

    with reader() as looker:
        assert looker.execute(READ).fetchone() == (0,)
        thread = Thread(target=publish)
        thread.start()
        thread.join(6)
        in_time = bool(ended)
    thread.join(30)

    assert in_time, "the publication waited for a reader without end, and every reader behind it"


def test_a_publication_without_ddl_goes_on_beside_a_reader(shop: MakeShop) -> None:
    till = filled(shop)
    till.publish("prs_takings")
    till.staged("ada | ada@ |", "1 | ada | bread | 7")
    till.publish()
    till.connect("presenter").execute("set lock_timeout = '2s'")

    with reader() as looker:
        looker.execute("set transaction isolation level repeatable read")
        assert looker.execute(READ).fetchone() == (2,)
        till.publish("prs_takings")
        assert looker.execute(READ).fetchone() == (2,)

    assert [row.amount for row in till.rows("prs_takings_by_customer")] == [7]
