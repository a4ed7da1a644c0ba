"""Any verb again, alone, in any order, beside another: the same tables, and never half of them."""

from collections.abc import Callable, Mapping

import pytest

from layers import record
from tests.layers.conftest import MakeShop
from tests.layers.shop import LIVE, SALES, Change, Shop, publications, stored, three_sales

# --- again, alone --------------------------------------------------------------------------------

UNITS = ("dmn", "prs_takings")
VERBS: list[tuple[Callable[[Shop, str], object], tuple[str, ...]]] = [
    (Shop.only_build, LIVE),
    (Shop.only_check, LIVE),
    (Shop.only_settle, UNITS),
    (Shop.only_publish, UNITS),
]


def test_each_verb_again_alone_and_then_a_publication_writes_nothing(shop: MakeShop) -> None:
    till = shop()
    three_sales(till)
    till.run(*LIVE)
    rows, published, waiting = stored(till), publications(till), till.held("dmn_sales")

    for verb, name in ((verb, name) for verb, names in VERBS for name in names):
        verb(till, name)
        for unit in UNITS:
            assert till.only_publish(unit).number is None
            assert not record.is_behind(till.admin, till.project, unit)

    assert [row.customer_id for row in rows["dmn_customers"]] == ["ada", "bob"]
    assert stored(till) == rows
    assert publications(till) == published
    assert till.held("dmn_sales") == waiting == {"4": "nobody is paid for taking something"}


# dmn_loyal reads dmn_spenders reads dmn_sales: three candidates on top of each other
CHAIN: Mapping[str, Change] = {
    "sql/dmn/dmn_spenders.yaml": """
        entity: Spender
        definition: A customer with a sale.
        grain: one row per customer
        key: customer_id
        columns:
          customer_id: {type: text}
          sales:       {type: bigint}
    """,
    "sql/dmn/dmn_spenders.sql": """
        select customer_id, count(*) as sales from dmn.dmn_sales
        where customer_id is not null
        group by customer_id
    """,
    "sql/dmn/dmn_loyal.yaml": """
        entity: Loyal customer
        definition: A customer with a second sale.
        grain: one row per customer
        key: customer_id
        columns:
          customer_id: {type: text}
    """,
    "sql/dmn/dmn_loyal.sql": "select customer_id from dmn.dmn_spenders where sales > 1",
}
CANDIDATES = "dmn_candidates"


def tables(shop: Shop, like: str) -> list[str]:
    found = shop.query(
        "select relname from pg_class where relkind = 'r' and relnamespace = 'dmn_candidates'"
        f"::regnamespace and relname ~ '{like}' order by relname"
    )
    return [f"{CANDIDATES}.{row.relname}" for row in found]


