"""What a query may ask: Postgres says of each of its functions whether it gives one answer."""

import psycopg
import pytest

from layers import query as queries
from layers.purity import IMPURE, SAME, impure
from layers.tracing import SETS
from tests.servers import Postgres

# Functions that a query can call: those of the engine's inside take or give what no query can name.
NOT_IMMUTABLE = """
    select distinct p.proname
    from pg_proc as p
    where p.pronamespace = 'pg_catalog'::regnamespace
        and p.provolatile <> 'i'
        and p.prokind <> 'p'
        and not exists (
            select from pg_type as t
            where t.oid = any (p.prorettype || p.proargtypes::oid[])
                and t.typname in (
                    'internal', 'cstring', 'trigger', 'event_trigger', 'language_handler',
                    'index_am_handler', 'table_am_handler', 'tsm_handler', 'fdw_handler'
                )
        )
"""


def found(select: str) -> list[str]:
    return list(impure(select, queries.read(select, "a query")))


def test_the_list_of_functions_is_what_the_server_says_of_its_own(server: Postgres) -> None:
    with psycopg.connect(server.url, autocommit=True) as admin:
        said = {name for (name,) in admin.execute(NOT_IMMUTABLE)}

    assert said - SAME == IMPURE, "make impure.txt anew, and judge what is new: is it in SAME?"
    assert said >= SAME


def test_the_list_of_functions_that_give_rows_is_what_the_server_says(server: Postgres) -> None:
    with psycopg.connect(server.url, autocommit=True) as admin:
        found = admin.execute(
            "select proname from pg_proc where proretset"
            " and pronamespace = 'pg_catalog'::regnamespace and prorettype <> 'internal'::regtype"
        )
        said = {name for (name,) in found}

    assert said - IMPURE == SETS


def test_everything_that_postgres_calls_volatile_is_refused(server: Postgres) -> None:
    with psycopg.connect(server.url, autocommit=True) as admin:
        volatile = NOT_IMMUTABLE.replace("<> 'i'", "= 'v'")
        said = {name for (name,) in admin.execute(volatile)}

    assert len(said) > 100
    assert [name for name in sorted(said) if found(f"select {name}()") != [name]] == []


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        *[
            (f"{name}()", name)
            for name in (
                *("txid_current", "pg_current_xact_id", "pg_current_snapshot", "pg_backend_pid"),
                *("inet_client_addr", "version", "random", "gen_random_uuid", "uuidv7", "lastval"),
                *(
                    "pg_postmaster_start_time",
                    "pg_conf_load_time",
                    "pg_my_temp_schema",
                    "timeofday",
                ),
            )
        ],
        ("nextval('dmn.a')", "nextval"),
        ("currval('dmn.a')", "currval"),
        ("setval('dmn.a', 1)", "setval"),
        ("current_setting('layers.load_id')", "current_setting"),
        ("set_config('a.b', 'c', true)", "set_config"),
        ("pg_sleep(1)", "pg_sleep"),
        ("pg_try_advisory_xact_lock(1)", "pg_try_advisory_xact_lock"),
        ("lo_get(1)", "lo_get"),
        ("pg_read_file('a')", "pg_read_file"),
        ("pg_relation_size('dmn.a')", "pg_relation_size"),
        # these run a text that nobody has read, on tables that nobody has declared
        ("query_to_xml('select 1', true, true, '')", "query_to_xml"),
        ("ts_rewrite('a', 'select 1')", "ts_rewrite"),
        ("public.dblink_exec('a', 'b')", "dblink_exec"),
        ("public.uuid_generate_v4()", "uuid_generate_v4"),
        ("PG_CATALOG.NOW ( )", "now"),
        ('"now"()', "now"),
        ("current_user", "current_user"),
        ("session_user", "session_user"),
        ("user", "user"),
        ("current_schema", "current_schema"),
        ("current_catalog", "current_catalog"),
        ("localtimestamp(0)", "localtimestamp"),
        ("age(a.sold_at)", "age"),
        ("'tomorrow'::date", "'tomorrow'"),
    ],
)
def test_what_does_not_follow_from_the_rows_is_named_as_it_is_written(
    written: str, asked: str
) -> None:
    assert found(f"select {written} as b from dmn.dmn_a as a") == [asked]
    assert asked in found(f"select 1 from dmn.dmn_a as a where ({written}) is not null")


def test_a_function_that_gives_rows_and_a_sample_are_seen() -> None:
    assert found("select a.pid from pg_stat_get_activity(null) as a") == ["pg_stat_get_activity"]
    assert found("select 1 from dmn.dmn_a as a tablesample system (10)") == ["tablesample"]


@pytest.mark.parametrize(
    "select",
    [
        "select age(sold_at, signed_at) as how_old from dmn.dmn_a",
        "select to_char(sold_at, 'YYYY-MM'), date_trunc('month', sold_at) from dmn.dmn_a",
        "select sold_at at time zone 'Europe/London', extract(year from sold_at) from dmn.dmn_a",
        "select array_to_string(array_agg(shelf order by shelf), ', ') from dmn.dmn_a",
        "select jsonb_build_object('a', concat(a, b)), format('age', a) from dmn.dmn_a",
        "select generate_series(sold_at, ended_at, interval '1 day') as day from dmn.dmn_a",
        "select md5(name), gcd(1, 2), encode(sha256('a'), 'hex') from dmn.dmn_a",
        # names and words that only look like a function
        "select version, lower(random) as now from dmn.dmn_a",
        "with version (number) as (select 1) select number from version",
        "select piece.now from unnest(array[1]) as piece (now)",
        "select a.user, a.current_user as user from dmn.dmn_a as a",
        "select a from dmn.dmn_a where shelf = 'now' -- not now() and not random()",
        "select 'txid_current()' as said, $a$ nextval('a') $a$ as more",
        r"select E'it\'s now() and current_date' as said from dmn.dmn_a",
    ],
)
def test_what_follows_from_the_rows_is_let_through(select: str) -> None:
    assert found(select) == []
