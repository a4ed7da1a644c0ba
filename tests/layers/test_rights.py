"""Each role reads what its layer stands on, writes its own layer, and nothing else."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from layers import migrate
from layers.warehouse import connection_parameters, text
from tests.layers.conftest import MakeShop
from tests.layers.shop import Shop

CONNECTIONS = {
    "loader": "warehouse_loader",
    "modeller": "warehouse_modeller",
    "presenter": "warehouse_presenter",
    "looker": "looker",
}
LOGINS = ("layers_loader", "layers_modeller", "layers_presenter", "looker")

# A table of each kind, and who writes it.
TABLES = {
    "src_till.sales": "loader",
    "stg_till.stg_till_sales": "loader",
    "stg_layers.stg_layers_watermarks": "loader",
    "dmn.dmn_sales": "modeller",
    "dmn_candidates.dmn_sales": "modeller",
    "prs_takings.prs_takings_by_customer": "presenter",
    "prs_takings.prs_takings_restatements": "presenter",
    "prs_candidates.prs_takings_by_customer": "presenter",
    "layers.rejects": "owner",
    "layers.publications": "owner",
}
# Rejects are raw records, whole: who may not read the one may not read the other.
MAY_READ = {
    "loader": {
        *("src_till.sales", "stg_till.stg_till_sales", "stg_layers.stg_layers_watermarks"),
        *("layers.rejects", "layers.publications"),
    },
    "modeller": {
        *("stg_till.stg_till_sales", "stg_layers.stg_layers_watermarks"),
        *("dmn.dmn_sales", "dmn_candidates.dmn_sales"),
        "layers.publications",
    },
    "presenter": {
        "dmn.dmn_sales",
        *("prs_takings.prs_takings_by_customer", "prs_candidates.prs_takings_by_customer"),
        *("prs_takings.prs_takings_restatements", "layers.publications"),
    },
    "looker": {
        *("prs_takings.prs_takings_by_customer", "prs_takings.prs_takings_restatements"),
    },
}
DAMAGE = {
    "insert": "insert into {} default values",
    "update": "update {} set {column} = {column}",
    "delete": "delete from {}",
    "truncate": "truncate {}",
    "add a column": "alter table {} add column mischief text",
    "drop": "drop table {}",
    "comment": "comment on table {} is 'mischief'",
    "keep to itself": "lock table {} in access exclusive mode",
    "index": "create index on {} ((1))",
}


@pytest.fixture
def till(shop: MakeShop) -> Shop:
    """A shop in which every kind of table has a row."""
    till = shop()
    till.load("sales", {"id": "1", "customer": "ada", "amount": "1"})
    till.load("customers", {"id": "ada", "version": 1})
    till.stage("stg_till_sales")
    till.stage("stg_till_customers")
    till.publish()
    till.publish("prs_takings")
    return till


@pytest.fixture(params=CONNECTIONS)
def role(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def session(till: Shop, role: str) -> Iterator[psycopg.Connection[Any]]:
    assert till.project.sources  # it is there before anybody connects
    with psycopg.connect(**connection_parameters(CONNECTIONS[role]), autocommit=True) as session:
        yield session


def column(till: Shop, table: str) -> str:
    """Some column of a table."""
    (found,) = till.query(
        f"select min(attname) as name from pg_attribute where attrelid = '{table}'::regclass"
        " and attnum > 0 and not attisdropped and attgenerated = '' and attidentity = ''"
    )
    return str(found.name)


def refused(session: psycopg.Connection[Any], statement: str) -> bool:
    """Whether a statement is refused for want of a right; what it did is taken back."""
    try:
        with session.transaction(force_rollback=True):
            session.execute(text(statement))
    except InsufficientPrivilege:
        return True
    except psycopg.Error:
        return False  # it was allowed, and failed for another reason
    return False


def test_each_role_reads_its_layers_and_no_other(
    session: psycopg.Connection[Any], role: str
) -> None:
    readable = {name for name in TABLES if not refused(session, f"select * from {name}")}

    assert readable == MAY_READ[role]


def test_looker_reads_nothing_but_presentation(till: Shop) -> None:
    """Whatever tables there are, and whoever made them."""
    found = till.query(
        "select c.oid::regclass::text as name, n.nspname as schema from pg_class c"
        " join pg_namespace n on n.oid = c.relnamespace"
        " where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^pg_'"
        " and n.nspname <> 'information_schema' and has_schema_privilege('looker', n.oid, 'usage')"
        " and has_table_privilege('looker', c.oid, 'select')"
    )

    ours = ("by_customer", "freshness", "restatements")
    assert sorted(row.name for row in found) == [f"prs_takings.prs_takings_{name}" for name in ours]


def test_looker_reads_a_table_that_is_made_later(till: Shop) -> None:
    till.connect("presenter").execute(
        "create table prs_takings.prs_later as select 1 as one;"
        "create table prs_candidates.prs_later as select 1 as one"
    )

    with psycopg.connect(**connection_parameters("looker"), autocommit=True) as looker:
        assert not refused(looker, "select * from prs_takings.prs_later")
        assert refused(looker, "select * from prs_candidates.prs_later")


def test_no_role_changes_a_table_of_another_layer(
    till: Shop, session: psycopg.Connection[Any], role: str
) -> None:
    done = {
        f"{what} {name}"
        for name, writer in TABLES.items()
        if writer not in (role, "owner")
        for what, statement in DAMAGE.items()
        if not refused(session, statement.format(name, column=column(till, name)))
    }

    assert done == set()


def test_no_role_alters_what_is_recorded_of_all_layers(session: psycopg.Connection[Any]) -> None:
    altered = {
        f"{what} {name}"
        for name in ("layers.rejects", "layers.publications")
        for what in ("truncate", "add a column", "drop", "index")
        if not refused(session, DAMAGE[what].format(name))
    }

    assert altered == set()


def test_each_writer_makes_tables_in_its_own_schemas_only(
    session: psycopg.Connection[Any], role: str
) -> None:
    schemas = {name.split(".")[0]: writer for name, writer in TABLES.items()} | {"public": "owner"}

    made = {
        schema
        for schema in schemas
        if not refused(session, f"create table {schema}.mischief (one int)")
    }

    assert made == {schema for schema, writer in schemas.items() if writer == role}


def test_no_role_is_another_one_or_may_become_more(
    session: psycopg.Connection[Any], role: str
) -> None:
    others = (*LOGINS, "layers_owner", "warehouse_owner")
    own = connection_parameters(CONNECTIONS[role])["user"]

    became = {name for name in others if not refused(session, f"set role {name}")}

    assert became == {own}


def test_no_role_is_a_superuser_or_has_any_other_power(till: Shop) -> None:
    found = till.query(
        "select rolname as name, rolsuper or rolcreaterole or rolcreatedb or rolreplication"
        " or rolbypassrls as powerful from pg_roles"
        f" where rolname in {(*LOGINS, 'layers_owner')}"
    )
    assert {row.name: row.powerful for row in found} == dict.fromkeys(
        (*LOGINS, "layers_owner"), False
    )

    owner = till.query("select rolsuper from pg_roles where rolname = 'warehouse_owner'")
    assert [row.rolsuper for row in owner] == [False]


def test_every_table_belongs_to_the_role_that_writes_its_layer(till: Shop) -> None:
    found = till.query(
        "select distinct n.nspname as schema, pg_get_userbyid(c.relowner) as owner from pg_class c"
        " join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p')"
        " and n.nspname ~ '^(src|stg|dmn|prs)'"
    )

    owners = {schema.split(".")[0]: f"layers_{w}" for schema, w in TABLES.items() if w != "owner"}
    assert {row.schema: row.owner for row in found} == owners


def test_lookers_queries_end_and_its_connections_are_counted_whatever_was_changed(
    till: Shop,
) -> None:
    """A role belongs to the whole server: whoever changed it, migrating mends it."""
    # as migrating does it: tests beside this one change the same role
    for change in ("reset statement_timeout", "connection limit -1"):
        migrate._alter(till.admin, "looker", sql.Composed([text(change)]))

    for _ in range(2):
        till.migrate()

        (role,) = till.query("select rolconnlimit as most from pg_roles where rolname = 'looker'")
        assert role.most == 40
        with psycopg.connect(**connection_parameters("looker"), autocommit=True) as looker:
            assert looker.execute("show statement_timeout").fetchone() == ("1min",)
            assert looker.execute("show timezone").fetchone() == ("UTC",)
