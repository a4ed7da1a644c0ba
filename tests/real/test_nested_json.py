"""Awkward JSON: what is read back from Postgres is what went in."""

import pytest

from tests.real import plain
from tests.real.runs import Result

README = {
    "actions": ("event.event.many_load_2.json", 2),
    "long_names": ("long_column_name.json", 1),
    "transfers": ("pua_encoded_row.json", 1),
    "bot_events": ("rasa_event_bot_metadata.json.gz", 1),
    "weird_rows": ("weird_rows.json", 5),
}


def recorded(result: Result, name: str) -> list[dict[str, object]]:
    found = plain.document(result.folder / README[name][0])
    return found if isinstance(found, list) else [found]


def test_every_record_is_accounted_for(result: Result) -> None:
    assert result.problems() == []


def test_reading_again_changes_nothing(result: Result) -> None:
    assert result.read_again() == []


@pytest.mark.parametrize("name", README)
def test_what_is_read_back_is_what_went_in(result: Result, name: str) -> None:
    assert len(recorded(result, name)) == README[name][1]
    assert result.raw(f"awkward.{name}") == recorded(result, name)


def test_quotes_scripts_and_control_characters_are_staged_as_they_are(result: Result) -> None:
    staged = {row.idx: row.str for row in result.rows("stg_awkward_weird_rows")}
    assert staged == {row["idx"]: row["str"] for row in recorded(result, "weird_rows")}
    assert any("\u0006" in text for text in staged.values())


def test_a_number_of_78_digits_keeps_them(result: Result) -> None:
    (transfer,) = recorded(result, "transfers")
    digits = str(transfer["wad"])[1:]  # behind a character of private use
    assert (len(digits), digits.isdigit()) == (78, True)
    (staged,) = result.rows("stg_awkward_transfers")
    assert staged.wad == int(digits)


def test_a_name_of_1113_characters_is_kept_in_the_raw_record(result: Result) -> None:
    (schema,) = result.raw("awkward.long_names")
    (columns,) = schema.values()
    assert max(map(len, columns)) == 1_113
    assert result.accounts["long_names"].unclaimed == 1
