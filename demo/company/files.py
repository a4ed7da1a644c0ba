"""Files of the company's tools: whoever reads one meanwhile has the whole old one."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from demo.company.payload import compact


def write_text(path: Path, text: str) -> None:
    """A whole file at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8", newline="")
    part.replace(path)


def write_lines(path: Path, rows: Iterable[object]) -> None:
    """A JSON value to a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8") as file:
        file.writelines(compact(row) + "\n" for row in rows)
    part.replace(path)


def write_lists(path: Path, now: str, lists: Mapping[str, Iterable[object]]) -> None:
    """One JSON object: `now`, and lists of objects, each on a line of its own."""
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8") as file:
        file.write(f'{{"now":"{now}"')
        for name, rows in lists.items():
            file.write(f',"{name}":[')
            for number, row in enumerate(rows):
                file.write(f"{',' if number else ''}\n{compact(row)}")
            file.write("\n]")
        file.write("}\n")
    part.replace(path)
