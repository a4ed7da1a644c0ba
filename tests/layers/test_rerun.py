"""Any verb again, alone, in any order, beside another: the same tables, and never half of them."""

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from layers import record
from layers.errors import DataError
from tests.layers.conftest import MakeShop
from tests.layers.shop import Change, Shop
from tests.warehouse import Warehouse

SALES = "sql/dmn/dmn_sales"
CUSTOMERS = "sql/dmn/dmn_customers"


def three_sales(shop: Shop) -> None:
    shop.staged(
        """
        ada | ada@ |
        bob |      | ada
        eve | eve@ |         -- bought nothing, so she is held
        """,
        """
        1 | ada | bread | 2.50
        2 | ada | cake  | 4.00
        3 | bob |       | 1.00
        4 | bob | bread | -1    -- breaks the criterion, so it is held
        """,
    )


LIVE = ("dmn_customers", "dmn_sales", "prs_takings_by_customer")


def stored(shop: Shop) -> dict[str, list[Any]]:
    """Live rows as they lie there: a row that was written again has another transaction."""
    found = {}
    for name in LIVE:
        relation = shop.project.relation(name)
        key = relation.contract.key[0]
        statement = f"select xmin::text, * from {relation.schema}.{name} order by {key}"
        found[name] = shop.query(statement)
    return found


def publications(shop: Shop) -> list[Any]:
    return shop.query("select unit, changes from layers.publications order by publication")


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


# --- limits --------------------------------------------------------------------------------------


def many(shop: Shop, customers: int, bad: int = 0) -> None:
    """Customers with a sale each, of which the first `bad` break the criterion."""
    shop.admin.execute("truncate stg_till.stg_till_customers, stg_till.stg_till_sales")
    shop.admin.execute(
        "insert into stg_till.stg_till_customers (customer_id, layers_load_id, layers_ordinal)"
        " select n, 0, n from generate_series(1, %s) n",
        [customers],
    )
    shop.admin.execute(
        "insert into stg_till.stg_till_sales (sale_id, customer_id, amount, layers_load_id,"
        " layers_ordinal) select n, n, case when n <= %s then -1 else 1 end, 0, n"
        " from generate_series(1, %s) n",
        [bad, customers],
    )
    record.moved(shop.admin, "stg_till_customers")
    record.moved(shop.admin, "stg_till_sales")


def test_a_publication_that_would_shrink_a_table_too_far_writes_nothing_anywhere(
    shop: MakeShop,
) -> None:
    till = shop()
    many(till, 600)
    till.publish()
    rows, published = stored(till), publications(till)

    many(till, 479)
    till.admin.execute("update stg_till.stg_till_customers set email = customer_id || '@'")
    with pytest.raises(DataError) as raised:
        till.publish()

    assert "publishing would delete 121 of 600 rows, more than shrink_limit 20%" in str(
        raised.value
    )
    assert "raise shrink_limit in sql/dmn/dmn_" in str(raised.value)
    assert stored(till) == rows
    assert publications(till) == published
    assert record.is_behind(till.admin, till.project, "dmn")


def test_a_table_may_shrink_by_its_limit_and_a_small_one_by_a_hundred_rows(shop: MakeShop) -> None:
    till = shop()
    many(till, 600)
    till.publish()

    many(till, 480)  # a fifth of them go
    till.publish()
    many(till, 100)
    with pytest.raises(DataError, match="would delete 380 of 480"):
        till.publish()
    many(till, 380)  # a hundred are never too many
    till.publish()

    assert len(till.rows("dmn_sales")) == 380


NO_LIMIT_FOR_CUSTOMERS: Mapping[str, Change] = {
    f"{CUSTOMERS}.yaml": {"key:": "hold_limit: none\n        key:"}
}


