"""Asking: what must hold of the use cases that a project declares."""

from collections.abc import Iterator, Mapping
from typing import Any

from layers.project import UseCase, kept_for
from layers.relation import Relation


def problems(
    use_cases: Mapping[str, UseCase],
    sources: Mapping[str, Any],
    relations: Mapping[str, Relation],
) -> Iterator[tuple[str, str]]:
    """What is wrong with use cases: the file it is in, and words that stand by themselves."""
    roles = {source.role for source in sources.values()}
    for name, use_case in use_cases.items():
        for needed in use_case.needs:
            if needed not in {*sources, *roles}:
                said = f"needs '{needed}', which no sql/src/{needed}.yaml declares, nor a role"
                yield f"sql/prs/{name}.yaml", said
    yield from _wrong_names(use_cases, relations)
    for relation in relations.values():
        if relation.layer == "prs" and relation.folder not in use_cases:
            wanted = f"sql/prs/{relation.folder}.yaml"
            yield relation.file, f"belongs to a use case that nobody declares; wanted {wanted}"


def _wrong_names(
    use_cases: Mapping[str, UseCase], relations: Mapping[str, Relation]
) -> Iterator[tuple[str, str]]:
    ours = {name: case for case in use_cases for name in kept_for(case)}
    for name, case in ours.items():
        if name in relations:
            said = f"has the name of a table that the engine keeps for {case}; rename it"
            yield relations[name].file, said
        if len(name) > 63:
            said = f"has a name too long for the engine's {name}; wanted at most 46 characters"
            yield f"sql/prs/{case}.yaml", said
