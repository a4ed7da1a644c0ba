"""Tables that are refreshed by month are what a build in full makes, whatever changes below them.

`LAYERS_COMPANIES=60 pytest tests/presentation/test_refresh.py` looks further than CI does.
"""

import os
import random
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from layers import record, refresh, verify
from layers.project import Project
from layers.warehouse import text
from tests.conftest import empty
from tests.presentation.made_up import make_up
from tests.servers import Postgres
from tests.warehouse import Warehouse

# The first of them find, together, every span of the two tables that is too short.
SEEDS = (2, 6, 1, 0, 3, 4, 5)
COMPANIES = int(os.environ.get("LAYERS_COMPANIES", "3"))
CHANGES = 6
TABLES = {
    "prs_monthly_active_users": "prs_engagement",
    "prs_organisation_seats_monthly": "prs_growth",
}
# What is another moment in some rows of a table, and by how many days; terms never overlap.
DAYS = (-45, -29, -1, 1, 13, 31)
MOVES = [
    ("rudderstack", "tracks", "event_at", DAYS),
    ("backend", "seat_assignments", "released_at", DAYS),
    ("backend", "seat_assignments", "assigned_at", DAYS),
    ("backend", "school_memberships", "started_at", DAYS),
    ("backend", "subscription_terms", "ends_at", (-40, -1)),
    ("backend", "subscription_terms", "starts_at", (1, 40)),
]


class Company:
    """A company to which something happens, and what was recomputed of it."""

    def __init__(self, warehouse: Warehouse, seed: int) -> None:
        self.warehouse, self.lot = warehouse, random.Random(seed)
        self.fed: dict[str, list[int | None]] = {name: [] for name in TABLES}

    def change(self) -> None:
        """One thing or several happen, then all is published."""
        for _ in range(self.lot.randint(1, 3)):
            if self.lot.random() < 0.3:
                self._known_further()
            elif self.lot.random() < 0.2:
                self._write("finance", "budgets", "amount = amount + 1")
            else:
                source, table, column, days = self.lot.choice(MOVES)
                moved = f"{column} + interval '{self.lot.choice(days)} days'"
                self._write(source, table, f"{column} = {moved}")
        self.publish()

    def reach_over_february(self) -> None:
        """The 720 hours that end half a day into March begin in January."""
        self._write("rudderstack", "tracks", "event_at = '2026-01-31T10:00:00Z'")
        self._know("2026-03-01T12:00:00Z")
        self.publish()

    def publish(self) -> None:
        for unit in ("dmn", *TABLES.values()):
            self.warehouse.publish(unit)

    def _write(self, source: str, table: str, change: str) -> None:
        name = f"stg_{source}_{table}"
        key = self.warehouse.project.relation(name).contract.key
        every = self.lot.randint(3, 40)
        row = f"({', '.join(key)})::text"
        self.warehouse.admin.execute(
            text(
                f"update stg_{source}.{name} set {change}"
                f" where abs(hashtext({row}) % {every}) = {self.lot.randrange(every)}"
            )
        )
        record.moved(self.warehouse.admin, name, is_rewritten=True)

    def _known_further(self) -> None:
        step = timedelta(hours=self.lot.choice((1, 5, 200, 800)))
        (row,) = self.warehouse.query(
            "select min(loaded_until) as at from stg_layers.stg_layers_watermarks"
        )
        assert isinstance(row.at, datetime)
        self._know((row.at + step).isoformat())

    def _know(self, moment: str) -> None:
        self.warehouse.admin.execute(
            "update stg_layers.stg_layers_watermarks set loaded_until = %s", [moment]
        )
        record.moved(self.warehouse.admin, "stg_layers_watermarks")

    def proven(self, name: str) -> verify.Verified:
        """What verify says of a table, and what its last build was fed."""
        relation = self.warehouse.project.relation(name)
        latest = record.latest_build(self.warehouse.admin, relation)
        assert latest is not None
        self.fed[name].append(latest["fed"])
        presenter = self.warehouse.connect("presenter")
        return verify.verify(presenter, self.warehouse.project, relation, "test")


@pytest.fixture(scope="module", params=[*SEEDS, *range(len(SEEDS), COMPANIES)][:COMPANIES])
def company(
    request: pytest.FixtureRequest,
    server: Postgres,
    template: str,
    example: Project,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Company]:
    with (
        pytest.MonkeyPatch.context() as patch,
        empty(server, template, example, patch) as warehouse,
    ):
        # also where every month is touched, or nothing would be proven of such changes
        patch.setattr(refresh, "are_all", lambda *_: False)
        make_up(warehouse, tmp_path_factory.mktemp("company"), request.param)
        for unit in ("dmn", *TABLES.values()):
            warehouse.publish(unit)
        yield Company(warehouse, request.param)


def test_whatever_changes_a_refreshed_table_is_as_in_full(company: Company) -> None:
    for number in range(CHANGES):
        if number == CHANGES // 2:
            company.reach_over_february()
        else:
            company.change()
        for name in TABLES:
            found = company.proven(name)
            assert (found.differ, found.sample) == (0, []), name
            assert found.rows == len(company.warehouse.rows(name))
    # and it was refreshed each time
    assert all(fed is not None for fed in company.fed["prs_monthly_active_users"])
    assert all(fed is not None for fed in company.fed["prs_organisation_seats_monthly"])
