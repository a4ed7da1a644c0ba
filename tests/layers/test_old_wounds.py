"""Wounds that were found by trying, each with its story, so that none opens again."""

from pathlib import Path

import pytest

from layers import announce, cli, manifest, reading, record
from layers.errors import DataError
from layers.readings import text_of
from tests.layers.conftest import MakeShop
from tests.layers.shop import Change, Shop, write
from tests.warehouse import Warehouse

CUSTOMERS = "sql/stg/till/stg_till_customers"
DOMAIN_CUSTOMERS = "sql/dmn/dmn_customers"
SALES = "sql/dmn/dmn_sales"


def problems(tmp_path: Path, changes: dict[str, Change]) -> str:
    return "\n".join(map(str, reading.load(write(tmp_path / "shop", changes)).problems))


def announced(till: Shop) -> list[str]:
    return announce.announce(till.connect("loader"), till.project, "till")


def test_two_accounts_with_one_address_do_not_stop_the_domain(warehouse: Warehouse) -> None:
    """Both are held, but a candidate still has them, and a join by address doubled the ticket."""
    warehouse.given(
        "stg_backend.stg_backend_users",
        """
        id                                   | email         | signed_up_at
        00000000-0000-0000-0000-000000000001 | ada@school.uk | 2026-03-01T09:00:00Z
        00000000-0000-0000-0000-000000000002 | ADA@school.uk | 2026-03-02T09:00:00Z
        """,
    )
    warehouse.given(
        "stg_zendesk.stg_zendesk_users",
        """
        user_id | role     | active | email
        77      | agent    | true   |
        5       | end-user | true   | ada@school.uk
        """,
    )
    warehouse.given(
        "stg_zendesk.stg_zendesk_tickets",
        """
        ticket_id | assignee_id | requester_id | status | created_at
        1         | 77          | 5            | open   | 2026-03-03T09:00:00Z
        """,
    )
    (ticket,) = warehouse.run("dmn_support_tickets")
    assert (ticket.ticket_id, ticket.account_user_id) == ("1", None)
    assert len(warehouse.held("dmn_account_users")) == 2


def test_an_empty_external_id_is_none(warehouse: Warehouse) -> None:
    """The e-mail address decides where the id is empty, and empty is what some tools write."""
    column = warehouse.project.relation("stg_zendesk_users").contract.columns["external_id"]
    (read,) = warehouse.query(f"select {text_of(column, chr(39) * 2)} as value")
    assert read.value is None


def test_what_a_deletion_is_may_change_without_a_rewrite_and_wakes_who_reads_it(
    shop: MakeShop,
) -> None:
    """A stored column was rewritten under a build, which then saw an empty table."""
    till = shop()
    till.load("customers", {"id": "1", "state": "gone"})
    till.stage("stg_till_customers")
    file = "select pg_relation_filenode('stg_till.stg_till_customers') as node"
    before, version = till.query(file), record.versions(till.admin, ["stg_till_customers"])

    till.change({f"{CUSTOMERS}.yaml": {"state = 'gone'": "state = 'left'"}})
    till.stage("stg_till_customers")

    assert till.query(file) == before
    assert record.versions(till.admin, ["stg_till_customers"]) != version
    assert [row.is_deleted for row in till.rows("stg_till_customers")] == [False]


def test_a_reject_whose_raw_record_is_gone_outlives_a_change_of_the_contract(
    shop: MakeShop,
) -> None:
    """It was deleted to be judged anew, and there was nothing left to judge."""
    till = shop()
    till.load("customers", {"id": "1", "version": "x"})
    till.stage("stg_till_customers")
    till.admin.execute("truncate src_till.customers")
    till.change({f"{CUSTOMERS}.yaml": {"state = 'gone'": "state = 'left'"}})
    till.stage("stg_till_customers")
    (reject,) = till.query("select value from layers.rejects")
    assert reject.value == "x"


