"""Contracts at the edge of what there may be, criteria that raise, and a bug in our own checks."""

import json
from pathlib import Path
from typing import Any

import pytest

from layers import reading, warehouse
from layers import run as running
from layers.errors import DataError, LayersError
from tests.layers.conftest import MakeShop
from tests.layers.plans import PARALLEL, SERIAL, set_plan
from tests.layers.shop import Change, Shop, write
from tests.layers.test_cut_short import state

SALES = "sql/dmn/dmn_sales"
TAKINGS = "sql/prs/takings/prs_takings_by_customer"


# --- contracts ------------------------------------------------------------------------------------


def wide(columns: int) -> dict[str, Change]:
    """An entity with so many columns, each with a promise."""
    names = [f"c{number}" for number in range(1, columns)]
    said = {
        "entity": "Form",
        "definition": "What a customer filled in.",
        "grain": "one row per form",
        "key": "id",
        "columns": {"id": {"type": "text"}, **{name: {"type": "bigint"} for name in names}},
        "criteria": {f"{name} is a count": f"{name} >= 0" for name in names},
    }
    cells = ", ".join(f"length(customer_id)::bigint as {name}" for name in names)
    query = f"select customer_id as id, {cells} from stg_till.stg_till_customers"
    return {
        "sql/dmn/dmn_forms.yaml": json.dumps(said),
        "sql/dmn/dmn_forms.sql": query,
    }


def test_a_contract_with_200_columns_is_built_checked_published_and_changed(shop: MakeShop) -> None:
    till = shop(wide(200))
    till.staged("ada | |\n bob | |", "1 | ada | | 1")
    till.publish()

    (ada, _) = till.rows("dmn_forms")
    assert len(vars(ada)) == 200
    assert (ada.c1, ada.c199) == (3, 3)

    till.change(
        {
            "sql/dmn/dmn_forms.sql": str(wide(200)["sql/dmn/dmn_forms.sql"]).replace(
                "length(customer_id)::bigint as c199",
                "case customer_id when 'bob' then -1 else 4 end::bigint as c199",
            )
        }
    )
    till.publish()

    assert [(row.id, row.c199) for row in till.rows("dmn_forms")] == [("ada", 4)]
    assert till.held("dmn_forms") == {"bob": "c199 is a count"}


LONG = "order_" + "x" * 57
# Words that SQL keeps for itself, names that are only names in quotes, and one of 63 characters.
NAMES = [
    "select",
    "user",
    "Total Amount",
    "it's",
    'say "hello"',
    "ümlaut",
    "a.b",
    "100%",
    "{}",
    LONG,
]


