"""The tutorial, done to the letter: its files are written and its commands typed, in their order.

What it shows as printed is printed; what it ends with is `examples/consultancy`, byte for byte.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from layers import cli
from tests.conftest import ROOT

TUTORIAL = ROOT / "docs" / "tutorial.md"
FINISHED = ROOT / "examples" / "consultancy"
BLOCK = re.compile(
    r"(?:^`(?P<file>[\w./]+)`\n\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.M | re.S
)
WHAT_THE_REPOSITORY_HAS = ("Makefile", "demo", "plugins", "pyproject.toml", "requirements.txt")
OURS = (".warehouse", ".layers")
NOT_THEIRS = ("AIRFLOW", "LAYERS", "MAKE", "MFLAGS")  # a newcomer starts no make from a make
DONE = "-- the command is done --"


@dataclass(frozen=True)
class Block:
    """A fenced block: a file with its path, commands (`sh`), or what commands print."""

    file: str | None
    kind: str
    text: str


def blocks() -> list[Block]:
    return [Block(m["file"], m["kind"], m["text"]) for m in BLOCK.finditer(TUTORIAL.read_text())]


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which there is the repository with its .venv, and nothing else."""
    folder = tmp_path_factory.mktemp("newcomer")
    repository = folder / "layers"
    venv = repository / ".venv"
    venv.mkdir(parents=True)
    for name in WHAT_THE_REPOSITORY_HAS:
        (repository / name).symlink_to(ROOT / name)
    for path in Path(sys.prefix).iterdir():
        if path.name != ".ready":
            (venv / path.name).symlink_to(path)
    (venv / ".ready").touch()
    return folder


class Terminal:
    """A shell that keeps its folder and variables from one command to the next."""

    def __init__(self, folder: Path) -> None:
        known = {k: v for k, v in os.environ.items() if not k.startswith(NOT_THEIRS)}
        self._environment = known | {
            "PYTHONPATH": os.pathsep.join(map(str, (ROOT / "plugins", ROOT))),
            "COLUMNS": "120",
        }
        self._folder = folder
        self._shell = self._start(["bash", "--norc"])

    def _start(self, command: list[str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command,
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def type(self, command: str) -> str:
        """What a command prints; it must succeed."""
        assert self._shell.stdin is not None
        assert self._shell.stdout is not None
        self._shell.stdin.write(f'{command}\necho "{DONE} $?"\n')
        self._shell.stdin.flush()
        said = ""
        for line in self._shell.stdout:
            if line.startswith(DONE):
                assert line == f"{DONE} 0\n", f"{command} failed:\n{said}"
                return said
            said += line
        raise AssertionError(f"{command} ended the shell:\n{said}")

    @contextmanager
    def running(self, command: str) -> Iterator[str]:
        """A command that goes on until Ctrl-C; gives its first line."""
        process = self._start(["bash", "-c", f"exec {command}"])
        assert process.stdout is not None
        try:
            yield process.stdout.readline()
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.communicate(timeout=300)

    def close(self) -> None:
        self._shell.communicate(timeout=60)


def expect(shown: str, printed: str, commands: str) -> None:
    """The lines of `shown` are among the printed ones, in their order; `…` is any text."""
    lines = iter(printed.splitlines())
    for line in filter(None, shown.splitlines()):
        pattern = re.escape(line.rstrip()).replace("…", ".*")
        found = any(re.fullmatch(pattern, there.rstrip()) for there in lines)
        assert found, f"{commands}\nshould print, at its place,\n{line}\nand printed\n{printed}"


def test_every_step_of_the_tutorial_does_what_it_says_and_it_ends_with_the_example(
    newcomer: Path,
) -> None:
    project = newcomer / "consultancy"
    first, shown, *rest = blocks()
    assert (first.kind, shown.kind) == ("sh", "text")
    in_repository, terminal = Terminal(newcomer / "layers"), Terminal(newcomer / "layers")
    try:
        with in_repository.running(first.text.strip()) as said:
            expect(shown.text, said, first.text)
            step_by_step(terminal, project, rest)
        with in_repository.running(first.text.strip()):
            terminal.type(". .warehouse/env")
            expect("Nobody is behind.", terminal.type("layers status"), "after Ctrl-C, status")
    finally:
        terminal.close()
        in_repository.close()

    assert files(project) == files(FINISHED)


def step_by_step(terminal: Terminal, project: Path, steps: list[Block]) -> None:
    commands = printed = ""
    for step in steps:
        if step.file:
            path = project / step.file
            assert not path.exists(), f"{step.file} is written twice"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step.text)
        elif step.kind == "sh":
            commands = step.text
            printed = "".join(map(terminal.type, commands.splitlines()))
        elif step.kind == "mermaid":
            assert printed == step.text
        else:
            expect(step.text, printed, commands)


def files(folder: Path) -> dict[str, bytes]:
    """The files of a project, without what the warehouse and the engine keep beside them."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.relative_to(folder).parts[0] not in OURS
    }


def test_the_tutorial_has_no_block_that_nothing_is_done_with() -> None:
    for block in blocks():
        assert block.file or block.kind in ("sh", "text", "mermaid"), block.text
    assert TUTORIAL.read_text().count("\n```") == 2 * len(blocks())


def test_the_engine_knows_nothing_of_a_business(capsys: pytest.CaptureFixture[str]) -> None:
    """The example is checked where it lies, and none of its words is in the engine."""
    assert cli.main(["--project", str(FINISHED), "check"]) == 0
    assert "10 relations, 0 problems" in capsys.readouterr().out

    engine = [path.read_text() for path in (ROOT / "plugins" / "layers").rglob("*.py")]
    words = ("sprint", "consultan", "teacher", "ticket_id", "licence", "dmn_account_users")
    assert [word for word in words if any(word in text for text in engine)] == []
