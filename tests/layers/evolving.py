"""What tests of contracts that change stand on: a shop that is filled, its tables, and a reader."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import psycopg

from layers.warehouse import connection_parameters
from tests.layers.conftest import MakeShop
from tests.layers.shop import Shop

SOLD_AT = "sold_at:     {type: timestamptz, optional: true}"


def filled(shop: MakeShop) -> Shop:
    """A shop that has published two customers and three sales."""
    till = shop()
    till.staged(
        """
        ada | ada@ |
        bob |      | ada
        """,
        """
        1 | ada | bread | 2.50
        2 | ada | cake  | 4.00
        3 | bob |       | 1.00
        """,
    )
    till.publish()
    return till


def shape(till: Shop, table: str = "dmn.dmn_sales") -> list[SimpleNamespace]:
    """Columns, constraints and comments of a table, as the database describes them."""
    return till.query(
        "select attname as name, format_type(atttypid, atttypmod) as said, attnotnull::text as more"
        f" from pg_attribute where attrelid = '{table}'::regclass and attnum > 0"
        " and not attisdropped"
        " union all select conname, pg_get_constraintdef(oid), convalidated::text"
        f" from pg_constraint where conrelid = '{table}'::regclass"
        " union all select 'comment ' || objsubid, description, null from pg_description"
        f" where objoid = '{table}'::regclass"
        " order by 1, 2"
    )


@contextmanager
def reader() -> Iterator[psycopg.Connection[Any]]:
    """Looker, in a transaction that lasts as long as it likes."""
    with psycopg.connect(**connection_parameters("looker")) as looker:
        yield looker
        looker.rollback()
