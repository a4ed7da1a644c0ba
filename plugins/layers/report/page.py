"""The page: a section per use case, a card per table, and everything that a browser needs in it.

Nothing is loaded from anywhere, and the page itself forbids it. Equal data gives an equal page.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from html import escape
from importlib.resources import files
from string import Template
from typing import Any
from zoneinfo import ZoneInfo

from layers import published
from layers.contract import PresentationContract
from layers.lookml.tables import title
from layers.lookml.words import goes, label
from layers.project import Project
from layers.published import Freshness, Published
from layers.relation import Relation
from layers.report import wording
from layers.report.axes import Json, shown
from layers.report.figures import charts
from layers.report.shape import Shape
from layers.warehouse import Connection

MOST_ROWS = 10_000  # of a table, in the page
STATES = {"fresh": "good", "late": "bad", "held back": "held"}


@dataclass(frozen=True)
class Read:
    """What is published: rows by table, and how fresh each use case says it is."""

    tables: dict[str, Published]
    freshness: dict[str, Freshness | None]


def read(connection: Connection, project: Project) -> Read:
    """Everything that the page shows; from one snapshot, if the connection is in one."""
    tables = published.presented(project)
    return Read(
        {one.name: published.read(connection, one) for one in tables},
        {name: published.freshness(connection, name) for name in project.use_cases},
    )


def page(project: Project, found: Read) -> str:
    """The whole page."""
    from plotly.offline import get_plotlyjs  # importing it takes a while, and DAG files never do

    tables = published.presented(project)
    data = {one.name: _data(one, project, found.tables[one.name]) for one in tables}
    parts = files(__package__)
    sections = [
        _section(name, [one for one in tables if one.folder == name], project, found)
        for name in sorted(project.use_cases)
    ]
    return Template((parts / "page.html").read_text("utf-8")).substitute(
        title=escape(project.settings.project.capitalize()),
        navigation="\n".join(_link(name, project, found) for name in sorted(project.use_cases)),
        sections="\n".join(sections),
        style=(parts / "page.css").read_text("utf-8"),
        script=(parts / "page.js").read_text("utf-8"),
        plotly=get_plotlyjs(),
        # in a script nothing but `<` can end it
        data=json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"),
    )


def _data(relation: Relation, project: Project, found: Published) -> Json:
    """What the page's script works on: the newest rows as they are published, and the charts."""
    said, settings = relation.contract, project.settings
    names = list(said.columns)
    shape = Shape(said)
    rows = [dict(zip(names, row, strict=True)) for row in found.rows]
    columns = [
        {
            "name": name,
            "label": wording.named(name, shape, settings),
            "unit": wording.unit(name, shape),
            "type": column.type,
            "measured": column.additivity is not None,
        }
        for name, column in said.columns.items()
    ]
    shown_rows = [[shown(value) for value in row] for row in found.rows[-MOST_ROWS:]]
    return {"columns": columns, "rows": shown_rows, **charts(shape, settings, rows)}


def _link(name: str, project: Project, found: Read) -> str:
    said = project.use_cases[name].use_case
    return f'<a href="#{escape(name)}">{_dot(found.freshness.get(name))}{escape(said)}</a>'


def _dot(fresh: Freshness | None) -> str:
    state = STATES.get(fresh.freshness, "held") if fresh else "unknown"
    return f'<i class="dot {state}"></i>'


def _section(name: str, tables: list[Relation], project: Project, found: Read) -> str:
    fresh = found.freshness.get(name)
    cards = "\n".join(_card(one, project, found.tables[one.name]) for one in tables)
    said = project.use_cases[name]
    return f"""<section id="{escape(name)}" class="use-case">
<header><h2>{escape(said.use_case)}</h2>{_badge(fresh)}
<dl class="facts">{_facts(fresh, said.promised_freshness, project)}</dl></header>
{cards}
</section>"""


def _badge(fresh: Freshness | None) -> str:
    if fresh is None:
        return ""
    return f'<span class="badge">{_dot(fresh)}{escape(fresh.freshness)}</span>'


def _facts(fresh: Freshness | None, promised: str, project: Project) -> str:
    facts: dict[str, str] = {}
    if fresh is not None:
        facts["Data as of"] = _moment(fresh.data_as_of, project)
        facts["Published"] = _moment(fresh.published_at, project)
        facts["Publication"] = str(fresh.publication or "none yet")
    facts["Promised"] = f"at most {promised} old"
    for source, known in sorted((fresh.watermarks or {}).items()) if fresh else ():
        facts[f"{source} known until"] = _moment(_parsed(known), project)
    return "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
        for name, value in facts.items()
    )


def _parsed(known: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(known)
    except (TypeError, ValueError):
        return None


def _moment(at: datetime | None, project: Project) -> str:
    """A moment in the company's own time zone."""
    if at is None:
        return "not known"
    return f"{at.astimezone(ZoneInfo(project.settings.time_zone)):%-d %b %Y, %H:%M %Z}"


def _card(relation: Relation, project: Project, found: Published) -> str:
    said, settings, name = relation.contract, project.settings, relation.name
    assert isinstance(said, PresentationContract)
    shape = Shape(said)
    key = ", ".join(label(one, settings, said.columns[one]) for one in said.key)
    return f"""<article id="{name}" class="card" data-table="{name}">
<header><h3>{escape(title(relation, settings))}</h3>
<p class="answers">{escape(goes(said))}{escape(said.answers)}</p>
<p class="grain"><code>{escape(relation.schema)}.{escape(name)}</code>
<span>{escape(said.grain)}</span> <span>key: {escape(key)}</span></p></header>
<div class="choices"></div>
<div class="body"><div class="panels">{_instead(shape, found)}</div>
<details class="definitions" open><summary>What each number means</summary>
<dl>{"".join(_definitions(shape, project))}</dl></details></div>
<details class="numbers"><summary>{_counted(found)}</summary><div class="scroll"></div></details>
</article>"""


def _definitions(shape: Shape, project: Project) -> Iterator[str]:
    """Numbers first: the rest of the columns is by what they are chosen."""
    columns = shape.contract.columns
    for name in (*shape.measures, *(one for one in columns if one not in shape.measures)):
        column = columns[name]
        unit, adds = wording.unit(name, shape), wording.adds(name, shape, project.settings)
        pill = f" <span class='unit'>{escape(unit)}</span>" if unit else ""
        told = f"<span class='adds'>{escape(adds)}</span>" if adds else ""
        said = wording.named(name, shape, project.settings)
        yield (
            f"<div><dt title='{escape(name)}'>{escape(said)}{pill}</dt>"
            f"<dd>{escape(goes(column))}{escape(column.means or '')} {told}</dd></div>"
        )


def _instead(shape: Shape, found: Published) -> str:
    """What is said where there is nothing to draw."""
    if found.rows and shape.measures:
        return ""
    said = "No column says how it adds up; the rows are below." if found.rows else "No rows yet."
    if not found.is_there:
        said = "Nobody has made this table yet: nothing was published."
    return f"<p class='empty'>{said}</p>"


def _counted(found: Published) -> str:
    if found.count > MOST_ROWS:
        return f"The newest {MOST_ROWS:,} of {found.count:,} rows, as they are published"
    rows = f"{found.count:,} row{'' if found.count == 1 else 's'}"
    return f"All numbers: {rows}, as published"