def test_more_held_than_the_limit_fails_the_layer_and_tells_the_engineer_on_call(
    shop: MakeShop,
) -> None:
    limit: Change = {"key:": "hold_limit: 10%\n        key:"}
    till = shop({**NO_LIMIT_FOR_CUSTOMERS, f"{SALES}.yaml": limit})
    many(till, 200)
    till.publish()
    rows = stored(till)

    many(till, 200, bad=21)
    till.build()
    with pytest.raises(DataError) as raised:
        till.only_settle()
    with pytest.raises(DataError, match="21 held of 200"):  # nor is it published unsettled
        till.only_publish()

    first, sample, query, advice = str(raised.value).splitlines()
    assert first == (
        "dmn_sales: 21 rows break 'nobody is paid for taking something'"
        " (21 held of 200, more than hold_limit 10%)."
    )
    assert len(sample.removeprefix("    some of them: ").split(", ")) == 10
    shown = till.query(query.removeprefix("    all of them:  "))
    assert sorted(int(row.sale_id) for row in shown) == list(range(1, 22))
    assert advice == (
        "    mend them at their source, or the promise in sql/dmn/dmn_sales.yaml;"
        " then run this again"
    )
    assert stored(till) == rows
    assert len(till.held("dmn_sales")) == 21


def test_ten_held_rows_are_never_too_many(shop: MakeShop) -> None:
    till = shop()
    many(till, 12, bad=10)

    till.publish()

    assert len(till.rows("dmn_sales")) == 2


def test_a_limit_of_one_rule_counts_its_rows_alone(shop: MakeShop) -> None:
    till = shop(
        {
            f"{SALES}.yaml": {
                "nobody is paid for taking something: amount >= 0": "nobody is paid: "
                "{holds: amount >= 0, hold_limit: none}"
            },
            **NO_LIMIT_FOR_CUSTOMERS,
        }
    )
    many(till, 200, bad=150)

    till.publish()

    assert len(till.rows("dmn_sales")) == len(till.rows("dmn_customers")) == 50


# --- what is held --------------------------------------------------------------------------------


def held(shop: Warehouse) -> dict[str, tuple[str, bool]]:
    """Key to the sentences that a row breaks, and whether it only follows another one."""
    found = shop.query("select key, rules, follows from layers.held order by relation, key")
    return {row.key: ("; ".join(row.rules), row.follows is not None) for row in found}


def test_a_held_parent_holds_its_children_and_they_only_follow(shop: MakeShop) -> None:
    till = shop()
    till.staged(
        """
        ada | same@ |
        bob | same@ |       -- nobody can tell whose address it is: both are held
        eve | eve@  |
        """,
        """
        1 | ada | | 1
        2 | bob | | 1
        3 | eve | | 1
        """,
    )

    till.publish()

    assert held(till) == {
        "ada": ("one customer per address", False),
        "bob": ("one customer per address", False),
        "1": ("each sale has 1 customer", True),
        "2": ("each sale has 1 customer", True),
    }
    assert [row.sale_id for row in till.rows("dmn_sales")] == ["3"]


def test_a_parent_whose_last_child_is_held_is_held_and_one_with_another_child_is_not(
    shop: MakeShop,
) -> None:
    till = shop()
    till.staged(
        """
        ada |  |       -- has nothing but a sale that is held
        bob |  |       -- has another one
        eve |  |       -- never had any
        """,
        """
        1 | ada | | -1
        2 | bob | | -1
        3 | bob | | 1
        """,
    )

    till.publish()

    assert held(till) == {
        "ada": ("each customer has 1..* sale", True),
        "eve": ("each customer has 1..* sale", False),
        "1": ("nobody is paid for taking something", False),
        "2": ("nobody is paid for taking something", False),
    }


def test_a_row_says_every_rule_that_it_breaks_by_itself(shop: MakeShop) -> None:
    till = shop()
    till.staged("ada | |", "1 | ada | | 1\n2 | nobody | tools | -1\n3 | ada | | ")

    till.publish()

    assert till.held("dmn_sales") == {
        "2": "shelf is one of bread, cake; nobody is paid for taking something; "
        "each sale has 1 customer",
        "3": "amount is never empty",
    }


def test_a_web_user_whose_only_event_is_held_is_held(warehouse: Warehouse) -> None:
    warehouse.given(
        "stg_rudderstack.stg_rudderstack_pages",
        """
        event_id | anonymous_id | event_at             | received_at
        1        | early        | 1999-01-01T00:00:00Z | 1999-01-01T00:00:01Z  -- not reported
        2        | later        | 1999-01-01T00:00:00Z | 1999-01-01T00:00:01Z
        3        | later        | 2026-03-01T00:00:00Z | 2026-03-01T00:00:01Z
        """,
    )

    warehouse.publish()

    assert [row.web_user_id for row in warehouse.rows("dmn_web_users")] == ["later"]
    assert held(warehouse)["early"] == ("each web user has 1..* web engagement event", True)


