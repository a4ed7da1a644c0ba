"""Panels as Plotly draws them: traces that name the numbers they show, and how axes look.

The numbers come beside them, by slice, as the page puts those of the chosen slice into the traces.
"""

from collections import defaultdict
from typing import Any

from layers.lookml.words import label
from layers.project import Settings
from layers.report.axes import Json, day_or_month, layout, shown
from layers.report.panels import Panel, panels
from layers.report.shape import Row, Shape
from layers.report.slices import ALL, Choice, Slice, choices, largest, series, sliced
from layers.report.wording import named, note, option, title

COLOURS = 8


def charts(shape: Shape, settings: Settings, rows: list[Row]) -> Json:
    """What is drawn of a table: choices, panels, and the numbers of each slice."""
    if not shape.measures or not rows:
        return {"choices": [], "panels": [], "slices": {}}
    rows = largest(shape, rows)
    chosen, lines = choices(shape, rows), series(shape, rows)
    parts = sliced(chosen, rows)
    columns = [choice.column for choice in chosen]
    made = {
        _key(one): _slice(shape, lines, dict(zip(columns, one, strict=True)), found)
        for one, found in parts.items()
    }
    first = made.get(_key(tuple(choice.default for choice in chosen)), {"y": {}})
    sizes = _sizes(shape, first["y"])
    found = panels(shape, sizes, max(len(lines), 1))
    known = _known(shape, lines, made)
    return {
        "choices": [_choice(choice, shape, settings) for choice in chosen],
        "panels": [_panel(panel, shape, settings, known, rows) for panel in found],
        "slices": made,
    }


def _known(shape: Shape, lines: tuple[str, ...], made: dict[str, Json]) -> dict[str, list[Any]]:
    """The lines of each number in which there is anything at all."""
    return {
        measure: [
            line
            for line in lines
            if any(v is not None for one in made.values() for v in one["y"][name_of(measure, line)])
        ]
        or list(lines)
        or [None]
        for measure in shape.measures
    }


def _key(one: Slice) -> str:
    """A combination of choices as the page finds it again."""
    return "\n".join("*" if value is ALL else f"={value}" for value in one)


def _choice(choice: Choice, shape: Shape, settings: Settings) -> Json:
    column = shape.contract.columns[choice.column]
    return {
        "label": label(choice.column, settings, column),
        "options": [
            {"key": _key((value,)), "label": option(value, choice)} for value in choice.values
        ],
        "default": _key((choice.default,)),
    }


def _slice(
    shape: Shape, lines: tuple[str, ...], chosen: dict[str, str | None], rows: list[Row]
) -> Json:
    """The numbers of one slice: along the chart, and of its grid where each beginning has a row."""
    together = [column for column, value in chosen.items() if value is ALL]
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[shape.across]].append(row)
    across = sorted(groups)
    y: dict[str, list[Any]] = {}
    for measure in shape.measures:
        # where there happens to be one row, too: else its line would come and go
        is_none = any(not shape.adds_up(measure, column) for column in together)
        for line in lines or (None,):
            of = [[] if is_none else _of(shape, line, groups[at]) for at in across]
            y[name_of(measure, line)] = [number(shape.together(measure, found)) for found in of]
    made = {"x": [shown(at) for at in across], "y": y}
    return made | (_grid(shape, rows, across) if shape.step else {})


def _grid(shape: Shape, rows: list[Row], across: list[Any]) -> Json:
    times = sorted({row[shape.time or ""] for row in rows})
    cells: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        cells[row[shape.time or ""], row[shape.across]].append(row)
    z = {
        measure: [
            [number(shape.together(measure, cells.get((at, step), []))) for step in across]
            for at in times
        ]
        for measure in shape.by_step
    }
    return {"times": [f"{at:{day_or_month(times)}}" for at in times], "z": z}


def _of(shape: Shape, line: str | None, rows: list[Row]) -> list[Row]:
    return rows if line is None else [row for row in rows if str(row[shape.categories[0]]) == line]


def name_of(measure: str, line: str | None) -> str:
    """The name of a series: a number, and of what."""
    return measure if line is None else f"{measure}={line}"


def number(value: Any) -> int | float | None:
    """A number as JavaScript has it; amounts to six digits."""
    return value if value is None or isinstance(value, int) else round(float(value), 6)


def _sizes(shape: Shape, y: dict[str, list[Any]]) -> dict[str, float]:
    """The greatest value of each number, whatever the sign."""
    return {
        name: max(
            (abs(v) for key, vs in y.items() if key.split("=")[0] == name for v in vs if v),
            default=0.0,
        )
        for name in shape.measures
    }


def _panel(
    panel: Panel, shape: Shape, settings: Settings, known: dict[str, list[Any]], rows: list[Row]
) -> Json:
    lines = list(dict.fromkeys(line for found in known.values() for line in found))
    drawn = [(measure, line) for measure in panel.measures for line in known[measure]]
    traces = [
        _trace(panel, shape, settings, measure, line, lines.index(line) if line else place)
        for place, (measure, line) in enumerate(drawn)
    ]
    if panel.total:
        is_last = {"type": "scatter", "mode": "lines", "line": {"width": 2, "dash": "dot"}}
        said = _trace(panel, shape, settings, panel.total, None, len(traces))
        traces.append({**{k: said[k] for k in ("name", "meta", "hovertemplate")}, **is_last})
    return {
        "kind": panel.kind,
        "title": title(panel, shape, settings),
        "note": note(panel, shape, settings),
        "data": traces,
        "layout": layout(panel, shape, settings, rows),
    }


def _trace(
    panel: Panel, shape: Shape, settings: Settings, measure: str, line: str | None, place: int
) -> Json:
    said = line or named(measure, shape, settings)
    sign = -1 if measure in panel.below else 1
    meta = {"key": name_of(measure, line), "colour": place % COLOURS, "sign": sign}
    form = ".1%" if shape.is_ratio(measure) else ",.2f" if _is_amount(shape, measure) else ",d"
    if panel.kind == "heat":
        hover = f"%{{y}}, {label(shape.across, settings)} %{{x}}: %{{z:{form}}}<extra></extra>"
        shares = {"zmin": 0, "zmax": 1} if shape.is_ratio(measure) else {"zmin": 0}
        bar = {"tickformat": ".0%" if shape.is_ratio(measure) else ","}
        look = {"hovertemplate": hover, "xgap": 1, "ygap": 1, "colorbar": bar, **shares}
        return {"type": "heatmap", "name": said, "meta": meta, **look}
    common = {"name": said, "meta": meta, "hovertemplate": f"%{{y:{form}}}"}
    if panel.kind in ("bar", "stack"):
        return {"type": "bar", **common}
    dash = ("solid", "dash", "dot", "dashdot")[place // COLOURS % 4]
    return {"type": "scatter", "mode": "lines", **common, "line": {"width": 2, "dash": dash}}


def _is_amount(shape: Shape, measure: str) -> bool:
    return shape.contract.columns[measure].type.startswith("numeric")
