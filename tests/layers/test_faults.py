"""A warehouse that refuses, is away or gives out: one clear line, and nothing half-written."""

import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from layers import cli, manifest, warehouse
from layers.errors import LayersError, SourceError, TemporaryError
from layers.sources import declare, reader
from layers.warehouse import text
from tests.layers.conftest import MakeShop
from tests.layers.shop import Shop
from tests.servers import Postgres

Layers = Callable[..., tuple[int, list[str]]]

COMMANDS = {
    "loader": ("run", "--source", "till"),
    "modeller": ("run", "--layer", "dmn"),
    "presenter": ("run", "--layer", "prs"),
    "owner": ("migrate",),
}


@pytest.fixture
def till(shop: MakeShop) -> Shop:
    """A shop with sales that went all the way, and newer ones that did not set out yet."""
    made = shop()
    made.till.add("customers", {"id": "ada", "email": "ada@"}, {"id": "bob"})
    made.till.add("sales", {"id": "1", "customer": "ada", "amount": "2"}, b"no JSON")
    manifest.compile_project(made.folder)
    assert cli.main(["--project", str(made.folder), "run"]) == 0
    made.till.add("customers", {"id": "ada", "email": "ada@new"}, {"id": "eve"})
    made.till.add("sales", {"id": "2", "customer": "eve", "amount": "3"}, b"no JSON either")
    return made


@pytest.fixture
def layers(till: Shop, capsys: pytest.CaptureFixture[str]) -> Layers:
    """The command `layers` on the shop: what it returns, and the lines it complains in."""

    def run(*arguments: str) -> tuple[int, list[str]]:
        capsys.readouterr()
        status = cli.main(["--project", str(till.folder), *arguments])
        return status, [line for line in capsys.readouterr().err.splitlines() if line]

    return run


def state(shop: Shop) -> dict[str, Any]:
    """All that a run leaves behind, but for the numbers and times of the attempts."""
    asked = {
        "raw": "select record from src_till.customers union all select record from src_till.sales",
        "loads": "select object, records, rejected from layers.loads",
        "cursors": "select object, cursor, loaded_until from layers.cursors",
        "rejects": "select object, relation, reason, record from layers.rejects",
        "staged customers": "select customer_id, email from stg_till.stg_till_customers",
        "staged sales": "select sale_id, customer_id, amount from stg_till.stg_till_sales",
        "customers": "select * from dmn.dmn_customers",
        "sales": "select * from dmn.dmn_sales",
        "takings": "select * from prs_takings.prs_takings_by_customer",
        "held": "select relation, key, rules, follows from layers.held",
        "publications": "select unit, changes from layers.publications",
        "watermarks": "select * from stg_layers.stg_layers_watermarks",
    }
    return {what: sorted(map(repr, shop.query(query))) for what, query in asked.items()}


# --- it does not let us in, or is not there ------------------------------------------------------


def connection(shop: Shop, **changes: object) -> str:
    given = {
        "conn_type": "postgres",
        "host": shop.server.host,
        "port": shop.server.port,
        "schema": shop.name,
        "login": "layers_loader",
        "password": "tests-only",
    }
    return json.dumps({name: value for name, value in {**given, **changes}.items() if value})


AWAY: dict[str, tuple[dict[str, object], type[Exception], str]] = {
    "a wrong password": (
        {"password": "wrong"},
        LayersError,
        'refused: password authentication failed for user "layers_loader"; correct the connection',
    ),
    "no password": (
        {"password": None},
        LayersError,
        "no password supplied; correct the connection",
    ),
    "a database that is not there": (
        {"schema": "nowhere"},
        LayersError,
        'refused: database "nowhere" does not exist; correct the connection',
    ),
    "a role that may not log in": (
        {"login": "layers_owner"},
        LayersError,
        "refused: ",
    ),
    "a server that is down": ({"port": 1}, TemporaryError, "port 1 failed: Connection refused"),
    "a host that is not there": (
        {"host": "warehouse.invalid"},
        TemporaryError,
        "cannot be reached: ",
    ),
}


