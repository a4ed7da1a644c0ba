"""Tickets of seat holders; all other numbers are in tests/layers/test_metrics.py."""

from tests.domain.drawn import known
from tests.presentation import drawn
from tests.presentation.drawn import cells
from tests.warehouse import Warehouse


def test_a_ticket_is_a_seat_holders_if_the_seat_was_held_when_it_was_opened(
    warehouse: Warehouse,
) -> None:
    drawn.terms(warehouse, "1 | 2 | 2025-01-02 | | 9 | 9 | new |")
    drawn.people(warehouse, "ada", "bob")
    drawn.seats(
        warehouse,
        """
        1 | full  | 1 | ada | 2025-01-10 | 2025-02-10
        2 | admin | 1 | ada | 2025-01-10 | 2025-02-10   -- two seats, one holder
        3 | full  | 1 | bob | 2025-02-10 |
        """,
    )
    warehouse.given(
        "stg_zendesk.stg_zendesk_users",
        """
        user_id | role     | active | email
        agent   | agent    | true   |
        ada     | end-user | true   | ada@post.example
        bob     | end-user | true   | bob@post.example
        nobody  | end-user | true   | nobody@post.example
        """,
    )
    warehouse.given(
        "stg_zendesk.stg_zendesk_tickets",
        """
        ticket_id | assignee_id | requester_id | status | created_at
        1         | agent       | ada          | open   | 2025-02-01T09:00:00Z
        2         | agent       | ada          | open   | 2025-02-10T00:00:00Z   -- just given back
        3         | agent       | bob          | open   | 2025-02-01T09:00:00Z   -- not yet given
        4         | agent       | bob          | open   | 2025-02-10T00:00:00Z   -- just given
        5         | agent       | nobody       | open   | 2025-02-10T00:00:00Z
        """,
    )
    until = "2025-03-05T00:00:00Z"
    known(warehouse, backend=until, zendesk=until)

    rows = warehouse.run("dmn_licences", "prs_ticket_resolution_monthly")

    columns = ("month_key", "agent_id", "opened_tickets", "tickets_from_seat_holders")
    assert [row for row in cells(rows, *columns) if row[2]] == [
        ("2025-02", "agent", 5, 2),
        ("2025-02", "all", 5, 2),
    ]