def test_a_reference_to_nowhere_is_emptied_where_the_contract_says_so(shop: MakeShop) -> None:
    till = shop()
    till.staged(
        """
        ada |      | bob
        bob |      | nobody   -- never there
        eve |      | dan
        dan | dan@ |          -- bought nothing, so he is held
        """,
        """
        1 | ada | | 1
        2 | bob | | 1
        3 | eve | | 1
        """,
    )

    till.publish()

    found = {row.customer_id: row.referrer_id for row in till.rows("dmn_customers")}
    assert found == {"ada": "bob", "bob": None, "eve": None}
    assert set(held(till)) == {"dan"}
    counted = till.query("select violations from layers.checks where rule = 'referrer'")
    assert [row.violations for row in counted] == [2]


def test_one_of_several_stays_where_the_contract_prefers_it(shop: MakeShop) -> None:
    preferring = "one customer per address: {columns: email, prefer: [referrer_id]}"
    till = shop({f"{CUSTOMERS}.yaml": {"one customer per address: email": preferring}})
    till.staged(
        """
        ada | same@ |        -- nothing is preferred last
        bob | same@ | ada
        cat | same@ | ada    -- the key decides between equals
        """,
        "1 | ada | | 1\n2 | bob | | 1\n3 | cat | | 1",
    )

    till.publish()

    assert [row.customer_id for row in till.rows("dmn_customers")] == ["bob"]
    assert held(till)["ada"] == ("one customer per address", False)


def test_a_row_that_was_held_is_published_when_its_source_mends_it_and_withdrawn_when_not(
    shop: MakeShop,
) -> None:
    till = shop()
    three_sales(till)
    till.publish()
    assert set(till.held("dmn_sales")) == {"4"}

    till.admin.execute(
        "update stg_till.stg_till_sales set amount = case sale_id when '4' then 1 else -1 end"
        " where sale_id in ('1', '4')"
    )
    record.moved(till.admin, "stg_till_sales")
    till.publish()

    assert [row.sale_id for row in till.rows("dmn_sales")] == ["2", "3", "4"]
    assert set(till.held("dmn_sales")) == {"1"}


def test_a_row_that_is_held_still_keeps_the_day_since_when(shop: MakeShop) -> None:
    till = shop()
    three_sales(till)
    till.publish()
    since = till.query("select key, held_since from layers.held order by key")

    till.publish()

    assert till.query("select key, held_since from layers.held order by key") == since


@dataclass(frozen=True)
class Promise:
    """A promise of the shop, how it is written with an answer, and rows that break it."""

    file: str
    old: str
    new: str
    sentence: str
    customers: str
    sales: str

    def answered(self, on_violation: str) -> Mapping[str, Change]:
        return {f"{self.file}.yaml": {self.old: self.new % on_violation}}


PROMISES = {
    "a criterion": Promise(
        SALES,
        "taking something: amount >= 0",
        "taking something: {holds: amount >= 0, on_violation: %s}",
        "nobody is paid for taking something",
        "ada | |",
        "1 | ada | | -1\n2 | ada | | 1",
    ),
    "a unique promise": Promise(
        CUSTOMERS,
        "one customer per address: email",
        "one customer per address: {columns: email, on_violation: %s}",
        "one customer per address",
        "ada | a@ |\nbob | a@ |",
        "1 | ada | | 1\n2 | bob | | 1",
    ),
    "a reference": Promise(
        SALES,
        'each: "1"',
        'on_violation: %s, each: "1"',
        "each sale has 1 customer",
        "ada | |",
        "1 | ada | | 1\n2 | nobody | | 1",
    ),
}


@pytest.mark.parametrize("promise", PROMISES.values(), ids=PROMISES)
def test_a_rule_that_fails_its_layer_fails_it_and_nothing_is_written(
    shop: MakeShop, promise: Promise
) -> None:
    till = shop(promise.answered("fail"))
    till.staged("eve | |", "7 | eve | | 1")
    till.publish()
    rows, published = stored(till), publications(till)

    till.staged(promise.customers, promise.sales)
    with pytest.raises(DataError) as raised:
        till.publish()
    with pytest.raises(DataError, match=promise.sentence):  # nor when it is run alone
        till.only_publish()

    assert f"'{promise.sentence}'" in str(raised.value)
    assert stored(till) == rows
    assert publications(till) == published