@pytest.mark.parametrize("fault", AWAY)
def test_a_warehouse_that_is_away_or_refuses_is_told_in_one_line(
    till: Shop, layers: Layers, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    changes, kind, said = AWAY[fault]
    before = state(till)

    for role, command in COMMANDS.items():
        name = f"AIRFLOW_CONN_WAREHOUSE_{role.upper()}"
        monkeypatch.setenv(name, connection(till, **changes))
        status, lines = layers(*command)

        assert status == 1
        assert len(lines) == 1
        assert lines[0].startswith(f"connection 'warehouse_{role}': ")
        assert said in lines[0]
        with pytest.raises(kind):
            warehouse.connect(role)
    assert state(till) == before


def test_a_connection_that_nobody_made_is_told_with_how_to_make_it(
    layers: Layers, monkeypatch: pytest.MonkeyPatch
) -> None:
    for role, command in COMMANDS.items():
        monkeypatch.delenv(f"AIRFLOW_CONN_WAREHOUSE_{role.upper()}")
        status, lines = layers(*command)

        assert status == 1
        assert lines == [
            f"connection 'warehouse_{role}': nobody has made it; make it in Airflow, "
            f"or set AIRFLOW_CONN_WAREHOUSE_{role.upper()}"
        ]


def test_the_status_needs_the_warehouse_too_and_says_so(
    till: Shop, layers: Layers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE_LOADER", connection(till, port=1))

    status, lines = layers("status")

    assert (status, len(lines)) == (1, 1)


def test_a_database_that_nobody_migrated_is_told_from_a_broken_one(
    till: Shop, server: Postgres, layers: Layers, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"{till.name}_new"
    server.create_database(name)
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE_MODELLER", connection(till, schema=name))

    try:
        status, lines = layers(*COMMANDS["modeller"])
    finally:
        with psycopg.connect(server.dsn(), autocommit=True) as admin:
            admin.execute(f'drop database "{name}" with (force)')

    assert status == 1
    assert lines == [
        f"building dmn_{what}: the warehouse says: "
        f'relation "stg_till.stg_till_{what}" does not exist (42P01); '
        "see whether layers migrate mends it"
        for what in ("customers", "sales")
    ]


# --- it does not let us do it --------------------------------------------------------------------

FORBIDDEN = {
    "the presentation does not read staging": ("presenter", "select from stg_till.stg_till_sales"),
    "the presentation does not write the domain": ("presenter", "delete from dmn.dmn_sales"),
    "the domain does not read raw records": ("modeller", "select from src_till.sales"),
    "the domain does not write staging": ("modeller", "delete from stg_till.stg_till_sales"),
    "the loader does not write the domain": ("loader", "delete from dmn.dmn_sales"),
    "nobody sees another's candidates": ("presenter", "select from dmn_candidates.dmn_sales"),
}


def test_a_role_may_not_leave_its_layer(till: Shop) -> None:
    let_through = []
    for promise, (role, statement) in FORBIDDEN.items():
        try:
            till.connect(role).execute(statement)
            let_through.append(promise)
        except psycopg.errors.InsufficientPrivilege:
            continue

    assert let_through == []


def test_a_role_that_may_not_is_told_with_what_it_wanted_to_do(till: Shop, layers: Layers) -> None:
    till.admin.execute("revoke select on dmn.dmn_sales from layers_presenter")
    before = state(till)

    status, lines = layers(*COMMANDS["presenter"])

    assert status == 1
    assert lines == [
        "building prs_takings_by_customer: the warehouse says: "
        "permission denied for table dmn_sales (42501); see whether layers migrate mends it"
    ]
    assert state(till) == before
    assert layers("migrate") == (0, [])
    assert layers(*COMMANDS["presenter"]) == (0, [])


# --- it gives out half-way -----------------------------------------------------------------------

FULL = "raise exception 'could not extend file: No space left on device' using errcode = '53100'"
GONE = "perform pg_terminate_backend(pg_backend_pid())"
FAULTS = {"disk full": FULL, "connection lost": GONE}
# Where the verbs write, in the order in which a run comes there.
TABLES = [
    "src_till.customers",
    "layers.loads",
    "layers.rejects",
    "layers.cursors",
    "stg_till.stg_till_customers",
    "layers.staged",
    "layers.stagings",
    "layers.versions",
    "stg_layers.stg_layers_watermarks",
    "layers.builds",
    "layers.settlements",
    "layers.held",
    "dmn.dmn_sales",
    "layers.publications",
    "layers.published",
    "prs_takings.prs_takings_by_customer",
]


def break_table(shop: Shop, table: str, fault: str) -> None:
    """Every statement that writes to a table meets a fault, after its rows are written."""
    shop.admin.execute(
        f"create function public.fault() returns trigger language plpgsql security definer as"
        f" $$ begin {FAULTS[fault]}; return null; end $$"
    )
    shop.admin.execute(
        f"create trigger fault after insert or update or delete on {table}"
        " for each statement execute function public.fault()"
    )


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        *((table, "disk full") for table in TABLES),
        *((table, "connection lost") for table in TABLES[::5]),
    ],
)
def test_a_fault_half_way_is_told_leaves_nothing_half_written_and_the_next_run_catches_up(
    till: Shop, layers: Layers, table: str, fault: str
) -> None:
    before = state(till)
    break_table(till, table, fault)

    status, lines = layers("run")

    assert status == 1
    assert lines
    assert all(" the warehouse says: " in line for line in lines), lines
    assert_whole(till, before)
    till.admin.execute("drop function public.fault cascade")
    assert layers("run") == (0, [])
    assert caught_up(till) == CAUGHT_UP


def assert_whole(shop: Shop, before: dict[str, Any]) -> None:
    """Raw records, their counts and cursors agree; the domain is as it was, or published anew."""
    loads = shop.query(
        "select object, count(*) as batches, sum(records) as records from layers.loads"
        " group by object order by object"
    )
    cursors = shop.query("select object, cursor from layers.cursors order by object")
    assert [row.batches for row in loads] == [row.cursor["read"] for row in cursors]
    assert [row.records for row in loads] == [len(shop.raw(row.object)) for row in loads]
    now = state(shop)
    if len(shop.query("select from layers.publications where unit = 'dmn'")) == 1:
        assert (now["customers"], now["sales"]) == (before["customers"], before["sales"])


CAUGHT_UP = {
    "staged": [("ada", "ada@new"), ("bob", None), ("eve", None)],
    "live": [("ada", "ada@new", 1, 2), ("eve", None, 1, 3)],
    "sales": [("1", "ada"), ("2", "eve")],
    "held": ["bob"],
    "rejects": [b"no JSON", b"no JSON either"],
    "raw": [4, 2],
}


def caught_up(shop: Shop) -> dict[str, list[Any]]:
    staged = shop.rows("stg_till_customers")
    live = shop.rows("prs_takings_by_customer")
    rejects = shop.query("select record from layers.rejects order by reject_id")
    return {
        "staged": [(row.customer_id, row.email) for row in staged],
        "live": [(row.customer_id, row.email, row.sales, row.amount) for row in live],
        "sales": [(row.sale_id, row.customer_id) for row in shop.rows("dmn_sales")],
        "held": [row.key for row in shop.query("select key from layers.held")],
        "rejects": [bytes(row.record) for row in rejects],
        "raw": [len(shop.raw("customers")), len(shop.raw("sales"))],
    }


PASSING = {
    "53100": "disk full",
    "53200": "out of memory",
    "53300": "too many connections",
    "40001": "could not serialize",
    "40P01": "deadlock",
    "55P03": "lock not available",
    "57014": "cancelled",
    "57P01": "the server is shut down",
}
LASTING = {
    "22012": "division by zero",
    "23505": "a key is there twice",
    "42501": "permission denied",
    "42P01": "no such table",
    "42703": "no such column",
    "54001": "too complex",
}


def test_what_passes_by_itself_is_tried_again_and_what_lasts_is_not(till: Shop) -> None:
    for sqlstate in [*PASSING, *LASTING]:
        kind = TemporaryError if sqlstate in PASSING else LayersError
        failing = f"do $$ begin raise exception 'it fails' using errcode = '{sqlstate}'; end $$"

        with pytest.raises(kind) as raised, warehouse.errors_told("trying"):
            till.connect("modeller").execute(text(failing))

        assert str(raised.value).startswith(f"trying: the warehouse says: it fails ({sqlstate})")


def test_the_row_that_breaks_a_constraint_is_not_told_as_it_may_be_somebodys(till: Shop) -> None:
    with pytest.raises(LayersError) as raised, warehouse.errors_told("trying"):
        till.connect("modeller").execute(
            "insert into dmn.dmn_sales (sale_id, customer_id, amount) values ('7', 'ada@', -1)"
        )

    assert "violates check constraint" in str(raised.value)
    assert "ada@" not in str(raised.value)


# --- a source that is a database gives out -------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "changes", "kind", "said"),
    [
        (
            "nothing",
            {},
            SourceError,
            "reading nothing: connection 'product' says: "
            'relation "nothing" does not exist (42P01)',
        ),
        ("secrets", {}, SourceError, "permission denied for table secrets (42501)"),
        ("users", {"password": "wrong"}, SourceError, "refused: password authentication failed"),
        ("users", {"port": 1}, TemporaryError, "connection 'product': cannot be reached: "),
    ],
    ids=["no table", "no right", "wrong password", "down"],
)
def test_a_database_that_we_read_is_told_from_the_warehouse(
    shop: MakeShop,
    monkeypatch: pytest.MonkeyPatch,
    table: str,
    changes: dict[str, object],
    kind: type[Exception],
    said: str,
) -> None:
    made = shop()
    made.admin.execute("create table public.secrets (id bigint, updated_at timestamptz)")
    monkeypatch.setenv("AIRFLOW_CONN_PRODUCT", connection(made, **changes))
    source = {
        "source": "The product",
        "kind": "postgres",
        "connection": "product",
        "promised_freshness": "1 hour",
        "objects": {"things": {"table": table}},
    }

    with pytest.raises(kind) as raised:
        list(reader(declare(source, "sql/src/product.yaml"), "things").read({}, ()))

    assert said in str(raised.value)
    assert "\n" not in str(raised.value)
