"""What LookML cannot say of a contract; each stops `layers lookml`, with the column."""

import re
from collections import Counter
from collections.abc import Iterator

from layers.additivity import NUMBERS
from layers.lookml import freshness, restated, tables
from layers.lookml.dimensions import is_expressible
from layers.lookml.words import LookML, identifier
from layers.project import Problem, Project, UseCase
from layers.promises import Column
from layers.relation import Relation

# Postgres keeps as many bytes of the name that Looker gives a column of its queries: view.field.
LONGEST = 63
LABEL = 25
_NAME = re.compile(r"[a-z][a-z0-9_]*")
# What LookML, the substitutions in its SQL and its values say themselves.
RESERVED = frozenset(
    "all_fields constant datagroup dimension dimension_group explore extended extends false field"
    " filter include join measure model no null parameter set sql_table_name table test true view"
    " yes".split()
)
# Texts that Looker would replace: Liquid, constants, references; what ends SQL or quotes.
_IN_SQL = r"\{\{|\{%|@\{|\$\{|;;"
_IN_TEXT = rf"{_IN_SQL}|\\|[\x00-\x1f]"


def problems(project: Project) -> list[Problem]:
    """Everything at once, by file."""
    found = [Problem("sql/project.yaml", said) for said in _project(project)]
    for name, use_case in sorted(project.use_cases.items()):
        found += [Problem(f"sql/prs/{name}.yaml", said) for said in _use_case(name, use_case)]
    for relation in project.relations.values():
        if relation.layer == "prs":
            found += [Problem(relation.file, said) for said in _relation(project, relation)]
    return found


def _project(project: Project) -> Iterator[str]:
    name = project.settings.project
    if not _NAME.fullmatch(identifier(name)):
        yield f"project is named '{name}'; LookML wants a name that begins with a letter"


def _use_case(name: str, use_case: UseCase) -> Iterator[str]:
    """What cannot be said of the tables that the engine makes itself."""
    yield from _label("use_case", freshness.title(use_case))
    for own in (freshness, restated):
        longest = max((f"{own.table(name)}.{field}" for field in _fields(own.view(name))), key=len)
        if len(longest) > LONGEST:
            yield (
                f"would be {longest} in Looker's queries, {len(longest)} characters; wanted at "
                f"most {LONGEST}: a shorter name of the file"
            )


def _relation(project: Project, relation: Relation) -> Iterator[str]:
    yield from _label("label", tables.title(relation, project.settings))
    said = tables.contract(relation)
    for place, text in (("answers", said.answers), ("grain", said.grain)):
        yield from _replaced(place, text)
    for sentence, holds in tables.criteria(relation).items():
        yield from _replaced(f"criterion '{sentence}'", holds, _IN_SQL)
    wrong = list(_columns(relation))
    yield from wrong
    if not wrong:
        yield from _names(relation, tables.view(relation, project.settings))
        sentences = map(identifier, tables.criteria(relation))
        for name, times in Counter([tables.KEY_TEST, *sentences]).items():
            if times > 1 or not name:
                yield f"has tests that LookML would all call '{name}'; word the criteria anew"


def _columns(relation: Relation) -> Iterator[str]:
    for name, column in relation.contract.columns.items():
        for said in _column(relation, name, column):
            yield f"column '{name}' {said}"


def _column(relation: Relation, name: str, column: Column) -> Iterator[str]:
    if not is_expressible(column.type):
        yield f"is {column.type}, which Looker cannot show; wanted columns with its parts"
    if not _NAME.fullmatch(name):
        yield "has a name that LookML has not; wanted lower-case letters, digits and _"
    if name in RESERVED:
        yield "has a name that is a word of LookML itself; rename it"
    if column.means is None:
        yield "does not say what it means; wanted 'means', which its readers see"
    is_number = NUMBERS.fullmatch(column.type) and name not in relation.contract.key
    if is_number and column.additivity is None:
        yield "does not say how it adds up; wanted 'additivity'"
    for place in ("means", "label", "unit"):
        yield from _replaced(place, getattr(column, place) or "")
    for value in column.one_of or ():
        yield from _replaced("one_of", value)


def _replaced(place: str, text: str, what: str = _IN_TEXT) -> Iterator[str]:
    if found := re.search(what, text):
        yield f"has {found[0]!r} in its {place}, which Looker would not show as it stands"


def _label(place: str, text: str) -> Iterator[str]:
    yield from _replaced(place, text)
    if len(text) > LABEL:
        yield (
            f"would be the explore '{text}', {len(text)} characters of which Looker shows {LABEL}; "
            f"wanted a shorter '{place}'"
        )


def _names(relation: Relation, view: LookML) -> Iterator[str]:
    """Names of fields that are there twice, or longer than a name of a column may be."""
    names = Counter(_fields(view))
    for name, times in names.items():
        if times > 1:
            yield f"column '{name}' has a name that LookML gives to a field of its own; rename it"
        shown = f"{relation.name}.{name}"
        if len(shown) > LONGEST:
            yield (
                f"column '{name}' would be {shown} in Looker's queries, {len(shown)} characters; "
                f"wanted at most {LONGEST}"
            )


def _fields(view: LookML) -> Iterator[str]:
    for field in [*view["dimensions"], *view["measures"]]:
        yield field["name"]
    for group in view.get("dimension_groups", ()):
        yield from (f"{group['name']}_{frame}" for frame in group["timeframes"])
