"""Commands about what is published, and about what is not."""

import argparse
import json
from contextlib import closing

from layers.commands.given import project_of, told
from layers.errors import ProjectError
from layers.project import Project

HELD_SHOWN = 100  # rows of a relation, the last ones


def held(given: argparse.Namespace) -> int:
    """Prints what is held back: how many rows by relation and reason, or the rows of one."""
    from layers.holding import held_rows, held_summary
    from layers.tables import print_rows
    from layers.warehouse import connect

    project = project_of(given)
    relation = project.relation(given.entity) if given.entity else None
    with closing(connect("modeller", "layers held")) as modeller:
        rows = held_rows(modeller, relation) if relation else held_summary(modeller)
    if given.json:
        print(json.dumps(rows, default=str))
    else:
        shown = rows[:HELD_SHOWN] if relation else rows
        print_rows(given.entity or "Held", shown)
        if len(rows) > len(shown):
            more = f"{len(rows) - len(shown):,} more"
            print(f"and {more}, held before these: layers held {given.entity} --json")
    return 0


def diff(given: argparse.Namespace) -> int:
    """Prints what a publication would change, and publishes nothing."""
    from dataclasses import asdict

    from layers.preview import preview
    from layers.tables import print_preview
    from layers.warehouse import connect, writer

    project = project_of(given)
    units = [unit_of(project, given.unit)] if given.unit else list(project.units)
    found = []
    for unit in units:
        with closing(connect(writer(unit), "layers diff")) as connection:
            found += preview(connection, project, unit, "layers diff")
    if given.json:
        print(json.dumps([asdict(one) for one in found], default=str))
    else:
        print_preview(found)
    return 0


def verify(given: argparse.Namespace) -> int:
    """Proves that an incremental relation is what a build in full would make; 1 where it is not."""
    from layers.verify import verify as verified
    from layers.warehouse import connect, writer

    project = project_of(given)
    relation = project.relation(given.relation)
    with closing(connect(writer(relation.unit), "layers verify")) as connection:
        found = verified(connection, project, relation, "layers verify")
    advice = "say incremental no more in {0}, or name in `also` what its query reads"
    if relation.layer == "prs":
        advice = "widen a span in {0}, or leave a relation out: then it is made anew whole"
    how = f"{found.fed:,} rows fed" if found.fed is not None else f"in full, as {found.because}"
    if not found.differ:
        print(f"{relation.name}: {found.rows:,} rows, the same in full and incrementally ({how})")
        return 0
    print(
        f"{relation.name}: {found.differ:,} of {found.rows:,} rows differ from a build in full "
        f"({how}), among them {', '.join(found.sample)}\n"
        f"    mend what is published: layers run --in-full {relation.name}\n"
        f"    if they differ again, {advice.format(relation.file)}"
    )
    return 1


def rollback(given: argparse.Namespace) -> int:
    """Takes a use case back to a publication, and keeps it there until it is released."""
    from layers.rollback import rollback as taken_back
    from layers.warehouse import connect

    project = project_of(given)
    with closing(connect("presenter", "layers rollback")) as presenter:
        number = taken_back(presenter, project, given.unit, given.to, "layers rollback")
    print(
        f"{given.unit} is as publication {given.to} left it, as publication {number}, and is held "
        f"back; when the mistake is mended: layers release {given.unit}"
    )
    return 0


def release(given: argparse.Namespace) -> int:
    """Lets a use case be published again, by the next run."""
    from layers.rollback import release as released
    from layers.warehouse import connect

    unit = unit_of(project_of(given), given.unit)
    with closing(connect("presenter", "layers release")) as presenter:
        was_held = released(presenter, unit)
    print(f"{unit} is published again by the next run" if was_held else f"{unit} was not held back")
    return 0


def freshness(given: argparse.Namespace) -> int:
    """Prints how fresh every use case is, against its promise; 1 where one is older."""
    from layers import freshness as asked
    from layers.tables import print_rows
    from layers.warehouse import connect

    project = project_of(given)
    with closing(connect("modeller", "layers freshness")) as modeller:
        found = asked.standing(modeller, project)
        late = [asked.told(modeller, project, one) for one in found if one.is_overdue]
    rows = [one.shown() for one in found]
    if given.json:
        print(json.dumps(rows, default=str))
    else:
        shown = ("unit", "data_as_of", "age", "promised_freshness", "freshness")
        print_rows("Freshness", [{name: row[name] for name in shown} for row in rows])
    return told(late)


def restatements(given: argparse.Namespace) -> int:
    """Prints which cells of complete rows were changed after they were published, and why."""
    from layers.restatements import listed
    from layers.tables import print_restatements
    from layers.warehouse import connect, errors_told

    unit = _use_case(project_of(given), given.unit)
    with errors_told(f"asking {unit}"), closing(connect("presenter", "layers asks")) as presenter:
        rows = listed(presenter, unit, given.since)
    if given.json:
        print(json.dumps(rows, default=str))
    else:
        print_restatements(rows)
    return 0


def _use_case(project: Project, name: str) -> str:
    """A use case's schema. Raises ProjectError where it is none."""
    if unit_of(project, name) == "dmn":
        raise ProjectError("dmn is no use case; restatements are kept of presentation tables")
    return name


def unit_of(project: Project, name: str) -> str:
    """What is published as a whole. Raises ProjectError where there is nothing of that name."""
    if name not in project.units:
        raise ProjectError(f"no unit '{name}'; there are {', '.join(project.units)}")
    return name
