"""HubSpot, Freshdesk and the sheets of finance, read with none of the company's code."""

import csv
import json
import re
from collections import Counter
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pytest

from demo.company import generate
from tests.demo.plain import lines_of, rows_of, table_of

Json = dict[str, Any]
CONTACT = (
    "email firstname lastname company associatedcompanyid lifecyclestage hs_object_id createdate"
    " lastmodifieddate hs_merged_object_ids"
)
COMPANY = "name domain country hs_object_id createdate hs_lastmodifieddate"
HEADERS = {"budgets": "month,metric,amount", "campaign_spend": "month;campaign_id;spend_eur"}


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("company")
    generate(directory, seed=12, teachers=300, months=12, events=12_000, horizon=14, lived=7)
    return directory


def _read(directory: Path, tool: str) -> Json:
    content: Json = json.loads((directory / f"{tool}.json").read_text())
    return content


@pytest.fixture(scope="module")
def hubspot(directory: Path) -> Json:
    return _read(directory, "hubspot")


@pytest.fixture(scope="module")
def truth(directory: Path) -> Json:
    return _read(directory, "truth")


@pytest.mark.parametrize(
    ("objects", "names", "modified"),
    [
        ("contacts", CONTACT, "lastmodifieddate"),
        ("companies", COMPANY, "hs_lastmodifieddate"),
    ],
)
def test_objects_have_the_form_of_the_crm(
    hubspot: Json, objects: str, names: str, modified: str
) -> None:
    rows, now = hubspot[objects], datetime.fromisoformat(hubspot["now"])
    assert len({row["id"] for row in rows}) == len(rows) > 10
    for row in rows:
        properties = row["properties"]
        assert set(properties) == set(names.split())
        assert all(value is None or isinstance(value, str) for value in properties.values())
        assert row["id"] == properties["hs_object_id"]
        assert row["createdAt"] == properties["createdate"]
        assert row["updatedAt"] == properties[modified]
        times = [datetime.fromisoformat(row[name]) for name in ("createdAt", "updatedAt")]
        assert times[0] <= times[1] < now
        assert row["archived"] == ("archivedAt" in row)


def test_archived_ones_empty_texts_and_times_of_both_kinds_occur(hubspot: Json) -> None:
    for objects in ("contacts", "companies"):
        rows = hubspot[objects]
        assert 0 < sum(row["archived"] for row in rows) < len(rows) / 5
        values = [value for row in rows for value in row["properties"].values()]
        assert "" in values
        assert None in values
        assert {"." in row["createdAt"] for row in rows} == {True, False}


def test_a_swallowed_contact_is_in_the_list_of_one_winner_and_no_more_a_contact(
    hubspot: Json, truth: Json
) -> None:
    contacts = {row["id"]: row for row in hubspot["contacts"]}
    lists = [row["properties"]["hs_merged_object_ids"] for row in contacts.values()]
    merged = [id_ for ids in lists if ids for id_ in ids.split(";")]
    assert len(merged) == len(set(merged)) == truth["hubspot"]["merged_contacts"] > 1
    assert not set(merged) & contacts.keys()


def test_most_accounts_have_a_contact_and_some_addresses_disagree(
    directory: Path, hubspot: Json
) -> None:
    accounts = {one["email"].lower() for one in table_of(directory, "users").values()}
    emails = Counter(row["properties"]["email"].lower() for row in hubspot["contacts"])
    assert 0.75 < len(accounts & emails.keys()) / len(accounts) < 1
    assert emails.keys() - accounts
    assert any(count > 1 for count in emails.values())  # duplicates that nobody has noticed


def test_companies_are_those_of_the_organisations_but_a_few_and_more(
    directory: Path, hubspot: Json
) -> None:
    companies = {row["id"]: row for row in hubspot["companies"]}
    organisations = table_of(directory, "organisations").values()
    linked = [one for one in organisations if one["hubspot_company_id"] is not None]
    assert 0 < len(organisations) - len(linked) < len(organisations) / 4
    for one in linked:
        assert companies[one["hubspot_company_id"]]["properties"]["name"] == one["name"]
    assert len({one["hubspot_company_id"] for one in linked}) == len(linked) < len(companies)
    contacts = [row["properties"]["associatedcompanyid"] for row in hubspot["contacts"]]
    assert {id_ for id_ in contacts if id_} <= companies.keys()


