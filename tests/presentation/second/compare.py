"""Published tables beside a second reckoning of them, cell by cell."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from tests.presentation.second import RECKONINGS, Facts
from tests.warehouse import Warehouse

Key = tuple[Any, ...]
Table = dict[Key, dict[str, Any]]
SHOWN = 20


def published(warehouse: Warehouse, relation: str) -> Table:
    """What a reader sees, all columns of it, by key."""
    return _by_key(warehouse, relation, map(vars, warehouse.rows(relation)))


def reckoned(warehouse: Warehouse, relation: str, facts: Facts) -> Table:
    """What a reader should see."""
    reckoning = RECKONINGS[relation]
    rows = reckoning.rows(facts, reckoning.as_of(known(warehouse)))
    return _by_key(warehouse, relation, rows)


def known(warehouse: Warehouse) -> dict[str, datetime]:
    """Up to when each source said that it is known."""
    return {row.source: row.loaded_until for row in warehouse.rows("dmn_source_watermarks")}


def differences(found: Table, expected: Table) -> list[str]:
    """The first rows and cells that are not the same; columns that one of them lacks as well."""
    return [line for line, _ in zip(_lines(found, expected), range(SHOWN), strict=False)]


def _lines(found: Table, expected: Table) -> Iterator[str]:
    for key in sorted(found.keys() - expected.keys()):
        yield f"{key} should not be there"
    for key in sorted(expected.keys() - found.keys()):
        yield f"{key} is missing"
    for key in sorted(found.keys() & expected.keys()):
        ours, theirs = found[key], expected[key]
        for column in sorted(ours.keys() | theirs.keys()):
            if ours.get(column, "nowhere") != theirs.get(column, "nowhere"):
                yield f"{key} {column}: {ours.get(column)!r}, reckoned {theirs.get(column)!r}"


def _by_key(warehouse: Warehouse, relation: str, rows: Iterable[dict[str, Any]]) -> Table:
    key = warehouse.project.relation(relation).contract.key
    table: Table = {}
    for row in rows:
        place = tuple(row[column] for column in key)
        assert place not in table, f"{relation}: {place} twice"
        table[place] = row
    return table
