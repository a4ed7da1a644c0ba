"""Refreshed tables where rows, clocks and queries are odd, or something fails halfway.

What is published is what a build in full would publish, or nothing is.
"""

import pytest

from layers import build, publish, record
from layers.errors import DataError, ProjectError
from tests.layers.test_refresh import FILES, SQL, YAML, OpenDesk, files, open_desk, told

__all__ = ["open_desk", "told"]
STAYS = "dmn_stays: '[began_at, ended_at]'"
# Counted are the stays that are told to have ended in a month.
BY_END = """
    select
        months.month,
        count(stays.stay_id) as stays,
        coalesce(sum(stays.price), 0)::bigint as paid,
        null::bigint as target
    from dmn.dmn_months as months
    left join dmn.dmn_stays as stays
        on months.month = date_trunc('month', stays.ended_at at time zone 'Europe/London')::date
    group by months.month
"""


def without(*relations: str) -> str:
    """The contract, of which some relations are not read."""
    lines = FILES[YAML].splitlines()
    return "\n".join(line for line in lines if not any(f"{name}:" in line for name in relations))


def test_a_row_that_ends_before_it_begins_is_read_for_all_months_between(
    open_desk: OpenDesk,
) -> None:
    desk = open_desk({SQL: BY_END, YAML: without("dmn_targets")})
    desk.change("stays", "update {} set began_at = '2026-03-20Z', ended_at = '2026-01-20Z'"
                         " where stay_id = 'b'")  # fmt: skip
    desk.flow()
    assert desk.months["01"] == (2, 30, None)
    desk.change("stays", "update {} set price = 11 where stay_id = 'a'")
    desk.flow()

    assert desk.refreshed == "{[2026-01-01,2026-02-01)}"
    assert desk.months["01"] == (2, 31, None)
    assert desk.is_as_in_full()


def test_a_row_whose_span_is_not_known_touches_all_months(open_desk: OpenDesk) -> None:
    """Somebody who has not said when they stay is counted everywhere."""
    query = (
        files()["sql/dmn/dmn_stays.sql"]
        .replace("began_at,", "tstzrange(began_at, ended_at, '[]') as during, began_at,")
        .replace("tstzrange", "case when price > 0 then tstzrange")
        .replace("'[]')", "'[]') end")
    )
    contract = files()["sql/dmn/dmn_stays.yaml"].replace(
        "columns: {", "columns: {during: {type: tstzrange, optional: true}, "
    )
    counting = FILES[SQL].replace(
        "tstzrange(stays.began_at, stays.ended_at, '[]')\n",
        "coalesce(stays.during, tstzrange(null, null))\n",
    )
    desk = open_desk({
        "sql/dmn/dmn_stays.sql": query, "sql/dmn/dmn_stays.yaml": contract, SQL: counting,
        YAML: FILES[YAML].replace('"[began_at, ended_at]"', "during"),
    })  # fmt: skip
    desk.change("stays", "update {} set price = -1 where stay_id = 'a'")
    desk.flow()

    assert desk.months["03"] == (2, 19, None)
    desk.change("stays", "update {} set price = 50 where stay_id = 'c'")
    desk.flow()

    assert desk.months["04"] == (2, 49, None)
    assert desk.is_as_in_full()


def by_stay(month: str) -> dict[str, str]:
    """A table of stays, whose key has the name that one was told by."""
    contract = (
        without("dmn_targets", "dmn_months")
        .replace("key: month", "key: [month, guest]")
        .replace("columns:", "columns:\n          guest: {type: text, means: Who}")
    )
    query = f"""
        select
            {month} as month,
            nullif(stay_id, 'nobody') as guest,
            1::bigint as stays,
            price as paid,
            null::bigint as target
        from dmn.dmn_stays
    """
    return {YAML: contract, SQL: query}


IN_MONTH = "date_trunc('month', began_at at time zone 'Europe/London')::date"


@pytest.mark.parametrize(
    ("month", "guest"), [(IN_MONTH, "nobody"), (f"case when price > 0 then {IN_MONTH} end", "d")]
)
def test_an_empty_key_fails_as_in_full(open_desk: OpenDesk, month: str, guest: str) -> None:
    desk = open_desk(by_stay(month))
    desk.change(
        "stays",
        "insert into {} (stay_id, began_at, ended_at, price, layers_load_id, layers_ordinal)"
        f" values ('{guest}', '2026-01-09Z', '2026-01-10Z', -10, 1, 1)",
    )
    desk.publish("dmn")
    for _ in range(2):
        with pytest.raises(DataError, match="never empty"):
            desk.publish("prs_desk")
    desk.change("stays", f"update {{}} set stay_id = 'e', price = 1 where stay_id = '{guest}'")
    desk.flow()

    assert [row.guest for row in desk.rows("prs_stays_monthly")] == ["a", "e", "b", "c"]


