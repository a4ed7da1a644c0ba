"""What a source no longer has: deleted since the load that first said so, until it is back."""

from collections.abc import Iterator
from typing import Any

import pytest

from demo.standin import StandIn
from tests.sources.conftest import Connect
from tests.sources.house import House
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
