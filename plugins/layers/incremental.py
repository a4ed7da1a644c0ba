"""Incremental: whether an entity's query gives the same when it is fed only some rows.

It does where each of its rows comes of one row of a relation that `by` names, whatever other rows
that relation has. This is read from the query; that it is true on data, `layers verify` proves.
"""

from collections.abc import Iterator

from layers.contract import StagingContract
from layers.descent import Descent
from layers.lineage import qualified
from layers.made_of import FED, made_of, written
from layers.project import Project
from layers.promises import Incremental
from layers.relation import Relation
from layers.rules import quoted


def problems(project: Project, relation: Relation) -> Iterator[str]:
    """Why an entity cannot be built incrementally, as messages without the file's name."""
    said = getattr(relation.contract, "incremental", None)
    if said is None:
        return
    for problem in _problems(project, relation, said):
        yield f"is incremental, but {problem}; say so no more, or write the query otherwise"


def _problems(project: Project, relation: Relation, said: Incremental) -> Iterator[str]:
    missing = [name for name in (*said.by, *said.also) if name not in relation.reads]
    if relation.query is None or missing:
        yield f"its query does not read {', '.join(missing) or 'anything'}"
        return
    if relation.contract.overlaps_never:
        yield "its key is temporal"
        return
    yield from _wrong_by(project, relation, said)
    for name, column in said.also.items():
        yield from _wrong_also(project, relation, said, name, column)


def _wrong_by(project: Project, relation: Relation, said: Incremental) -> Iterator[str]:
    for name in said.by:
        contract = project.relations[name].contract
        if not isinstance(contract, StagingContract):
            yield f"{name} is no relation of staging, which alone knows what is new"
        elif contract.history:
            yield f"{name} keeps a history, whose periods change behind its back"
    tree = qualified(project, relation)[1]
    walk = Descent(frozenset(said.by))
    walk.down(tree)
    yield from dict.fromkeys(walk.reasons)
    yield from (f"{n} is read more than once" for n in said.by if walk.met.count(n) > 1)
    if walk.reasons or len(walk.met) != len(said.by):
        return
    for name in said.by:
        wanted = project.relations[name].contract.key
        found = tuple(
            written(made_of(project, relation, name, key)) for key in relation.contract.key
        )
        if found != tuple(f'"{FED}".{quoted(key)}' for key in wanted):
            yield f"its key is not {', '.join(wanted)}, the key of {name}"


def _wrong_also(
    project: Project, relation: Relation, said: Incremental, name: str, column: str
) -> Iterator[str]:
    other = project.relations[name]
    for owner in (relation, other):
        if column not in owner.contract.columns:
            yield f"{owner.name} has no column '{column}' by which its rows and {name}'s agree"
            return
    if other.layer == "stg" and other.contract.key != (column,):
        yield f"'{column}' is not the key of {name}, so nobody knows what it was before a change"
    if any(made_of(project, relation, by, column) is None for by in said.by):
        yield f"its column '{column}' is not made of columns of {', '.join(said.by)} alone"
