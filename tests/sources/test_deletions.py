"""What a source no longer has: deleted since the load that first said so, until it is back."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

import pytest

from demo.standin import StandIn
from layers import vanishing
from layers.sources.listed import KEYS_PER_RECORD, Listed
from layers.sources.pages import Page
from layers.warehouse import text
from tests.sources.conftest import Connect
from tests.sources.house import House
from tests.sources.test_http_pages import a_page
from tests.sources.vendors import NOW_S, READINGS, Json, archived, at, contact, ticket, user

CONTACTS, TICKETS, USERS = "stg_hubspot_contacts", "stg_zendesk_tickets", "stg_zendesk_users"


class Vendor:
    """A vendor with a few records, whom a test lets change his mind."""

    def __init__(self, house: House, reading: str, company: Json, connect: Connect) -> None:
        self.house, self.company, self.reading = house, company, READINGS[reading]
        self.stand_in: StandIn = self.reading.opened(connect, company)

    def says(self, now: str, *records: Json) -> None:
        """Records are so from now on; we read him."""
        self.company["now"] = now
        kept = self.company[self.reading.name.split(".")[1]]
        said = {record["id"] for record in records}
        kept[:] = [record for record in kept if record["id"] not in said] + list(records)
        assert self.house.read(self.reading.name) == []

    def deleted(self) -> dict[str, Any]:
        return self.house.deleted(self.reading.relation)

    def replayed(self) -> bool:
        """Whether a replay of everything leaves every row as it is."""
        before = self.house.whole(self.reading.relation)
        self.house.replay(self.reading.relation)
        return self.house.whole(self.reading.relation) == before


@pytest.fixture
def crm(house: House, connect: Connect) -> Iterator[Vendor]:
    people = [contact(number, at(number)) for number in (1, 2, 3)]
    made = Vendor(house, "hubspot contacts, first", {"now": at(1_000), "contacts": people}, connect)
    with made.stand_in:
        yield made


@pytest.fixture
def desk(house: House, connect: Connect) -> Iterator[Vendor]:
    tickets = [ticket(number, NOW_S - 10_000 + number) for number in (1, 2, 3)]
    company = {"now": "2026-11-01T00:00:00Z", "tickets": tickets, "users": []}
    made = Vendor(house, "zendesk tickets", company, connect)
    with made.stand_in:
        yield made


@pytest.fixture
def people(house: House, connect: Connect) -> Iterator[Vendor]:
    users = [user(number, at(number)) for number in (1, 2, 3)]
    made = Vendor(house, "zendesk users", {"now": at(1_000), "users": users}, connect)
    with made.stand_in:
        yield made


def test_an_archived_contact_is_deleted_from_the_next_day_on_until_it_is_restored(
    crm: Vendor,
) -> None:
    crm.says(at(1_000))
    assert crm.deleted() == {}
    crm.says(at(1_100), archived(contact(2, at(2)), at(1_050)))
    assert crm.deleted() == {}  # no search tells of it, and the list is read once a day

    crm.says(at(1_500))
    noticed = crm.deleted()
    assert noticed == {"2": crm.house.last_load()}
    crm.says(at(3_000))
    assert crm.deleted() == noticed
    assert crm.replayed()

    crm.says(at(4_000), contact(2, at(3_500)))
    assert crm.deleted() == {}
    assert crm.replayed()
    assert crm.deleted() == {}


def test_a_contact_that_was_archived_before_the_first_load_is_deleted_since_it(crm: Vendor) -> None:
    crm.says(at(1_000), archived(contact(2, at(2)), at(900)))
    (row,) = [row for row in crm.house.rows(CONTACTS) if row.is_deleted]
    assert row.deletion_noticed_at == crm.house.loaded_at(row.layers_load_id)


def test_a_contact_that_another_has_swallowed_is_deleted_since_the_load_that_said_so(
    crm: Vendor,
) -> None:
    crm.says(at(1_000))
    crm.company["contacts"] = crm.company["contacts"][:2]  # 3 is in no list any more
    crm.says(at(1_100), contact(1, at(1_050), hs_merged_object_ids="3;77"))
    noticed = crm.deleted()
    assert noticed == {"3": crm.house.last_load()}

    crm.says(at(1_200), contact(1, at(1_150), hs_merged_object_ids="3;77", firstname="Ada"))
    assert crm.deleted() == noticed
    assert crm.replayed()
    assert crm.deleted() == noticed


def test_a_merged_contact_is_deleted_too_where_it_comes_after_the_one_that_swallowed_it(
    crm: Vendor,
) -> None:
    crm.company["contacts"] = crm.company["contacts"][:1]
    crm.says(at(1_000), contact(1, at(1), hs_merged_object_ids="3"))
    assert crm.deleted() == {}
    crm.says(at(1_100), contact(3, at(1_050)))
    assert list(crm.deleted()) == ["3"]
    assert crm.replayed()


def test_many_merged_contacts_are_compared_in_a_moment(house: House) -> None:
    """Once each of them was looked for in the lists of all contacts: seven seconds for these."""
    contacts = house.project.relation(CONTACTS)
    house.stage(CONTACTS)
    house.admin.execute(
        f"insert into stg_hubspot.{CONTACTS} (contact_id, merged_contact_ids, is_archived,"
        " layers_load_id, layers_ordinal, layers_gone)"
        " select n::text, case when n % 30 = 0 then array[(n + 1)::text] end, false, 1, n,"
        # one is said to be taken over that nobody has taken over
        " case when n % 30 = 1 and n > 31 or n = 2 then 'merged' end"
        " from generate_series(1, 60000) n"
    )
    with house.connect("loader") as loader, loader.transaction():
        loader.execute("set local statement_timeout = '3s'")
        back = loader.execute(text(vanishing.unmark_merged(contacts))).rowcount
        gone = loader.execute(text(vanishing.mark_merged(contacts))).rowcount
    assert (back, gone) == (1, 1)


def test_a_deleted_ticket_is_so_since_the_load_that_said_it_and_one_restored_is_not(
    desk: Vendor,
) -> None:
    desk.says("2026-11-01T00:00:00Z")
    desk.says("2026-11-01T01:00:00Z", ticket(2, NOW_S + 60, status="deleted"))
    noticed = desk.deleted()
    assert noticed == {"2": desk.house.last_load()}

    desk.says("2026-11-01T02:00:00Z", ticket(2, NOW_S + 5_000, status="deleted", subject="again"))
    assert desk.deleted() == noticed
    assert desk.replayed()
    assert desk.deleted() == noticed

    desk.says("2026-11-01T03:00:00Z", ticket(2, NOW_S + 9_000))
    assert desk.deleted() == {}
    assert desk.replayed()


def test_an_older_version_of_a_ticket_restores_nothing(desk: Vendor) -> None:
    desk.says("2026-11-01T00:00:00Z", ticket(2, NOW_S - 500, status="deleted"))
    noticed = desk.deleted()
    desk.house.admin.execute("delete from layers.cursors")  # the export is read from the beginning
    desk.says("2026-11-01T01:00:00Z", ticket(2, NOW_S - 600))
    assert desk.deleted() == noticed


def test_an_inactive_user_is_deleted_and_one_who_is_active_again_is_not(people: Vendor) -> None:
    people.says(at(1_000))
    people.says(at(1_100), user(2, at(1_050), active=False, email=None))
    noticed = people.deleted()
    assert noticed == {"2": people.house.last_load()}
    people.says(at(1_200), user(2, at(1_150), active=False, email=None, name="?"))
    assert people.deleted() == noticed
    assert people.replayed()

    people.says(at(1_300), user(2, at(1_250)))
    assert people.deleted() == {}
    assert people.replayed()


def test_who_is_deleted_again_is_so_since_the_second_time(people: Vendor) -> None:
    people.says(at(1_000), user(2, at(900), active=False))
    people.says(at(1_100), user(2, at(1_050)))
    people.says(at(1_200), user(2, at(1_150), active=False))
    assert people.deleted() == {"2": people.house.last_load()}
    assert people.replayed()


SEEN = {
    "sql/src/freshdesk.yaml": {
        "/contacts, pager: freshdesk_pages": "/contacts, pager: freshdesk_contacts"
    },
    "sql/stg/freshdesk/stg_freshdesk_contacts.yaml": {
        "newest_by: updated_at": "newest_by: updated_at\ndeleted_when: was_deleted",
        "  updated_at:": "  was_deleted: {type: boolean, optional: true}\n  updated_at:",
    },
    "sql/stg/freshdesk/stg_freshdesk_contacts.sql": {
        "record ->> 'name' as name,": "record ->> 'name' as name,\n"
        "    record ->> 'deleted' as was_deleted,"
    },
    "sql/stg/freshdesk/stg_freshdesk_tickets.yaml": {
        "deleted_when: deleted": "deleted_when: deleted or spam",
        "  created_at:": "  spam: {type: boolean, optional: true}\n  created_at:",
    },
    "sql/stg/freshdesk/stg_freshdesk_tickets.sql": {
        "record ->> 'deleted' as deleted,": "record ->> 'deleted' as deleted,\n"
        "    record ->> 'spam' as spam,"
    },
}
Open = Callable[..., Vendor]


@pytest.fixture
def helpdesk(house: House, connect: Connect) -> Iterator[Open]:
    """A list of Freshdesk, or of another, with a few records."""
    house.change(SEEN)
    house.admin.prepare_threshold = None  # the columns of its tables change
    with ExitStack() as opened:

        def begin(reading: str, *records: Json) -> Vendor:
            name = READINGS[reading].name.split(".")[1]
            company = {"now": at(1_000), name: list(records)}
            made = Vendor(house, reading, company, connect)
            opened.enter_context(made.stand_in)
            return made

        yield begin
    house.reset()
    for relation in house.staging("freshdesk", ["agents", "contacts", "tickets"]):
        house.stage(relation.name)  # its table is as it was


def fresh(number: int, minute: int = 1, **more: Any) -> Json:
    """A ticket, an agent or a contact of Freshdesk: what all of them have."""
    times = {"created_at": at(0), "updated_at": at(minute)}
    person = {"name": f"A {number}", "email": f"a{number}@example.org"}
    return {"id": number, "status": 2, "active": True, **person, "contact": person, **times, **more}


def without(vendor: Vendor, *ids: int | str) -> None:
    """Records vanish from the vendor without a trace."""
    records = vendor.company[vendor.reading.name.split(".")[1]]
    records[:] = [record for record in records if record["id"] not in ids]


@pytest.mark.parametrize("how", ["deleted", "spam"])
def test_a_ticket_that_is_deleted_or_spam_is_so_until_it_is_restored(
    helpdesk: Open, how: str
) -> None:
    tickets = helpdesk("freshdesk tickets", fresh(1), fresh(2), fresh(3))
    tickets.says(at(1_000))
    assert tickets.deleted() == {}
    tickets.says(at(1_100), fresh(2, 1_050, **{how: True}))
    assert tickets.deleted() == {"2": tickets.deleted()["2"]}
    assert tickets.replayed()
    tickets.says(at(1_200), fresh(2, 1_150))
    assert tickets.deleted() == {}


def test_a_contact_that_is_deleted_is_so_and_a_blocked_one_is_not(helpdesk: Open) -> None:
    contacts = helpdesk("freshdesk contacts", fresh(1), fresh(2), fresh(3))
    contacts.says(at(1_000))
    contacts.says(at(1_100), fresh(1, 1_050, blocked=True), fresh(2, 1_050, deleted=True))
    for hour in range(3):
        contacts.says(at(1_200 + 60 * hour))
    assert list(contacts.deleted()) == ["2"]
    assert contacts.replayed()
    contacts.says(at(1_500), fresh(2, 1_450))
    assert contacts.deleted() == {}


LISTS = {
    "freshdesk agents": fresh,
    "freshdesk contacts": fresh,
    "hubspot campaigns": lambda number: {
        "id": str(number),
        "properties": {"hs_name": "C"},
        "createdAt": at(0),
        "updatedAt": at(1),
    },
}


@pytest.mark.parametrize("name", LISTS)
def test_what_two_readings_of_a_list_do_not_have_is_deleted_until_it_is_back(
    helpdesk: Open, name: str
) -> None:
    made = LISTS[name]
    vendor = helpdesk(name, *(made(number) for number in range(1, 251)))
    vendor.says(at(1_000))
    vendor.says(at(1_010))
    without(vendor, 7, "7")
    vendor.says(at(1_020))
    assert vendor.deleted() == {}  # its page may have shifted while it was read
    vendor.says(at(1_030))
    noticed = vendor.deleted()
    assert noticed == {"7": vendor.house.last_load()}
    loads = vendor.house.query("select count(*) as n from layers.loads where kind = 'keys'")
    for minute in (1_040, 1_050):
        vendor.says(at(minute))
    assert vendor.deleted() == noticed
    again = vendor.house.query("select count(*) as n from layers.loads where kind = 'keys'")
    assert again == loads  # nothing has moved, so there is nothing to compare
    vendor.house.replay(vendor.reading.relation)
    assert vendor.deleted() == noticed

    vendor.says(at(1_060), made(7))
    assert vendor.deleted() == {}
    vendor.says(at(1_070))
    assert vendor.deleted() == {}
    vendor.house.replay(vendor.reading.relation)
    assert vendor.deleted() == {}


def test_a_list_that_says_so_deletes_nobody(helpdesk: Open, house: House) -> None:
    agents = helpdesk("freshdesk agents", fresh(1), fresh(2))
    agents.says(at(1_000))
    without(agents, 1, 2)
    house.change(
        {
            "sql/src/freshdesk.yaml": {
                "agents, pager: freshdesk_pages": "agents, pager: freshdesk_pages,"
                " compare_keys: false"
            }
        }
    )
    for minute in (1_010, 1_020, 1_030):
        agents.says(at(minute))
    assert agents.deleted() == {}


def test_a_list_that_is_empty_is_no_evidence(helpdesk: Open) -> None:
    agents = helpdesk("freshdesk agents", fresh(1), fresh(2))
    agents.says(at(1_000))
    without(agents, 1, 2)
    for minute in (1_010, 1_020, 1_030):
        agents.says(at(minute))
    assert agents.deleted() == {}


HOLDS_NO_TEXT = ["bad\0id", "\ud800"]  # of Postgres: no NUL, no half of a surrogate pair


@pytest.mark.parametrize("bad", HOLDS_NO_TEXT)
def test_an_id_that_postgres_cannot_hold_stops_no_list_and_deletes_nobody(
    helpdesk: Open, bad: str
) -> None:
    made: Any = LISTS["hubspot campaigns"]
    vendor = helpdesk("hubspot campaigns", *(made(n) for n in [*range(1, 151), bad]))
    for minute in (1_000, 1_010, 1_020):
        vendor.says(at(minute))
    without(vendor, "7")
    for minute in (1_030, 1_040, 1_050):
        vendor.says(at(minute))
    assert (len(vendor.house.rows(vendor.reading.relation)), vendor.deleted()) == (150, {})
    said = "is not JSON that Postgres can hold"
    assert vendor.house.rejects() == [f"{vendor.reading.name} {said}"]

    without(vendor, bad)
    for minute in (1_060, 1_070):  # two readings that count
        vendor.says(at(minute))
    assert list(vendor.deleted()) == ["7"]


def test_a_load_of_keys_of_which_some_were_rejected_deletes_nobody(helpdesk: Open) -> None:
    agents = helpdesk("freshdesk agents", *(fresh(number) for number in (1, 2, 3)))
    for minute in (1_000, 1_010):
        agents.says(at(minute))
    without(agents, 3)
    agents.says(at(1_020))
    with patch.object(Listed, "keys", lambda _: [b'{"layers_keys": ["1"]}', b'{"layers_keys": [']):
        agents.says(at(1_030))
    assert agents.deleted() == {}
    agents.house.replay(agents.reading.relation)
    assert agents.deleted() == {}


RECORDS = [b'{"id": 1}', b'{"id": 2}']
BEHIND = {"listed": ["1", "2", "3"], "moved": True}


@pytest.mark.parametrize(
    ("cursor", "pages"),
    [
        ({}, [a_page(RECORDS)]),  # the first reading knows nobody
        ({"page": 2, "ids": ["1"]}, [a_page(RECORDS)]),  # the rest of one that was killed
        (BEHIND, [Page("/", RECORDS, {}, a_page([]).date, is_second_look=True)]),
        (BEHIND, [a_page(RECORDS), a_page(RECORDS[:1])]),  # a page has shifted
        (BEHIND, [a_page([b'{"id": 1}', b'{"nobody": 2}'])]),
        (BEHIND, [a_page([*RECORDS, b'{"deep": ' + b"[" * 50_000 + b"]" * 50_000 + b"}"])]),
        (BEHIND, [a_page([b'{"id": 1}', b'{"id": "\\u0000"}'])]),
        (BEHIND, [a_page([b'{"id": 1}', b'{"id": "\\ud800"}'])]),
        (BEHIND | {"moved": False, "listed": ["1", "2"]}, [a_page(RECORDS)]),
    ],
)
def test_a_reading_that_went_through_with_anything_odd_names_no_keys(
    cursor: Json, pages: list[Page]
) -> None:
    listed = Listed.behind("id", cursor)
    for page in pages:
        listed.see(page)
    assert list(listed.keys()) == []


def test_the_keys_of_a_list_are_those_of_both_readings_and_come_in_parts() -> None:
    listed = Listed.behind("id", {"listed": [str(n) for n in range(KEYS_PER_RECORD)]})
    listed.see(a_page([b'{"id": "new"}']))
    first, second = listed.keys()
    assert first.count(b'"') == 2 * (KEYS_PER_RECORD + 1)
    assert second == b'{"layers_keys": ["new"]}'
    assert listed.cursor() == {"listed": ["new"], "moved": True}