def test_an_empty_table_may_win_a_key_column_and_be_filled(shop: MakeShop) -> None:
    """A `not null` that was not validated kept the key from being made, for ever."""
    till = shop()
    till.publish()
    till.change(
        {
            f"{SALES}.yaml": {
                "key: sale_id": "key: [sale_id, shop_id]",
                "columns:": "columns:\n          shop_id:     {type: text}",
            },
            f"{SALES}.sql": {"sale_id,": "sale_id,\n            '1' as shop_id,"},
        }
    )
    till.staged("1 | a@b.c |", "1 | 1 | bread | 2")
    till.publish()
    assert [(row.sale_id, row.shop_id) for row in till.rows("dmn_sales")] == [("1", "1")]


def test_a_column_may_be_called_what_the_engine_once_called_its_own(shop: MakeShop) -> None:
    till = shop(
        {
            f"{SALES}.yaml": {
                "columns:": "columns:\n          place:       {type: text, optional: true}",
                "amount >= 0": "amount >= 0 and place is not null",
            },
            f"{SALES}.sql": {"sale_id,": "sale_id,\n            shelf as place,"},
        }
    )
    till.staged("1 | a@b.c |", "1 | 1 | bread | 2\n2 | 1 | | 2")
    till.publish()
    till.publish()
    assert [row.place for row in till.rows("dmn_sales")] == ["bread"]


@pytest.mark.parametrize("name", ["ctid", "xmax", "layers_place"])
def test_a_column_may_not_be_called_what_every_table_has(tmp_path: Path, name: str) -> None:
    said = problems(
        tmp_path,
        {f"{SALES}.yaml": {"columns:": f"columns:\n          {name}: {{type: text}}"}},
    )
    assert f"column '{name}' has a name that Postgres or the engine itself uses" in said


def test_a_criterion_that_ends_in_is_not_null_stands_in_the_table_too(
    warehouse: Warehouse,
) -> None:
    """It was taken for a mere `not null`, and a bug of ours could have published what breaks it."""
    found = warehouse.query(
        "select pg_get_constraintdef(oid) as said from pg_constraint"
        " where conrelid = 'dmn.dmn_account_users'::regclass and contype = 'c'"
    )
    assert "CHECK ((is_deleted OR (email IS NOT NULL)))" in {row.said for row in found}


