"""Raw records that nobody would wish for: each is rejected whole, and takes no other along."""

import json
from collections.abc import Mapping

import pytest
import yaml

from layers import record
from layers.errors import DataError
from layers.stage import Staged
from tests.layers.conftest import MakeShop
from tests.layers.shop import ALONE, Change, rejected

SALES = "sql/stg/till/stg_till_sales"


# --- what is no record at all --------------------------------------------------------------------

DEEP = b'{"id": "deep", "x": %s1%s}' % (b"[" * 50_000, b"]" * 50_000)
NO_RECORDS = {
    b"<html>502 Bad Gateway</html>": "is not JSON that Postgres can hold",
    b'{"id": "cut o': "is not JSON that Postgres can hold",
    b'{"id": "nul as an escape", "x": "\\u0000"}': "is not JSON that Postgres can hold",
    b'{"id": "half of a surrogate pair", "x": "\\ud800"}': "is not JSON that Postgres can hold",
    b'{"id": 1e999999}': "is not JSON that Postgres can hold",
    # what ended a copy of lines in Postgres up to 17
    b"\\.": "is not JSON that Postgres can hold",
    b'{"id": "nul as it is\x00"}': "has a raw control character, which JSON does not allow",
    b'{"id": "a line\nbreak"}': "has a raw control character, which JSON does not allow",
    b'{"id": "caf\xe9"}': "is not UTF-8",
    b'{"id": "half an emoji \xf0\x9f"}': "is not UTF-8",
    DEEP: "is nested 50,001 deep, more than Postgres bears",
}


def test_a_line_that_is_no_record_is_kept_with_its_reason_and_the_rest_of_its_batch_is_loaded(
    shop: MakeShop,
) -> None:
    till = shop()
    good = [{"id": str(number)} for number in range(len(NO_RECORDS) + 1)]
    mixed = [line for pair in zip(good, NO_RECORDS, strict=False) for line in pair]

    loaded = till.load("sales", *mixed, good[-1])

    assert (loaded.records, loaded.rejected) == (len(good), len(NO_RECORDS))
    assert till.raw("sales") == good
    rejects = till.query("select record, reason from layers.rejects")
    assert {bytes(row.record): row.reason for row in rejects} == NO_RECORDS
    assert len(rejects) == len(NO_RECORDS)
    assert till.stage("stg_till_sales").inserted == len(good)


@pytest.mark.parametrize(
    "bad",
    [b"no JSON", b'{"id": "\\u0000"}', b'{"id": "\x00"}', b'{"id": "\xff"}', DEEP],
    ids=["no JSON", "NUL", "raw NUL", "no UTF-8", "deep"],
)
def test_one_bad_line_takes_only_itself_out_wherever_it_stands(shop: MakeShop, bad: bytes) -> None:
    till = shop()

    # in the last place, so that its number is another one than how many there are of its kind
    loaded = till.load("sales", {"id": "1"}, {"id": "2"}, bad)

    assert (loaded.records, loaded.rejected) == (2, 1)
    assert [bytes(row.record) for row in till.query("select record from layers.rejects")] == [bad]


def test_a_record_that_is_only_unusual_is_kept(shop: MakeShop) -> None:
    till = shop()
    deep = DEEP  # makes Postgres give up the batch, which is then judged line by line
    unusual = [
        b'{\n  "id": "laid out",\r\n\t"shelf": "a \\n b"\n}',
        b'{"id": "brackets in a text", "shelf": "%s \\" ["}' % (b"[{" * 2_000),
        b'{"id": "said twice", "shelf": "first", "shelf": "last"}',
        b'{"id": "78 digits", "x": %s}' % (b"9" * 78),
        b'{"id": "astral \\ud83d\\ude00"}',
    ]

    loaded = till.load("sales", *unusual, deep)
    till.stage("stg_till_sales")

    assert (loaded.records, loaded.rejected) == (5, 1)
    assert {row.sale_id: row.shelf for row in till.rows("stg_till_sales")} == {
        "laid out": "a \n b",
        "brackets in a text": "[{" * 2_000 + ' " [',
        "said twice": "last",
        "78 digits": None,
        "astral 😀": None,
    }


def test_json_that_is_no_object_is_rejected_when_it_is_staged(shop: MakeShop) -> None:
    till = shop()
    till.load("sales", b"null", b"[1]", b'"text"', b"7", {"id": "1"})

    staged = till.stage("stg_till_sales")

    assert (staged.inserted, staged.rejected) == (1, 4)
    assert [(row.column_name, row.reason, row.record) for row in rejected(till)] == [
        ("sale_id", "is missing", "null"),
        ("sale_id", "is missing", "[1]"),
        ("sale_id", "is missing", '"text"'),
        ("sale_id", "is missing", "7"),
    ]


