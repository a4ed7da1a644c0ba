"""`layers show`: a presentation table in the terminal, as its readers may see it."""

import json
from io import StringIO

import pytest
from rich.console import Console

from layers import cli, published
from layers.show import print_table
from tests.layers.conftest import MakeShop
from tests.layers.shop import Change, Shop

TABLE = "prs_takings_by_customer"
MONTHLY = "sql/prs/takings/prs_takings_monthly"
PERSONAL: dict[str, Change] = {
    f"sql/prs/takings/{TABLE}.yaml": {
        "email:       {type: text": "email: {pii: true, type: text",
        '"numeric(18,2)", additivity': '"numeric(18,2)", unit: EUR, additivity',
    },
}
BY_MONTH: dict[str, Change] = {
    f"{MONTHLY}.yaml": """
        answers: What was sold?
        grain: one row per month
        key: month
        columns:
          month:       {type: date}
          amount:      {type: "numeric(18,2)", unit: EUR, additivity: sum}
          cake_amount: {type: "numeric(18,2)", unit: EUR, additivity: sum}
          share_of_cake:
            type: numeric(18,6)
            optional: true
            unit: ratio
            additivity: {ratio: {of: cake_amount, by: amount}}
    """,
    f"{MONTHLY}.sql": """
        select
            date_trunc('month', sold_at)::date as month,
            sum(amount) as amount,
            coalesce(sum(amount) filter (where shelf = 'cake'), 0) as cake_amount,
            sum(amount) filter (where shelf = 'cake') / nullif(sum(amount), 0) as share_of_cake
        from dmn.dmn_sales
        group by date_trunc('month', sold_at)::date
    """,
}


def sold(till: Shop) -> Shop:
    """Two customers; one spent a thousand times what the other did."""
    till.staged("ada | ada@till.example |\nbob | |", "1 | ada | bread | 1234.5\n2 | bob | cake | 3")
    till.publish("dmn")
    till.publish("prs_takings")
    return till


def sold_by_month(till: Shop) -> Shop:
    till.given("stg_till.stg_till_customers", "customer_id | email\nada |")
    till.given(
        "stg_till.stg_till_sales",
        """
        sale_id | customer_id | shelf | amount | sold_at
        1       | ada         | bread | 3      | 2026-01-05T09:00Z
        2       | ada         | cake  | 1      | 2026-01-06T09:00Z
        3       | ada         | bread | 8      | 2026-02-01T09:00Z -- no cake: a share of nothing
        4       | ada         | cake  | 5      | 2026-03-01T09:00Z
        """,
    )
    till.publish("dmn")
    till.publish("prs_takings")
    return till