def named(name: str) -> dict[str, Change]:
    """The shop, whose sales have their amount under another name, with all kinds of promises."""
    said, quoted = json.dumps(name), '"' + name.replace('"', '""') + '"'
    return {
        f"{SALES}.yaml": {
            "amount:      {type": f"{said}: {{type",
            "nobody is paid for taking something: amount >= 0": "nobody is paid: "
            + json.dumps(f"{quoted} >= 0"),
            "relationships:": "unique:\n"
            f"          each once: {{columns: [{said}], prefer: [{said}]}}\n"
            "        relationships:",
        },
        f"{SALES}.sql": {"            amount,": f"            amount as {quoted},"},
        f"{TAKINGS}.sql": {"sum(sales.amount)": f"sum(sales.{quoted})"},
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_column_may_have_any_name_that_postgres_allows(shop: MakeShop, name: str) -> None:
    till = shop(named(name))
    till.staged("ada | |", "1 | ada | | 5\n 2 | ada | | -1\n 3 | ada | | 5")
    till.publish()
    till.publish("prs_takings")
    till.staged("ada | |", "1 | ada | | 6\n 2 | ada | | -1\n 4 | ada | | 7")
    till.publish()
    till.publish("prs_takings")

    assert {row.sale_id: vars(row)[name] for row in till.rows("dmn_sales")} == {"1": 6, "4": 7}
    assert till.held("dmn_sales") == {"2": "nobody is paid"}
    assert [row.amount for row in till.rows("prs_takings_by_customer")] == [13]


@pytest.mark.parametrize("name", ["order", "The Key", "d'or", LONG])
def test_a_key_a_reference_and_what_is_one_of_some_may_have_any_name_too(
    shop: MakeShop, name: str
) -> None:
    said = {
        "entity": "Voucher",
        "definition": "What a customer may pay with.",
        "grain": "one row per voucher and part",
        "key": [name, "part"],
        "columns": {
            name: {"type": "text"},
            "part": {"type": "text", "one_of": ["it's", "b"]},
            name[:62] + "2": {"type": "text", "optional": True, "pii": True},
        },
        "relationships": {
            name: {
                "to": "dmn_customers",
                "by": name[:62] + "2",
                "each": "0..1",
                "inverse": "0..1",
                "prefer": [name],
                "on_missing": "empty",
            }
        },
    }
    till = shop(
        {
            f"{SALES}.yaml": {"one_of: [bread, cake]": 'one_of: ["it\'s", b, c]'},
            "sql/dmn/dmn_vouchers.yaml": json.dumps(said),
            "sql/dmn/dmn_vouchers.sql": f'select sale_id as "{name}", shelf as part,'
            f' customer_id as "{name[:62]}2" from stg_till.stg_till_sales',
        }
    )
    till.staged("ada | |", "")
    till.given(
        "stg_till.stg_till_sales",
        """
        sale_id | customer_id | shelf | amount
        1       | ada         | it's  | 1
        2       | ada         | b     | 1
        3       | nobody      | b     | 1
        4       |             | c     | 1
        """,
    )
    till.publish()

    found = [tuple(vars(row).values()) for row in till.rows("dmn_vouchers")]
    assert found == [("1", "it's", "ada"), ("3", "b", None)]
    assert [json.loads(key) for key in till.held("dmn_vouchers")] == [["2", "b"], ["4", "c"]]


def test_a_name_of_64_bytes_is_refused_as_postgres_would_cut_it(tmp_path: Path) -> None:
    for name in (LONG + "x", "ü" * 32):
        project = reading.load(write(tmp_path, named(name)))

        assert "is longer than the 63 bytes" in "\n".join(map(str, project.problems))


def test_a_relation_may_be_called_like_a_keyword_and_as_long_as_postgres_lets_it(
    shop: MakeShop,
) -> None:
    name = f"dmn_{'x' * 59}"
    files = {
        f"sql/dmn/{other}{end}": text.replace("dmn_forms", other)
        for other in (name, "dmn_select")
        for end, text in (
            (".yaml", wide(3)["sql/dmn/dmn_forms.yaml"]),
            (".sql", wide(3)["sql/dmn/dmn_forms.sql"]),
        )
        if isinstance(text, str)
    }
    till = shop(files)
    till.staged("ada | |", "1 | ada | | 1")
    till.publish()

    assert [len(till.rows(other)) for other in (name, "dmn_select")] == [1, 1]


# --- a criterion that raises ----------------------------------------------------------------------

RAISES = {
    f"{SALES}.yaml": {
        "nobody is paid for taking something: amount >= 0": (
            "a share of ten is small: 10 / amount < 100\n"
            "          nobody is paid for taking something: amount >= 0"
        )
    },
    "sql/dmn/dmn_customers.yaml": {
        "unique:": "criteria:\n"
        "          an address is an address: email like '%@%'\n"
        "        unique:"
    },
}


def test_a_criterion_that_raises_is_told_with_its_row_and_the_other_checks_run_and_report(
    shop: MakeShop,
) -> None:
    till = shop(RAISES)
    many = "\n".join(f"{number} | ada | | 1" for number in range(1000))
    told: list[tuple[str, str]] = []
    till.staged("ada | a@ |\n bob | nowhere |", f"{many}\n zero | ada | | 0\n taken | ada | | -1")
    run = running.start(till.project, lambda what, said: told.append((what, said)))

    running.run_unit(run, "dmn")

    (failure,) = run.failures
    assert failure.startswith(
        "sql/dmn/dmn_sales.yaml: 'a share of ten is small' cannot be asked of every row: "
        "division by zero at zero\n"
    )
    # the other checks: of the entity, and of other entities
    checked = till.query(
        "select relation, sentence, outcome, violations, sample from layers.checks"
    )
    assert {(c.relation, c.sentence, c.outcome, c.violations, *c.sample) for c in checked} == {
        ("dmn_sales", "a share of ten is small", "failed", 1, "zero"),
        ("dmn_sales", "nobody is paid for taking something", "held", 1, "taken"),
        ("dmn_customers", "an address is an address", "held", 1, "bob"),
    }
    # nothing of the layer is published
    assert (till.rows("dmn_customers"), till.rows("dmn_sales")) == ([], [])
    assert not [what for what, _ in told if what.startswith(("settle", "publish"))]
    with pytest.raises(DataError, match="cannot be asked of every row"):
        till.only_settle()
    with pytest.raises(DataError, match="cannot be asked of every row"):
        till.only_publish()


def test_the_query_that_a_raising_criterion_is_told_with_shows_its_row(shop: MakeShop) -> None:
    till = shop(RAISES)
    till.staged("ada | a@ |", "1 | ada | | 1\n zero | ada | | 0\n nil | ada | | 0")
    till.only_build("dmn_customers")
    till.only_build("dmn_sales")

    with pytest.raises(DataError) as raised:
        till.only_check("dmn_sales")

    query = str(raised.value).split("that row:")[1].split(";")[0]
    assert [row.sale_id for row in till.query(query)] == ["zero"]


def test_a_criterion_that_raises_no_more_is_published_by_the_next_run(shop: MakeShop) -> None:
    till = shop(RAISES)
    till.staged("ada | a@ |", "1 | ada | | 0")
    with pytest.raises(DataError):
        till.build()
    till.staged("ada | a@ |", "1 | ada | | 2")

    till.publish()

    assert [row.sale_id for row in till.rows("dmn_sales")] == ["1"]


# --- one answer, whatever the plan ---------------------------------------------------------------


def test_every_relation_built_in_parallel_and_in_series_with_little_memory_is_the_same(
    shop: MakeShop,
) -> None:
    till = shop()
    till.staged("ada | |", "1 | ada | | 1")
    till.admin.execute(
        "insert into stg_till.stg_till_customers (customer_id, email, referrer_id, layers_load_id,"
        " layers_ordinal) select 'c' || n, case n % 7 when 0 then 'twice' else n || '@' end,"
        " 'c' || n % 97, 0, n from generate_series(1, 5000) n"
    )
    till.admin.execute(
        "insert into stg_till.stg_till_sales (sale_id, customer_id, shelf, amount, layers_load_id,"
        " layers_ordinal) select 's' || n, 'c' || n % 4999, case n % 3 when 0 then 'bread' end,"
        " n % 1000 / 7.0 - 3, 0, n from generate_series(1, 20000) n"
    )
    for relation in ("stg_till_customers", "stg_till_sales"):
        till.admin.execute(f"analyze stg_till.{relation}")

    serial = built(till, SERIAL)
    parallel = built(till, PARALLEL)

    assert parallel == serial
    assert min(len(rows) for _, rows in serial.values()) > 100
    assert_is_parallel(till)


def built(till: Shop, plan: dict[str, str]) -> dict[str, Any]:
    """What is held and what is published of every relation, by one kind of plan."""
    for unit in ("dmn", "prs_takings"):
        connection = till.connect(warehouse.writer(unit))
        set_plan(connection, plan)
        till.project = relaxed(till)
        till.publish(unit)
    return {
        name: (till.held(name), list(map(repr, till.rows(name))))
        for name in ("dmn_customers", "dmn_sales", "prs_takings_by_customer")
    }


def relaxed(till: Shop) -> Any:
    """Half of the customers share one address: any number of them may be held."""
    files: dict[str, Change] = {
        f"sql/dmn/{name}.yaml": {"key: ": "hold_limit: none\n        key: "}
        for name in ("dmn_customers", "dmn_sales")
    }
    return reading.load(write(till.folder, files))


def assert_is_parallel(till: Shop) -> None:
    (plan,) = till.connect("modeller").execute(
        "explain (format json) select count(*) from stg_till.stg_till_sales"
    ).fetchone() or (None,)
    assert "Gather" in json.dumps(plan)


# --- a bug in our own checks ---------------------------------------------------------------------

OVERLOOKED = {
    "not null": ("ada | |", "1 | ada | | "),
    "a criterion": ("ada | |", "1 | ada | | -1"),
    "one of some": ("ada | |", "1 | ada | shoes | 1"),
    "unique": ("ada | same@ |\n bob | same@ |", "1 | ada | | 1\n 2 | bob | | 1"),
    "a reference": ("ada | |", "1 | ada | | 1\n 2 | nobody | | 1"),
}


@pytest.mark.parametrize("is_first", [True, False], ids=["first", "later"])
@pytest.mark.parametrize("broken", OVERLOOKED)
def test_what_our_checks_overlook_is_refused_by_the_tables_themselves(
    shop: MakeShop, broken: str, *, is_first: bool
) -> None:
    made = shop()
    if not is_first:
        made.staged("ada | ada@ |", "1 | ada | | 5")
        made.publish()
    before = state(made)
    made.staged(*OVERLOOKED[broken])
    made.build()
    made.only_settle()
    assert made.held("dmn_sales")
    for row in made.query(
        "select tablename as name from pg_tables where tablename like 'held\\_%'"
        " and schemaname = 'dmn_candidates'"
    ):
        made.admin.execute(f"delete from dmn_candidates.{row.name}")

    with pytest.raises(LayersError, match=r"violates|could not create unique index"):
        made.only_publish()

    assert state(made) == before