# --- values that are none of their type ----------------------------------------------------------

TYPES = {
    "flag": "{type: boolean, optional: true}",
    "small": "{type: smallint, optional: true}",
    "medium": "{type: integer, optional: true}",
    "whole": "{type: bigint, optional: true}",
    "exact": "{type: numeric, optional: true}",
    "price": '{type: "numeric(10,2)", optional: true}',
    "day": "{type: date, optional: true}",
    "moment": "{type: timestamptz, optional: true}",
    "seconds": "{type: timestamptz, optional: true, written: epoch_s}",
    "millis": "{type: timestamptz, optional: true, written: epoch_ms}",
    "known_as": "{type: uuid, optional: true}",
    "during": "{type: tstzrange, optional: true}",
    "days": "{type: daterange, optional: true}",
    "tags": '{type: "text[]", optional: true}',
    "numbers": '{type: "bigint[]", optional: true}',
    "holidays": '{type: "date[]", optional: true}',
    "payload": "{type: jsonb, optional: true}",
}
OF_ALL_TYPES: Mapping[str, Change] = {
    **ALONE,
    f"{SALES}.yaml": "grain: one row per value\nkey: id\nreject_limit: none\ncolumns:\n"
    + "  id: {type: text}\n"
    + "".join(f"  {name}: {column}\n" for name, column in TYPES.items()),
    f"{SALES}.sql": "select record ->> 'id' as id, "
    + ", ".join(f"record ->> '{name}' as {name}" for name in TYPES)
    + " from src_till.sales",
}
WRITTEN = {"seconds": " written epoch_s", "millis": " written epoch_ms"}
NO_VALUES = {
    "flag": ["maybe", "", "2"],
    "small": ["32768", "1.0", "", " 1", "0x1F"],
    "medium": ["2147483648", "1e3", "1_000"],
    "whole": ["9" * 78, "9223372036854775808", "NaN", "twelve", "1,000"],
    "exact": ["NaN", "infinity", "-Infinity", "12 EUR", "1e999999", "0x1F", "."],
    "price": ["NaN", "123456789.00", "1,50", ""],
    "day": ["now", "today", "epoch", "infinity", "2026-02-30", "20260301", "01/03/2026", ""],
    "moment": [
        *("now", "today", "tomorrow", "yesterday", "epoch", "infinity", "-infinity", "allballs"),
        *("2026-02-30T00:00:00Z", "2026-03-01T25:00:00Z", "2026-03-01T00:00:00 Mars/Base"),
        *("0000-01-01", "2026-03-01T00:00:00+99", "1772323200", "2026-03-01\n", ""),
    ],
    "seconds": ["2026-03-01", "now", "NaN", "-1", "1e9", "9" * 78],
    "millis": ["2026-03-01", "infinity", "9" * 16],
    "known_as": ["7", "ab" * 17],
    "during": ["[now,infinity)", "[2026-03-01,today)", "[2026-03-02,2026-03-01)", "2026-03-01"],
    "days": ["[today,)", "[2026-03-02,2026-03-01)", "[2026-03-01,infinity)"],
    "tags": ["a,b", "{a", "[1]"],
    "numbers": ["{1,x}", "{9223372036854775808}"],
    "holidays": ["{today}", "{2026-03-01,infinity}", "{2026-02-30}"],
    # a text that is JSON in JSON, of which Postgres can ask nothing without giving up
    "payload": ["{", "", "[" * 50_000 + "]" * 50_000],
}
VALUES = {
    "flag": [("true", "true"), ("0", "false"), ("no", "false")],
    "small": [("-32768", "-32768"), ("+7", "7")],
    "medium": [("007", "7")],
    "whole": [("9223372036854775807", "9223372036854775807")],
    "exact": [("9" * 78, "9" * 78), ("-1.50e3", "-1500"), (".5", "0.5")],
    "price": [("1.005", "1.01"), ("-99999999.99", "-99999999.99")],
    "day": [("2024-02-29", "2024-02-29")],
    "moment": [
        ("2026-03-01T01:00:00+01:00", "2026-03-01 00:00:00+00"),
        ("2026-03-01 00:00:00.123456789Z", "2026-03-01 00:00:00.123457+00"),
        ("2026-03-01", "2026-03-01 00:00:00+00"),
        ("2026-03-01T00:00:00-0130", "2026-03-01 01:30:00+00"),
    ],
    "seconds": [("1772323200", "2026-03-01 00:00:00+00"), ("0.5", "1970-01-01 00:00:00.5+00")],
    "millis": [("1772323200001", "2026-03-01 00:00:00.001+00")],
    "known_as": [
        ("A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    ],
    "during": [
        ("[2026-03-01,)", '["2026-03-01 00:00:00+00",)'),
        ('("2026-03-01 00:00:00+00","2026-03-02 00:00:00+00"]',) * 2,
        ("empty", "empty"),
    ],
    "days": [("[2026-03-01,2026-03-01]", "[2026-03-01,2026-03-02)"), ("(,)", "(,)")],
    "tags": [('{a,"b c",NULL}', '{a,"b c",NULL}')],
    "numbers": [("{}", "{}")],
    "holidays": [("{2026-12-25,2026-12-26}", "{2026-12-25,2026-12-26}")],
    "payload": [('{"b": [1, {}], "a": null}', '{"a": null, "b": [1, {}]}')],
}


@pytest.mark.parametrize("column", TYPES)
def test_a_value_that_is_none_of_its_type_rejects_its_record_and_no_other(
    shop: MakeShop, column: str
) -> None:
    till = shop(OF_ALL_TYPES)
    wanted = yaml.safe_load(TYPES[column])["type"] + WRITTEN.get(column, "")
    wrong = [{"id": f"wrong {n}", column: text} for n, text in enumerate(NO_VALUES[column])]
    right = [{"id": f"right {n}", column: text} for n, (text, _) in enumerate(VALUES[column])]
    till.load("sales", *wrong, *right, {"id": "nothing", column: None})

    staged = till.stage("stg_till_sales")

    assert (staged.inserted, staged.rejected) == (len(right) + 1, len(wrong))
    assert [(row.column_name, row.value, row.wanted, row.reason) for row in rejected(till)] == [
        (column, text, wanted, f"is no {wanted}") for text in NO_VALUES[column]
    ]
    assert [json.loads(row.record) for row in rejected(till)] == wrong
    found = till.query(f"select id, {column}::text as value from stg_till.stg_till_sales")
    assert {row.id: row.value for row in found} == {
        "nothing": None,
        **{f"right {n}": value for n, (_, value) in enumerate(VALUES[column])},
    }


def test_a_record_without_a_value_that_must_be_there_is_rejected(shop: MakeShop) -> None:
    till = shop(
        {f"{SALES}.yaml": {"shelf:       {type: text, optional: true}": "shelf: {type: text}"}}
    )
    till.load("sales", {"id": "1", "shelf": "bread"}, {"id": "2"}, {"id": "3", "shelf": ""})

    till.stage("stg_till_sales")

    assert [row.sale_id for row in till.rows("stg_till_sales")] == ["1", "3"]
    assert [(row.column_name, row.value, row.reason) for row in rejected(till)] == [
        ("shelf", None, "is missing")
    ]


def test_a_relation_of_its_key_alone_is_staged_like_any_other(shop: MakeShop) -> None:
    only_ids: Mapping[str, Change] = {
        f"{SALES}.yaml": "grain: one row per sale\nkey: id\ncolumns:\n  id: {type: text}\n",
        f"{SALES}.sql": "select record ->> 'id' as id from src_till.sales",
    }
    till = shop({**ALONE, **only_ids})
    till.load("sales", {"id": "1"}, {"id": "2"}, {"id": "1"})

    staged = till.stage("stg_till_sales")

    assert (staged.inserted, staged.repeated) == (2, 1)
    assert [row.id for row in till.rows("stg_till_sales")] == ["1", "2"]


# --- how many rejects are too many ---------------------------------------------------------------


def test_more_rejects_than_the_limit_fail_the_task_and_the_good_rows_are_there(
    shop: MakeShop,
) -> None:
    till = shop({f"{SALES}.yaml": {"key: sale_id": "key: sale_id\n        reject_limit: 20%"}})
    till.load("sales", *({"id": str(n), "amount": "free" if n < 11 else "1"} for n in range(50)))

    with pytest.raises(DataError) as raised:
        till.stage("stg_till_sales")

    assert str(raised.value).startswith(
        "stg_till_sales: 11 of 50 records were rejected, more than reject_limit 20%; "
        "the others are staged."
    )
    shown = till.query(str(raised.value).splitlines()[-1])
    assert [row.value for row in shown] == ["free"] * 11
    assert len(till.rows("stg_till_sales")) == 39
    assert record.versions(till.admin, ["stg_till_sales"]) == {"stg_till_sales": 1}
    # they are told once; the next run is about the next records
    assert till.stage("stg_till_sales") == Staged("stg_till_sales")


def test_ten_rejects_are_never_too_many(shop: MakeShop) -> None:
    till = shop()
    till.load("sales", *({"id": str(n), "amount": "free"} for n in range(10)))

    assert till.stage("stg_till_sales").rejected == 10
