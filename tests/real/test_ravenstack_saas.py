"""RavenStack: accounts, subscriptions and their use, as a product's CSV exports write them."""

from collections import Counter

import pytest

from tests.real import plain
from tests.real.runs import Result

README = {
    "accounts": ("accounts.csv", 266),
    "churn_events": ("churn_events.csv", 327),
    "feature_usage": ("feature_usage.csv.gz", 13_554),
    "subscriptions": ("subscriptions.csv.gz", 2_704),
    "support_tickets": ("support_tickets.csv", 1_061),
}
FLAGS = [
    ("accounts", "account_id", {"is_trial": "is_trial", "has_churned": "churn_flag"}),
    ("feature_usage", "usage_id", {"is_beta_feature": "is_beta_feature"}),
    (
        "subscriptions",
        "subscription_id",
        {"is_trial": "is_trial", "renews_itself": "auto_renew_flag"},
    ),
    ("support_tickets", "ticket_id", {"is_escalated": "escalation_flag"}),
    ("churn_events", "churn_event_id", {"is_reactivation": "is_reactivation"}),
]


def test_every_record_is_accounted_for(result: Result) -> None:
    assert result.problems() == []


def test_reading_again_changes_nothing(result: Result) -> None:
    assert result.read_again() == []


@pytest.mark.parametrize("name", README)
def test_every_row_of_a_file_is_staged(result: Result, name: str) -> None:
    file, rows = README[name]
    account = result.accounts[name]
    assert rows == len(plain.rows(result.folder / file))
    assert (account.read, account.staged) == (rows, rows)


def test_an_id_that_belongs_to_two_subscriptions_is_two_rows(result: Result) -> None:
    usage = Counter(row.usage_id for row in result.rows("stg_ravenstack_feature_usage"))
    assert sum(times - 1 for times in usage.values()) == 6


@pytest.mark.parametrize(("name", "key", "flags"), FLAGS, ids=[name for name, _, _ in FLAGS])
def test_booleans_of_both_spellings_are_booleans(
    result: Result, name: str, key: str, flags: dict[str, str]
) -> None:
    recorded = plain.rows(result.folder / README[name][0])
    staged = result.rows(f"stg_ravenstack_{name}")
    spellings = {row[written] for row in recorded for written in flags.values()}
    assert spellings <= ({"True", "False"} if name == "feature_usage" else {"TRUE", "FALSE"})
    for ours, written in flags.items():
        assert Counter((getattr(row, key), getattr(row, ours)) for row in staged) == Counter(
            (row[key], row[written].lower() == "true") for row in recorded
        )


def test_money_and_days_are_what_the_file_says(result: Result) -> None:
    staged = result.rows("stg_ravenstack_subscriptions")
    assert {r.subscription_id: (r.mrr_usd, r.started_on, r.ended_on) for r in staged} == {
        row["subscription_id"]: (
            plain.number(row["mrr_amount"]),
            plain.day(row["start_date"]),
            plain.day(row["end_date"]),
        )
        for row in plain.rows(result.folder / "subscriptions.csv.gz")
    }
    assert sum(row.ended_on is None for row in staged) == 2_459


def test_a_time_with_an_hour_of_one_digit_is_kept_as_it_is_written(result: Result) -> None:
    recorded = {r["ticket_id"]: r for r in plain.rows(result.folder / "support_tickets.csv")}
    staged = result.rows("stg_ravenstack_support_tickets")
    assert {row.ticket_id: row.closed_at_text for row in staged} == {
        key: row["closed_at"] for key, row in recorded.items()
    }
    assert any(len(row.closed_at_text) == len("2023-07-28 3:00") for row in staged)
    assert sum(row.satisfaction_score is None for row in staged) == 445


def test_days_and_seats_of_two_tables_can_be_compared(result: Result) -> None:
    (found,) = result.warehouse.query(
        "select count(*) filter (where used.used_on < bought.started_on) as before_its_start,"
        " count(*) filter (where used.used_on > bought.ended_on) as after_its_end"
        " from stg_ravenstack.stg_ravenstack_feature_usage used"
        " join stg_ravenstack.stg_ravenstack_subscriptions bought using (subscription_id)"
    )
    assert (found.before_its_start, found.after_its_end) == (10_334, 131)
    (found,) = result.warehouse.query(
        "select count(*) as differ from stg_ravenstack.stg_ravenstack_subscriptions bought"
        " join stg_ravenstack.stg_ravenstack_accounts account using (account_id)"
        " where bought.seats <> account.seats"
    )
    assert found.differ == 1_279
