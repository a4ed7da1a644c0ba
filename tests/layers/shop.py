"""A shop, the smallest business with every kind of promise: what tests of the engine stand on.

Its files are text here, so that a test can change a word of one and see what becomes of it.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent
from typing import Any, ClassVar

from layers import build, check, publish, reading, settle
from layers.load import Loaded, load
from layers.publish import Published
from layers.sources import Batch, Declaration, Unseen
from layers.warehouse import writer
from tests.warehouse import Warehouse

# A whole file; None where there is none; or words of the shop's own, and others in their place.
Change = str | bytes | None | Mapping[str, str]
Record = Mapping[str, Any] | bytes

SALES = "sql/dmn/dmn_sales"
CUSTOMERS = "sql/dmn/dmn_customers"
FILES = {
    "sql/project.yaml": """
        project: shop
        time_zone: UTC
        first_month: 2026-01
    """,
    "sql/src/till.yaml": """
        source: The till
        kind: files
        connection: till
        promised_freshness: 1 hour
        named_at: '(\\d+)'
        objects:
          customers: {files: "customers-*.json", reject_limit: none, drift: note}
          sales:     {files: "sales-*.json", reject_limit: none, drift: note}
    """,
    "sql/stg/till/stg_till_customers.yaml": """
        grain: one row per customer
        key: customer_id
        newest_by: version
        deleted_when: state = 'gone'
        columns:
          customer_id: {type: text}
          email:       {type: text, optional: true, written: empty_is_null}
          referrer_id: {type: text, optional: true}
          state:       {type: text, optional: true}
          version:     {type: bigint, optional: true}
    """,
    "sql/stg/till/stg_till_customers.sql": """
        select
            record ->> 'id' as customer_id,
            record ->> 'email' as email,
            record ->> 'referrer' as referrer_id,
            record ->> 'state' as state,
            record ->> 'version' as version
        from src_till.customers
    """,
    "sql/stg/till/stg_till_sales.yaml": """
        grain: one row per sale
        key: sale_id
        columns:
          sale_id:     {type: text}
          customer_id: {type: text, optional: true}
          shelf:       {type: text, optional: true}
          amount:      {type: "numeric(10,2)", optional: true}
          sold_at:     {type: timestamptz, optional: true}
    """,
    "sql/stg/till/stg_till_sales.sql": """
        select
            record ->> 'id' as sale_id,
            record ->> 'customer' as customer_id,
            record ->> 'shelf' as shelf,
            record ->> 'amount' as amount,
            record ->> 'sold_at' as sold_at
        from src_till.sales
    """,
    "sql/dmn/dmn_customers.yaml": """
        entity: Customer
        definition: Somebody who bought something.
        grain: one row per customer
        key: customer_id
        columns:
          customer_id: {type: text}
          email:       {type: text, optional: true}
          referrer_id: {type: text, optional: true}
        unique:
          one customer per address: email
        relationships:
          referrer:
            {to: dmn_customers, by: referrer_id, each: "0..1", inverse: "0..*", on_missing: empty}
    """,
    "sql/dmn/dmn_customers.sql": """
        select
            customer_id,
            email,
            referrer_id
        from stg_till.stg_till_customers
        where not is_deleted
    """,
    "sql/dmn/dmn_sales.yaml": """
        entity: Sale
        definition: Something that a customer paid for.
        grain: one row per sale
        key: sale_id
        columns:
          sale_id:     {type: text}
          customer_id: {type: text}
          shelf:       {type: text, optional: true, one_of: [bread, cake]}
          amount:      {type: "numeric(18,2)"}
          sold_at:     {type: timestamptz, optional: true}
        criteria:
          nobody is paid for taking something: amount >= 0
        relationships:
          customer: {to: dmn_customers, by: customer_id, each: "1", inverse: "1..*"}
    """,
    "sql/dmn/dmn_sales.sql": """
        select
            sale_id,
            customer_id,
            shelf,
            amount,
            sold_at
        from stg_till.stg_till_sales
    """,
    "sql/prs/takings.yaml": """
        use_case: Takings
        needs: [till]
        promised_freshness: 2 hours
    """,
    "sql/prs/takings/prs_takings_by_customer.yaml": """
        answers: Who spends how much?
        grain: one row per customer
        key: customer_id
        columns:
          customer_id: {type: text}
          email:       {type: text, optional: true}
          sales:       {type: bigint, additivity: sum}
          amount:      {type: "numeric(18,2)", additivity: sum}
    """,
    "sql/prs/takings/prs_takings_by_customer.sql": """
        select
            customers.customer_id,
            customers.email,
            count(*) as sales,
            sum(sales.amount) as amount
        from dmn.dmn_customers as customers
        inner join dmn.dmn_sales as sales on customers.customer_id = sales.customer_id
        group by customers.customer_id, customers.email
    """,
}
# Nothing above staging, where a test changes what staging gives.
ALONE: Mapping[str, Change] = dict.fromkeys(
    [
        "sql/dmn/dmn_customers.sql",
        "sql/dmn/dmn_sales.sql",
        "sql/prs/takings/prs_takings_by_customer.sql",
    ]
)


def write(folder: Path, changes: Mapping[str, Change] | None = None) -> Path:
    """Writes the shop's files, changed, below a folder; returns the folder."""
    for name in FILES | dict(changes or {}):
        content = _changed(FILES.get(name, ""), (changes or {}).get(name, {}))
        path = folder / name
        if content is None:
            path.unlink(missing_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return folder


def _changed(file: str, change: Change) -> bytes | None:
    if change is None or isinstance(change, bytes):
        return change
    if isinstance(change, str):
        return dedent(change).lstrip().encode()
    for old, new in change.items():
        assert old in file, f"the shop's file does not say {old!r}"
        file = file.replace(old, new)
    return dedent(file).lstrip().encode()


@dataclass
class Till:
    """A source in memory: batches of each object; its cursor is how many of them are read."""

    batches: dict[str, list[list[bytes]]] = field(default_factory=dict)

    def add(self, object_name: str, *records: Record) -> None:
        """One more batch. A record is bytes as a source wrote them, or what JSON is made of."""
        lines = [r if isinstance(r, bytes) else json.dumps(r).encode() for r in records]
        self.batches.setdefault(object_name, []).append(lines)

    def reader(self, declaration: Declaration, object_name: str) -> "Reading":
        return Reading(self.batches.get(object_name, []))


@dataclass(frozen=True)
class Reading:
    """Reads what is behind the cursor; knows each batch a minute later than the one before it."""

    batches: list[list[bytes]]

    independent: ClassVar[bool] = False

    def read(self, cursor: dict[str, Any], unseen: Unseen) -> Iterator[Batch]:
        for number in range(cursor.get("read", 0), len(self.batches)):
            until = datetime(2026, 3, 1, 12, number, tzinfo=UTC)
            yield Batch(self.batches[number], {"read": number + 1}, loaded_until=until)


class Shop(Warehouse):
    """The shop's warehouse, and its till."""

    till: Till
    folder: Path

    def change(self, changes: Mapping[str, Change]) -> None:
        """Goes on with other files, as after a deployment."""
        self.project = reading.load(write(self.folder, changes))
        assert not self.project.problems, "\n".join(map(str, self.project.problems))

    def load(self, object_name: str, *records: Record) -> Loaded:
        """Loads one batch of records."""
        self.till.add(object_name, *records)
        return load(self.connect("loader"), self.project, "till", object_name, "test")

    def raw(self, object_name: str) -> list[Any]:
        """The raw records there are, in the order in which they came."""
        found = self.query(f"select record from src_till.{object_name} order by load_id, ordinal")
        return [row.record for row in found]

    def staged(self, customers: str, sales: str) -> None:
        """Makes staging hold these rows, and nothing else."""
        self.admin.execute("truncate stg_till.stg_till_customers, stg_till.stg_till_sales")
        head = "customer_id | email | referrer_id"
        self.given("stg_till.stg_till_customers", f"{head}\n{customers}")
        head = "sale_id | customer_id | shelf | amount"
        self.given("stg_till.stg_till_sales", f"{head}\n{sales}")

    def only_build(self, name: str) -> None:
        relation = self.project.relation(name)
        build.build(self.connect(writer(relation.unit)), self.project, relation, "alone")

    def only_check(self, name: str) -> None:
        relation = self.project.relation(name)
        check.check(self.connect(writer(relation.unit)), self.project, relation, "alone")

    def only_settle(self, unit: str = "dmn") -> dict[str, int]:
        return settle.settle(self.connect(writer(unit)), self.project, unit, "alone")

    def only_publish(self, unit: str = "dmn") -> Published:
        return publish.publish(self.connect(writer(unit)), self.project, unit, "alone")


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


def rejected(shop: Shop) -> list[Any]:
    return shop.query(
        "select column_name, value, wanted, reason, convert_from(record, 'UTF8') as record"
        " from layers.rejects where relation is not null order by load_id, ordinal"
    )
