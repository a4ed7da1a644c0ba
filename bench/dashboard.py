"""A dashboard's tiles as Looker asks for them, eight at a time, and while use cases are published.

Each tile is the SQL that Looker sends for an explore of `looker/`, made of the fields' own LookML;
explores join nothing, so there is one table in each. A new dashboard begins when the last tile of
the one before is there, so the readers, in a process of their own, never rest. Publications come
without a pause too: prices, budgets, costs and replies change in staging, then the domain and each
use case are published.
"""

import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import Any

import psycopg

from bench import loaded
from bench.figures import Figure
from layers import reading, record, warehouse
from layers import run as running
from layers.project import Project
from tests.looker.asking import Explore

EVENTS, TEACHERS = 400_000, 8_000
AT_ONCE, ROUNDS = 8, 2  # tiles at a time, publications of everything
WARM, CALM = 5.0, 30.0  # seconds that are not counted, seconds without publications
SLOWEST, TIMES = 0.050, 2.0  # seconds of the 95th percentile, and how much more while publishing
CHANGED = {
    "stg_backend.stg_backend_subscription_terms": "price_per_seat = price_per_seat * 1.01",
    "stg_finance.stg_finance_budgets": "amount = amount + 1",
    "stg_finance.stg_finance_campaign_spend": "spend_eur = spend_eur + 1",
    "stg_zendesk.stg_zendesk_tickets": "first_reply_minutes = first_reply_minutes + 1",
}

LATEST = "{view}.month = date '{last}'"
YEAR = "{view}.month >= (date '{last}' + interval '-11 month') and {view}.month <= date '{last}'"
EVERYBODY = YEAR + " and {view}.seat_type = 'all'"
MONTHLY = "{view}.period_unit = 'month'"
FIRST_TOUCH = YEAR + " and {view}.attribution = 'first_touch'"
ALL_AGENTS = YEAR + " and {view}.agent_id = 'all'"
TILES = (
    ("prs_mrr_monthly", "month mrr_eur arr_eur budgeted_mrr_eur", YEAR),
    (
        "prs_mrr_monthly",
        "month new_mrr_eur reactivation_mrr_eur expansion_mrr_eur contraction_mrr_eur"
        " churned_mrr_eur",
        YEAR,
    ),
    ("prs_mrr_monthly", "month net_revenue_retention logo_churn_rate budget_attainment", LATEST),
    ("prs_organisation_mrr_monthly", "month organisation_id mrr_eur expansion_mrr_eur", LATEST),
    ("prs_organisation_mrr_monthly", "month_quarter expansion_mrr_eur churned_mrr_eur", "true"),
    ("prs_renewals_monthly", "month_quarter due_count renewal_rate renewal_rate_by_value", YEAR),
    ("prs_organisation_seats_monthly", "month seats_purchased seats_active seat_utilisation", YEAR),
    ("prs_monthly_active_users", "month seat_type active_users rolling_30_day_active_users", YEAR),
    ("prs_monthly_active_users", "month active_rate seat_holders budget_attainment", EVERYBODY),
    (
        "prs_seat_retention",
        "period_unit period_number seat_retention_rate retained_active",
        MONTHLY,
    ),
    ("prs_campaign_funnel_monthly", "campaign_id web_users sign_up_rate cost_eur", FIRST_TOUCH),
    ("prs_ticket_resolution_monthly", "month opened_tickets backlog_tickets", ALL_AGENTS),
)


@dataclass(frozen=True)
class Seen:
    """Seconds of each tile, of however many dashboards."""

    seconds: list[float]

    @property
    def p95(self) -> float:
        """Of a hundred tiles, the sixth slowest is no slower."""
        return sorted(self.seconds)[int(len(self.seconds) * 0.95)]


def figures() -> Iterator[Figure]:
    """The 95th percentile of a tile while nothing happens, and while use cases are published."""
    project = reading.load(loaded.ROOT)
    with loaded.published(project, EVENTS, TEACHERS) as connections:
        yield from measured(project, connections.server.dsn("warehouse"))


