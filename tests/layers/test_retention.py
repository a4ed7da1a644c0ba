"""Raw records go when they are old and staged by everybody who reads them, and not before."""

from layers.announce import announce
from tests.layers.conftest import MakeShop
from tests.layers.shop import Change, Shop

KEEP: dict[str, Change] = {
    "sql/src/till.yaml": {
        "promised_freshness: 1 hour": "promised_freshness: 1 hour\n        keep_raw: 90 days"
    }
}
# A second relation that reads the same records.
SHELVES: dict[str, Change] = {
    "sql/stg/till/stg_till_shelves.yaml": """
        grain: one row per sale
        key: sale_id
        columns:
          sale_id: {type: text}
          shelf:   {type: text, optional: true}
    """,
    "sql/stg/till/stg_till_shelves.sql": """
        select
            record ->> 'id' as sale_id,
            record ->> 'shelf' as shelf
        from src_till.sales
    """,
}


def loaded(till: Shop, sale: str, days_ago: int, object_name: str = "sales") -> None:
    """Loads a sale as it was loaded some days ago, to a partition of that day."""
    till.load(object_name, {"id": sale, "customer": "ada", "amount": "1"})
    loader, table = till.connect("loader"), f"src_till.{object_name}"
    (day,) = till.query(
        f"select ((now() at time zone 'UTC')::date - {days_ago})::text as one,"
        f" ((now() at time zone 'UTC')::date - {days_ago} + 1)::text as next"
    )
    if day.one not in partitions(till, object_name):
        loader.execute(
            f"create table {table}_{day.one.replace('-', '_')} partition of {table}"
            f" for values from ('{day.one}') to ('{day.next}')"
        )
    loader.execute(f"update {table} set loaded_on = '{day.one}' where record ->> 'id' = '{sale}'")


def partitions(till: Shop, object_name: str = "sales") -> list[str]:
    """The days of which there are raw records, oldest first."""
    found = till.query(
        "select substring(pg_get_expr(c.relpartbound, c.oid) from 'FROM \\(''([^'']+)') as day"
        " from pg_inherits i join pg_class c on c.oid = i.inhrelid"
        f" where i.inhparent = 'src_till.{object_name}'::regclass order by 1"
    )
    return [row.day for row in found]


def ids(till: Shop, object_name: str = "sales") -> list[str]:
    return [record["id"] for record in till.raw(object_name)]


def forget(till: Shop) -> None:
    announce(till.connect("loader"), till.project, "till")


def test_raw_records_go_that_are_older_than_the_source_says_and_staged(shop: MakeShop) -> None:
    till = shop(KEEP)
    loaded(till, "old", 91)
    loaded(till, "older", 400)
    loaded(till, "in time", 89)
    till.load("sales", {"id": "new", "customer": "ada", "amount": "1"})
    till.stage("stg_till_sales")
    assert len(partitions(till)) == 4

    forget(till)

    assert ids(till) == ["in time", "new"]
    assert len(partitions(till)) == 2
    staged = [row.sale_id for row in till.rows("stg_till_sales")]
    assert staged == ["in time", "new", "old", "older"]


def test_raw_records_that_are_not_staged_stay_however_old_they_are(shop: MakeShop) -> None:
    till = shop(KEEP)
    loaded(till, "staged", 200)
    till.stage("stg_till_sales")
    loaded(till, "not staged", 100)

    forget(till)
    assert ids(till) == ["not staged"]

    till.stage("stg_till_sales")
    forget(till)
    assert ids(till) == []
    assert [row.sale_id for row in till.rows("stg_till_sales")] == ["not staged", "staged"]


def test_a_day_of_which_only_a_part_is_staged_stays(shop: MakeShop) -> None:
    till = shop(KEEP)
    loaded(till, "staged", 200)
    till.stage("stg_till_sales")
    loaded(till, "not staged", 200)

    forget(till)

    assert ids(till) == ["staged", "not staged"]


def test_raw_records_stay_until_every_relation_that_reads_them_has_staged_them(
    shop: MakeShop,
) -> None:
    till = shop({**KEEP, **SHELVES})
    loaded(till, "1", 200)
    till.stage("stg_till_sales")

    forget(till)
    assert ids(till) == ["1"]

    till.stage("stg_till_shelves")
    forget(till)
    assert ids(till) == []


def test_a_relation_that_staged_another_object_does_not_count(shop: MakeShop) -> None:
    till = shop(KEEP)
    loaded(till, "1", 200)
    till.load("customers", {"id": "ada", "version": 1})  # a later load than that of the sale
    till.stage("stg_till_customers")

    forget(till)

    assert ids(till) == ["1"]


def test_raw_records_that_nobody_reads_yet_stay(shop: MakeShop) -> None:
    objects = 'customers: {files: "customers-*.json", reject_limit: none, drift: note}'
    till = shop(
        {
            "sql/src/till.yaml": {
                **dict(KEEP["sql/src/till.yaml"]),  # type: ignore[arg-type]
                objects: f'{objects}\n          returns: {{files: "returns-*.json"}}',
            }
        }
    )
    loaded(till, "1", 200, "returns")

    forget(till)

    assert ids(till, "returns") == ["1"]


def test_a_source_that_does_not_say_how_long_keeps_everything(shop: MakeShop) -> None:
    till = shop()
    loaded(till, "1", 4000)
    till.stage("stg_till_sales")

    forget(till)

    assert ids(till) == ["1"]


def test_staging_goes_on_after_raw_records_have_gone(shop: MakeShop) -> None:
    till = shop(KEEP)
    loaded(till, "old", 200)
    till.stage("stg_till_sales")
    forget(till)

    till.load("sales", {"id": "new", "customer": "ada", "amount": "1"})
    staged = till.stage("stg_till_sales")

    assert (staged.read, staged.inserted, staged.gone) == (1, 1, 0)
    assert [row.sale_id for row in till.rows("stg_till_sales")] == ["new", "old"]
    forget(till)
    forget(till)
    assert ids(till) == ["new"]


def test_a_contract_that_changes_stages_again_and_rows_without_raw_records_stay(
    shop: MakeShop,
) -> None:
    till = shop(KEEP)
    loaded(till, "old", 200)
    till.load("sales", {"id": "new", "customer": "ada", "amount": "1"})
    till.stage("stg_till_sales")
    forget(till)

    till.change({**KEEP, "sql/stg/till/stg_till_sales.sql": {"'shelf'": "'rack'"}})
    till.stage("stg_till_sales")

    assert [row.sale_id for row in till.rows("stg_till_sales")] == ["new", "old"]