def test_campaigns_are_those_that_links_name_but_one_and_one_that_nobody_followed(
    directory: Path, hubspot: Json, truth: Json
) -> None:
    named = {
        line.event["context"]["campaign"]["name"]
        for path in sorted((directory / "rudderstack").rglob("*.gz"))
        for line in lines_of(directory, path)
        if line.is_json and "campaign" in line.event["context"]
    }
    known = {one["properties"]["hs_name"]: one for one in hubspot["campaigns"]}
    assert len(named - known.keys()) == len(known.keys() - named) == 1
    assert {name: one["id"] for name, one in known.items()} == truth["hubspot"]["campaigns"]
    for one in known.values():
        assert re.fullmatch(r"[0-9a-f-]{36}", one["id"])
        assert one["properties"]["hs_currency_code"] == "EUR"
        assert one["properties"]["hs_start_date"] < (one["properties"]["hs_end_date"] or "9")


def _amount(text: str) -> Decimal:
    return Decimal(text.replace("€", "").replace(",", "").strip())


def _understood(directory: Path, sheet: str) -> tuple[Json, list[int], list[int], list[int]]:
    """The amounts, and the numbers of lines that are superseded, rubbish or skipped."""
    text = (directory / "finance" / f"{sheet}.csv").read_bytes().decode("utf-8-sig")
    lines, delimiter = text.splitlines(), ";" if ";" in text.splitlines()[0] else ","
    amounts: Json = {}
    superseded, rubbish, skipped = [], [], []
    for number, line in enumerate(lines[1:], start=2):
        if line in ("", lines[0]):
            skipped.append(number)
            continue
        [cells] = csv.reader([line], delimiter=delimiter)
        try:
            month, key, amount = datetime.strptime(cells[0], "%Y-%m"), cells[1], _amount(cells[2])
        except (ValueError, InvalidOperation):
            rubbish.append(number)
            continue
        if (month, key) in amounts:
            superseded.append(amounts[month, key][1])
        amounts[month, key] = amount, number
    return amounts, sorted(superseded), rubbish, skipped


@pytest.mark.parametrize("sheet", list(HEADERS))
def test_a_sheet_says_what_the_truth_says_to_whoever_reads_it_as_people_do(
    directory: Path, truth: Json, sheet: str
) -> None:
    amounts, superseded, rubbish, skipped = _understood(directory, sheet)
    told = truth["finance"][sheet]
    assert superseded == told["superseded_lines"]
    assert rubbish == told["rubbish_lines"]
    assert skipped == told["skipped_lines"]
    assert len(superseded) == len(rubbish) == 1
    assert len(skipped) == 2  # an empty line, and the header again
    found = {(f"{month:%Y-%m}", key): amount for (month, key), (amount, _) in amounts.items()}
    assert found == {(month, key): Decimal(amount) for month, key, amount in told["amounts"]}


def test_sheets_are_written_by_people(directory: Path) -> None:
    raw = {name: (directory / "finance" / f"{name}.csv").read_bytes() for name in HEADERS}
    text = {name: content.decode("utf-8-sig") for name, content in raw.items()}
    assert all(text[name].startswith(header) for name, header in HEADERS.items())
    assert [content.startswith(b"\xef\xbb\xbf") for content in raw.values()] == [True, False]
    assert all("€ " in content for content in text.values())
    assert '"1,250"' in text["budgets"]
    assert re.search(r";\d,\d{3}", text["campaign_spend"])


def test_budgets_miss_some_months_and_spend_names_campaigns_of_hubspot(truth: Json) -> None:
    budgets, spend = (truth["finance"][name]["amounts"] for name in HEADERS)
    assert {metric for _, metric, _ in budgets} == {"active_users", "mrr_eur"}
    planned, all_months = {month for month, _, _ in budgets}, {month for month, _, _ in spend}
    assert planned < all_months
    assert {id_ for _, id_, _ in spend} <= set(truth["hubspot"]["campaigns"].values())


