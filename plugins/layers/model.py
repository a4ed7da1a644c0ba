"""The model: entities, what they mean, and how many of each other they have, made from contracts.

As Mermaid for a page, as SVG for a wall, as Markdown for somebody who has to know what a word
means. An entity without a query is drawn too: it is modelled, and not yet filled.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from textwrap import wrap

from layers.contract import EntityContract
from layers.errors import ProjectError
from layers.project import Project
from layers.promises import Relationship
from layers.relation import Relation

# How many, as crow's feet: of the other entity (at its end), and of this one (at its own).
MERMAID_OTHER = {"1": "||", "0..1": "|o"}
MERMAID_OWN = {"1": "||", "0..1": "o|", "0..*": "o{", "1..*": "|{"}
CROWS_FEET = {"1": "teetee", "0..1": "teeodot", "0..*": "crowodot", "1..*": "crowtee"}
_WIDTH = 46  # letters of a definition beside each other


@dataclass(frozen=True)
class Link:
    """A relationship: from the entity that refers, to the one that it refers to."""

    name: str
    of: Relation
    to: Relation
    said: Relationship


def entities(project: Project) -> list[Relation]:
    """All entities, those without a query too, by their names."""
    found = [r for r in project.relations.values() if isinstance(r.contract, EntityContract)]
    return sorted(found, key=lambda relation: relation.name)


def links(project: Project) -> Iterator[Link]:
    """All relationships that lead to an entity which is there."""
    for relation in entities(project):
        for name, said in contract(relation).relationships.items():
            if said.to in project.relations:
                yield Link(name, relation, project.relations[said.to], said)


def contract(relation: Relation) -> EntityContract:
    """The contract of an entity."""
    assert isinstance(relation.contract, EntityContract)
    return relation.contract


def mermaid(project: Project) -> str:
    """The model as an entity-relationship diagram in Mermaid."""
    lines = ["erDiagram"]
    for relation in entities(project):
        lines.append(f'    {relation.name}["{_title(relation)}"] {{')
        for name, column in relation.contract.columns.items():
            kind = column.type.replace(",", "_").replace("[]", "_list")
            key = " PK" if name in relation.contract.key else ""
            lines.append(f"        {kind} {name}{key}")
        lines.append("    }")
    for link in links(project):
        ends = f"{MERMAID_OTHER[link.said.each]}--{MERMAID_OWN[link.said.inverse]}"
        lines.append(f'    {link.to.name} {ends} {link.of.name} : "{_words(link.name)}"')
    return "\n".join(lines) + "\n"


def dot(project: Project) -> str:
    """The model in Graphviz's own language."""
    lines = [
        "digraph model {",
        '    graph [rankdir=LR, nodesep=0.35, ranksep=1.1, fontname="Helvetica", pad=0.3]',
        '    node [shape=plain, fontname="Helvetica", fontsize=11]',
        '    edge [dir=both, fontname="Helvetica", fontsize=9, color="#555555", arrowsize=0.9]',
    ]
    lines += [f"    {one.name} [label=<{_box(one)}>]" for one in entities(project)]
    for link in links(project):
        ends = f"arrowtail={CROWS_FEET[link.said.each]}, arrowhead={CROWS_FEET[link.said.inverse]}"
        lines.append(f'    {link.to.name} -> {link.of.name} [{ends}, label="{_words(link.name)}"]')
    return "\n".join([*lines, "}"]) + "\n"


def _box(relation: Relation) -> str:
    """An entity: its name, its definition, its key and what it refers by."""
    said = contract(relation)
    refers = {name for link in said.relationships.values() for name in link.by}
    shown = [name for name in said.columns if name in said.key or name in refers]
    is_filled = relation.query is not None
    head = "#1f4e79" if is_filled else "#8a8a8a"
    rows = [
        f'<tr><td bgcolor="{head}" align="left"><font color="white"><b>{escape(said.entity)}</b>'
        f"{'' if is_filled else ' (not yet filled)'}</font></td></tr>"
    ]
    for line in wrap(said.definition, _WIDTH):
        small = f'<font color="#444444" point-size="9">{escape(line)}</font>'
        rows.append(f'<tr><td align="left">{small}</td></tr>')
    for name in shown:
        text = f"<u>{name}</u>" if name in said.key else name
        rows.append(f'<tr><td align="left" bgcolor="#f3f6fa">{text}</td></tr>')
    border = 'border="1" cellborder="0" cellspacing="0" cellpadding="3" color="#1f4e79"'
    return f"<table {border}>{''.join(rows)}</table>"


def svg(project: Project) -> bytes:
    """The model as a picture, laid out by Graphviz.

    Raises ProjectError where `pygraphviz` is not installed.
    """
    try:
        import pygraphviz
    except ImportError:
        raise ProjectError(
            "the picture needs Graphviz: pip install pygraphviz; layers model --mermaid does not"
        ) from None
    return bytes(pygraphviz.AGraph(string=dot(project)).draw(format="svg", prog="dot"))


def markdown(project: Project) -> str:
    """One page with every definition."""
    lines = [f"# The model of {project.settings.project}", ""]
    lines += ["What each word means, and how many of each other things have.", ""]
    for relation in entities(project):
        lines += _page(relation, project)
    return "\n".join(lines).rstrip() + "\n"


def _page(relation: Relation, project: Project) -> Iterator[str]:
    said = contract(relation)
    yield from (f"## {said.entity}", "", said.definition, "")
    filled = "" if relation.query is not None else " It is modelled, and not yet filled."
    key = ", ".join(f"`{name}`" for name in said.key)
    during = " (never overlapping)" if said.overlaps_never else ""
    yield from (f"`dmn.{relation.name}`: {said.grain}, told apart by {key}{during}.{filled}", "")
    yield from ("| column | type | means |", "|---|---|---|")
    for name, column in said.columns.items():
        notes = [column.means, column.unit and f"in {column.unit}"]
        notes += ["personal" if column.pii else None]
        notes += [f"one of {', '.join(column.one_of)}" if column.one_of else None]
        notes += ["may be empty" if column.optional else None]
        yield f"| `{name}` | {column.type} | {'; '.join(filter(None, notes))} |"
    yield ""
    facts = [f"- {sentence}" for sentence in said.criteria]
    facts += [f"- {name}" for name in said.unique]
    facts += list(_sentences(relation, project))
    yield from ([*facts, ""] if facts else [])


def _sentences(relation: Relation, project: Project) -> Iterator[str]:
    """How many of what, from both ends."""
    for link in links(project):
        own, other = contract(link.of).title, contract(link.to).title
        name = _words(link.name)
        role = "" if name == other else f" ({name})"
        if link.of is relation:
            yield f"- each {own} has {link.said.each} {other}{role}"
        if link.to is relation:
            yield f"- each {other} has {link.said.inverse} {own}{role}"


def _title(relation: Relation) -> str:
    return contract(relation).entity + ("" if relation.query is not None else " (not yet filled)")


def _words(name: str) -> str:
    return name.replace("_", " ")
