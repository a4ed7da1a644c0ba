"""The product's own PostgreSQL: late commits, deletions without a trace, cuts and wrong clocks."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql

from layers.errors import SourceError, TemporaryError
from layers.sources import database as other_database
from layers.sources import postgres
from layers.warehouse import text
from tests.servers import Postgres
from tests.sources.conftest import Connect
from tests.sources.house import House

PLANS, STAGED = "backend.plans", "stg_backend_plans"
BACKEND = "sql/src/backend.yaml"
FEIGNED = "clock: select now_at from company_clock\n"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TABLES = """
    create table company_clock (now_at timestamptz not null);
    create table plans (
        id bigint primary key, name text, billing_period text, price_per_seat numeric,
        currency text, is_free boolean, created_at timestamptz, updated_at timestamptz);
    create table organisations (
        id bigint primary key, name text, kind text, country text, hubspot_company_id text,
        created_at timestamptz, updated_at timestamptz, deleted_at timestamptz);
"""


class Product:
    """The product's database, whose clock a test sets."""

    def __init__(self, server: Postgres, name: str) -> None:
        self.server, self.name = server, name
        self.admin = psycopg.connect(server.dsn(name), autocommit=True)

    def at(self, moment: datetime) -> None:
        """It is so late now."""
        self.admin.execute("delete from company_clock")
        self.admin.execute("insert into company_clock values (%s)", [moment])

    def plan(self, number: int, changed: datetime, name: str = "Basic") -> None:
        """Somebody writes a plan."""
        write_plan(self.admin, number, changed, name)

    def organisation(self, number: int, changed: datetime, deleted: datetime | None = None) -> None:
        """Somebody writes an organisation."""
        self.admin.execute(
            "insert into organisations (id, name, created_at, updated_at, deleted_at)"
            " values (%s, 'Trust', %s, %s, %s) on conflict (id) do update set"
            " updated_at = excluded.updated_at, deleted_at = excluded.deleted_at",
            [number, NOON, changed, deleted],
        )

    def said(self, **changes: Any) -> dict[str, Any]:
        """The connection that leads to it."""
        found = psycopg.conninfo.conninfo_to_dict(self.server.dsn(self.name))
        names = {"host": "host", "port": "port", "user": "login", "password": "password"}
        parts = {ours: found[name] for name, ours in names.items() if name in found}
        return {"conn_type": "postgres", "schema": self.name, **parts, **changes}


def write_plan(
    connection: psycopg.Connection[Any], number: int, changed: datetime, name: str = "Basic"
) -> None:
    connection.execute(
        "insert into plans values (%s, %s, 'month', 2, 'EUR', false, %s, %s)"
        " on conflict (id) do update set name = excluded.name, updated_at = excluded.updated_at",
        [number, name, changed, changed],
    )


@pytest.fixture(scope="module")
def database(server: Postgres, shared_house: House) -> Iterator[Product]:
    name = f"product_of_{shared_house.name}"
    server.create_database(name)
    made = Product(server, name)
    made.admin.execute(TABLES)
    yield made
    made.admin.close()
    server.drop_database(name)


@pytest.fixture
def product(database: Product, connect: Connect) -> Product:
    """An empty product, at noon of the first of March."""
    database.admin.execute("truncate plans, organisations")
    database.at(NOON)
    connect("backend", **database.said())
    return database


def minutes(count: float) -> datetime:
    return NOON + timedelta(minutes=count)


def names(house: House) -> dict[int, str]:
    return {row.id: row.name for row in house.rows(STAGED)}


