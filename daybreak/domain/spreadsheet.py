"""Tables for spreadsheets: CSV in which no cell can become a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
BOM = "\ufeff"


def neutral(cell: object) -> str:
    """Return the cell as a text that no spreadsheet runs: an apostrophe before what could begin a formula."""
    text = "" if cell is None else str(cell)
    return "'" + text if text.startswith(DANGEROUS) else text


def to_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return UTF-8 with a byte order mark (spreadsheets need it) and CRLF, every cell neutralised."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([neutral(cell) for cell in row] for row in rows)
    return (BOM + out.getvalue()).encode()