def test_a_connection_that_nobody_made_is_told_and_the_rest_runs(
    warehouse: Warehouse, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BACKEND", "RUDDERSTACK", "ZENDESK"):
        monkeypatch.delenv(f"AIRFLOW_CONN_{name}", raising=False)
    assert cli.main(["run"]) == 1
    said = capsys.readouterr()
    for name in ("backend", "rudderstack", "zendesk"):
        assert f"connection '{name}': nobody has made it; make it in Airflow" in said.err
    assert "publish dmn" in said.out
    assert {row.unit for row in warehouse.query("select unit from layers.published")} == set(
        warehouse.project.units
    )


def test_a_source_is_not_known_up_to_what_it_has_not_staged(shop: MakeShop) -> None:
    """The watermark vouched for records that a failed staging had left behind."""
    till = shop()
    for object_name in ("customers", "sales"):
        till.load(object_name, {"id": "1"})
    till.stage("stg_till_customers")
    announced(till)
    assert till.rows("stg_layers_watermarks") == []
    till.stage("stg_till_sales")
    announced(till)
    assert [row.source for row in till.rows("stg_layers_watermarks")] == ["till"]


def test_a_lost_event_of_the_domain_is_made_good_by_the_next_source(shop: MakeShop) -> None:
    till = shop()
    till.staged("1 | a@b.c |", "1 | 1 | bread | 2")
    announced(till)
    till.publish("dmn")  # and the event that wakes prs_takings is lost
    assert announced(till) == ["prs_takings"]
    till.publish("prs_takings")
    assert announced(till) == []


def test_what_breaks_a_rule_of_a_use_case_is_there_to_be_looked_at(shop: MakeShop) -> None:
    """Nothing settled it before its publication, which took the evidence back with itself."""
    table = "sql/prs/takings/prs_takings_by_customer"
    till = shop(
        {f"{table}.yaml": {"columns:": "unique: {one amount each: amount}\n        columns:"}}
    )
    till.staged("1 | a@b.c |\n2 | d@e.f |", "1 | 1 | bread | 2\n2 | 2 | bread | 2")
    till.publish("dmn")
    till.build("prs_takings")
    with pytest.raises(DataError) as raised:
        till.only_publish("prs_takings")
    (query,) = [
        line.split(":", 1)[1] for line in str(raised.value).splitlines() if "all of" in line
    ]
    assert [row.customer_id for row in till.query(query.strip(" ;"))] == ["1", "2"]


def test_keys_of_two_texts_are_told_apart_whatever_is_in_them(shop: MakeShop) -> None:
    till = shop(
        {f"{SALES}.yaml": {"key: sale_id": "key: [sale_id, customer_id]\n        hold_limit: none"}}
    )
    till.staged("x | a@b.c |", "a · b | c | bread | -1\na | b · c | bread | -1")
    till.publish()
    assert len(till.held("dmn_sales")) == 2


@pytest.mark.parametrize(
    ("asks", "said"),
    [
        ("sold_at < 'now'", "asks 'now'"),
        ("sold_at between 'yesterday' and 'today'", "asks 'yesterday'"),
        ("date('now') > sold_at", "asks 'now'"),
    ],
)
def test_no_query_asks_what_time_it_is_in_a_word(tmp_path: Path, asks: str, said: str) -> None:
    sales = "from stg_till.stg_till_sales"
    assert said in problems(tmp_path, {f"{SALES}.sql": {sales: f"{sales} where {asks}"}})


def test_a_staging_query_casts_nothing_and_gives_text(tmp_path: Path) -> None:
    """One bad value in a cast stopped its source for good, instead of going to the rejects."""
    said = problems(
        tmp_path,
        {"sql/stg/till/stg_till_sales.sql": {"record ->> 'amount'": "(record ->> 'amount')::int"}},
    )
    assert "casts to int, which one bad value would make raise for all" in said
    said = problems(
        tmp_path, {"sql/stg/till/stg_till_sales.sql": {"record ->> 'amount'": "record -> 'amount'"}}
    )
    assert "gives amount as jsonb; wanted its text: ->> or #>>" in said


def test_what_may_be_emptied_is_in_no_criterion(tmp_path: Path) -> None:
    """A row whose reference was emptied broke a criterion only when it was published."""
    change = "criteria: {somebody sent them: referrer_id <> ''}\n        unique:"
    said = problems(tmp_path, {f"{DOMAIN_CUSTOMERS}.yaml": {"unique:": change}})
    assert "relationship 'referrer' may empty 'referrer_id'" in said


def test_compiling_a_project_with_a_mistake_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LAYERS_STATE")
    folder = write(tmp_path, {f"{SALES}.sql": "select 1 as one"})
    assert cli.main(["--project", str(folder), "compile"]) == 1
    assert "sql/dmn/dmn_sales.sql: does not give" in capsys.readouterr().err


def test_what_an_editor_leaves_beside_a_file_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LAYERS_STATE")
    folder = write(tmp_path)
    (folder / "sql" / "dmn" / ".#dmn_sales.yaml").symlink_to("somebody@somewhere.1234")
    (folder / "sql" / "dmn" / "dmn_folder.yaml").mkdir()
    assert manifest.read(folder)["problems"] == []


def test_a_staging_contract_without_a_query_stops_nothing_of_its_source(shop: MakeShop) -> None:
    """The model may be drawn before any data is there; the source goes on without it."""
    drawn = "sql/stg/till/stg_till_refunds.yaml"
    till = shop({drawn: "grain: one row per refund\nkey: id\ncolumns: {id: {type: text}}\n"})
    till.staged("1 | a@b.c |", "1 | 1 | bread | 2")
    assert "stg_till_refunds" not in [r.name for r in till.project.staged_from("till")]
    assert announced(till) == ["dmn", "prs_takings"]
