"""Looker's own part: a project that is read, and the SQL that an explore of it sends.

As its manual describes it, for what our views use: fields are substituted, a sum is never null,
required fields join the query, dimensions are grouped by.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import lkml

FRAMES = {
    "date": "date({})",
    "date_month": "to_char(date_trunc('month', {}), 'YYYY-MM')",
    "date_quarter": "to_char(date_trunc('quarter', {}), 'YYYY-MM')",
    "date_year": "extract(year from {})::integer",
    "yesno": "case when {} then 'Yes' else 'No' end",
    "raw": "{}",
    "time": "to_char({}, 'YYYY-MM-DD HH24:MI:SS')",
}
FRAMES["sum"] = "coalesce(sum({}), 0)"


@dataclass(frozen=True)
class Explore:
    """One view and its fields, each time of a group by its own name."""

    name: str
    table: str
    dimensions: dict[str, dict[str, Any]]
    measures: dict[str, dict[str, Any]]

    @classmethod
    def of(cls, text: str) -> "Explore":
        """The explore of the one view in a file."""
        (view,) = lkml.load(text)["views"]
        dimensions = {one["name"]: one for one in view["dimensions"]}
        for group in view.get("dimension_groups", []):
            for frame in group["timeframes"]:
                dimensions[f"{group['name']}_{frame}"] = {**group, "type": frame}
        measures = {one["name"]: one for one in view["measures"]}
        return cls(view["name"], view["sql_table_name"], dimensions, measures)

    def sql(self, fields: Sequence[str], where: str = "true") -> str:
        """The query that Looker sends for some fields; `where` is over the view's columns."""
        asked = list(fields)
        for field in fields:
            asked += self._field(field).get("required_fields", [])
        names = dict.fromkeys([*(f for f in asked if f in self.dimensions), *asked])
        selected = ", ".join(f'{self.field(name)} as "{self.name}.{name}"' for name in names)
        grouped = [str(n) for n, name in enumerate(names, start=1) if name in self.dimensions]
        group = f" group by {', '.join(grouped)}" if grouped else ""
        return f"select {selected} from {self.table} as {self.name} where {where}{group} order by 1"

    def totals(self, measure: str, where: str = "true") -> str:
        """The query for a row of totals: the measure alone, whatever it requires."""
        return f"select {self.field(measure)} from {self.table} as {self.name} where {where}"

    def field(self, name: str) -> str:
        """The SQL of a field, with everything substituted."""
        field = self._field(name)
        sql = field["sql"].replace("${TABLE}", self.name)
        sql = re.sub(r"\$\{(\w+)\}", lambda other: f"({self.field(other[1])})", sql)
        return FRAMES.get(field["type"], "{}").format(sql)

    def _field(self, name: str) -> dict[str, Any]:
        return (self.dimensions | self.measures)[name]
