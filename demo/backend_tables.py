"""The tables of the product's own database, each with the file of its rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString

COMMON: tuple[LiteralString, ...] = (
    "created_at timestamptz not null",
    "updated_at timestamptz not null",
)
NUMBER: LiteralString = "id bigint primary key"
DELETED: LiteralString = "deleted_at timestamptz"


@dataclass(frozen=True)
class Table:
    """A table of the product."""

    name: LiteralString
    columns: tuple[LiteralString, ...]  # as in `create table`, names first

    @property
    def names(self) -> Sequence[str]:
        """The columns' names, `id` first."""
        return [column.split()[0] for column in self.columns]

    @property
    def file(self) -> str:
        """Where a generated company has its rows."""
        return f"backend/{self.name}.jsonl"


USERS = Table(
    "users",
    (
        "id uuid primary key",
        "email text not null",
        "full_name text not null",
        "signed_up_at timestamptz not null",
        "email_verified_at timestamptz",
        "country text not null",
        *COMMON,
        DELETED,
    ),
)
ORGANISATIONS = Table(
    "organisations",
    (
        NUMBER,
        "name text not null",
        "kind text not null",
        "country text not null",
        "hubspot_company_id text",
        *COMMON,
        DELETED,
    ),
)
SCHOOLS = Table(
    "schools",
    (
        NUMBER,
        "organisation_id bigint not null",
        "name text not null",
        "urn text not null",
        "postcode text not null",
        "phase text not null",
        *COMMON,
        DELETED,
    ),
)
SCHOOL_MEMBERSHIPS = Table(
    "school_memberships",
    (
        NUMBER,
        "user_id uuid not null",
        "school_id bigint not null",
        "role text not null",
        "started_at timestamptz not null",
        "ended_at timestamptz",
        *COMMON,
    ),
)
PLANS = Table(
    "plans",
    (
        NUMBER,
        "name text not null",
        "billing_period text not null check (billing_period in ('month', 'year'))",
        "price_per_seat numeric not null",
        "currency text not null",
        "is_free boolean not null",
        *COMMON,
    ),
)
SUBSCRIPTIONS = Table(
    "subscriptions",
    (
        NUMBER,
        "organisation_id bigint not null",
        "started_at timestamptz not null",
        "cancel_requested_at timestamptz",
        "ended_at timestamptz",
        *COMMON,
    ),
)
SUBSCRIPTION_TERMS = Table(
    "subscription_terms",
    (
        NUMBER,
        "subscription_id bigint not null",
        "plan_id bigint not null",
        "seats integer not null",
        "price_per_seat numeric not null",
        "discount_percent numeric not null",
        "starts_at timestamptz not null",
        "ends_at timestamptz",
        "began_by text not null check (began_by in ('new', 'renewal', 'change'))",
        "renewal_due_on date",
        "is_trial boolean not null",
        *COMMON,
    ),
)
SEATS = Table(
    "seats",
    (
        NUMBER,
        "subscription_id bigint not null",
        "seat_type text not null check (seat_type in ('admin', 'full', 'viewer'))",
        *COMMON,
    ),
)
SEAT_ASSIGNMENTS = Table(
    "seat_assignments",
    (
        NUMBER,
        "seat_id bigint not null",
        "user_id uuid not null",
        "assigned_at timestamptz not null",
        "released_at timestamptz",
        *COMMON,
    ),
)
TABLES = (
    *(USERS, ORGANISATIONS, SCHOOLS, SCHOOL_MEMBERSHIPS, PLANS, SUBSCRIPTIONS),
    *(SUBSCRIPTION_TERMS, SEATS, SEAT_ASSIGNMENTS),
)