@pytest.mark.parametrize("promise", PROMISES.values(), ids=PROMISES)
def test_a_rule_that_warns_is_recorded_and_its_rows_are_published(
    shop: MakeShop, promise: Promise
) -> None:
    till = shop(promise.answered("warn"))
    till.staged("eve | |", "7 | eve | | 1")
    till.publish()

    till.staged(promise.customers, promise.sales)
    till.publish()

    assert [row.sale_id for row in till.rows("dmn_sales")] == ["1", "2"]
    assert held(till) == {}
    warned = till.query("select sentence, outcome from layers.checks")
    assert [(row.sentence, row.outcome) for row in warned] == [(promise.sentence, "warned")]


def test_a_key_that_is_there_twice_fails_its_layer_whatever_the_contract_says(
    shop: MakeShop,
) -> None:
    doubled = "from stg_till.stg_till_customers cross join (values (1), (2)) as twice (n)"
    till = shop(
        {
            f"{CUSTOMERS}.yaml": {"key:": "on_violation: warn\n        key:"},
            f"{CUSTOMERS}.sql": {"from stg_till.stg_till_customers": doubled},
        }
    )
    three_sales(till)

    with pytest.raises(DataError) as raised:
        till.publish()

    first, sample, query, _ = str(raised.value).splitlines()
    assert first == (
        "dmn_customers: 6 rows break 'customer_id is the key: never empty, never twice'."
    )
    assert set(sample.removeprefix("    some of them: ").split(", ")) == {"ada", "bob", "eve"}
    shown = till.query(query.removeprefix("    all of them:  "))
    assert {row.customer_id: row.count for row in shown} == {"ada": 2, "bob": 2, "eve": 2}
    assert publications(till) == []


Customers = list[tuple[str, str | None, str | None]]
Sales = list[tuple[str, str, int]]


def kept(customers: Customers, sales: Sales) -> set[str]:
    """What may be published, found by asking each row again and again."""
    emails = [email for _, email, _ in customers if email is not None]
    people = {who for who, email, _ in customers if email is None or emails.count(email) == 1}
    referrers = {who: referrer for who, _, referrer in customers}
    bought = {(sale, who) for sale, who, amount in sales if amount >= 0}
    while True:
        left = {(sale, who) for sale, who in bought if who in people}
        buyers = people & {who for _, who in left}
        buyers = {who for who in buyers if referrers[who] is None or referrers[who] in people}
        if (left, buyers) == (bought, people):
            return buyers | {sale for sale, _ in left}
        bought, people = left, buyers


def shuffled(dice: random.Random, rows: Iterable[Any]) -> list[Any]:
    found = list(rows)
    dice.shuffle(found)
    return found


@pytest.mark.parametrize("seed", range(6))
def test_what_is_held_does_not_depend_on_the_order_of_rows_or_of_tasks(
    shop: MakeShop, seed: int
) -> None:
    dice = random.Random(seed)
    # customers who refer to each other, in chains and circles, fall one after the other
    no_limit = {"key:": "hold_limit: none\n        key:"}
    firm = {**no_limit, ", on_missing: empty": ""}
    till = shop({f"{SALES}.yaml": no_limit, f"{CUSTOMERS}.yaml": firm})
    people = [f"c{n}" for n in range(12)]
    customers: Customers = [
        (who, dice.choice([*[None] * 9, "x@", "y@"]), dice.choice([*[None] * 6, *people]))
        for who in people
    ]
    sales: Sales = [(f"s{n}", dice.choice([*people, "?"]), dice.choice([1, -1])) for n in range(60)]

    answers = []
    for _ in range(2):
        till.staged(
            "\n".join(f"{w} | {e or ''} | {r or ''}" for w, e, r in shuffled(dice, customers)),
            "\n".join(f"{s} | {w} | | {amount}" for s, w, amount in shuffled(dice, sales)),
        )
        for name in shuffled(dice, ["dmn_customers", "dmn_sales"]):
            till.only_build(name)
        for name in shuffled(dice, ["dmn_customers", "dmn_sales"]):
            till.only_check(name)
        till.only_settle()
        till.only_publish()
        live = [till.rows("dmn_customers"), till.rows("dmn_sales")]
        answers.append({next(iter(vars(row).values())) for rows in live for row in rows})

    assert answers == [kept(customers, sales)] * 2
    everything = {who for who, *_ in customers} | {sale for sale, *_ in sales}
    assert set(held(till)) == everything - answers[0]
