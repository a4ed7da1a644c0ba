"""Finance's sheets, as people keep them: what can be understood is, the rest has its line."""

import gzip
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from layers.errors import SourceError
from tests.sources.conftest import Connect
from tests.sources.house import House

BUDGETS = "stg_finance_budgets"
OBJECT = "finance.budgets"


class Sheet:
    """`budgets.csv` in a folder of its own."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house, self.path = house, folder / "budgets.csv"

    def says(self, text: str | bytes) -> list[str]:
        """Finance saves it, and we read it; what failed."""
        self.path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return self.house.read(OBJECT)

    def amounts(self) -> dict[str, Decimal]:
        """The amounts of the budgets that are there, by month and metric."""
        return {
            f"{row.month:%Y-%m} {row.metric}": row.amount
            for row in self.house.rows(BUDGETS)
            if not row.is_deleted
        }


@pytest.fixture
def sheet(house: House, tmp_path: Path, connect: Connect) -> Sheet:
    connect("finance", conn_type="generic", extra={"path": tmp_path.as_uri()})
    return Sheet(house, tmp_path)


HEAD = "month,metric,amount\n"
THREE = f"{HEAD}2026-01,mrr_eur,1\n2026-02,mrr_eur,2\n2026-03,mrr_eur,3\n"


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("1250", "1250"),
        ('"1,250"', "1250"),
        ('"1,250,000.50"', "1250000.5"),
        ('"1.250,50"', "1250.5"),
        ("€ 900", "900"),
        ("900 €", "900"),
        ("€900.00", "900"),
        (" 900 ", "900"),
        ("1 250", "1250"),
        ("1\u00a0250", "1250"),
        ("1\u202f250", "1250"),
        ("1'250", "1250"),
        ("-900", "-900"),
        ('"0,5"', "0.5"),
    ],
)
def test_an_amount_is_read_as_people_write_it(sheet: Sheet, written: str, amount: str) -> None:
    assert sheet.says(f"{HEAD}2026-03,mrr_eur,{written}\n") == []
    assert sheet.amounts() == {"2026-03 mrr_eur": Decimal(amount)}
    assert sheet.house.rejects() == []


@pytest.mark.parametrize("written", ["n/a", '"1,25"x', '"1,2,3"', "12-13", "1e", "NaN", "?"])
def test_an_amount_that_nobody_can_read_is_rejected_with_its_line(
    sheet: Sheet, written: str
) -> None:
    assert sheet.says(f"{HEAD}2026-02,mrr_eur,1\n2026-03,mrr_eur,{written}\n") == []
    assert sheet.amounts() == {"2026-02 mrr_eur": Decimal(1)}
    (reject,) = sheet.house.rejects()
    assert reject.startswith(f"{BUDGETS} amount line 3: is no numeric(18,4) written amount")


UTF16 = "month\tmetric\tamount\r\n2026-03\tmrr_eur\t€ 900\r\n2026-04\tmrr_eur\t1250\r\n"
FORMS: dict[str, str | bytes] = {
    "as it should be": "month,metric,amount\n2026-03,mrr_eur,900\n2026-04,mrr_eur,1250\n",
    "a byte-order mark": "\ufeffmonth,metric,amount\n2026-03,mrr_eur,900\n2026-04,mrr_eur,1250\n",
    "semicolons": 'month;metric;amount\n2026-03;mrr_eur;€ 900\n2026-04;mrr_eur;"1.250,00"\n',
    "tabs": "month\tmetric\tamount\n2026-03\tmrr_eur\t900\n2026-04\tmrr_eur\t1250\n",
    "empty lines": "\n\nmonth,metric,amount\n\n2026-03,mrr_eur,900\n,,\n2026-04,mrr_eur,1250\n\n",
    "a second header": f"{HEAD}2026-03,mrr_eur,900\nmonth , metric,amount\n2026-04,mrr_eur,1250\n",
    "Windows": "month,metric,amount\r\n2026-03,mrr_eur,900\r\n2026-04,mrr_eur,1250\r\n",
    "an old Mac": "month,metric,amount\r2026-03,mrr_eur,900\r2026-04,mrr_eur,1250\r",
    "no end of the last line": f"{HEAD}2026-03,mrr_eur,900\n2026-04,mrr_eur,1250",
    "quotes": '"month","metric","amount"\n"2026-03","mrr_eur","900"\n"2026-04","mrr_eur","1,250"\n',
    "another order": "amount,metric,month\n900,mrr_eur,2026-03\n1250,mrr_eur,2026-04\n",
    "Excel's Unicode text": UTF16.encode("utf-16"),
    "the other Unicode text": b"\xfe\xff" + UTF16.encode("utf-16-be"),
    "sep=": "sep=;\nmonth;metric;amount\n2026-03;mrr_eur;900\n2026-04;mrr_eur;1250,00\n",
    "no names": "month,metric,amount,,\n2026-03,mrr_eur,900,,\n2026-04,mrr_eur,1250,,x\n",
    "a note beside it": "month,metric,amount,note\n2026-03,mrr_eur,900,ok\n2026-04,mrr_eur,1250,\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_a_sheet_is_understood_in_every_form_that_people_save(sheet: Sheet, form: str) -> None:
    assert sheet.says(FORMS[form]) == []
    assert sheet.amounts() == {"2026-03 mrr_eur": 900, "2026-04 mrr_eur": 1250}
    assert sheet.house.rejects() == []


RUBBISH: dict[str, tuple[bytes, str]] = {
    "a cell too many": (b"2026-03,mrr_eur,900,x", "has 4 values, and the header 3 names"),
    "a cell too few": (b"2026-03,mrr_eur", "has 2 values, and the header 3 names"),
    "a sentence": (b"to be agreed with Tom", "has 1 values, and the header 3 names"),
    "a comma between thousands": (b"2026-03,mrr_eur,1,250", "has 4 values"),
    "no UTF-8": (b"2026-03,mrr_\xe9,900", "is not UTF-8"),
    "a NUL": (b"2026-03,mrr\0eur,900", "holds a NUL"),
    "a stray quote": (b'2026-03,"mrr_eur,900', "has a quote that is not closed where its row ends"),
    "a stray quote at its start": (b'"2026-03,mrr_eur,900', "has a quote that is not closed"),
    "no month": (b"March,mrr_eur,900", "is no date written month"),
    "a thirteenth month": (b"2026-13,mrr_eur,900", "is no date written month"),
    "a year that never was": (b"0000-05,mrr_eur,900", "is no date written month"),
    "an empty amount": (b"2026-03,mrr_eur,", "amount line 3: is missing"),
}


@pytest.mark.parametrize("rubbish", RUBBISH)
def test_rubbish_is_rejected_with_its_line_number_and_the_rest_is_read(
    sheet: Sheet, rubbish: str
) -> None:
    line, reason = RUBBISH[rubbish]
    good = b"2026-02,mrr_eur,1\n", b"\n2026-04,mrr_eur,3\n"
    assert sheet.says(HEAD.encode() + good[0] + line + good[1]) == []

    assert sheet.amounts() == {"2026-02 mrr_eur": 1, "2026-04 mrr_eur": 3}
    (reject,) = sheet.house.rejects()
    assert "line 3: " in reject
    assert reason in reject


def test_a_stray_quote_takes_no_line_with_it_that_could_be_read(sheet: Sheet) -> None:
    """Once all budgets below it went with it, and counted as deleted."""
    lines = [f"2026-{month:02},mrr_eur,{month}\n" for month in range(1, 13)]
    assert sheet.says(HEAD + "".join(lines)) == []
    for number in (2, 7, 11):
        lines[number] = lines[number].replace("mrr", '"mrr')
    # the row of line 4 would be closed by the quote in line 9, and have cells too few
    assert sheet.says(HEAD + "".join(lines)) == []
    assert [reject.split(": ")[1] for reject in sheet.house.rejects()] == [
        "line 4",
        "line 9",
        "line 13",
    ]
    months = {row.month.month for row in sheet.house.rows(BUDGETS) if not row.is_deleted}
    assert months >= set(range(1, 13)) - {3, 8, 12}


def test_lines_above_the_header_are_rejected_with_their_numbers(sheet: Sheet) -> None:
    text = f"Budgets 2026\n\nas agreed,,\n{HEAD}2026-03,mrr_eur,900\n2026-04,mrr_eur,x\n"
    assert sheet.says(text) == []
    assert sheet.amounts() == {"2026-03 mrr_eur": 900}
    assert [reject.split("budgets")[-1][:40] for reject in sheet.house.rejects()] == [
        ".csv: line 1: is above the header",
        ".csv: line 3: is above the header",
        " amount line 6: is no numeric(18,4) writ",
    ]


HEADERS: dict[str, tuple[bytes, str]] = {
    "cp1252": ("month,metric,amount,€\n2026-01,mrr_eur,5,\n".encode("cp1252"), "is not UTF-8"),
    "UTF-16 without its mark": (THREE.encode("utf-16-le"), "holds a NUL"),
    "two of one name": (b"month,amount,amount\n2026-01,1,2\n", "has two columns 'amount'"),
    "_line": (b"month,_line\n2026-01,1\n", "has a column '_line'"),
    "a stray quote": (
        b'month,"metric,amount\n2026-01,mrr_eur,5\n',
        "has a quote that is not closed",
    ),
    "less cells than the rows": (
        HEAD.encode() + b"2026-01,mrr_eur,1,250\n2026-02,mrr_eur,1,250\n",
        "has 3 cells, and most lines below it 4",
    ),
    "an end that is missing": (b"", "is no whole gzip file"),
}


@pytest.mark.parametrize("header", HEADERS)
def test_a_sheet_whose_header_nobody_can_read_loads_and_deletes_nothing(
    sheet: Sheet, header: str
) -> None:
    assert sheet.says(THREE) == []
    content, problem = HEADERS[header]
    if not content:
        sheet.house.change({"sql/src/finance.yaml": {"budgets.csv": "budgets.csv.gz"}})
        sheet.path = sheet.path.with_suffix(".csv.gz")
        content = gzip.compress(THREE.encode() * 9)[:-9]
    before = sheet.house.whole(BUDGETS)

    (failure,) = sheet.says(content)

    assert failure.startswith("connection 'finance': budgets.csv")
    assert problem in failure
    assert failure.endswith(
        "nothing is loaded or deleted; mend the file, or put the one before it back"
    )
    assert sheet.house.whole(BUDGETS) == before
    assert sheet.house.rejects() == []


def test_a_row_of_several_lines_is_counted_by_its_first_and_the_next_by_its_own(
    sheet: Sheet,
) -> None:
    text = f'{HEAD}2026-02,"mrr\n_eur",x\n2026-03,mrr_eur,y\n'
    assert sheet.says(text) == []
    assert [reject.split(":")[0] for reject in sheet.house.rejects()] == [
        f"{BUDGETS} amount line 2",
        f"{BUDGETS} amount line 4",
    ]


def test_of_two_lines_for_one_key_the_last_counts_and_the_earlier_is_rejected(
    sheet: Sheet,
) -> None:
    text = f"{HEAD}2026-03,mrr_eur,1\n2026-04,mrr_eur,2\n2026-03,mrr_eur,3\n"
    assert sheet.says(text) == []
    assert sheet.amounts() == {"2026-03 mrr_eur": 3, "2026-04 mrr_eur": 2}
    assert sheet.house.rejects() == [
        f"{BUDGETS} line 2: its key, month, metric, is there again further down, which counts"
    ]


def test_an_unchanged_sheet_is_not_loaded_again(sheet: Sheet) -> None:
    assert sheet.says(THREE) == []
    before = sheet.house.moved(), sheet.house.whole(BUDGETS), len(sheet.house.raw(OBJECT))
    assert sheet.says(THREE) == []
    after = sheet.house.moved(), sheet.house.whole(BUDGETS), len(sheet.house.raw(OBJECT))
    assert after == before


def test_a_line_that_went_is_deleted_since_then_and_is_not_any_more_when_it_is_back(
    sheet: Sheet,
) -> None:
    house = sheet.house
    assert sheet.says(THREE) == []
    assert house.deleted(BUDGETS) == {}

    assert sheet.says(THREE.replace("2026-02,mrr_eur,2\n", "")) == []
    noticed = house.deleted(BUDGETS)
    assert noticed == {"2026-02-01": house.last_load()}

    assert (
        sheet.says(THREE.replace("2026-02,mrr_eur,2\n", "").replace("mrr_eur,3", "mrr_eur,4")) == []
    )
    assert house.deleted(BUDGETS) == noticed  # it was noticed when it was noticed
    before = house.whole(BUDGETS)
    house.replay(BUDGETS)
    assert house.whole(BUDGETS) == before

    assert sheet.says(THREE) == []
    assert house.deleted(BUDGETS) == {}
    assert sheet.amounts() == {"2026-01 mrr_eur": 1, "2026-02 mrr_eur": 2, "2026-03 mrr_eur": 3}
    before = house.whole(BUDGETS)
    house.replay(BUDGETS)
    assert house.whole(BUDGETS) == before


def test_a_line_that_cannot_be_read_any_more_does_not_leave_its_old_amount_behind_as_if_agreed(
    sheet: Sheet,
) -> None:
    assert sheet.says(THREE) == []
    assert sheet.says(THREE.replace("2026-02,mrr_eur,2", "2026-02,mrr_eur,soon")) == []
    assert "amount line 3: is no numeric" in sheet.house.rejects()[0]
    # its line is there: it is not deleted, and says what it last could be read as
    assert sheet.house.deleted(BUDGETS) == {}
    assert sheet.amounts()["2026-02 mrr_eur"] == 2


def test_a_sheet_without_a_byte_is_one_that_is_being_saved_and_deletes_nothing(
    sheet: Sheet,
) -> None:
    """Once it deleted everything, as if somebody had meant it."""
    assert sheet.says(b"") == []  # nobody has filled it in yet
    assert sheet.says(THREE) == []
    before = sheet.house.whole(BUDGETS)
    (failure,) = sheet.says(b"")
    assert failure == (
        "connection 'finance': budgets.csv: is empty, without even its header; nothing is loaded or"
        " deleted; put the one before it back, or its header where it shall say nothing"
    )
    assert sheet.house.whole(BUDGETS) == before
    assert sheet.says(THREE) == []
    assert sheet.house.whole(BUDGETS) == before


@pytest.mark.parametrize("content", [b"\n\n", HEAD.encode()], ids=["blank", "header"])
def test_an_empty_sheet_deletes_what_was_in_it_and_fails_nothing(
    sheet: Sheet, content: bytes
) -> None:
    assert sheet.says(THREE) == []
    assert sheet.says(content) == []
    assert sheet.amounts() == {}
    assert len(sheet.house.deleted(BUDGETS)) == 3


def test_a_sheet_that_is_not_there_is_a_clear_error_and_deletes_nothing(sheet: Sheet) -> None:
    assert sheet.says(THREE) == []
    sheet.path.unlink()
    with pytest.raises(SourceError) as raised:
        sheet.house.load(OBJECT)
    assert str(raised.value) == (
        "connection 'finance': there is no file budgets.csv; put it there, or correct 'files'"
    )
    assert sheet.house.deleted(BUDGETS) == {}


def test_a_directory_in_the_place_of_a_sheet_is_no_file(sheet: Sheet) -> None:
    sheet.path.mkdir()
    with pytest.raises(SourceError, match=r"there is no file budgets\.csv"):
        sheet.house.load(OBJECT)


@pytest.mark.parametrize(
    "line",
    [
        "2026-03,mrr_eur,900,x",
        "2026-03,mrr_eur,soon",
    ],
)
def test_the_rejects_of_a_sheet_that_was_mended_go(sheet: Sheet, line: str) -> None:
    assert sheet.says(f"{HEAD}{line}\n2026-04,mrr_eur,1000\n") == []
    assert len(sheet.house.rejects()) == 1
    assert sheet.says(f"{HEAD}2026-03,mrr_eur,900\n2026-04,mrr_eur,1000\n") == []
    assert sheet.amounts() == {"2026-03 mrr_eur": 900, "2026-04 mrr_eur": 1000}
    assert sheet.house.rejects() == []


def test_months_are_days_and_the_line_stays_with_the_raw_record(sheet: Sheet) -> None:
    assert sheet.says(THREE) == []
    found: list[Any] = sheet.house.raw(OBJECT)
    assert found[1] == {"month": "2026-02", "metric": "mrr_eur", "amount": "2", "_line": 3}
    assert sheet.house.rows(BUDGETS)[1].month == date(2026, 2, 1)