def measured(project: Project, dsn: str) -> Iterator[Figure]:
    """The same, in a warehouse where everything is published."""
    with ExitStack() as opened:
        admin = opened.enter_context(psycopg.connect(dsn, autocommit=True))
        asked = tiles(admin)
        assert {name for name, _, _ in TILES} == {
            one.name
            for unit, all_of_it in project.units.items()
            if unit != "dmn"
            for one in all_of_it
        }
        folder = Path(opened.enter_context(TemporaryDirectory(prefix="layers-bench-")))
        spawn = multiprocessing.get_context("spawn")
        pool = opened.enter_context(ProcessPoolExecutor(1, mp_context=spawn))
        readers = Readers(pool, asked, folder / "over")
        readers.shown_while(lambda: time.sleep(WARM))
        calm = readers.shown_while(lambda: time.sleep(CALM))
        numbers: list[str] = []
        busy = readers.shown_while(lambda: _publications(admin, project, numbers))
    print(
        f"{len(calm.seconds):,} tiles, p95 {calm.p95 * 1000:.1f} ms; {len(busy.seconds):,} during"
        f" {len(numbers)} publications, p95 {busy.p95 * 1000:.1f} ms"
    )
    yield Figure("s of a dashboard's tile, p95", calm.p95, SLOWEST)
    yield Figure("p95 of a dashboard's tile, publishing / not", busy.p95 / calm.p95, TIMES)


def tiles(admin: psycopg.Connection[tuple[object, ...]]) -> list[str]:
    """The statement of each tile; its months are the last that are over."""
    statement = "select max(month) from prs_growth.prs_mrr_monthly where is_complete_month"
    (last,) = admin.execute(statement).fetchone() or (None,)
    assert isinstance(last, date)
    asked = []
    for view, fields, where in TILES:
        file = loaded.ROOT / "looker" / "views" / f"{view}.view.lkml"
        said = where.format(view=view, last=last)
        asked.append(f"{Explore.of(file.read_text()).sql(fields.split(), said)} limit 500")
    assert all(admin.execute(one.encode()).fetchall() for one in asked)
    return asked


@dataclass(frozen=True)
class Readers:
    """A process in which dashboards are shown; the file `over` tells it to stop."""

    pool: ProcessPoolExecutor
    asked: list[str]
    over: Path

    def shown_while(self, action: Callable[[], object]) -> Seen:
        """Dashboards one after the other from the beginning to the end of an action."""
        self.over.unlink(missing_ok=True)
        parameters = warehouse.connection_parameters("looker")
        found = self.pool.submit(_dashboards, parameters, self.asked, self.over)
        try:
            action()
        finally:
            self.over.touch()
        return Seen(found.result())


def _dashboards(parameters: dict[str, Any], asked: list[str], over: Path) -> list[float]:
    seconds: list[float] = []
    with ExitStack() as opened:
        free: SimpleQueue[psycopg.Connection[tuple[object, ...]]] = SimpleQueue()
        for _ in range(AT_ONCE):
            free.put(opened.enter_context(psycopg.connect(**parameters, autocommit=True)))
        threads = opened.enter_context(ThreadPoolExecutor(AT_ONCE))

        def tile(statement: str) -> None:
            session = free.get()
            began = time.monotonic()
            session.execute(statement.encode(), prepare=False).fetchall()
            seconds.append(time.monotonic() - began)
            free.put(session)

        while not over.exists():
            list(threads.map(tile, asked))
    return seconds


def _publications(
    admin: psycopg.Connection[tuple[object, ...]], project: Project, numbers: list[str]
) -> None:
    """Rounds of change; every use case has something to publish in each."""

    def tell(what: str, told: str) -> None:
        if what.startswith("publish prs_"):
            assert told.startswith("publication"), f"{what}: {told}"
            numbers.append(told)

    this = running.start(project, tell)
    for _ in range(ROUNDS):
        for table, change in CHANGED.items():
            admin.execute(f"update {table} set {change}".encode())
            record.moved(admin, table.split(".")[1])
        for unit in project.units:
            running.run_unit(this, unit)
    assert not this.failures, "\n".join(this.failures)
