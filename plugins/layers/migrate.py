"""Roles and schemas of the warehouse, made and repaired by its owner; run it as often as you like.

The owner is a role that owns the database and may create roles; it needs no superuser, and nothing
runs as it afterwards.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.sql import Identifier

from layers import announce, evolve, freshness, raw, staging_table
from layers.errors import TemporaryError
from layers.project import Project
from layers.warehouse import SESSION, Connection, connection_parameters, one, text, writer

READERS = {
    "loader": "layers_loader",
    "modeller": "layers_modeller",
    "presenter": "layers_presenter",
}
LOGINS = {**READERS, "looker": "looker"}
# A reader whom nobody supervises: its own clock and dates, a query that ends, and no more
# connections than leave room for the pipeline.
LOOKER = {"TimeZone": SESSION["TimeZone"], "DateStyle": SESSION["DateStyle"]}
LOOKER |= {"statement_timeout": "60s"}
LOOKER_CONNECTIONS = 40


@dataclass(frozen=True)
class Schema:
    """A schema, the role that writes it, and the role that may read it besides."""

    name: str
    writer: str
    reader: str | None = None


def schemas(project: Project) -> Iterator[Schema]:
    """Every schema that a project's tables are in."""
    yield Schema("stg_layers", "layers_loader", "layers_modeller")
    for source in project.sources:
        yield Schema(f"src_{source}", "layers_loader")
        yield Schema(f"stg_{source}", "layers_loader", "layers_modeller")
    yield Schema("dmn", "layers_modeller", "layers_presenter")
    yield Schema("dmn_candidates", "layers_modeller")
    for use_case in project.use_cases:
        yield Schema(f"prs_{use_case}", "layers_presenter", "looker")
    yield Schema("prs_candidates", "layers_presenter")


def migrate(owner: Connection, project: Project) -> list[str]:
    """Makes what is missing and mends what is wrong; returns what was made, a line each."""
    made = [f"role {role}" for role in _roles(owner)]
    with owner.transaction():
        owner.execute("select pg_advisory_xact_lock(hashtextextended('layers:migrate', 0))")
        made += [f"schema {name}" for name in _schemas(owner, project)]
        if any(relation.contract.overlaps_never for relation in project.relations.values()):
            owner.execute("create extension if not exists btree_gist with schema public")
        _records(owner)
    with owner.transaction():
        owner.execute("set local role layers_loader")
        for name, declaration in project.sources.items():
            for object_name in declaration.objects:
                raw.ensure_table(owner, f"src_{name}", object_name)
        for relation in project.relations.values():
            if relation.layer == "stg":
                staging_table.ensure(owner, relation)
        announce.keep_settings(owner, project)
    for unit in project.units:
        with owner.transaction():
            owner.execute(sql.SQL("set local role {}").format(Identifier(LOGINS[writer(unit)])))
            evolve.create(owner, project, unit)
            if unit != "dmn":
                freshness.create(owner, project, unit)
    return made


def _roles(owner: Connection) -> Iterator[str]:
    for role in ("layers_owner", *LOGINS.values()):
        if not one(owner, "select 1 from pg_roles where rolname = %s", role):
            try:
                owner.execute(sql.SQL("create role {}").format(Identifier(role)))
            except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
                continue  # another warehouse of this server made it at the same moment
            yield role
    for role in ("layers_owner", *LOGINS.values()):
        _member(owner, role)
    for name, role in LOGINS.items():
        connection_id = name if name == "looker" else f"warehouse_{name}"
        password = str(connection_parameters(connection_id).get("password", ""))
        _alter(owner, role, sql.SQL("login password {}").format(sql.Literal(password)))
    for name, value in LOOKER.items():
        setting = sql.SQL("set {} to {}").format(Identifier(name), sql.Literal(value))
        _alter(owner, "looker", setting)
    limit = sql.SQL("connection limit {}").format(sql.Literal(LOOKER_CONNECTIONS))
    _alter(owner, "looker", limit)


def _alter(owner: Connection, role: str, how: sql.Composed) -> None:
    """Changes a role; roles belong to the whole server, where others may be changing it too."""
    for attempt in range(10):
        try:
            owner.execute(sql.SQL("alter role {} {}").format(Identifier(role), how))
            return
        except psycopg.errors.InternalError_:  # tuple concurrently updated
            time.sleep(0.1 * (attempt + 1))
    raise TemporaryError(f"role {role}: somebody else keeps changing it; migrate again")


def _member(owner: Connection, role: str) -> None:
    """Lets the owner act as a role it made, which Postgres 16 no longer does by itself."""
    superuser = one(owner, "select rolsuper from pg_roles where rolname = current_user")
    if not superuser[0]:
        owner.execute(
            sql.SQL("grant {} to current_user with inherit true, set true").format(Identifier(role))
        )


def _schemas(owner: Connection, project: Project) -> Iterator[str]:
    for schema in schemas(project):
        there = one(owner, "select 1 from pg_namespace where nspname = %s", schema.name)
        if not there:
            yield schema.name
        names = {
            "schema": Identifier(schema.name),
            "writer": Identifier(schema.writer),
            "reader": Identifier(schema.reader or schema.writer),
        }
        for statement in _SCHEMA[: None if schema.reader else 2]:
            owner.execute(sql.SQL(statement).format(**names))


_SCHEMA = (
    "create schema if not exists {schema} authorization layers_owner",
    "grant usage, create on schema {schema} to {writer}",
    "grant usage on schema {schema} to {reader}",
    "grant select on all tables in schema {schema} to {reader}",
    "alter default privileges for role {writer} in schema {schema}"
    " grant select on tables to {reader}",
)


def _records(owner: Connection) -> None:
    """The schema `layers`, which all three writers write."""
    owner.execute(text(Path(__file__).with_name("record.sql").read_text(encoding="utf-8")))
    for role in READERS.values():
        owner.execute(sql.SQL("grant usage on schema layers to {}").format(Identifier(role)))
    for tables, writers, readers in RECORDS:
        names = sql.SQL(", ").join(Identifier("layers", name) for name in tables.split())
        for role in READERS.values():
            rights = "select, insert, update, delete" if role in writers else "select"
            owner.execute(sql.SQL("revoke all on {} from {}").format(names, Identifier(role)))
            if role in (*writers, *readers):
                grant = sql.SQL("grant {} on {} to {}")
                owner.execute(grant.format(text(rights), names, Identifier(role)))
    # batches that are copied side by side take the numbers of their loads before they begin
    owner.execute("grant usage on sequence layers.loads_load_id_seq to layers_loader")


# Who writes which records, and who else may read them. What a source sent stays with the loader.
_LOADER, _BUILDERS = ("layers_loader",), ("layers_modeller", "layers_presenter")
RECORDS = (
    ("rejects", _LOADER, ()),
    ("loads cursors files drift staged stagings", _LOADER, _BUILDERS),
    ("versions", (*_LOADER, *_BUILDERS), ()),
    ("builds checks settlements held publications published", _BUILDERS, _LOADER),
    ("differences held_back promises", _BUILDERS, _LOADER),
)