DAMAGE = {
    "candidates dropped": ("^dmn_", "drop table {}"),
    # what a crash of the server does to tables that are not logged
    "candidates and held rows emptied": (".", "truncate {}"),
    "held rows dropped": ("^held_", "drop table {}"),
    "everything dropped": (".", "drop table {}"),
}
ALONE: dict[str, Callable[[Shop], object]] = {
    "build": lambda shop: shop.only_build("dmn_loyal"),
    "check": lambda shop: shop.only_check("dmn_loyal"),
    "settle": Shop.only_settle,
    "publish": Shop.only_publish,
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("verb", ALONE)
def test_what_is_not_there_any_more_is_made_again_by_whoever_wants_it(
    shop: MakeShop, damage: str, verb: str
) -> None:
    till = shop(CHAIN)
    three_sales(till)
    till.publish()
    rows, published, waiting = stored(till), publications(till), till.held("dmn_sales")
    like, statement = DAMAGE[damage]
    there = tables(till, ".")

    till.admin.execute(statement.format(", ".join(tables(till, like))))
    ALONE[verb](till)
    till.only_publish()

    assert [row.customer_id for row in till.rows("dmn_loyal")] == ["ada", "bob"]
    assert stored(till) == rows
    assert publications(till) == published
    assert till.held("dmn_sales") == waiting == {"4": "nobody is paid for taking something"}
    # nothing is left behind: a candidate and its held rows for each relation
    assert len(tables(till, ".")) == len(there) == 8


def test_a_candidate_that_lost_one_row_after_it_was_settled_is_built_again(shop: MakeShop) -> None:
    till = shop()
    three_sales(till)
    till.build()
    till.only_settle()

    till.admin.execute("delete from dmn_candidates.dmn_sales where sale_id = '2'")
    till.only_publish()

    assert [row.sale_id for row in till.rows("dmn_sales")] == ["1", "2", "3"]


def test_what_breaks_rules_is_noted_in_a_table_of_a_single_file(shop: MakeShop) -> None:
    """Postgres gave it a place for long values, and waited for the disk to have its index."""
    till = shop()
    three_sales(till)
    till.build()

    there = "relkind = 'r' and relnamespace = 'dmn_candidates'::regnamespace"
    found = till.query(
        f"select reltoastrelid::int as aside from pg_class where {there} and relname ~ '^held_'"
    )
    assert [row.aside for row in found] == [0, 0]


def test_a_query_that_changed_is_built_again_by_a_publication_alone(shop: MakeShop) -> None:
    till = shop()
    three_sales(till)
    till.publish()

    till.change({f"{SALES}.sql": {"amount,": "amount * 2 as amount,"}})
    changes = till.only_publish().changes

    assert {row.sale_id: float(row.amount) for row in till.rows("dmn_sales")} == {
        "1": 5.0,
        "2": 8.0,
        "3": 2.0,
    }
    assert changes["dmn_sales"].updated == 3


# --- only differences ----------------------------------------------------------------------------


def test_a_publication_writes_the_rows_that_differ_and_no_other(shop: MakeShop) -> None:
    till = shop()
    three_sales(till)
    till.publish()
    before = {row.sale_id: row.xmin for row in stored(till)["dmn_sales"]}

    till.staged("ada | ada@ |\nbob | |", "1 | ada | bread | 3\n2 | ada | cake | 4\n5 | bob | | 1")
    published = till.publish()
    after = {row.sale_id: row.xmin for row in stored(till)["dmn_sales"]}

    assert vars(published.changes["dmn_sales"]) == {
        "inserted": 1,
        "updated": 1,
        "deleted": 1,
        "is_recorded": True,
    }
    assert {sale for sale in after if after[sale] == before.get(sale)} == {"2"}
    assert publications(till)[-1].changes == {
        "dmn_customers": {"inserted": 0, "updated": 1, "deleted": 0, "is_recorded": True},
        "dmn_sales": {"inserted": 1, "updated": 1, "deleted": 1, "is_recorded": True},
    }


def test_a_relation_that_is_only_its_key_is_published_by_its_differences(shop: MakeShop) -> None:
    till = shop(CHAIN)
    three_sales(till)
    till.publish()

    till.staged("ada | |\nbob | |", "1 | ada | | 1\n2 | ada | | 1\n3 | bob | | 1")
    loyal = till.publish().changes["dmn_loyal"]

    assert (loyal.inserted, loyal.updated, loyal.deleted) == (0, 0, 1)
    assert [row.customer_id for row in till.rows("dmn_loyal")] == ["ada"]


def test_values_of_a_unique_promise_change_places_in_one_publication(shop: MakeShop) -> None:
    till = shop()
    till.staged("ada | a@ |\nbob | b@ |", "1 | ada | | 1\n2 | bob | | 1")
    till.publish()

    till.staged("ada | b@ |\nbob | a@ |", "1 | ada | | 1\n2 | bob | | 1")
    till.publish()

    assert [row.email for row in till.rows("dmn_customers")] == ["b@", "a@"]
    assert till.held("dmn_customers") == {}