def shown(till: Shop, capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    capsys.readouterr()
    assert cli.main(["--project", str(till.folder), "show", *arguments]) == 0
    return capsys.readouterr().out.splitlines()


def refused(till: Shop, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert cli.main(["--project", str(till.folder), "show", *arguments]) == 1
    return capsys.readouterr().err


def test_numbers_end_below_each_other_and_their_unit(
    shop: MakeShop, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = shown(sold(shop(PERSONAL)), capsys, TABLE)
    (ada,) = [line for line in lines if line.startswith("ada")]
    (bob,) = [line for line in lines if line.startswith("bob")]
    (units,) = [line for line in lines if "EUR" in line]
    assert lines[0] == f"prs_takings.{TABLE}: one row per customer"
    assert ada.split() == ["ada", "***", "1", "1,234.50"]
    assert bob.split() == ["bob", "1", "3.00"]
    assert ada.rstrip().endswith("1,234.50")
    assert len(ada.rstrip()) == len(bob.rstrip()) == len(units.rstrip())
    assert lines[-2] == "2 rows"


def test_nobody_reads_an_address_in_a_terminal(
    shop: MakeShop, capsys: pytest.CaptureFixture[str]
) -> None:
    till = sold(shop(PERSONAL))
    assert "till.example" not in "\n".join(shown(till, capsys, TABLE))
    (ada, bob) = json.loads("".join(shown(till, capsys, TABLE, "--json")))
    assert ada == {"customer_id": "ada", "email": "***", "sales": 1, "amount": "1234.50"}
    assert bob["email"] is None  # that nothing is there is no secret


def test_what_is_wider_than_the_terminal_goes_on_below_with_the_key(
    shop: MakeShop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    lines = shown(sold(shop(PERSONAL)), capsys, TABLE)[2:]
    assert max(map(len, lines)) <= 30
    ada = [line.split() for line in lines if line.startswith("ada")]
    assert ada == [["ada", "***", "1"], ["ada", "1,234.50"]]


def test_months_go_down_and_the_last_ones_are_shown_first_things_left_out(
    shop: MakeShop, capsys: pytest.CaptureFixture[str]
) -> None:
    till = sold_by_month(shop(BY_MONTH))
    lines = shown(till, capsys, "prs_takings.prs_takings_monthly", "--rows", "2")
    months = [line.split() for line in lines if line.startswith("2026")]
    assert months == [["2026-02-01", "8.00", "0.00"], ["2026-03-01", "5.00", "5.00", "100.0"]]
    assert lines[-2] == "the last 2 of 3 rows; --rows N shows another number"


@pytest.mark.parametrize("number", ["0", "-1", "all"])
def test_no_rows_or_fewer_cannot_be_asked_for(
    number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        cli.main(["show", TABLE, f"--rows={number}"])
    assert f"'{number}' is no number of rows; wanted 1 or more" in capsys.readouterr().err


def test_a_terminal_with_room_draws_the_first_number_and_a_file_never(shop: MakeShop) -> None:
    till = sold_by_month(shop(BY_MONTH))
    relation = till.project.relation("prs_takings_monthly")
    found = published.read(till.connect("presenter"), relation)

    def drawn(is_terminal: bool, width: int) -> list[str]:
        console = Console(
            file=StringIO(), force_terminal=is_terminal, width=width, color_system=None
        )
        print_table(relation, found, None, console)
        assert isinstance(console.file, StringIO)
        return [line for line in console.file.getvalue().splitlines() if line.startswith("2026")]

    # 4, 8 and 5 of 8, in sixteen places
    assert [line.count("█") for line in drawn(is_terminal=True, width=120)] == [8, 16, 10]
    assert not any("█" in line for line in drawn(is_terminal=False, width=120))
    assert not any("█" in line for line in drawn(is_terminal=True, width=50))


def test_a_name_that_is_none_is_told_with_one_that_is_near(
    shop: MakeShop, capsys: pytest.CaptureFixture[str]
) -> None:
    till = shop()
    assert refused(till, capsys, "prs_taking_by_customer") == (
        f"no table 'prs_taking_by_customer'; did you mean {TABLE}?\n"
    )
    assert refused(till, capsys, "dmn_sales") == (
        f"'dmn_sales' is no table of prs; there are {TABLE}\n"
    )


def test_a_table_whose_contract_is_newer_than_the_last_run_says_so(
    shop: MakeShop, capsys: pytest.CaptureFixture[str]
) -> None:
    till = shop()
    assert shown(till, capsys, TABLE)[1] == "0 rows"
    till.change(BY_MONTH)
    lines = shown(till, capsys, "prs_takings_monthly")
    assert lines[1] == "nobody has made it yet; run layers run"


def test_it_reads_as_looker_and_as_the_presenter_where_nobody_made_that_connection(
    shop: MakeShop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    till = sold(shop())
    till.admin.execute("revoke all on all tables in schema prs_takings from looker")
    assert "permission denied" in refused(till, capsys, TABLE)
    monkeypatch.delenv("AIRFLOW_CONN_LOOKER")
    assert shown(till, capsys, TABLE)[-2] == "2 rows"


def test_how_fresh_it_is_stands_below_where_the_use_case_says(
    shop: MakeShop, capsys: pytest.CaptureFixture[str]
) -> None:
    till = sold(shop())
    till.admin.execute(
        "update layers.published set data_as_of = '2026-03-01T12:00Z' where unit = 'prs_takings'"
    )
    assert shown(till, capsys, TABLE)[-1] == "prs_takings is late: data as of 2026-03-01 12:00 UTC"
