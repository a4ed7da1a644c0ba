"""Purity: a query and a criterion answer from the rows they are given, and from nothing else.

So building twice gives the same, and what a query reads is known from its text. The authority is
Postgres itself, which says of each of its functions whether the same arguments always give the
same: those of which it does not are in `impure.txt`, but for `SAME`, whose answers the settings of
the engine's own sessions make the same. Unquoted, a function is always one of Postgres's own, as
nothing else is on the engine's search path; of extensions only known names are refused.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

IMPURE = frozenset(Path(__file__).with_name("impure.txt").read_text(encoding="utf-8").split())
# Postgres calls these stable, which they are for a time zone, a way of writing dates, a locale or a
# configuration of text search; and the types of the rows that they are given.
SAME = frozenset(
    "age anytextcat array_to_json array_to_string concat concat_ws convert convert_from "
    "convert_to date date_add date_part date_subtract date_trunc enum_first enum_last enum_range "
    "extract format generate_series in_range interval_pl_timestamptz json_agg json_agg_strict "
    "json_build_array json_build_object json_object_agg json_object_agg_strict "
    "json_object_agg_unique json_object_agg_unique_strict json_populate_record "
    "json_populate_recordset json_to_record json_to_recordset json_to_tsvector jsonb_agg "
    "jsonb_agg_strict jsonb_build_array jsonb_build_object jsonb_path_exists_tz "
    "jsonb_path_match_tz jsonb_path_query_array_tz jsonb_path_query_first_tz jsonb_path_query_tz "
    "jsonb_populate_record jsonb_populate_record_valid jsonb_populate_recordset jsonb_to_record "
    "jsonb_to_recordset jsonb_to_tsvector length make_timestamptz money numeric overlaps "
    "pg_basetype pg_input_error_info pg_input_is_valid pg_typeof phraseto_tsquery "
    "plainto_tsquery quote_literal quote_nullable row_to_json textanycat time timestamp "
    "timestamptz timestamptz_mi_interval timestamptz_pl_interval timetz timezone to_char to_date "
    "to_json to_jsonb to_number to_timestamp to_tsquery to_tsvector ts_debug ts_headline "
    "ts_match_tq ts_match_tt ts_parse ts_token_type websearch_to_tsquery xml "
    "xml_is_well_formed".split()
)
# Functions that are written without parentheses.
_WORDS = frozenset(
    "current_catalog current_date current_role current_schema current_time current_timestamp"
    " current_user localtime localtimestamp session_user system_user user".split()
)
# Of the extensions that come with Postgres: what rolls dice, leaves the database or runs a text.
_OF_EXTENSIONS = re.compile(
    r"dblink\w*|gen_random_bytes|gen_salt|uuid_generate_v(1|1mc|4)|normal_rand|crosstab\w*|connectby"
)
CLOCKS = frozenset(
    "age clock_timestamp current_date current_time current_timestamp localtime localtimestamp now"
    " statement_timestamp timeofday transaction_timestamp".split()
)
_MOMENTS = frozenset("now today tomorrow yesterday".split())


def impure(text: str, tree: exp.Expr) -> Iterator[str]:
    """What in a query or expression, and its tree, may give another answer when it is asked again.

    Each as it is written, in lower case.
    """
    yield from _called(text, tree)
    for node in tree.walk():
        if isinstance(node, exp.TableSample):
            yield "tablesample"
        elif isinstance(node, exp.Anonymous) and _is_age_of_one(node):
            yield "age"
        elif _is_text_of_a_moment(node):
            yield f"'{node.name}'"


def is_clock(said: str) -> bool:
    """Whether what was found asks the time."""
    return said in CLOCKS or said.startswith("'")


def _called(text: str, tree: exp.Expr) -> Iterator[str]:
    """The functions that a text calls, whatever a parser makes of them."""
    tokens = sqlglot.tokenize(text, read="postgres")
    named = {
        alias.this.meta.get("start")
        for alias in tree.find_all(exp.TableAlias)
        if isinstance(alias.this, exp.Identifier)
    }
    for before, token, after in zip([None, *tokens], tokens, [*tokens[1:], None], strict=False):
        if token.token_type in _TEXTS or token.start in named:
            continue
        name = token.text.lower()
        if (after is not None and after.token_type == TokenType.L_PAREN and _is_refused(name)) or (
            name in _WORDS and not _is_a_name(before, token)
        ):
            yield name


_TEXTS = frozenset(kind for kind in TokenType if kind.name.endswith(("STRING", "NUMBER")))


def _is_refused(name: str) -> bool:
    return name in IMPURE or bool(_OF_EXTENSIONS.fullmatch(name))


def _is_a_name(before: Token | None, token: Token) -> bool:
    """Whether a word that is a function elsewhere is here what a column is called."""
    is_named = before is not None and before.token_type in (TokenType.DOT, TokenType.ALIAS)
    return is_named or token.token_type == TokenType.IDENTIFIER


def _is_age_of_one(node: exp.Anonymous) -> bool:
    """The age of one instant is the time since then; of two, the time between them."""
    return node.name.lower() == "age" and len(node.expressions) == 1


def _is_text_of_a_moment(node: exp.Expr) -> bool:
    """A word like 'now' where Postgres reads it as a moment: cast, given to a function, ordered.

    In an equality it may be any text, and the types that would tell are not known here.
    """
    if not (node.is_string and node.name.strip().lower() in _MOMENTS):
        return False
    ordered = (exp.Between, exp.GT, exp.GTE, exp.LT, exp.LTE)
    return isinstance(node.parent, (exp.Cast, exp.Func, *ordered))
