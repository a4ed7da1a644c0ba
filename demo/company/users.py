"""The backend's table of users, a row to a line."""

from pathlib import Path

from demo.company.clock import iso
from demo.company.payload import compact
from demo.company.people import Account


def write(path: Path, accounts: list[Account]) -> None:
    """All accounts in the order in which they were made up, the deleted ones too."""
    with path.open("w", encoding="utf-8") as file:
        for account in accounts:
            file.write(compact(_row(account)) + "\n")


def _row(account: Account) -> dict[str, str | None]:
    return {
        "id": account.id,
        "email": account.email,
        "full_name": account.full_name,
        "signed_up_at": iso(account.signed_up_at),
        "email_verified_at": _written(account.verified_at),
        "country": account.country,
        "created_at": iso(account.signed_up_at),
        "updated_at": iso(account.updated_at),
        "deleted_at": _written(account.deleted_at),
    }


def _written(at: int | None) -> str | None:
    return None if at is None else iso(at)
