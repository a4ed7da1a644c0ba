"""Axes: what a panel is drawn along, and up to where."""

from typing import Any

from layers.lookml.words import label
from layers.project import Settings
from layers.report.panels import Panel
from layers.report.shape import Row, Shape

Json = dict[str, Any]


def shown(value: Any) -> Any:
    """A value of a key as JSON has it."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value if value is None or isinstance(value, (int, str)) else str(value)


def day_or_month(times: list[Any]) -> str:
    """How times are written: as months, if nothing but first days of one is there."""
    return "%b %Y" if {at.day for at in times} <= {1} else "%-d %b %Y"


def layout(panel: Panel, shape: Shape, settings: Settings, rows: list[Row]) -> Json:
    """Both axes of a panel, and what is not over yet."""
    is_percent = shape.is_ratio(panel.measures[0])
    y: Json = {"tickformat": ".0%" if is_percent else ",", "rangemode": "tozero"}
    x: Json = {"type": "category"}
    if shape.step:
        x = {"type": "linear", "title": {"text": label(shape.step, settings)}, "tickformat": ",d"}
    elif shape.time:
        x = {"type": "date", **_span(shape, rows)}
    if panel.kind == "heat":
        grid = {"type": "category", "autorange": "reversed", "showgrid": False}
        return {"xaxis": x, "yaxis": grid}
    mode = {"stack": "relative", "bar": "group"}.get(panel.kind)
    return {
        "hovermode": "x unified",
        "xaxis": x,
        "yaxis": y,
        "shapes": _unfinished(shape, rows),
        **({"barmode": mode} if mode else {}),
    }


def _span(shape: Shape, rows: list[Row]) -> Json:
    """All times of the table, half a step to both sides; months by their names."""
    times = _times(shape, rows)
    form = day_or_month(times)
    if len(times) < 2:
        return {"hoverformat": form}
    half = (times[-1] - times[-2]) / 2
    return {"hoverformat": form, "range": [shown(times[0] - half), shown(times[-1] + half)]}


def _times(shape: Shape, rows: list[Row]) -> list[Any]:
    return sorted({row[shape.time or ""] for row in rows})


def _unfinished(shape: Shape, rows: list[Row]) -> list[Json]:
    """A band behind what is not over yet, half a step to both sides."""
    times = _times(shape, rows) if shape.time and shape.over and not shape.step else []
    running = sorted({row[shape.time or ""] for row in rows if times and not row[shape.over or ""]})
    if len(times) < 2 or not running:
        return []
    half = (times[-1] - times[-2]) / 2
    ends = {"x0": shown(running[0] - half), "x1": shown(running[-1] + half)}
    return [{"type": "rect", "yref": "paper", "y0": 0, "y1": 1, "layer": "below", **ends}]
