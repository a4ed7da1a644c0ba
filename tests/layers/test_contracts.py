"""A project with a mistake: `layers check` says where, what and what instead; DAGs say it too."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG

from layers import cli, manifest
from layers.airflow import domain_dag, presentation_dag, source_dag
from layers.errors import ProjectError
from tests.layers.shop import Change, write

Changes = Mapping[str, Change]

PROJECT = "sql/project.yaml"
SOURCE = "sql/src/till.yaml"
STAGING = "sql/stg/till/stg_till_sales"
CUSTOMERS = "sql/dmn/dmn_customers"
SALES = "sql/dmn/dmn_sales"
TAKINGS = "sql/prs/takings/prs_takings_by_customer"
CRITERION = f"{SALES}.yaml: criterion 'nobody is paid for taking something'"
TWICE = "so that building it twice gives two answers"


def check(
    folder: Path, changes: Changes, capsys: pytest.CaptureFixture[str]
) -> tuple[int, list[str]]:
    """What `layers check` returns for the shop with these changes, and what it says is wrong."""
    status = cli.main(["--project", str(write(folder, changes)), "check"])
    return status, capsys.readouterr().err.splitlines()


def test_a_project_without_a_mistake_is_accepted_without_a_word(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(tmp_path, {}, capsys) == (0, [])


def test_a_quote_that_is_escaped_is_read_as_postgres_reads_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # the tokens were once those of no dialect, to which this text never ended
    said = {f"{SALES}.sql": {"shelf,": r"case when shelf = E'baker\'s' then shelf end as shelf,"}}
    assert check(tmp_path, said, capsys) == (0, [])


def sales(old: str, new: str) -> Changes:
    return {f"{SALES}.yaml": {old: new}}


def query(old: str, new: str) -> Changes:
    return {f"{SALES}.sql": {old: new}}


def criterion(holds: str) -> Changes:
    return sales("amount >= 0", holds)


CONTRACTS: dict[str, tuple[Changes, str]] = {
    "a key that is no column": (
        sales("key: sale_id", "key: sales_id"),
        f"{SALES}.yaml: key names 'sales_id', which is no column; did you mean sale_id?",
    ),
    "a key that may be empty": (
        sales("sale_id:     {type: text}", "sale_id:     {type: text, optional: true}"),
        f"{SALES}.yaml: key column 'sale_id' is optional; wanted one that is never empty",
    ),
    "a relationship to nowhere": (
        sales("to: dmn_customers", "to: dmn_customer"),
        f"{SALES}.yaml: relationship 'customer' goes to dmn_customer, which no contract declares; "
        "did you mean dmn_customers?",
    ),
    "a relationship that leaves its layer": (
        sales("to: dmn_customers", "to: stg_till_customers"),
        f"{SALES}.yaml: relationship 'customer' goes to stg_till_customers, which no contract "
        "declares; did you mean dmn_customers?",
    ),
    "a relationship by a column of another type": (
        sales("customer_id: {type: text}", "customer_id: {type: bigint}"),
        f"{SALES}.yaml: relationship 'customer' goes by customer_id (bigint), but the key of "
        "dmn_customers is customer_id (text)",
    ),
    "each 1 by a column that may be empty": (
        sales("customer_id: {type: text}", "customer_id: {type: text, optional: true}"),
        f"{SALES}.yaml: relationship 'customer' has each 1, so 'customer_id' wants a column that "
        "is not optional",
    ),
    "each 1 that is emptied": (
        sales('each: "1"', 'each: "1", on_missing: empty'),
        f"{SALES}.yaml: relationship 'customer' has each 1, so on_missing: empty would leave "
        "'customer_id' empty",
    ),
    "a cardinality that there is not": (
        sales('each: "1"', "each: 2"),
        f"{SALES}.yaml: 'relationships.customer.each' is '2': input should be '1' or '0..1'",
    ),
    "a unique promise about no column": (
        {f"{CUSTOMERS}.yaml": {"address: email": "address: emial"}},
        f"{CUSTOMERS}.yaml: unique 'one customer per address' names 'emial', which is no column; "
        "did you mean email?",
    ),
    "a column of floating point in the domain": (
        sales('"numeric(18,2)"', "float"),
        f"{SALES}.yaml: column 'amount' is float, which has no equality to rely on; wanted numeric",
    ),
    "a column of floating point in a presentation": (
        {f"{TAKINGS}.yaml": {'"numeric(18,2)"': "double precision"}},
        f"{TAKINGS}.yaml: column 'amount' is double precision, which has no equality to rely on; "
        "wanted numeric",
    ),
    "a column of json": (
        sales("type: timestamptz", "type: json"),
        f"{SALES}.yaml: column 'sold_at' is json, which has no equality to rely on; wanted jsonb",
    ),
    "a type that is not in the language": (
        sales("type: timestamptz", "type: timestamp"),
        f"{SALES}.yaml: column 'sold_at' has type 'timestamp'; "
        "wanted one like text or numeric(18,4)",
    ),
    "a list of values that YAML takes for truth": (
        sales("[bread, cake]", "[yes, no]"),
        f"{SALES}.yaml: 'columns.shelf.one_of.0' is True: input should be a valid string",
    ),
    "a misspelt word": (
        sales("criteria:", "criterias:"),
        f"{SALES}.yaml: 'criterias' is not a word of the contract language; remove or correct it",
    ),
    "a misspelt word in a column": (
        sales("shelf:       {type: text, optional", "shelf:       {type: text, optinal"),
        f"{SALES}.yaml: 'columns.shelf.optinal' is not a word of the contract language; "
        "remove or correct it",
    ),
    "a comma that parts a meaning in two": (
        sales("sale_id:     {type: text}", "sale_id: {type: text, means: As printed, below}"),
        f"{SALES}.yaml: 'columns.sale_id.below' is not a word of the contract language; "
        "remove or correct it",
    ),
    "a missing grain": (
        sales("grain: one row per sale", "# one row per sale"),
        f"{SALES}.yaml: 'grain' is missing",
    ),
    "a promise that is made twice": (
        sales("grain: one row per sale", "grain: one row\n        grain: one row per sale"),
        f"{SALES}.yaml: is not YAML: 'grain' is there twice at line 1, column 1",
    ),
    "a limit that is none": (
        sales("key: sale_id", "key: sale_id\n        hold_limit: a few"),
        f"{SALES}.yaml: 'hold_limit' is 'a few': wanted a number, a share like 5%, or none",
    ),
    "an answer that there is not": (
        sales("key: sale_id", "key: sale_id\n        on_violation: ignore"),
        f"{SALES}.yaml: 'on_violation' is 'ignore': input should be 'hold', 'fail' or 'warn'",
    ),
    "a criterion that is no SQL": (criterion("amount >="), f"{CRITERION} cannot be read as SQL: "),
    "a criterion about no column": (
        criterion("amonut >= 0"),
        f"{CRITERION} names 'amonut', which is no column; did you mean amount?",
    ),
    "a criterion with a subquery": (
        criterion("amount >= (select 0)"),
        f"{CRITERION} has a query in it; wanted an expression over the columns of one row",
    ),
    "a criterion over several rows": (
        criterion("sum(amount) > 0"),
        f"{CRITERION} has an aggregate in it; wanted an expression over the columns of one row",
    ),
    "a criterion that asks the time": (
        criterion("sold_at <= now()"),
        f"{CRITERION} asks now, so that the same row is right today and wrong tomorrow",
    ),
    "a criterion that is two": (
        criterion("amount >= 0; amount < 9"),
        f"{CRITERION} is 'amount >= 0; amount < 9'; wanted one expression, "
        "without comments and semicolons",
    ),
    # its comment would hide the closing parenthesis of the check constraint
    "a criterion with a comment": (
        criterion("amount >= 0 -- euro"),
        f"{CRITERION} is 'amount >= 0 -- euro'; wanted one expression, "
        "without comments and semicolons",
    ),
    "invalid YAML": (
        {f"{SALES}.yaml": "entity: [Sale\n"},
        f"{SALES}.yaml: is not YAML: while parsing a flow ",
    ),
    "a contract that is a list": (
        {f"{SALES}.yaml": "- entity\n"},
        f"{SALES}.yaml: is list, wanted a mapping of keys",
    ),
    "an empty contract": (
        {f"{SALES}.yaml": ""},
        f"{SALES}.yaml: is empty, wanted a mapping of keys",
    ),
    "a contract that is not UTF-8": (
        {f"{SALES}.yaml": "entity: Käufe\n".encode("latin-1")},
        f"{SALES}.yaml: is not YAML: 'utf-8' codec can't decode byte 0xe4",
    ),
    "a contract where no contracts are": (
        {"sql/dmn/more/dmn_more.yaml": "entity: More\n"},
        "sql/dmn/more/dmn_more.yaml: is not where contracts of its layer are: sql/dmn/",
    ),
    "a contract without its layer in its name": (
        {"sql/dmn/more.yaml": "entity: More\n"},
        "sql/dmn/more.yaml: wanted a name that begins with dmn_",
    ),
    "a contract named like no table": (
        {"sql/dmn/dmn_More-Sales.yaml": "entity: More\n"},
        "sql/dmn/dmn_More-Sales.yaml: is named 'dmn_More-Sales'; wanted lower-case letters, "
        "digits and _, at most 63",
    ),
    "two relations with one name": (
        {
            "sql/prs/more.yaml": "use_case: More\nneeds: [till]\npromised_freshness: 1 hour\n",
            "sql/prs/more/prs_takings_by_customer.yaml": (
                "answers: The same?\ngrain: one row\nkey: id\ncolumns: {id: {type: text}}\n"
            ),
        },
        f"{TAKINGS}.yaml: is a second relation named prs_takings_by_customer; "
        "the first is sql/prs/more/prs_takings_by_customer.yaml",
    ),
    "a presentation of no use case": (
        {"sql/prs/takings.yaml": None},
        f"{TAKINGS}.yaml: belongs to a use case that nobody declares; wanted sql/prs/takings.yaml",
    ),
    "a use case that needs no source": (
        {"sql/prs/takings.yaml": {"[till]": "[tills]"}},
        "sql/prs/takings.yaml: needs 'tills', which no sql/src/tills.yaml declares",
    ),
    "a newest version by no column": (
        {f"{STAGING}.yaml": {"key: sale_id": "key: sale_id\n        newest_by: sold"}},
        f"{STAGING}.yaml: newest_by names 'sold', which is no column; did you mean sold_at?",
    ),
    "an instant written as seconds that is no instant": (
        {
            f"{STAGING}.yaml": {
                "sold_at:     {type: timestamptz": "sold_at: {written: epoch_s, type: text"
            }
        },
        f"{STAGING}.yaml: 'columns.sold_at' is written epoch_s and text; wanted timestamptz",
    ),
    "a column of the engine's own": (
        {f"{STAGING}.yaml": {"          shelf:": "          is_deleted:"}},
        f"{STAGING}.yaml: has a column 'is_deleted', which the engine itself keeps",
    ),
    "a deletion by no column": (
        {f"{STAGING}.yaml": {"key: sale_id": "key: sale_id\n        deleted_when: shelv = 'x'"}},
        f"{STAGING}.yaml: deleted_when names 'shelv', which is no column; did you mean shelf?",
    ),
}

QUERIES: dict[str, tuple[Changes, str]] = {
    "a presentation that reads staging": (
        {f"{TAKINGS}.sql": {"dmn.dmn_sales": "stg_till.stg_till_sales"}},
        f"{TAKINGS}.sql: reads stg_till.stg_till_sales, but prs reads dmn and its own use case",
    ),
    "an entity that reads raw records": (
        query("stg_till.stg_till_sales", "src_till.sales"),
        f"{SALES}.sql: reads src_till.sales, but dmn reads stg and dmn",
    ),
    "staging that reads another source": (
        {f"{STAGING}.sql": {"src_till.sales": "src_bank.sales"}},
        f"{STAGING}.sql: reads src_bank.sales, but staging reads raw objects of its own source",
    ),
    "staging of an object that is not loaded": (
        {f"{STAGING}.sql": {"src_till.sales": "src_till.sale"}},
        f"{STAGING}.sql: reads src_till.sale, but sql/src/till.yaml declares no sale",
    ),
    "staging of a source that is not declared": (
        {SOURCE: None},
        f"{STAGING}.sql: reads src_till.sales, but sql/src/till.yaml declares no sales",
    ),
    "staging that joins": (
        {f"{STAGING}.sql": {"src_till.sales": "src_till.sales cross join src_till.customers"}},
        f"{STAGING}.sql: has joins, 2 tables to read; a staging query picks from one raw object "
        "and renames, nothing else",
    ),
    "staging that counts": (
        {f"{STAGING}.sql": {"record ->> 'amount'": "max(record ->> 'amount')"}},
        f"{STAGING}.sql: has an aggregate; a staging query picks from one raw object and renames, "
        "nothing else",
    ),
    "a circle": (
        {
            f"{CUSTOMERS}.sql": (
                "select sales.customer_id, null as email, null as referrer_id"
                " from dmn.dmn_sales as sales"
            ),
            f"{SALES}.sql": {
                "from stg_till.stg_till_sales": "from stg_till.stg_till_sales"
                " where customer_id in (select customers.customer_id from dmn.dmn_customers as"
                " customers)"
            },
        },
        f"{CUSTOMERS}.yaml: reads itself in a circle: "
        "dmn_customers reads dmn_sales reads dmn_customers",
    ),
    "a relation that there is not": (
        query("stg_till.stg_till_sales", "stg_till.stg_till_sale"),
        f"{SALES}.sql: reads stg_till.stg_till_sale, which no contract declares; "
        "did you mean stg_till_sales?",
    ),
    "a table without its schema": (
        query("stg_till.stg_till_sales", "stg_till_sales"),
        f"{SALES}.sql: reads 'stg_till_sales' without saying where it is; wanted schema.table, "
        "like dmn.stg_till_sales",
    ),
    "a column that the contract wants and the query lacks": (
        query("            shelf,\n", ""),
        f"{SALES}.sql: does not give shelf, which its contract declares",
    ),
    "a column that the contract does not know": (
        query("shelf,", "shelf, 1 as pieces,"),
        f"{SALES}.sql: gives pieces, which its contract does not declare",
    ),
    "a column of a presentation that its query lacks": (
        {f"{TAKINGS}.sql": {"count(*) as sales,": ""}},
        f"{TAKINGS}.sql: does not give sales, which its contract declares",
    ),
    "a column of a presentation that its contract does not know": (
        {f"{TAKINGS}.sql": {"as sales,": "as sales, max(sales.amount) as most,"}},
        f"{TAKINGS}.sql: gives most, which its contract does not declare",
    ),
    "a column given twice": (
        query("shelf,", "shelf, customer_id as shelf,"),
        f"{SALES}.sql: gives shelf more than once",
    ),
    "columns that nobody spelt out": (
        {f"{SALES}.sql": "select * from stg_till.stg_till_sales"},
        f"{SALES}.sql: ends in select *; the last select spells its columns out",
    ),
    "a column that its table does not have": (
        {f"{TAKINGS}.sql": {"sum(sales.amount)": "sum(sales.amounts)"}},
        f"{TAKINGS}.sql: names column 'amounts', which no table that it reads there has; "
        "did you mean amount?",
    ),
    "a column that no table has": (
        query("            shelf,", "            shelv as shelf,"),
        f"{SALES}.sql: names column 'shelv', which no table that it reads there has; "
        "did you mean shelf?",
    ),
    "an insertion": (
        {f"{SALES}.sql": "insert into dmn.dmn_sales select 1"},
        f"{SALES}.sql: has insert; wanted one plain select",
    ),
    "two statements": (
        {f"{SALES}.sql": "select 1; select 2"},
        f"{SALES}.sql: has select, select; wanted one plain select",
    ),
    "no statement": (
        {f"{SALES}.sql": "-- to be written\n"},
        f"{SALES}.sql: has nothing; wanted one plain select",
    ),
    "a select that deletes on the way": (
        {f"{SALES}.sql": "with gone as (delete from dmn.dmn_sales returning *) select * from gone"},
        f"{SALES}.sql: has delete; wanted one plain select",
    ),
    "a select that makes a table": (
        query("from", "into dmn.more from"),
        f"{SALES}.sql: has into; wanted one plain select",
    ),
    "a select that locks": (
        query("stg_till.stg_till_sales", "stg_till.stg_till_sales for update"),
        f"{SALES}.sql: has lock; wanted one plain select",
    ),
    "what is no SQL": (
        {f"{SALES}.sql": "selec sale_id form stg_till.stg_till_sales"},
        f"{SALES}.sql: cannot be read as SQL: ",
    ),
    "a quote without an end": (
        query("shelf", "'shelf"),
        f"{SALES}.sql: cannot be read as SQL: ",
    ),
    "a query that is not UTF-8": (
        {f"{SALES}.sql": "select 'Käufe'".encode("latin-1")},
        f"{SALES}.sql: is not UTF-8: ",
    ),
    "a query without a contract": (
        {"sql/dmn/dmn_more.sql": "select 1 as a"},
        "sql/dmn/dmn_more.sql: has no contract beside it; wanted dmn_more.yaml",
    ),
    "a query that asks now()": (
        query("sold_at\n", "now() as sold_at\n"),
        f"{SALES}.sql: asks now, {TWICE}",
    ),
    "a query that asks now() by its schema": (
        query("sold_at\n", "pg_catalog.now() as sold_at\n"),
        f"{SALES}.sql: asks now, {TWICE}",
    ),
    "a query that asks clock_timestamp()": (
        query("sold_at\n", "clock_timestamp() as sold_at\n"),
        f"{SALES}.sql: asks clock_timestamp, {TWICE}",
    ),
    "a query that asks the date": (
        query("sold_at\n", "current_date::timestamptz as sold_at\n"),
        f"{SALES}.sql: asks current_date, {TWICE}",
    ),
    # no function at all, and yet a clock
    "a query that writes 'today'": (
        query("sold_at\n", "timestamptz 'today' as sold_at\n"),
        f"{SALES}.sql: asks 'today', {TWICE}",
    ),
    "a query that asks how long ago something was": (
        query("sold_at\n", "sold_at + age(sold_at) as sold_at\n"),
        f"{SALES}.sql: asks age, {TWICE}",
    ),
    "a query that throws dice": (
        query("amount,", "random() as amount,"),
        f"{SALES}.sql: asks random, {TWICE}",
    ),
    "a query that asks which transaction it is in": (
        query("amount,", "txid_current()::numeric as amount,"),
        f"{SALES}.sql: asks txid_current, {TWICE}; "
        "a query answers from the rows that it reads, and from nothing else",
    ),
    "a staging query that asks now()": (
        {"sql/stg/till/stg_till_sales.sql": {"record ->> 'sold_at'": "now()::text"}},
        f"sql/stg/till/stg_till_sales.sql: asks now, {TWICE}",
    ),
    "a presentation that asks now()": (
        {f"{TAKINGS}.sql": {"count(*)": "count(*) filter (where sales.sold_at < now())"}},
        f"{TAKINGS}.sql: asks now, {TWICE}",
    ),
}

SETTINGS: dict[str, tuple[Changes, str]] = {
    "a source of no known kind": (
        {SOURCE: {"kind: files": "kind: ftp"}},
        f"{SOURCE}: 'kind' is 'ftp', wanted one of dlt, files, http, postgres",
    ),
    "a source with a misspelt word": (
        {SOURCE: {"named_at:": "name_at:"}},
        f"{SOURCE}: 'name_at' is not a word of the contract language; remove or correct it",
    ),
    "a name of files that cannot be matched": (
        {SOURCE: {"(\\d+)": "(\\d+"}},
        f"{SOURCE}: 'named_at' is '(\\\\d+': is no regular expression: missing )",
    ),
    "a name of files without a time in it": (
        {SOURCE: {"(\\d+)": "\\d+"}},
        f"{SOURCE}: 'named_at' is '\\\\d+': wanted a group in it",
    ),
    "a pager that nobody wrote": (
        {
            SOURCE: """
                source: The till
                kind: http
                pager: by_hand
                connection: till
                promised_freshness: 1 hour
                objects:
                  customers: {path: /customers, records: customers}
                  sales:     {path: /sales, records: sales}
            """
        },
        f"{SOURCE}: 'pager' is 'by_hand': there is no such pager; wanted one of ",
    ),
    "a schedule that is none": (
        {SOURCE: {"connection: till": "connection: till\n        schedule: every day"}},
        f"{SOURCE}: 'schedule' is 'every day': wanted a cron expression, like */15 * * * *",
    ),
    "a promise that is no span of time": (
        {SOURCE: {"1 hour": "soon"}},
        f"{SOURCE}: 'promised_freshness' is 'soon': wanted a number and its unit, like 90 minutes",
    ),
    "a time zone that there is not": (
        {PROJECT: {"UTC": "Middle-earth"}},
        f"{PROJECT}: 'time_zone' is 'Middle-earth': no such time zone; "
        "wanted one like Europe/London",
    ),
    "a month that there is not": (
        {PROJECT: {"2026-01": "2026-13"}},
        f"{PROJECT}: 'first_month' is '2026-13': wanted a month like 2026-01",
    ),
    "settings that are no YAML": (
        {PROJECT: "project: [shop\n"},
        f"{PROJECT}: is not YAML: while parsing a flow ",
    ),
    "no settings": ({PROJECT: None}, "is no project: it has no sql/project.yaml; go to the "),
}


@pytest.mark.parametrize(
    ("changes", "said"),
    [pytest.param(*case, id=name) for name, case in (CONTRACTS | QUERIES | SETTINGS).items()],
)
def test_a_mistake_stops_the_check_with_its_file_what_was_found_and_what_was_wanted(
    changes: Changes, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, lines = check(tmp_path, changes, capsys)

    assert status == 1
    assert any(said in line for line in lines), lines


def test_every_mistake_is_told_at_once_and_a_broken_file_is_not_taken_for_a_missing_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changes: Changes = {
        f"{SALES}.yaml": {"criteria:": "criterias:", "grain:": "grian:"},
        f"{CUSTOMERS}.sql": {"email,": "emial,"},
    }

    status, lines = check(tmp_path, changes, capsys)

    assert status == 1
    assert lines == [
        f"{SALES}.yaml: 'grain' is missing",
        f"{SALES}.yaml: 'grian' is not a word of the contract language; remove or correct it",
        f"{SALES}.yaml: 'criterias' is not a word of the contract language; remove or correct it",
        f"{CUSTOMERS}.sql: does not give email, which its contract declares",
        f"{CUSTOMERS}.sql: gives emial, which its contract does not declare",
        f"{CUSTOMERS}.sql: names column 'emial', which no table that it reads there has; "
        "did you mean email?",
        f"{TAKINGS}.sql: reads dmn.dmn_sales, whose own files are wrong",
    ]


def test_nothing_runs_while_a_file_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(tmp_path, sales("key: sale_id", "key: sales_id"))

    status = cli.main(["--project", str(folder), "run", "--layer", "dmn"])

    assert status == 1
    assert capsys.readouterr().err.splitlines() == [
        CONTRACTS["a key that is no column"][1],
        "1 to mend before anything can run",
    ]


Dags = dict[str, DAG]


@pytest.fixture
def dags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Changes], Dags]:
    """The DAGs of the shop with these changes, as Airflow's parser gets them from the DAG files."""

    def made(changes: Changes) -> Dags:
        monkeypatch.setenv("LAYERS_PROJECT", str(tmp_path))
        manifest.compile_project(write(tmp_path, changes))
        return {dag.dag_id: dag for dag in (source_dag("till"), domain_dag(), presentation_dag())}

    return made


