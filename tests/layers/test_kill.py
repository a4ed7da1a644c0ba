"""A run is killed between any two of its statements, and what it left is enough to go on from."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from layers import load, reading, record
from layers import run as running
from tests.layers.shop import Shop, Till, write
from tests.servers import OWNER, Postgres

ENGINE = str(Path(running.__file__).parent)
VERBS = ("load", "stage", "announce", "build", "check", "settle", "publish")
FORK = multiprocessing.get_context("fork")
_NUMBERS = count(1)

# Two runs: the first one fills an empty warehouse, the second one changes every kind of row.
FIRST = {
    "customers": [
        [{"id": "ada", "version": 1, "email": "ada@"}, b"no JSON", {"id": "bob", "version": 1}],
        [{"id": "ada", "version": 2, "email": "a@"}, {"id": "cat", "version": 1, "email": "c@"}],
    ],
    "sales": [
        [{"id": "1", "customer": "ada", "amount": "1"}, {"id": "2", "customer": "bob"}],
        [{"id": "2", "customer": "bob", "amount": "2"}, {"id": "3", "customer": "cat"}],
    ],
}
SECOND = {
    "customers": [
        [{"id": "ada", "version": 3, "email": "a@", "referrer": "bob"}, b"\xff"],
        [{"id": "bob", "version": 2, "state": "gone"}, {"id": "eve", "version": 1}],
    ],
    "sales": [
        [{"id": "4", "customer": "eve", "amount": "4"}, {"id": "5", "amount": "free"}],
        [{"id": "3", "customer": "cat", "amount": "3"}, {"id": "1", "customer": "ada"}],
    ],
}


@dataclass(frozen=True)
class Site:
    """A place in the engine where a statement has just been answered, and in which verb."""

    verb: str
    path: tuple[tuple[str, int], ...]


def site() -> Site:
    """Where we are: the engine's calls, from the verb on."""
    path = []
    frame = sys._getframe(1)
    while frame is not None:
        file = Path(frame.f_code.co_filename)
        if str(file).startswith(ENGINE) and file.stem not in ("run", "warehouse", "cli"):
            path.append((file.stem, frame.f_lineno))
        frame = frame.f_back  # type: ignore[assignment]
    verb = next((name for name, _ in reversed(path) if name in VERBS), "")
    return Site(verb, tuple(path))


def after_each_statement(act: Callable[[int, Site], None]) -> None:
    """Calls `act` whenever the warehouse has answered: a statement, a block of rows, a commit."""
    wait, numbers = psycopg.Connection.wait, count(1)

    def waiting(self: psycopg.Connection[Any], *arguments: Any, **more: Any) -> Any:
        answer = wait(self, *arguments, **more)
        act(next(numbers), site())
        return answer

    psycopg.Connection.wait = waiting  # type: ignore[method-assign]


def quietly(shop: Shop) -> running.Run:
    return running.start(shop.project, lambda what, told: None)
