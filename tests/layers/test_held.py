"""What is held: rows that break rules, rows that follow them, and the same ones in any order."""

import random
from collections.abc import Iterable
from typing import Any

import pytest

from layers import record
from tests.layers.conftest import MakeShop
from tests.layers.shop import CUSTOMERS, SALES, three_sales
from tests.warehouse import Warehouse


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