def assert_stopped(dag: DAG, said: str) -> None:
    """The mistake is the DAG's first task, nothing runs before it or beside it, and it tells."""
    problems: Any = dag.get_task("problems")
    assert [task.task_id for task in dag.roots] == ["problems"]
    assert problems.get_flat_relative_ids(upstream=False) == {*dag.task_ids} - {"problems"}
    assert {task.trigger_rule for task in dag.tasks} <= {"all_success", "none_failed"}
    with pytest.raises(ProjectError, match="mend the files") as raised:
        problems.execute(SimpleNamespace())
    assert said in str(raised.value)


def has_problems(dag: DAG) -> bool:
    return "problems" in dag.task_ids


@pytest.mark.parametrize(
    ("changes", "stopped"),
    [
        pytest.param(
            {SOURCE: {"kind: files": "kind: ftp"}},
            {
                "source_till": "'kind' is 'ftp'",
                "presentation": "sql/prs/takings.yaml: needs 'till', which no",
            },
            id="a source",
        ),
        pytest.param(
            {f"{STAGING}.yaml": {"key: sale_id": "key: sales_id"}},
            {"source_till": f"{STAGING}.yaml: key names 'sales_id'"},
            id="a staging contract",
        ),
        pytest.param(
            {f"{SALES}.sql": {"sold_at\n": "now() as sold_at\n"}},
            {"domain": f"{SALES}.sql: asks now"},
            id="an entity",
        ),
        pytest.param(
            {f"{TAKINGS}.sql": {"dmn.dmn_sales": "stg_till.stg_till_sales"}},
            {"presentation": f"{TAKINGS}.sql: reads stg_till.stg_till_sales"},
            id="a presentation",
        ),
        pytest.param(
            {PROJECT: b"\xff"},
            dict.fromkeys(("source_till", "domain", "presentation"), f"{PROJECT}: is not YAML"),
            id="the settings",
        ),
    ],
)
def test_a_dag_file_never_raises_its_first_task_does_and_dags_of_other_layers_go_on(
    changes: Changes, stopped: dict[str, str], dags: Callable[[Changes], Dags]
) -> None:
    made = dags(changes)

    assert {name for name, dag in made.items() if has_problems(dag)} == stopped.keys()
    for name, said in stopped.items():
        assert_stopped(made[name], said)


def test_without_a_mistake_no_dag_has_a_task_for_it(dags: Callable[[Changes], Dags]) -> None:
    assert not any(has_problems(dag) for dag in dags({}).values())


def test_a_dag_of_a_source_that_nobody_declares_appears_and_says_so(
    dags: Callable[[Changes], Dags],
) -> None:
    dags({})

    assert_stopped(source_dag("tills"), "sql/src/tills.yaml: is not there, but a DAG is made of it")


@pytest.mark.parametrize("content", [[], ["sql"]], ids=["no sql folder", "an empty sql folder"])
def test_dags_appear_although_there_is_no_project_at_all(
    content: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in content:
        (tmp_path / folder).mkdir()
    monkeypatch.setenv("LAYERS_PROJECT", str(tmp_path))

    for dag in (source_dag("till"), domain_dag(), presentation_dag()):
        assert "is no project: it has no sql/project.yaml" in dag.get_task("problems").problems[0]
