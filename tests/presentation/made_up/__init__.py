"""Companies drawn by lot: small, and everything happens where instants are in doubt.

A company is rows for the staging tables, and beside them what is true, as the generator tells it.
"""

from pathlib import Path

from tests.presentation.made_up.chance import AS_OF, Chance
from tests.presentation.made_up.contracts import Contracts
from tests.presentation.made_up.doings import Doings
from tests.presentation.made_up.folder import Folder
from tests.presentation.made_up.people import People
from tests.warehouse import Warehouse

__all__ = ["AS_OF", "make_up"]


def make_up(warehouse: Warehouse, folder: Path, seed: int) -> None:
    """Another company for each seed: its rows into the warehouse, its truth into the folder."""
    chance, written = Chance(seed), Folder(warehouse, folder)
    contracts = Contracts(chance, written)
    people = People(chance, written, contracts.subscriptions)
    Doings(chance, written, people.signed_up)
    written.known(chance.as_of)
    written.write()
