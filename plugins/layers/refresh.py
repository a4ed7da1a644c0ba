"""Refresh: a presentation table is made anew for the months that a change below it can touch.

A relation that `when` names says of each of its rows which span of time it can influence. The
months that changes touch (`followed`) are computed, from those rows alone whose span touches them;
a month that nothing touched stands as it was.
"""

from collections.abc import Callable, Mapping

import psycopg

from layers import influence
from layers.candidates import candidate
from layers.ddl import table
from layers.errors import ProjectError
from layers.followed import NONE
from layers.gathering import FED
from layers.influence import Span
from layers.project import Project
from layers.promises import Refresh
from layers.relation import Relation
from layers.rules import columns, literal, quoted
from layers.warehouse import Connection, one, text

COME = "pg_temp.layers_come"  # what the months give now
Query = Callable[[Mapping[str, str]], str]  # by what stands in for the tables that are read


def gather(connection: Connection, project: Project, said: Refresh, months: str) -> dict[str, str]:
    """Views that stand in for relations: of each, the rows that can influence these months."""
    zone = literal(project.settings.time_zone)
    spans = instants(connection, zone, months)
    stands_in = {name: f"pg_temp.{quoted(name)}" for name in said.when}
    for name, when in said.when.items():
        other = project.relations[name]
        touching = influence.touching(when, other.contract, zone, spans)
        connection.execute(text(f"drop view if exists {stands_in[name]}"))
        rows = f"select * from {table(other)} where {touching}"
        connection.execute(text(f"create temporary view {quoted(name)} as {rows}"))
    return stands_in


def instants(connection: Connection, zone: str, months: str) -> list[Span]:
    """The spans of time that months are, with a day to spare at either end.

    A clock that goes back may show the midnight between two months twice.
    """
    begin, end = (
        f"{bound}(d)::timestamp at time zone {zone} {sign} interval '1 day'"
        for bound, sign in (("lower", "-"), ("upper", "+"))
    )
    found = connection.execute(
        text(
            f"select ({begin})::text, ({end})::text, (lower(d) - 1)::text, (upper(d) + 1)::text"
            f" from unnest({literal(months)}::datemultirange) d"
        )
    )
    return [Span(*row) for row in found]


def differing(
    connection: Connection, relation: Relation, said: Refresh, months: str, selected: str
) -> str:
    """Computes months, and marks the rows that differ as fed; gives the query for what comes."""
    own, key = columns(relation.contract.columns), columns(relation.contract.key)
    asked = f"where ({quoted(said.by)} <@ {literal(months)}::datemultirange) is not false"
    if months == NONE:
        asked = "where false"
    connection.execute(text(f"drop table if exists {COME}"))
    # what Postgres takes for one row of a view may be thousands, and each would read all others
    connection.execute("set local enable_nestloop = off")
    connection.execute(
        text(
            "create temporary table layers_come on commit drop as"
            f" select * from ({selected}) s {asked}"
        )
    )
    connection.execute("set local enable_nestloop to default")
    _forget(connection, said)
    old, new = f"select {own} from {candidate(relation)} {asked}", f"select {own} from {COME}"
    connection.execute(
        text(
            f"create temporary table layers_fed on commit drop as select distinct {key} from"
            f" (({old} except all {new}) union all ({new} except all {old})) d"
        )
    )
    connection.execute(text(f"analyze {FED}"))
    return f"{new} where ({key}) in (select {key} from {FED})"


def are_all(connection: Connection, relation: Relation, said: Refresh, months: str) -> bool:
    """Whether a candidate has rows, and all of them are of these months."""
    rows, theirs = one(
        connection,
        text(
            f"select count(*), count(*) filter (where {quoted(said.by)} <@"
            f" {literal(months)}::datemultirange) from {candidate(relation)}"
        ),
    )
    return bool(rows) and rows == theirs


def without_key(connection: Connection, relation: Relation) -> str | None:
    """Why months cannot be put in the place of others: rows that nobody could name, if any came."""
    empty = " or ".join(f"{quoted(name)} is null" for name in relation.contract.key)
    if one(connection, text(f"select exists (select from {FED} where {empty})"))[0]:
        return f"rows came without their key: {', '.join(relation.contract.key)}"
    return None


def ensure_possible(
    connection: Connection, project: Project, relation: Relation, said: Refresh, query: Query
) -> None:
    """Refuses a span or a query that cannot be asked of some rows, also while all are asked for."""
    try:
        with connection.transaction():
            selected = query(gather(connection, project, said, NONE))
            connection.execute(text(f"select * from ({selected}) s limit 0"))
            _forget(connection, said)
    except (psycopg.ProgrammingError, psycopg.NotSupportedError, psycopg.DataError) as error:
        raise ProjectError(
            f"{relation.file}: refresh: of some rows of its tables, as views, its query cannot be "
            f"asked: {error.diag.message_primary}; correct its spans, write the query otherwise, "
            "or say refresh no more"
        ) from None


def _forget(connection: Connection, said: Refresh) -> None:
    """Drops our views, which would keep others from altering the tables below them."""
    for name in said.when:
        connection.execute(text(f"drop view pg_temp.{quoted(name)}"))
