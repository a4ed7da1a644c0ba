"""What a YAML file declares, held against the model of what it may say.

Every message names the file, the place in it, what stands there and what was wanted.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, ValidationError

from layers.errors import ProjectError

M = TypeVar("M", bound=BaseModel)
IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]{0,62}")


class _Loader(yaml.CSafeLoader):
    """Refuses a key that is there twice, of which YAML keeps the last one and says nothing."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        """The mapping that a node of the file is."""
        said = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        if twice := [name for name, times in said.items() if times > 1]:
            found = f"'{twice[0]}' is there twice"
            raise yaml.constructor.ConstructorError(None, None, found, node.start_mark)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path, shown: str) -> dict[str, Any]:
    """What a file says, as a mapping; `shown` is the file's name in messages."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        said = " ".join(str(error).replace('in "<unicode string>", ', "at ").split())
        raise ProjectError(f"{shown}: is not YAML: {said}") from None
    if not isinstance(content, dict):
        found = "empty" if content is None else type(content).__name__
        raise ProjectError(f"{shown}: is {found}, wanted a mapping of keys")
    return content


def named(name: str, shown: str) -> None:
    """Refuses the name of a file that could not be the name of a table without quotes."""
    if not IDENTIFIER.fullmatch(name):
        raise ProjectError(
            f"{shown}: is named '{name}'; wanted lower-case letters, digits and _, at most 63"
        )


def matching(pattern: str, wanted: str) -> AfterValidator:
    """Refuses a text of another form than `pattern`, and says what was `wanted`."""

    def validate(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"wanted {wanted}")
        return value

    return AfterValidator(validate)


def unknown(known: Iterable[str], where: str, names: Iterable[str]) -> Iterator[str]:
    """Says of each name that is no column, where it stands, and which one was perhaps meant."""
    columns = list(known)
    for name in names:
        if name not in columns:
            yield f"{where} names '{name}', which is no column{hint(name, columns)}"


def hint(name: str, known: Iterable[str]) -> str:
    """The name that was perhaps meant, as the end of a sentence."""
    near = get_close_matches(name, list(known), 1)
    return f"; did you mean {near[0]}?" if near else ""


def parse(model: type[M], content: dict[str, Any], shown: str) -> M:
    """A model made of a file's content; what is wrong with it names the file and the place."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        problems = [_told(problem) for problem in error.errors()]
        raise ProjectError("\n".join(f"{shown}: {problem}" for problem in problems)) from None


def _told(problem: Any) -> str:
    place = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        hint = "put a text with a comma into quotes" if " " in place else "remove or correct it"
        return f"'{place}' is not a word of the contract language; {hint}"
    if problem["type"] == "missing":
        return f"'{place}' is missing"
    said = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "value_error" and isinstance(problem["input"], dict):
        return f"'{place}' {said}" if place else said
    return f"'{place}' is {problem['input']!r}: {said[:1].lower()}{said[1:]}"
