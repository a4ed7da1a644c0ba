"""What a page says in words: of units, of how numbers add up, of choices."""

from layers.additivity import Additivity, resolved, terms, times
from layers.lookml.words import label
from layers.project import Settings
from layers.report.panels import Panel
from layers.report.shape import Shape
from layers.report.slices import READABLE, Choice

MINUS = "\N{MINUS SIGN}"
_NAMED = 2  # numbers of a panel that are its title


def named(name: str, shape: Shape, settings: Settings) -> str:
    """What readers call a column; its unit stands beside it."""
    column = shape.contract.columns[name]
    return label(name, settings, column).replace(f" ({column.unit})", "")


def title(panel: Panel, shape: Shape, settings: Settings) -> str:
    """What a panel shows: its numbers by name, or what they have in common."""
    names = [named(name, shape, settings) for name in panel.measures]
    if len(names) <= _NAMED:
        return " and ".join([names[0], *(_inside(one) for one in names[1:])])
    first = panel.measures[0]
    if shape.is_ratio(first):
        return "Ratios"
    each = f" of each {_called(shape.time, settings)}" if shape.time else ""
    if shape.is_flow(first):
        return f"Sums{each}"
    return f"Levels at the end{each}" if _is_balance(first, shape) else "Counts"


def _inside(said: str) -> str:
    """A label within a sentence; an acronym stays as it is."""
    return said if said[1:2].isupper() else said[:1].lower() + said[1:]


def _called(name: str | None, settings: Settings) -> str:
    return label(name or "", settings).lower()


def _is_balance(name: str, shape: Shape) -> bool:
    adds = resolved(shape.contract, name)
    return adds is not None and adds.kind == "balance"


def note(panel: Panel, shape: Shape, settings: Settings) -> str:
    """The unit of a panel, and what is worth knowing of how it is drawn."""
    unit = shape.contract.columns[panel.measures[0]].unit
    said = ["percent" if unit == "ratio" else unit or ""]
    if panel.below:
        said.append("what is subtracted is below the line")
    if panel.total:
        said.append(f"dotted: {_inside(named(panel.total, shape, settings))}, their sum")
    if not shape.time:
        said.append(f"at most {READABLE}, the largest")
    time, step = _called(shape.time, settings), _called(shape.step, settings)
    if panel.kind == "heat":
        said.append(f"down by {time}, to the right by {step}")
    elif shape.step:
        said.append(f"by {step}, every {time} together")
    return "; ".join(filter(None, said))


def option(value: str | None, choice: Choice) -> str:
    """A value that may be chosen."""
    if value is not None:
        return value
    offered = len(choice.values) - 1
    hidden = f", the {offered} largest by themselves" if choice.hidden else ""
    return f"all {offered + choice.hidden} together{hidden}"


def unit(name: str, shape: Shape) -> str:
    """The unit of a column, as a reader sees it."""
    return "%" if shape.is_ratio(name) else shape.contract.columns[name].unit or ""


def adds(name: str, shape: Shape, settings: Settings) -> str:
    """How a column adds up, in a sentence; empty where it is no number to add."""
    said = shape.contract.columns[name].additivity
    if said is None:
        return ""
    if said.kind == "ratio":
        return f"{_side(said.of, shape, settings)} ÷ {_side(said.by, shape, settings)}"
    return _added(said, shape, settings)


def _side(said: str, shape: Shape, settings: Settings) -> str:
    (first, name), *others = terms(said)
    text = f"{MINUS if first == '-' else ''}{named(name, shape, settings)}"
    for sign, other in others:
        text += f" {MINUS if sign == '-' else '+'} {named(other, shape, settings)}"
    return f"({text})" if others else text


def _added(said: Additivity, shape: Shape, settings: Settings) -> str:
    if said.kind == "distinct":
        return "Never added up"
    alone = [*said.within, *(times(shape.contract) if said.kind == "balance" else [])]
    only = " and ".join(label(name, settings).lower() for name in alone)
    if said.kind == "balance":
        return f"A level: added up only within one {only}"
    return f"A sum: added up within one {only}" if only else "A sum: added up over anything"
