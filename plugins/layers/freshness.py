"""Freshness: how old the newest data of each use case is, against what it promises.

Age is counted from what the sources themselves said, never from when something was loaded. What a
reader sees of it, `prs_<use case>_freshness`, is a view: a word that somebody had to write would
stay `fresh` on the day on which everything stands still.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from layers import catalog, restatements, watermarks
from layers.errors import DataError
from layers.project import Project, kept_for
from layers.rules import literal, quoted
from layers.warehouse import Connection, errors_told, text
from layers.watermarks import Watermarks

# Where the company lives in a source's time, that went on since the source was last asked for it.
STANDING = """
    select
        f.unit,
        p.publication,
        n.published_at,
        p.data_as_of,
        coalesce(p.watermarks, '{}') as watermarks,
        f.promised_freshness,
        case
            when h.unit is not null then 'held back'
            when p.data_as_of >= c.now_at - f.promised_freshness then 'fresh'
            else 'late'
        end as freshness,
        coalesce(c.now_at - p.data_as_of, now() - p.first_confirmed_at) as age,
        c.now_at,
        h.publication as held_at,
        h.since as held_since
    from layers.promises f
    cross join lateral (
        select now() + coalesce(max(k.loaded_until - k.moved_at), interval '0') as now_at
        from layers.cursors k
        where k.source = f.clock
    ) c
    left join layers.published p on p.unit = f.unit
    left join layers.publications n on n.publication = p.publication
    left join layers.held_back h on h.unit = f.unit
"""
MEANS = {
    "": "How fresh the tables of this use case are; one row, of the same publication as they.",
    "publication": "The last that changed a row; empty until there is one.",
    "published_at": "When that was.",
    "data_as_of": "The moment up to which all sources that are needed say they are complete.",
    "watermarks": "The same of each source that the tables rest on.",
    "promised_freshness": "How far data_as_of may lie back.",
    "freshness": "fresh; late, where it lies further back or is not known; held back, by a person.",
}


def promise(connection: Connection, project: Project, unit: str) -> None:
    """Writes down what a use case promises, where it is another promise than before."""
    case = project.use_cases[unit.removeprefix("prs_")]
    connection.execute(
        "insert into layers.promises (unit, promised_freshness, clock) values (%s, %s, %s)"
        " on conflict (unit) do update set clock = excluded.clock,"
        " promised_freshness = excluded.promised_freshness"
        " where (promises.promised_freshness, promises.clock)"
        " is distinct from (excluded.promised_freshness, excluded.clock)",
        [unit, case.promised_freshness, project.clock],
    )


def create(connection: Connection, project: Project, unit: str) -> None:
    """Makes what the engine itself keeps in a use case's schema, where it is not there."""
    promise(connection, project, unit)
    restatements.create(connection, unit)
    name = f"{quoted(unit)}.{quoted(kept_for(unit.removeprefix('prs_'))[0])}"
    if catalog.columns(connection, name):
        return
    shown = ", ".join(column for column in MEANS if column)
    connection.execute(
        text(
            f"create view {name} as select {shown} from ({STANDING}) s where unit = {literal(unit)}"
        )
    )
    for column, means in MEANS.items():
        on = f"column {name}.{column}" if column else f"view {name}"
        connection.execute(text(f"comment on {on} is {literal(means)}"))


@dataclass(frozen=True)
class Freshness:
    """How fresh a use case is; one that was never published has no age."""

    unit: str
    publication: int | None
    published_at: datetime | None
    data_as_of: datetime | None
    watermarks: Watermarks
    promised_freshness: timedelta
    freshness: str
    age: timedelta | None
    now_at: datetime
    held_at: int | None
    held_since: datetime | None

    @property
    def is_overdue(self) -> bool:
        """Whether it is older than it promises, whoever is to blame.

        Where its sources are not known yet, its age is that of its first publication.
        """
        return self.age is not None and self.age > self.promised_freshness

    def shown(self) -> dict[str, Any]:
        """What people are told of it: what readers see, and its age."""
        seen = {name: getattr(self, name) for name in MEANS if name}
        promised = {"promised_freshness": _span(self.promised_freshness)}
        return {"unit": self.unit, **seen, **promised, "age": self.age and _span(self.age)}

    def is_old(self, moment: str | None) -> bool:
        """Whether what is known up to a moment is older than the promise."""
        return (
            moment is None or self.now_at - datetime.fromisoformat(moment) > self.promised_freshness
        )


def standing(connection: Connection, project: Project) -> list[Freshness]:
    """How fresh all use cases are."""
    with errors_told("asking how fresh the use cases are"):
        found = connection.execute(
            text(f"select * from ({STANDING}) s where unit = any(%s) order by unit"),
            [list(project.units)],
        )
        return [Freshness(*row) for row in found]


def watch(connection: Connection, project: Project, unit: str) -> Freshness | None:
    """How fresh a use case is. Raises DataError where it is older than its promise."""
    found = next((one for one in standing(connection, project) if one.unit == unit), None)
    if found is not None and found.is_overdue:
        raise DataError(told(connection, project, found))
    return found


def told(connection: Connection, project: Project, late: Freshness) -> str:
    """What is late, by how much, because of whom, and what to do."""
    assert late.age is not None
    known = f"is as of {_moment(late.data_as_of)}, {_span(late.age)} ago"
    if late.data_as_of is None:
        known = f"is as of no moment yet, {_span(late.age)} after it was first published"
    by = f"{_span(late.age - late.promised_freshness)} later than promised"
    said = f"{late.unit}: {known}: {by} ({_span(late.promised_freshness)})"
    return "\n    ".join([said, *_blamed(connection, project, late)])


def _blamed(connection: Connection, project: Project, late: Freshness) -> Iterator[str]:
    if late.held_since is not None:
        yield (
            f"it is held back at publication {late.held_at} since {_moment(late.held_since)}; "
            f"when the mistake is mended: layers release {late.unit}"
        )
        return
    with errors_told("asking who is late"):
        staged = watermarks.below(connection, "dmn").watermarks
        domain = watermarks.below(connection, late.unit).watermarks
    for name in project.needed(late.unit.removeprefix("prs_")) or late.watermarks:
        if late.is_old(late.watermarks.get(name)):
            yield _blame(late, name, staged.get(name), domain.get(name))


def _blame(late: Freshness, source: str, staged: str | None, domain: str | None) -> str:
    """Who stands between a source and the use case: the source itself, the domain, or nobody."""
    if staged is None:
        where = f"its log in the DAG source_{source}, or: layers run --source {source}"
        return f"{source} was never read to its end; see {where}"
    known = f"{source} is known up to {_moment(datetime.fromisoformat(staged))}"
    if late.is_old(staged):
        where = f"see the DAG source_{source}, or: layers run --source {source}"
        return f"{known}, and no further; {where}"
    if late.is_old(domain):
        return f"{known}, but the domain is not; see the DAG domain, or: layers run --layer dmn"
    return f"{known}, but {late.unit} is not; see the DAG presentation, or: layers run --layer prs"


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else ""


def _span(span: timedelta) -> str:
    """A span of time in its two largest units: 2 days 3 hours, 12 minutes."""
    minutes = int(span.total_seconds()) // 60
    parts = {"day": minutes // 1440, "hour": minutes // 60 % 24, "minute": minutes % 60}
    said = [f"{n} {unit}{'' if n == 1 else 's'}" for unit, n in parts.items() if n]
    return " ".join(said[:2]) or "less than a minute"
