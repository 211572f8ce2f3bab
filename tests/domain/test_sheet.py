"""Files of people as spreadsheets write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybreak.domain import sheet, spreadsheet
from daybreak.domain.sheet import Row, UnreadableError

ANA = Row(2, "ana@acme.test", "Ana", "Europe/Lisbon", "9:00", "17:00", "mon-fri", "Product")
HEADER = "email,name,timezone,work_start,work_end,days,team"
LINE = "ana@acme.test,Ana,Europe/Lisbon,9:00,17:00,mon-fri,Product"


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_marks_separators_and_line_ends(bom: str, separator: str, end: str) -> None:
    text = bom + end.join([HEADER, LINE, "", ""]).replace(",", separator)
    assert sheet.read(text.encode()).rows == [ANA]


def test_columns_in_any_order_and_spelling_and_unknown_ones() -> None:
    found = sheet.read(b"Role,Name,E-Mail,Time zone\nowner,Ana,ana@acme.test,UTC\n")
    assert found.rows == [Row(2, "ana@acme.test", "Ana", "UTC")]
    assert found.unknown == ["Role"]


def test_rows_are_numbered_as_in_the_spreadsheet_and_short_ones_are_filled() -> None:
    found = sheet.read(b"name,email\n,\nAna,ana@acme.test\nBo\n")
    assert found.rows == [Row(3, "ana@acme.test", "Ana"), Row(4, "", "Bo")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"\n , \n", "empty"),
        (b"name\nAna", "no_email"),
        ("email\nana@acmé.test".encode("latin-1"), "encoding"),
        ("email\nana".encode("utf-16"), "encoding"),
        (b'email\n"ana', "broken"),
        (b"email\n" + b"a@b.test\n" * 5001, "long"),
        (b"email\n" + b"a" * 1024 * 1024, "large"),
    ],
)
def test_what_cannot_be_read(data: bytes, code: str) -> None:
    with pytest.raises(UnreadableError) as refused:
        sheet.read(data)
    assert refused.value.code == code


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        found = sheet.read(b"email,name\n" + data)
    except UnreadableError:
        return
    again = sheet.read(sheet.write(found.rows).encode())
    assert [row.email for row in again.rows] == [row.email for row in found.rows if any_cell(row)]


def any_cell(row: Row) -> bool:
    return any(getattr(row, name).strip() for name in sheet.COLUMNS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("9", "09:00"), ("9.30", "09:30"), ("24:00", "24:00"), ("24:30", None), ("x", None)],
)
def test_clocks(text: str, expected: str | None) -> None:
    assert sheet.clock(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mon-fri", ["mon", "tue", "wed", "thu", "fri"]),
        ("Mon, Wed Friday", ["mon", "wed", "fri"]),
        ("sat - mon", ["mon", "sat", "sun"]),
        ("mon-wed-fri", None),
        ("t", None),
        ("someday", None),
    ],
)
def test_weekdays(text: str, expected: list[str] | None) -> None:
    assert sheet.days(text) == expected


@given(st.text(max_size=20))
def test_no_exported_cell_is_a_formula_and_it_comes_back(text: str) -> None:
    cell = spreadsheet.neutral(text)
    assert not cell.startswith(spreadsheet.DANGEROUS)
    assert cell.removeprefix("'") == text or cell == text


def test_exported_tables() -> None:
    table = spreadsheet.to_csv(("email", "name"), [("a@acme.test", "=1+1"), ("b@acme.test", None)])
    assert table == b"\xef\xbb\xbfemail,name\r\na@acme.test,'=1+1\r\nb@acme.test,\r\n"
    assert [row.name for row in sheet.read(table).rows] == ["=1+1", ""]
