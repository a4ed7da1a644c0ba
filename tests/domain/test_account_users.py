"""Somebody who has signed up, with what the CRM knows of them."""

from tests.domain import drawn
from tests.warehouse import Warehouse


def test_the_crm_adds_the_contact_with_the_accounts_address(warehouse: Warehouse) -> None:
    drawn.people(warehouse, "ada", "bob", "cat", "dan")
    warehouse.given(
        "stg_hubspot.stg_hubspot_contacts",
        """
        contact_id | email            | lifecycle_stage | created_at           | is_archived | layers_gone
        11         | ADA@post.example | customer        | 2025-01-01T00:00:00Z | false       |
        12         | bob@post.example | lead            | 2025-03-01T00:00:00Z | false       |        -- came second
        13         | bob@post.example | opportunity     | 2025-02-01T00:00:00Z | false       |
        14         | bob@post.example | subscriber      | 2025-01-01T00:00:00Z | false       | merged -- was the same
        15         | cat@post.example | customer        | 2025-01-01T00:00:00Z | true        |        -- archived
        16         |                  | lead            | 2025-01-01T00:00:00Z | false       |
        """,  # noqa: E501
    )

    rows = warehouse.run("dmn_account_users")

    assert drawn.table(rows, "account_user_id", "crm_contact_id", "lifecycle_stage") == [
        ("ada", "11", "customer"),
        ("bob", "13", "opportunity"),
        ("cat", None, None),
        ("dan", None, None),
    ]


def test_a_deleted_person_stays_without_anything_personal_and_may_sign_up_again(
    warehouse: Warehouse,
) -> None:
    drawn.given(
        warehouse,
        "stg_backend.stg_backend_users",
        """
        id  | email            | full_name | country | signed_up_at         | deleted_at
        ada | ada@post.example | Ada       | IE      | 2024-01-01T00:00:00Z | 2025-01-01T00:00:00Z
        bob | Ada@post.example | Ada       | IE      | 2025-02-01T00:00:00Z |
        """,
    )
    warehouse.given(
        "stg_hubspot.stg_hubspot_contacts",
        "contact_id | email | is_archived\n11 | ada@post.example | false",
    )

    rows = warehouse.run("dmn_account_users")

    columns = ("account_user_id", "email", "full_name", "country", "crm_contact_id", "is_deleted")
    assert drawn.table(rows, *columns) == [
        ("ada", None, None, "IE", None, True),
        ("bob", "ada@post.example", "Ada", "IE", "11", False),
    ]


def test_two_accounts_with_one_address_are_both_held(warehouse: Warehouse) -> None:
    drawn.given(
        warehouse,
        "stg_backend.stg_backend_users",
        """
        id  | email            | signed_up_at
        ada | ada@post.example | 2024-01-01T00:00:00Z
        bob | ADA@post.example | 2025-02-01T00:00:00Z
        cat | cat@post.example | 2025-02-01T00:00:00Z
        """,
    )

    assert drawn.table(warehouse.run("dmn_account_users"), "account_user_id") == [("cat",)]