def test_rows_are_read_once_and_changes_come_by_their_time(house: House, product: Product) -> None:
    for number in range(1, 6):
        product.plan(number, minutes(-60 + number // 3))  # three of one moment: the id goes on
    assert house.read(PLANS) == []
    product.plan(2, minutes(-30), "Bigger")
    assert house.read(PLANS) == []

    assert names(house) == {1: "Basic", 2: "Bigger", 3: "Basic", 4: "Basic", 5: "Basic"}
    assert len(house.raw(PLANS)) == 6
    before = house.moved()
    assert house.read(PLANS) == []
    assert (house.moved(), len(house.raw(PLANS))) == (before, 6)


def test_a_row_that_is_committed_late_within_the_lag_is_not_lost(
    house: House, product: Product
) -> None:
    product.plan(1, minutes(-10))
    with psycopg.connect(product.server.dsn(product.name)) as slow:
        write_plan(slow, 2, minutes(-3))  # and is not committed yet
        product.plan(3, minutes(-1))
        assert house.read(PLANS) == []
        assert names(house) == {1: "Basic"}  # nothing of the last five minutes
    product.at(minutes(10))
    assert house.read(PLANS) == []

    assert names(house) == {1: "Basic", 2: "Basic", 3: "Basic"}
    assert len(house.raw(PLANS)) == 3


def test_a_row_of_a_transaction_that_was_open_longer_than_the_lag_is_not_lost(
    house: House, product: Product
) -> None:
    house.change({BACKEND: {FEIGNED: "", "lag: 5 minutes": "lag: 0 seconds"}})
    insert = "insert into plans values (%s, 'Basic', 'month', 2, 'EUR', false, now(), now())"
    with psycopg.connect(product.server.dsn(product.name)) as slow:
        slow.execute(insert, [1])  # and says so only much later
        product.admin.execute(insert, [2])
        assert house.read(PLANS) == []
        assert names(house) == {}  # the cursor waits before it, or it would never be seen
    assert house.read(PLANS) == []
    assert names(house) == {1: "Basic", 2: "Basic"}


def test_a_row_that_was_committed_behind_the_cursor_comes_within_a_day(
    house: House, product: Product
) -> None:
    product.plan(1, minutes(-10))
    assert house.read(PLANS) == []
    product.at(minutes(60 * 12))
    product.plan(2, minutes(-60 * 11))  # by an app server whose clock is most of a day behind
    product.plan(3, minutes(60 * 11))
    assert house.read(PLANS) == []
    assert names(house) == {1: "Basic", 3: "Basic"}
    product.at(minutes(60 * 24))
    assert house.read(PLANS) == []
    assert names(house) == {1: "Basic", 2: "Basic", 3: "Basic"}
    assert house.deleted(STAGED) == {}

    before = house.moved()
    product.at(minutes(60 * 49))
    assert house.read(PLANS) == []
    assert house.moved() == before  # read once more, and nothing has changed


def test_a_row_without_a_time_is_read_at_first_and_once_a_day(
    house: House, product: Product
) -> None:
    house.change(
        {
            "sql/stg/backend/stg_backend_plans.yaml": {
                "updated_at:     {type: timestamptz}": "updated_at: {type: timestamptz,"
                " optional: true}"
            }
        }
    )
    untimed = "insert into plans values (%s, 'Old', 'month', 2, 'EUR', false, now(), null)"
    product.admin.execute(untimed, [1])
    product.plan(2, minutes(-60))
    assert house.read(PLANS) == []
    product.admin.execute(untimed, [3])
    product.at(minutes(60 * 24))
    assert house.read(PLANS) == []

    assert names(house) == {1: "Old", 2: "Basic", 3: "Old"}
    assert house.deleted(STAGED) == {}


def test_a_database_that_is_not_utf_8_is_read_as_what_it_says(
    server: Postgres, house: House, connect: Connect
) -> None:
    name = f"latin1_of_{house.name}"
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        made = "create database {} encoding 'LATIN1' locale 'C' template template0"
        admin.execute(sql.SQL(made).format(sql.Identifier(name)))
    latin1 = Product(server, name)
    latin1.admin.execute(TABLES)
    latin1.at(NOON)
    latin1.plan(1, minutes(-60), "Café")
    connect("backend", **latin1.said())
    assert house.read(PLANS) == []
    assert names(house) == {1: "Café"}
    latin1.admin.close()
    server.drop_database(name)


@pytest.fixture
def unencoded(server: Postgres, house: House, connect: Connect) -> Iterator[Product]:
    """A product whose database knows no encoding, with two plans; an id is a text."""
    name = f"ascii_of_{house.name}"
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        made = "create database {} encoding 'SQL_ASCII' locale 'C' template template0"
        admin.execute(sql.SQL(made).format(sql.Identifier(name)))
    product = Product(server, name)
    product.admin.execute(TABLES)
    product.admin.execute("alter table plans alter id type text")
    product.at(NOON)
    product.plan(1, minutes(-60), "Café")
    product.plan(2, minutes(-60))
    connect("backend", **product.said())
    yield product
    product.admin.close()
    server.drop_database(name)


ODD = r"convert_from('\x78ff', 'SQL_ASCII')"  # an x, and a byte that is no UTF-8


def test_a_database_without_an_encoding_is_read_and_what_is_not_utf_8_is_a_reject(
    house: House, unencoded: Product
) -> None:
    """Once one such byte stopped its table for good."""
    unencoded.admin.execute(text(f"update plans set name = {ODD} where id = '2'"))
    assert house.read(PLANS) == []
    assert names(house) == {1: "Café"}
    assert house.rejects() == [f"{PLANS} is not UTF-8"]

    unencoded.plan(3, minutes(-50))
    assert house.read(PLANS) == []
    assert names(house) == {1: "Café", 3: "Basic"}
    assert house.rejects() == [f"{PLANS} is not UTF-8"]


def test_an_id_that_is_not_utf_8_passes_no_row_by(house: House, unencoded: Product) -> None:
    insert = "insert into plans values ({}, 'Odd', 'month', 2, 'EUR', false, %s, %s)"
    unencoded.admin.execute(text(insert.format(ODD)), [minutes(-60)] * 2)
    assert house.read(PLANS) == []
    assert house.cursor(PLANS)["id"] == r"x\xff"
    unencoded.admin.execute(text(insert.format("'4'")), [minutes(-50)] * 2)
    for _ in range(2):
        assert house.read(PLANS) == []
    assert names(house) == {1: "Café", 2: "Basic", 4: "Odd"}
    assert house.rejects() == [f"{PLANS} is not UTF-8"]


def test_keys_are_compared_once_a_day_and_who_is_missing_is_deleted_until_it_is_back(
    house: House, product: Product
) -> None:
    for number in (1, 2, 3):
        product.plan(number, minutes(-60))
    assert house.read(PLANS) == []
    product.admin.execute("delete from plans where id = 2")

    product.at(minutes(23 * 60))
    assert house.read(PLANS) == []
    assert house.deleted(STAGED) == {}  # it is not a day yet

    product.at(minutes(24 * 60))
    assert house.read(PLANS) == []
    noticed = house.deleted(STAGED)
    assert noticed == {"2": house.last_load()}

    product.at(minutes(49 * 60))
    assert house.read(PLANS) == []
    assert house.deleted(STAGED) == noticed
    product.at(minutes(50 * 60))
    product.plan(2, minutes(49 * 60), "Back")
    assert house.read(PLANS) == []
    assert house.deleted(STAGED) == {}
    assert names(house)[2] == "Back"


def test_a_replay_of_rows_keys_and_rows_gives_the_same(house: House, product: Product) -> None:
    for number in (1, 2, 3):
        product.plan(number, minutes(-60))
    assert house.read(PLANS) == []
    product.admin.execute("delete from plans where id in (2, 3)")
    product.at(minutes(25 * 60))
    assert house.read(PLANS) == []
    product.plan(3, minutes(25 * 60), "Back")
    product.at(minutes(26 * 60))
    assert house.read(PLANS) == []
    before, versions = house.whole(STAGED), house.moved()

    house.replay(STAGED)

    assert house.whole(STAGED) == before
    assert list(house.deleted(STAGED)) == ["2"]
    assert house.moved().keys() == versions.keys()


def test_a_table_without_rows_deletes_all_and_one_that_was_always_empty_fails_nothing(
    house: House, product: Product
) -> None:
    assert house.read(PLANS) == []
    product.plan(1, minutes(-60))
    assert house.read(PLANS) == []
    product.admin.execute("delete from plans")
    product.at(minutes(25 * 60))
    assert house.read(PLANS) == []
    assert list(house.deleted(STAGED)) == ["1"]


def test_a_retry_of_rejects_deletes_no_row_that_came_after_the_keys_were_compared(
    house: House, product: Product
) -> None:
    """Once the newest list of keys was held against rows that are younger than it."""
    product.plan(1, minutes(-60))
    product.plan(2, minutes(-60))
    assert house.read(PLANS) == []
    product.admin.execute("delete from plans where id = 2")
    product.at(minutes(25 * 60))
    assert house.read(PLANS) == []
    product.plan(3, minutes(25 * 60 + 1))
    product.at(minutes(26 * 60))
    assert house.read(PLANS) == []
    before = house.whole(STAGED)
    assert list(house.deleted(STAGED)) == ["2"]

    assert house.layers("rejects", STAGED, "--retry") == 0

    assert house.whole(STAGED) == before


def test_a_soft_deletion_is_noticed_with_its_load_and_a_restored_row_is_not_deleted(
    house: House, product: Product
) -> None:
    name, staged = "backend.organisations", "stg_backend_organisations"
    product.organisation(1, minutes(-60))
    product.organisation(2, minutes(-60))
    assert house.read(name) == []
    product.organisation(1, minutes(-50), deleted=minutes(-50))
    assert house.read(name) == []
    noticed = house.deleted(staged)
    assert noticed == {"1": house.last_load()}

    product.organisation(1, minutes(-40), deleted=minutes(-50))  # said again
    assert house.read(name) == []
    assert house.deleted(staged) == noticed
    before = house.whole(staged)
    house.replay(staged)
    assert house.whole(staged) == before

    product.organisation(1, minutes(-30))
    assert house.read(name) == []
    assert house.deleted(staged) == {}


@pytest.mark.parametrize("block", [0, 1, 2])
def test_a_connection_that_is_cut_in_mid_copy_keeps_nothing_of_it_and_the_next_run_has_all(
    house: House, product: Product, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(other_database, "BYTES_PER_BLOCK", 2_000)
    product.admin.execute(
        "insert into plans select n, repeat('x', 20000), 'month', 2, 'EUR', false, %s, %s"
        " from generate_series(1, 300) n",
        [minutes(-60), minutes(-60)],
    )
    real = postgres.PostgresReader._copied

    def cut(reader: Any, connection: Any, query: Any) -> Iterator[Any]:
        for number, lines in enumerate(real(reader, connection, query)):
            if number == block:
                pid = connection.info.backend_pid
                product.admin.execute("select pg_terminate_backend(%s)", [pid])
            yield lines

    with monkeypatch.context() as patched:
        patched.setattr(postgres.PostgresReader, "_copied", cut)
        with pytest.raises(TemporaryError) as raised:
            house.load(PLANS)
    assert "reading plans: connection 'backend' says: " in str(raised.value)
    assert house.raw(PLANS) == []
    assert house.cursor(PLANS) is None

    assert house.read(PLANS) == []
    assert len(house.rows(STAGED)) == len(house.raw(PLANS)) == 300


@pytest.mark.parametrize(
    ("spoil", "kind", "said"),
    [
        ("password", SourceError, "connection 'backend': refused: password authentication failed"),
        ("port", TemporaryError, "connection 'backend': cannot be reached: "),
        ("table", SourceError, 'relation "no_plans" does not exist (42P01)'),
        ("column", SourceError, "column t.changed_at does not exist (42703)"),
        ("clock", SourceError, 'relation "no_clock" does not exist (42P01)'),
    ],
)
def test_a_product_that_refuses_is_told_from_the_warehouse(
    house: House, product: Product, connect: Connect, spoil: str, kind: type[Exception], said: str
) -> None:
    file = BACKEND
    if spoil == "password":
        with psycopg.connect(house.server.dsn(), autocommit=True) as admin:
            role = sql.Identifier(f"reader_of_{house.name}")
            admin.execute(sql.SQL("drop role if exists {}").format(role))
            admin.execute(sql.SQL("create role {} login password 'right'").format(role))
        connect("backend", **product.said(login=f"reader_of_{house.name}", password="wrong-one"))
    elif spoil == "port":
        connect("backend", **product.said(port=1))
    elif spoil == "table":
        house.change({file: {"{table: plans}": "{table: no_plans}"}})
    elif spoil == "column":
        house.change({file: {"{table: plans}": "{table: plans, updated: changed_at}"}})
    else:
        house.change({file: {"from company_clock": "from no_clock"}})
    with pytest.raises(kind) as raised:
        house.load(PLANS)
    assert said in str(raised.value)
    assert "connection 'backend'" in str(raised.value)
    assert "wrong-one" not in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("hours", [-5, 5], ids=["behind", "ahead"])
def test_a_clock_that_was_wrong_by_hours_loses_no_row(
    house: House, product: Product, hours: int
) -> None:
    product.plan(1, minutes(-60))
    product.at(NOON + timedelta(hours=hours))
    assert house.read(PLANS) == []
    product.plan(2, minutes(1))  # the rows say the true time
    product.at(minutes(10))
    assert house.read(PLANS) == []
    product.at(minutes(20))
    assert house.read(PLANS) == []
    assert names(house) == {1: "Basic", 2: "Basic"}


def test_values_come_as_the_product_has_them(house: House, product: Product) -> None:
    hostile = 'a "quoted" \\ name\twith\nlines \x01\x02 and Zoë 🎓'
    product.plan(1, minutes(-60), hostile)
    product.admin.execute("update plans set price_per_seat = %s", ["9" * 78])
    assert house.read(PLANS) == []
    assert house.raw(PLANS)[0]["name"] == hostile
    (reject,) = house.query("select value from layers.rejects")
    assert reject.value == "9" * 78
    assert json.dumps(house.rejects()).count("price_per_seat is no numeric(18,4)") == 1