def test_an_hour_that_comes_twice_at_a_months_midnight_is_read(open_desk: OpenDesk) -> None:
    """In Havana the first of November 2026 begins twice, at 04:00 and at 05:00 UTC."""
    changed = {
        name: said.replace("Europe/London", "America/Havana") for name, said in FILES.items()
    }
    query = BY_END.replace("Europe/London", "America/Havana").replace("ended_at", "began_at")
    desk = open_desk({**changed, SQL: query, YAML: without("dmn_targets")})
    desk.told("months", "month\n2026-10-01\n2026-11-01")
    desk.told("stays", """
        stay_id | began_at             | ended_at             | price
        a       | 2026-11-01T04:30:00Z | 2026-11-01T04:40:00Z | 10  -- half past midnight
        b       | 2026-11-05T00:00:00Z | 2026-11-06T00:00:00Z | 20
    """)  # fmt: skip
    desk.flow()
    assert desk.months == {"10": (0, 0, None), "11": (2, 30, None)}
    desk.change("stays", "update {} set price = 21 where stay_id = 'b'")
    desk.flow()

    assert desk.refreshed == "{[2026-11-01,2026-12-01)}"
    assert desk.months["11"] == (2, 31, None)
    assert desk.is_as_in_full()


ONLY_OF_TABLES = {
    "columns that follow from a table's key": (
        SQL,
        ("group by months.month, targets.stays", "group by months.month, targets.month"),
        "must appear in the GROUP BY",
    ),
    "a column with its table's schema": (
        SQL,
        ("left join dmn.dmn_targets as targets on months.month = targets.month",
         "left join (select dmn.dmn_targets.* from dmn.dmn_targets) as targets"
         " on months.month = targets.month"),
        "dmn_targets",
    ),
    "a span that begins with a text": (YAML, ("[began_at,", "[stay_id,"), "text"),
    "a span from the first instant on": (YAML, ("[began_at,", "[:first_instant,"), "syntax"),
}  # fmt: skip


@pytest.mark.parametrize("what", ONLY_OF_TABLES)
def test_what_cannot_be_asked_of_some_rows_alone_is_refused_at_once(
    open_desk: OpenDesk, what: str
) -> None:
    """And not weeks later, when there is something to refresh."""
    file, was, said = ONLY_OF_TABLES[what]
    assert was[0] in files()[file]
    desk = open_desk()
    desk.edit({file: files()[file].replace(*was)})
    with pytest.raises(ProjectError, match=said) as refused:
        desk.publish("prs_desk")
    assert YAML in str(refused.value)
    assert "refresh" in str(refused.value)


def test_differences_that_somebody_has_deleted_make_all_months(open_desk: OpenDesk) -> None:
    """They grow for ever, so one day somebody does."""
    desk = open_desk()
    desk.change("stays", "update {} set price = 11 where stay_id = 'a'")
    desk.publish("dmn")
    desk.admin.execute("delete from layers.differences where relation = 'dmn_stays'")
    desk.flow()

    said = "dmn_stays has changed in more rows than are remembered"
    assert (desk.latest.fed, desk.latest.because) == (None, said)
    assert desk.months["01"] == (1, 11, 9)


PRICES = {
    "sql/prs/desk/prs_prices_monthly.yaml": """
        answers: What did those pay who came in a month?
        grain: one row per month
        key: month
        shrink_limit: none
        columns:
          month: {type: date, means: Its first day}
          price: {type: bigint, unit: euro, additivity: sum, means: Of those who came}
        refresh:
          by: month
          when: {dmn_months: month, dmn_stays: began_at}
    """,
    "sql/prs/desk/prs_prices_monthly.sql": """
        select
            months.month,
            coalesce(sum(stays.price), 0)::bigint as price
        from dmn.dmn_months as months
        left join dmn.dmn_stays as stays
            on months.month = date_trunc('month', stays.began_at at time zone 'Europe/London')::date
        group by months.month
    """,
    "sql/prs/desk/prs_stayers_monthly.yaml": """
        answers: What was paid by those who came earlier?
        grain: one row per month
        key: month
        shrink_limit: none
        columns:
          month: {type: date, means: Its first day}
          price: {type: bigint, unit: euro, additivity: sum, means: Of those who came earlier}
        refresh:
          by: month
          when: {dmn_months: month}
    """,
    "sql/prs/desk/prs_stayers_monthly.sql": """
        select
            months.month,
            stays.paid - prices.price as price
        from dmn.dmn_months as months
        inner join prs_desk.prs_stays_monthly as stays on months.month = stays.month
        inner join prs_desk.prs_prices_monthly as prices on months.month = prices.month
    """,
}


def test_several_tables_are_refreshed_in_the_transaction_that_publishes(
    open_desk: OpenDesk,
) -> None:
    """Only one of them was built since the domain moved."""
    desk = open_desk(PRICES)
    desk.change("stays", "update {} set price = 25 where stay_id = 'b'")
    desk.publish("dmn")
    presenter = desk.connect("presenter")
    build.build(presenter, desk.project, desk.project.relation("prs_prices_monthly"), "alone")
    publish.publish(presenter, desk.project, "prs_desk", "test")

    assert desk.refreshed == "{[2026-02-01,2026-04-01)}"
    assert (desk.months["02"], desk.months["03"]) == ((1, 25, None), (1, 25, None))
    assert [row.price for row in desk.rows("prs_prices_monthly")] == [10, 25, 0, 40]
    # what it reads of its own use case says in no row which month it is about
    reading = desk.project.relation("prs_stayers_monthly")
    latest = record.latest_build(desk.admin, reading)
    assert latest is not None
    assert latest["because"].endswith("_monthly has changed")
    assert [row.price for row in desk.rows("prs_stayers_monthly")] == [0, 0, 25, 0]
