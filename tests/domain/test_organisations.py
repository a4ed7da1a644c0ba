"""Who buys, which schools they run, and what the CRM calls them."""

from tests.domain import drawn
from tests.warehouse import Warehouse

ORGANISATIONS = """
    id | name | hubspot_company_id | created_at           | deleted_at
    1  | One  | 901                | 2024-01-01T00:00:00Z |
    2  | Two  | 902                | 2024-01-01T00:00:00Z | 2025-01-01T00:00:00Z
    3  | Tres |                    | 2024-01-01T00:00:00Z |                        -- not linked
    4  | Four | 904                | 2024-01-01T00:00:00Z |                        -- has no school
"""
SCHOOLS = """
    id | organisation_id | name  | created_at           | deleted_at           | layers_gone
    1  | 1               | A     | 2024-01-01T00:00:00Z |                      |
    2  | 2               | B     | 2024-01-01T00:00:00Z | 2025-01-01T00:00:00Z |
    3  | 3               | C     | 2024-01-01T00:00:00Z |                      |
    4  | 3               | C     | 2024-01-01T00:00:00Z |                      | gone -- twice
    5  | 99              | D     | 2024-01-01T00:00:00Z |                      |  -- whose?
"""
COMPANIES = """
    company_id | name     | domain      | is_archived
    901        | One Ltd. | One.example | false
    902        | Two Ltd. | two.example | true           -- sales has put it away
    903        | Lead     | lead.example | false         -- never bought anything
"""


def given(warehouse: Warehouse) -> None:
    warehouse.given("stg_backend.stg_backend_organisations", ORGANISATIONS)
    warehouse.given("stg_backend.stg_backend_schools", SCHOOLS)
    warehouse.given("stg_hubspot.stg_hubspot_companies", COMPANIES)


def test_an_organisation_has_what_the_linked_company_of_the_crm_says(warehouse: Warehouse) -> None:
    given(warehouse)

    rows = warehouse.run("dmn_organisations")

    columns = ("organisation_id", "name", "crm_name", "domain", "crm_company_id", "is_deleted")
    assert drawn.table(rows, *columns) == [
        ("1", "One", "One Ltd.", "one.example", "901", False),
        ("2", "Two", None, None, None, True),  # deleted, and its past stays
        ("3", "Tres", None, None, None, False),
    ]


def test_an_organisation_without_a_school_is_held_and_a_school_without_an_organisation(
    warehouse: Warehouse,
) -> None:
    given(warehouse)

    rows = warehouse.run("dmn_schools")

    assert drawn.table(rows, "school_id", "organisation_id", "is_deleted") == [
        ("1", "1", False),
        ("2", "2", True),  # closed, and its past stays
        ("3", "3", False),
    ]
    assert drawn.held(warehouse, "dmn_organisations") == [
        ("4", "each organisation has 1..* school")
    ]
    assert drawn.held(warehouse, "dmn_schools") == [("5", "each school has 1 organisation")]


def test_an_organisation_or_a_school_whose_name_says_nothing_is_held(warehouse: Warehouse) -> None:
    warehouse.given(
        "stg_backend.stg_backend_organisations",
        """
        id | name  | created_at
        1  | One   | 2024-01-01T00:00:00Z
        2  | blank | 2024-01-01T00:00:00Z
        """,
    )
    warehouse.given(
        "stg_backend.stg_backend_schools",
        """
        id | organisation_id | name  | created_at
        1  | 1               | A     | 2024-01-01T00:00:00Z
        2  | 1               | blank | 2024-01-01T00:00:00Z
        3  | 2               | C     | 2024-01-01T00:00:00Z   -- goes with who runs it
        """,
    )
    for table in ("stg_backend_organisations", "stg_backend_schools"):
        warehouse.admin.execute(f"update stg_backend.{table} set name = '  ' where name = 'blank'")

    rows = warehouse.run("dmn_schools")

    assert drawn.table(rows, "school_id") == [("1",)]
    assert drawn.held(warehouse, "dmn_organisations") == [("2", "an organisation has a name")]
    assert drawn.held(warehouse, "dmn_schools") == [
        ("2", "a school has a name"),
        ("3", "each school has 1 organisation"),
    ]


def test_a_school_that_moved_is_of_the_organisation_that_runs_it_now(warehouse: Warehouse) -> None:
    given(warehouse)
    warehouse.run("dmn_schools")

    warehouse.admin.execute(
        "update stg_backend.stg_backend_schools set organisation_id = 4 where id = 3"
    )

    rows = warehouse.run("dmn_schools")
    assert ("3", "4") in drawn.table(rows, "school_id", "organisation_id")
    # what it left has no other school
    assert [key for key, _ in drawn.held(warehouse, "dmn_organisations")] == ["3"]
