"""Accounts, where they work and which seats they hold: two at once, and on after a term too."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from tests.presentation.made_up.chance import Chance
from tests.presentation.made_up.contracts import ORGANISATIONS
from tests.presentation.made_up.folder import Folder, Line, written

ACCOUNTS, SEATS, ASSIGNMENTS, MEMBERSHIPS = 9, 12, 30, 16
KINDS = ("admin", "full", "viewer")


class People:
    """The last of them has no school, and may hold a seat: then it counts nowhere."""

    def __init__(self, chance: Chance, folder: Folder, subscriptions: Sequence[int]) -> None:
        self._chance, self._folder = chance, folder
        self.accounts = [chance.uuid() for _ in range(ACCOUNTS)]
        self.signed_up = {one: self._account(n, one) for n, one in enumerate(self.accounts)}
        for number in range(1, MEMBERSHIPS + 1):
            # everybody else has one at least
            self._membership(number, self.accounts[number % (ACCOUNTS - 1)])
        kinds = {seat: chance.pick(KINDS) for seat in range(1, SEATS + 1)}
        whose = {seat: chance.pick(subscriptions) for seat in kinds}
        for seat, kind in kinds.items():
            row = {"id": seat, "subscription_id": whose[seat], "seat_type": kind}
            folder.row("backend_seats", **row)
        for number in range(1, ASSIGNMENTS + 1):
            seat = chance.number(1, SEATS)
            told: Line = {"seat": seat, "seat_type": kinds[seat], "subscription": whose[seat]}
            self._assignment(number, told)

    def _account(self, number: int, account: str) -> datetime:
        signed_up_at = self._chance.moment()
        deleted_at = self._chance.later(signed_up_at, 100) if number == 1 else None
        address = None if deleted_at else f"{number}@post.example"
        row = {"id": account, "email": address, "signed_up_at": signed_up_at}
        self._folder.row("backend_users", **row, deleted_at=deleted_at)
        told = {"id": account, "signed_up_at": written(signed_up_at)}
        self._folder.lines["accounts"].append(told | {"deleted_at": written(deleted_at)})
        return signed_up_at

    def _span(self) -> tuple[datetime, datetime | None]:
        start = self._chance.moment()
        if self._chance.happens(0.2) and start < self._chance.end:
            return start, self._chance.midnight(start)
        return start, self._chance.later(start, 200) if self._chance.happens(0.5) else None

    def _membership(self, number: int, account: str) -> None:
        (start, end), school = self._span(), self._chance.number(1, ORGANISATIONS)
        row = {"id": number, "user_id": account, "school_id": school, "started_at": start}
        self._folder.row("backend_school_memberships", **row, ended_at=end)
        told = {"id": number, "account": account, "school": school, "from": written(start)}
        self._folder.lines["memberships"].append(told | {"to": written(end)})

    def _assignment(self, number: int, told: Line) -> None:
        (start, end), account = self._span(), self._chance.pick(self.accounts)
        if self._chance.happens(0.4):
            # 90 days after they came, if they signed up on the last of 30
            start, end = self._chance.near(self.signed_up[account] + timedelta(days=60)), None
        row = {"id": number, "seat_id": told["seat"], "user_id": account, "assigned_at": start}
        self._folder.row("backend_seat_assignments", **row, released_at=end)
        line = {"id": number, "account": account, **told, "from": written(start)}
        self._folder.lines["assignments"].append(line | {"to": written(end)})
