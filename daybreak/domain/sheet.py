"""Reading a CSV file of people: bytes to rows, whatever program wrote them; nothing is looked up here."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from daybreak.domain.spreadsheet import BOM, DANGEROUS

LARGEST = 1024 * 1024  # bytes
MOST = 5000  # rows
COLUMNS = ("email", "name", "timezone", "work_start", "work_end", "days", "team")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = re.compile(r"([01]?\d|2[0-4])(?:[:.h]([0-5]\d))?", re.ASCII)
_RANGE = re.compile(r"\s*(?:-|–|to|\.\.)\s*")


class UnreadableError(Exception):
    """A file that is no table of people; `code` says why: large, long, encoding, empty, no_email, broken."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it was written, trimmed; `number` is its line in a spreadsheet, the header being 1."""

    number: int
    email: str = ""
    name: str = ""
    timezone: str = ""
    work_start: str = ""
    work_end: str = ""
    days: str = ""
    team: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a file, and the columns of it that mean nothing here."""

    rows: Sequence[Row]
    unknown: Sequence[str]


def read(data: bytes, largest: int = LARGEST) -> Sheet:
    """Read UTF-8 with or without a byte order mark, separated by `,` or `;`. Raises UnreadableError."""
    if len(data) > largest:
        raise UnreadableError("large")
    try:
        text = data.decode("utf-8").removeprefix(BOM)
    except UnicodeDecodeError:
        raise UnreadableError("encoding") from None
    if "\0" in text:
        raise UnreadableError("encoding")
    header_line = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = ";" if header_line.count(";") > header_line.count(",") else ","
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        raise UnreadableError("broken") from None
    numbered = [(n, line) for n, line in enumerate(lines, 1) if any(cell.strip() for cell in line)]
    if not numbered:
        raise UnreadableError("empty")
    if len(numbered) - 1 > MOST:
        raise UnreadableError("long")
    names = [_column(cell) for cell in numbered[0][1]]
    if "email" not in names:
        raise UnreadableError("no_email")
    unknown = [cell.strip() for cell, name in zip(numbered[0][1], names, strict=True) if name not in COLUMNS]
    return Sheet(
        [_row(number, names, line) for number, line in numbered[1:]], [name for name in unknown if name]
    )


def write(rows: Sequence[Row]) -> str:
    """Return rows as the text that `read` makes the same rows of, numbers aside."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([getattr(row, name) for name in COLUMNS] for row in rows)
    return out.getvalue()


def clock(text: str) -> str | None:
    """Return a time of day such as 9, 9.30 or 09:30 as 09:30; None for anything else."""
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        return None
    found = f"{int(match[1]):02}:{match[2] or '00'}"
    return found if found <= "24:00" else None


def days(text: str) -> list[str] | None:
    """Return the weekdays of a text such as `mon-fri` or `Mon, Wed Friday`; None if it is not understood."""
    found: set[int] = set()
    for part in (
        _RANGE.sub("-", text.casefold()).replace(",", " ").replace("/", " ").replace(";", " ").split()
    ):
        ends = [_weekday(end) for end in part.split("-")]
        if len(ends) > 2 or None in ends:
            return None
        first, last = ends[0] or 0, ends[-1] or 0
        found.update((first + n) % 7 for n in range((last - first) % 7 + 1))
    return [WEEKDAYS[n] for n in sorted(found)] or None


def _weekday(text: str) -> int | None:
    full = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    fits = [n for n, name in enumerate(full) if len(text) >= 2 and name.startswith(text)]
    return fits[0] if len(fits) == 1 else None


def _column(cell: str) -> str:
    name = cell.strip().casefold().replace(" ", "_").replace("-", "_")
    return {"e_mail": "email", "zone": "timezone", "time_zone": "timezone"}.get(name, name)


def _row(number: int, names: Sequence[str], line: Sequence[str]) -> Row:
    cells: dict[str, str] = {}
    for name, cell in zip(names, line, strict=False):
        if name in COLUMNS:
            cells.setdefault(name, _plain(cell))
    return Row(number, **cells)


def _plain(cell: str) -> str:
    """Take off the apostrophe that an export put before what could have been a formula."""
    text = cell.strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(DANGEROUS) else text
