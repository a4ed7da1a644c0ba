"""The stand-in exports as Zendesk does: what is asserted here, a loader may rely on."""

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from demo.company import generate
from demo.zendesk import Zendesk
from tests.demo.zendesk_client import LOGIN, NOW, TICKETS, USERS, a_desk, get, pages_of


@pytest.mark.parametrize("size", [1, 5, 7, 22, 23, 24, 1_000])
def test_pages_of_any_size_give_every_ticket_once_in_the_order_of_change(size: int) -> None:
    company = a_desk()
    with Zendesk(company, password="secret") as desk:
        pages = list(pages_of(desk, TICKETS, "tickets", per_page=size))

    tickets = [ticket for page in pages for ticket in page["tickets"]]
    order = sorted(company["tickets"], key=lambda t: (t["generated_timestamp"], t["id"]))
    assert [ticket["id"] for ticket in tickets] == [ticket["id"] for ticket in order]
    assert len(pages[0]["tickets"]) == min(size, 23)
    assert [page["end_of_stream"] for page in pages] == [False] * (len(pages) - 1) + [True]


def test_the_last_cursor_works_later_and_finds_only_what_changed_since() -> None:
    company = a_desk()
    with Zendesk(company, password="secret") as desk:
        *_, last = pages_of(desk, TICKETS, "tickets", per_page=10)
        empty = get(desk, TICKETS, cursor=last["after_cursor"]).json()
        company["tickets"][3]["generated_timestamp"] = NOW - 61
        changed = get(desk, TICKETS, cursor=empty["after_cursor"]).json()

    assert (empty["tickets"], empty["end_of_stream"]) == ([], True)
    assert empty["after_cursor"] == last["after_cursor"]
    assert [ticket["id"] for ticket in changed["tickets"]] == [997]


def test_nothing_of_the_last_minute_is_exported() -> None:
    company = a_desk()
    company["tickets"][0]["generated_timestamp"] = NOW - 60
    with Zendesk(company, password="secret") as desk:
        page = get(desk, TICKETS, start_time=0).json()
    assert len(page["tickets"]) == 22
    assert page["end_of_stream"] is True


def test_a_start_time_begins_at_that_second() -> None:
    with Zendesk(a_desk(), password="secret") as desk:
        page = get(desk, TICKETS, start_time=NOW - 100_000 + 180).json()
        after = get(desk, TICKETS, start_time=NOW - 100_000 + 181).json()
    assert len(page["tickets"]) == 8
    assert len(after["tickets"]) == 3


def test_an_empty_export_has_no_cursor() -> None:
    with Zendesk({**a_desk(), "tickets": []}, password="secret") as desk:
        page = get(desk, TICKETS, start_time=0).json()
    assert page["after_cursor"] is None
    assert page["after_url"] is None
    assert page["end_of_stream"] is True


def test_metrics_come_only_where_they_are_included() -> None:
    with Zendesk(a_desk(), password="secret") as desk:
        plain = get(desk, TICKETS, start_time=0).json()
        included = get(desk, TICKETS, start_time=0, include="users,metric_sets").json()
    assert all("metric_set" not in ticket for ticket in plain["tickets"])
    assert all(ticket["metric_set"] == {"reopens": 0} for ticket in included["tickets"])


def test_the_next_link_names_another_host_and_its_query_works_on_this_one() -> None:
    with Zendesk(a_desk(), password="secret") as desk:
        first = get(desk, TICKETS, start_time=0, per_page=20, include="metric_sets").json()
        link = urlsplit(first["after_url"])
        second = requests.get(f"{desk.url}{link.path}?{link.query}", auth=LOGIN, timeout=5).json()
    assert link.netloc not in desk.url
    assert parse_qs(link.query)["cursor"] == [first["after_cursor"]]
    assert len(second["tickets"]) == 3
    assert "metric_set" in second["tickets"][0]


def test_users_are_ordered_by_their_update() -> None:
    with Zendesk(a_desk(), password="secret") as desk:
        pages = list(pages_of(desk, USERS, "users", per_page=3))
    users = [user for page in pages for user in page["users"]]
    assert [user["updated_at"][8:10] for user in users] == ["01", "02", "03", "04"]


def test_a_start_time_of_a_minute_ago_is_old_enough() -> None:
    with Zendesk(a_desk(), password="secret") as desk:
        assert get(desk, TICKETS, start_time=NOW - 60).status_code == 200


def test_a_directory_without_a_desk_is_named_with_what_makes_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"zendesk.json: .*python -m demo.company"):
        Zendesk(tmp_path, password="secret")


def test_the_export_of_a_generated_company_is_whole_and_follows_its_file(tmp_path: Path) -> None:
    generate(tmp_path, teachers=100, months=12, events=4_000)
    with Zendesk(tmp_path, password="secret") as desk:
        exported = {
            records: [row for page in pages_of(desk, path, records) for row in page[records]]
            for path, records in ((TICKETS, "tickets"), (USERS, "users"))
        }
        generate(tmp_path, seed=2, teachers=20, months=1, events=800)
        fewer = get(desk, TICKETS, start_time=0).json()["tickets"]

    assert len(exported["tickets"]) == len({row["id"] for row in exported["tickets"]}) == 156
    assert len(exported["users"]) == len({row["id"] for row in exported["users"]})
    truth = json.loads((tmp_path / "truth.json").read_text())["zendesk"]
    assert len(fewer) == truth["tickets"] < 156