def _zendesk_tickets(zendesk: Json) -> dict[int, Json]:
    """What `dmn_support_tickets` makes of them: no deleted ones, a time of solving if solved."""
    users = {user["id"]: user for user in zendesk["users"]}
    status = {"new": "open", "hold": "pending"}
    return {
        ticket["id"]: {
            "agent": ticket["assignee_id"],
            "account": users[ticket["requester_id"]]["external_id"],
            "email": (users[ticket["requester_id"]]["email"] or "").lower(),
            "status": status.get(ticket["status"], ticket["status"]),
            "first_reply": ticket["metric_set"]["reply_time_in_minutes"]["calendar"],
            "was_reopened": ticket["metric_set"]["reopens"] > 0,
            "opened_at": ticket["created_at"],
            "solved_at": ticket["metric_set"]["solved_at"]
            if ticket["status"] in ("solved", "closed")
            else None,
        }
        for ticket in zendesk["tickets"]
        if ticket["status"] != "deleted"
    }


def _freshdesk_tickets(freshdesk: Json) -> dict[int, Json]:
    contacts = {contact["id"]: contact for contact in freshdesk["contacts"]}
    status = {2: "open", 3: "pending", 4: "solved", 5: "closed"}
    return {
        ticket["id"]: {
            "agent": ticket["responder_id"],
            "account": contacts[ticket["requester_id"]]["unique_external_id"],
            "email": (contacts[ticket["requester_id"]]["email"] or "").lower(),
            "status": status[ticket["status"]],
            "first_reply": _minutes(ticket["created_at"], ticket["stats"]["first_responded_at"]),
            "was_reopened": ticket["stats"]["reopened_at"] is not None,
            "opened_at": ticket["created_at"],
            "solved_at": ticket["stats"]["resolved_at"] or ticket["stats"]["closed_at"],
        }
        for ticket in freshdesk["tickets"]
        if not ticket["deleted"] and not ticket["spam"]
    }


def _minutes(since: str, until: str | None) -> int | None:
    if until is None:
        return None
    seconds = (datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds()
    return int(seconds // 60)


def test_tickets_from_freshdesk_are_those_from_zendesk(directory: Path) -> None:
    zendesk, freshdesk = _read(directory, "zendesk"), _read(directory, "freshdesk")
    tickets = _freshdesk_tickets(freshdesk)
    assert tickets == _zendesk_tickets(zendesk)
    assert {ticket["status"] for ticket in tickets.values()} == {
        *("open", "pending", "solved", "closed")
    }
    assert {ticket["was_reopened"] for ticket in tickets.values()} == {True, False}
    assert any(ticket["account"] is None and ticket["email"] for ticket in tickets.values())
    assert len(freshdesk["tickets"]) > len(tickets)
    assert zendesk["now"] == freshdesk["now"]


def test_agents_and_contacts_of_freshdesk_are_the_users_of_zendesk(directory: Path) -> None:
    zendesk, freshdesk = _read(directory, "zendesk"), _read(directory, "freshdesk")
    users = {u["id"]: (u["name"], u["email"], u["active"]) for u in zendesk["users"]}
    agents = {a["id"]: a["contact"] for a in freshdesk["agents"]}
    people = {**agents, **{c["id"]: c for c in freshdesk["contacts"]}}
    assert {id_: (p["name"], p["email"], p["active"]) for id_, p in people.items()} == users
    erased = [contact for contact in freshdesk["contacts"] if contact["deleted"]]
    assert erased
    assert all(one["email"] is None and one["unique_external_id"] is None for one in erased)


def test_tickets_of_the_truth_are_those_of_the_desk(directory: Path) -> None:
    accounts = table_of(directory, "users").values()
    live = {one["email"].lower(): one["id"] for one in accounts if not one["deleted_at"]}
    found = {
        str(id_): (
            *(_moment(one["opened_at"]), one["first_reply"], one["was_reopened"]),
            *(_moment(one["solved_at"]), one["agent"] and str(one["agent"])),
            one["account"] or live.get(one["email"]),
        )
        for id_, one in _zendesk_tickets(_read(directory, "zendesk")).items()
    }
    names = ("opened_at", "first_reply_minutes", "was_reopened", "solved_at", "agent", "account")
    told = {
        row["id"]: tuple(
            _moment(row[name]) if name.endswith("_at") else row[name] for name in names
        )
        for row in rows_of(directory, "truth/tickets.jsonl")
    }
    assert told == found


def _moment(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written)
