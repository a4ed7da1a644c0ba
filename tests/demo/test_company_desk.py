"""The truth about support against `zendesk.json`, recounted with none of the company's code."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from demo.company import generate
from tests.demo.plain import rows_of

Json = dict[str, Any]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("company")
    generate(directory, seed=5, teachers=200, months=8, events=8_000)
    return directory


@pytest.fixture(scope="module")
def desk(directory: Path) -> Json:
    desk: Json = json.loads((directory / "zendesk.json").read_text())
    return desk


@pytest.fixture(scope="module")
def truth(directory: Path) -> Json:
    truth: Json = json.loads((directory / "truth.json").read_text())["zendesk"]
    return truth


@pytest.fixture(scope="module")
def accounts(directory: Path) -> list[Json]:
    return rows_of(directory, "backend/users.jsonl")


def _counted(desk: Json) -> list[Json]:
    """The tickets that an agent has and that are not deleted."""
    return [t for t in desk["tickets"] if t["assignee_id"] and t["status"] != "deleted"]


def _by_agent(times: list[tuple[int, str]]) -> dict[str, Counter[str]]:
    months: dict[str, Counter[str]] = {}
    for agent, written in times:
        at = datetime.fromisoformat(written).astimezone(ZoneInfo("Europe/London"))
        months.setdefault(str(agent), Counter())[at.strftime("%Y-%m")] += 1
    return months


def _without_zeros(told: dict[str, dict[str, int]]) -> dict[str, Counter[str]]:
    return {agent: +Counter(months) for agent, months in told.items()}


def test_opened_tickets_by_agent_and_month(desk: Json, truth: Json) -> None:
    times = [(ticket["assignee_id"], ticket["created_at"]) for ticket in _counted(desk)]
    assert _without_zeros(truth["opened"]) == _by_agent(times)


def test_solved_tickets_by_agent_and_month_leave_out_those_open_again(
    desk: Json, truth: Json
) -> None:
    times = [
        (ticket["assignee_id"], ticket["metric_set"]["solved_at"])
        for ticket in _counted(desk)
        if ticket["status"] in ("solved", "closed")
    ]
    open_again = [
        ticket
        for ticket in _counted(desk)
        if ticket["status"] not in ("solved", "closed") and ticket["metric_set"]["solved_at"]
    ]
    assert _without_zeros(truth["solved"]) == _by_agent(times)
    assert open_again
    assert all(ticket["metric_set"]["reopens"] == 1 for ticket in open_again)


def test_users_and_tickets_are_as_many_as_the_truth_says(desk: Json, truth: Json) -> None:
    assert truth["users"] == len(desk["users"]) == len({user["id"] for user in desk["users"]})
    assert truth["tickets"] == len(desk["tickets"]) == len({t["id"] for t in desk["tickets"]})
    assert truth["status"] == Counter(ticket["status"] for ticket in desk["tickets"])
    assert truth["reopened"] == sum(t["metric_set"]["reopens"] for t in _counted(desk))
    assert Counter(user["role"] for user in desk["users"])["agent"] == 8
    assert Counter(user["role"] for user in desk["users"])["admin"] == 2


def test_about_one_in_twenty_open_tickets_is_taken_by_nobody(desk: Json, truth: Json) -> None:
    finished = ("solved", "closed", "deleted")
    waiting = [ticket for ticket in desk["tickets"] if ticket["status"] not in finished]
    nobody = [ticket for ticket in waiting if ticket["assignee_id"] is None]
    assert truth["nobody_took"] == len(nobody) > 0
    assert 0.01 < len(nobody) / len(waiting) < 0.15
    assert {ticket["status"] for ticket in nobody} == {"new"}
    assert all(t["metric_set"]["reply_time_in_minutes"]["calendar"] is None for t in nobody)


def test_requesters_lead_to_accounts_as_the_truth_says(
    desk: Json, truth: Json, accounts: list[Json]
) -> None:
    ids = {account["id"] for account in accounts}
    live = {account["email"].lower() for account in accounts if not account["deleted_at"]}
    users = {user["id"]: user for user in desk["users"]}
    ways: Counter[str] = Counter()
    for ticket in _counted(desk):
        requester = users[ticket["requester_id"]]
        if requester["external_id"]:
            assert requester["external_id"] in ids
            ways["external_id"] += 1
        else:
            ways["email" if (requester["email"] or "").lower() in live else "none"] += 1
    assert truth["account_by"] == ways
    assert set(ways) == {"external_id", "email", "none"}


def test_some_addresses_differ_from_the_backend_in_their_case_only(
    desk: Json, accounts: list[Json]
) -> None:
    written = {account["email"] for account in accounts}
    lower = {email.lower() for email in written}
    emails = [user["email"] for user in desk["users"] if user["email"]]
    assert any(email.lower() in lower and email not in written for email in emails)
    assert len({email.lower() for email in emails}) == len(emails)


def test_an_erased_user_has_neither_address_nor_external_id(desk: Json, truth: Json) -> None:
    erased = [user for user in desk["users"] if not user["active"]]
    assert truth["erased_users"] == len(erased) > 0
    assert all(user["email"] is None and user["external_id"] is None for user in erased)


def test_moments_of_a_ticket_are_in_order_and_before_the_export(desk: Json) -> None:
    now = datetime.fromisoformat(desk["now"])
    for ticket in desk["tickets"]:
        metrics = ticket["metric_set"]
        generated_at = datetime.fromtimestamp(ticket["generated_timestamp"], UTC)
        written = (ticket["created_at"], metrics["assigned_at"], ticket["updated_at"])
        times = [datetime.fromisoformat(at) for at in written if at]
        assert [*times, generated_at] == sorted([*times, generated_at])
        assert (now - generated_at).total_seconds() > 60
        if metrics["solved_at"]:
            assert metrics["created_at"] < metrics["solved_at"] <= ticket["updated_at"]


def test_many_versions_are_generated_after_their_update(desk: Json) -> None:
    later = sum(
        ticket["generated_timestamp"] > datetime.fromisoformat(ticket["updated_at"]).timestamp()
        for ticket in desk["tickets"]
    )
    assert 0.3 < later / len(desk["tickets"]) < 0.6
