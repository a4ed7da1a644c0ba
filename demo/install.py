"""Installs the pinned packages into the interpreter that runs it, and shows how far it is.

Run before anything is installed, so it stands on the standard library alone.
"""

import subprocess
import sys
from pathlib import Path

WIDTH = 30
PIP = (sys.executable, "-m", "pip", "install", "--root-user-action=ignore")
SIGNS = ("Collecting ", "Requirement already satisfied: ")


def main() -> int:
    """Installs `requirements.txt` and this repository; what pip said is shown where it fails."""
    pinned = sum("==" in line for line in Path("requirements.txt").read_text().splitlines())
    said: list[str] = []
    found = 0
    command = [*PIP, "--progress-bar=off", "--requirement", "requirements.txt"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as pip:
        for line in pip.stdout or ():
            said.append(line)
            found += line.startswith(SIGNS)
            if line.startswith("Installing collected"):
                _show("unpacking them, half a minute", 1)
            elif line.startswith(SIGNS):
                _show(f"{found} of {pinned} packages", min(1, found / pinned))
    print()
    if pip.returncode:
        sys.stderr.writelines(said[-20:])
        return pip.returncode
    return subprocess.run([*PIP, "-qq", "--no-deps", "--editable", "."], check=False).returncode


def _show(what: str, share: float) -> None:
    """Draws the bar over the former one, where somebody watches; else now and then a dot."""
    if sys.stdout.isatty():
        done = round(WIDTH * share)
        print(f"\r  {'━' * done}{'·' * (WIDTH - done)} {what:<40}", end="", flush=True)
    elif what.split()[0].endswith("0") or share == 1:
        print(".", end="", flush=True)


if __name__ == "__main__":
    sys.exit(main())
