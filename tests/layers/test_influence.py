"""Which months a row can touch is asked in two ways: one leaves out nothing that the other has."""

from types import SimpleNamespace
from typing import Any

import pytest

from layers import influence, refresh
from layers.warehouse import text
from tests.layers.conftest import MakeShop

ZONE = "'Europe/London'"
MONTHS = (
    "{[2026-03-01,2026-04-01)}",
    "{[2026-01-01,2026-02-01),[2026-03-01,2026-04-01)}",
    "{[2026-10-01,2026-11-01)}",  # the clock goes back in it
    "{[2026-04-01,)}",
    "{(,2026-02-01)}",
    "{(,)}",
    "{}",
)
INSTANTS = (None, "-infinity", "2025-12-31T23:59:59Z", "2026-03-01Z", "2026-03-31T23:00:00Z")
INSTANTS += ("2026-04-01T00:30:00Z", "2026-10-31T23:59:59.999999Z", "2026-11-01Z", "infinity")
DAYS = (None, "2026-01-31", "2026-02-01", "2026-03-31", "2026-04-01", "infinity", "-infinity")
SPANS = (
    None,
    "empty",
    "(,)",
    "[2026-01-15,2026-03-01)",
    "[2026-02-02,2026-02-03)",
    "(,2026-01-01)",
)
SPANS += ("[2026-03-31,)", "[2026-05-01,2027-01-01)")
SAID = {
    "timestamptz": ("a", INSTANTS),
    "date": ("a", DAYS),
    "daterange": ("a", SPANS),
    "tstzrange": ("a", SPANS),
    "a span of instants": ("[a, b]", INSTANTS),
}


@pytest.mark.parametrize("kind", SAID)
def test_no_row_is_left_out_that_can_touch_a_month(shop: MakeShop, kind: str) -> None:
    """Whatever is null, empty, or has no end, and also if it ends before it begins."""
    when, values = SAID[kind]
    typed = kind if kind != "a span of instants" else "timestamptz"
    contract: Any = SimpleNamespace(columns={n: SimpleNamespace(type=typed) for n in "ab"})
    admin = shop().admin
    both = "select * from unnest(%s::text[]) x (x), unnest(%s::text[]) y (y)"
    rows = f"select x::{typed} as a, y::{typed} as b from ({both}) v"
    touched = left = 0
    for months in MONTHS:
        spans = refresh.instants(admin, ZONE, months)
        begin, end = (f"{bound}(d)::timestamp at time zone {ZONE}" for bound in ("lower", "upper"))
        exactly = (
            f"select coalesce(range_agg(tstzrange({begin}, {end})), '{{}}')"
            f" from unnest('{months}'::datemultirange) d"
        )
        found = admin.execute(
            text(
                f"select a::text, b::text, {influence.span(when, contract, ZONE)} && ({exactly}),"
                f" {influence.touching(when, contract, ZONE, spans)} from ({rows}) r"
            ),
            [list(values), list(values)],
        )
        for a, b, touches, is_asked_for in found:
            assert is_asked_for or not touches, (months, a, b)
            touched, left = touched + touches, left + (not is_asked_for)

    assert touched > 20
    assert left > 20  # or everything would be asked for
