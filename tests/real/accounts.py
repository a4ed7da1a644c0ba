"""Where every record of a pack went, as the warehouse's own records tell it."""

from dataclasses import dataclass

from tests.warehouse import Warehouse


@dataclass(frozen=True)
class Account:
    """What became of the records of one object.

    `unclaimed` are those that no staging query selects; `rejected` are lines that are no records,
    and records with a value that does not fit.
    """

    object: str
    read: int
    staged: int
    superseded: int
    repeated: int
    rejected: int
    unclaimed: int

    @property
    def adds_up(self) -> bool:
        """Whether every record that was read is somewhere, and nowhere twice."""
        parts = (self.staged, self.superseded, self.repeated, self.rejected, self.unclaimed)
        return self.read == sum(parts) and min(parts) >= 0

    def __str__(self) -> str:
        said = vars(self)
        more = [f"{said[n]:,} {n}" for n in list(said)[3:] if said[n]]
        return f"{self.object}: {self.read:,} read = " + " + ".join(
            [f"{self.staged:,} staged", *more]
        )


def accounts(warehouse: Warehouse) -> dict[str, Account]:
    """The account of each object of each source, by `source.object`."""
    return {
        f"{source}.{name}": _account(warehouse, source, name)
        for source, declaration in warehouse.project.sources.items()
        for name in declaration.objects
    }


def _account(warehouse: Warehouse, source: str, name: str) -> Account:
    (loaded,) = warehouse.query(
        "select coalesce(sum(records), 0)::int as records,"
        " coalesce(sum(rejected), 0)::int as rejected"
        f" from layers.loads where (source, object) = ('{source}', '{name}')"
    )
    readers = readers_of(warehouse, source, name)
    (judged,) = warehouse.query(
        "select coalesce(sum(read), 0)::int as read, coalesce(sum(superseded), 0)::int as"
        " superseded, coalesce(sum(repeated), 0)::int as repeated, coalesce(sum(rejected), 0)::int"
        f" as rejected from layers.stagings where relation = any(array{readers}::text[])"
    )
    return Account(
        f"{source}.{name}",
        read=loaded.records + loaded.rejected,
        staged=sum(count(warehouse, f"stg_{source}.{reader}") for reader in readers),
        superseded=judged.superseded,
        repeated=judged.repeated,
        rejected=loaded.rejected + judged.rejected,
        unclaimed=loaded.records - judged.read,
    )


def readers_of(warehouse: Warehouse, source: str, name: str) -> list[str]:
    """The staging relations of an object; in a pack no two of them select the same record."""
    return [
        relation.name
        for relation in warehouse.project.staged_from(source)
        if f"src_{source}.{name}" in relation.reads
    ]


def count(warehouse: Warehouse, table: str) -> int:
    """How many rows a table has."""
    (found,) = warehouse.query(f"select count(*)::int as rows from {table}")
    return int(found.rows)
