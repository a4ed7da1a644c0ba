"""What a table's columns are to a chart: the way it goes, what is chosen or added up, numbers."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from layers.additivity import NUMBERS, resolved, terms, times
from layers.contract import Contract

Row = dict[str, Any]


@dataclass(frozen=True)
class Shape:
    """A contract as a chart sees it."""

    contract: Contract

    @cached_property
    def time(self) -> str | None:
        """The column of the key that says for when a row is."""
        found = times(self.contract)
        return found[0] if found else None

    @cached_property
    def step(self) -> str | None:
        """A number in the key beside a time: how far something that began then has come."""
        found = [name for name in self.contract.key if self._is_number(name)]
        return found[0] if self.time and found else None

    @cached_property
    def across(self) -> str:
        """What a chart goes along, from left to right."""
        return self.step or self.time or self.contract.key[0]

    @cached_property
    def categories(self) -> tuple[str, ...]:
        """The rest of the key: of what a row is."""
        taken = {self.time, self.across}
        return tuple(name for name in self.contract.key if name not in taken)

    @cached_property
    def measures(self) -> tuple[str, ...]:
        """The numbers, in the order of the contract."""
        columns = self.contract.columns
        return tuple(name for name, column in columns.items() if column.additivity)

    @cached_property
    def over(self) -> str | None:
        """The column that says that what a row is of has ended, `is_complete_…`."""
        found = (name for name in self.contract.columns if name.startswith("is_complete_"))
        return next(found, None)

    @cached_property
    def by_step(self) -> tuple[str, ...]:
        """What is drawn of how far things have come: shares, if there are any."""
        shares = tuple(name for name in self.measures if self.is_ratio(name))
        return shares or self.measures

    def adds_up(self, name: str, category: str) -> bool:
        """Whether a column may be added up over the values of another one."""
        adds = resolved(self.contract, name)
        return adds is not None and adds.kind != "distinct" and category not in adds.within

    def overlaps(self, category: str) -> bool:
        """Whether nothing at all may be added up over a column's values."""
        return not any(self.adds_up(name, category) for name in self.measures)

    def is_ratio(self, name: str) -> bool:
        """Whether a column is shown in percent."""
        return self.contract.columns[name].unit == "ratio"

    def is_flow(self, name: str) -> bool:
        """Whether a column is a sum of what happened, not how something stands."""
        said = self.contract.columns[name].additivity
        return said is not None and said.kind == "sum"

    def _is_number(self, name: str) -> bool:
        column = self.contract.columns.get(name)
        return column is not None and bool(NUMBERS.fullmatch(column.type))

    def together(self, name: str, rows: list[Row]) -> Any:
        """A column's value for some rows together; None where they do not add up to one."""
        if len(rows) == 1:
            return rows[0][name]
        adds = resolved(self.contract, name)
        if adds is None or adds.kind == "distinct" or not rows:
            return None
        alone = [*adds.within, *(times(self.contract) if adds.kind == "balance" else [])]
        if any(len({row[column] for row in rows}) > 1 for column in alone):
            return None
        if not adds.of:
            return _sum(name, rows)
        of, by = _side(adds.of, rows), _side(adds.by, rows)
        return of / by if of is not None and by else None


def _sum(name: str, rows: list[Row]) -> Any:
    known = [row[name] for row in rows if row[name] is not None]
    return sum(known) if known else None


def _side(said: str, rows: list[Row]) -> Any:
    """Sums and differences of columns; None where one of them is nowhere known."""
    parts = [(sign, _sum(name, rows)) for sign, name in terms(said)]
    if any(value is None for _, value in parts):
        return None
    return sum(-value if sign == "-" else value for sign, value in parts)
