"""`python -m cftui.ratings.sources.sheet_reader`: reads a workbook in a process of its own.

A broken .xls makes calamine ask for more memory than there is, which ends the process; one of a
broken .ods has no end, even when who asked for it is long gone. Written
is one line of JSON, then a sheet's text: UTF-8, tabs between columns, one line a row.
"""

import csv
import io
import json
import sys
import zipfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from cftui.ratings.sources.old_workbooks import open_workbook
from cftui.ratings.sources.records import BrokenRecords

ROWS = 10_000
"""Rows that become text at a time."""
MOST_MEMORY = 8 << 30
LEAST_SECONDS = 3
"""Of the processor, for any workbook, and one more for so many bytes: a tenth of that is usual."""
BYTES_A_SECOND = 1 << 20
SPACES = str.maketrans("\t\n\r", "   ")


def main(path: str, name: str | None = None) -> None:
    """Write the names of sheets, or the text of one, the first where the name is empty.

    All sheets are checked where names are asked for, which comes first.
    """
    try:
        told, sheet = _looked_at(path, name)
    except BaseException as error:  # a panic of Rust is no Exception
        kind = "" if isinstance(error, BrokenRecords) else f"{type(error).__name__}: "
        _tell({"error": f"{kind}{(str(error).splitlines() or [''])[0][:120]}"})
        return
    _tell(told)
    rows = iter(()) if sheet is None else sheet.iter_rows()
    while block := list(islice(rows, ROWS)):
        sys.stdout.buffer.write(text_of(block))


def _looked_at(path: str, name: str | None) -> tuple[dict[str, Any], Any]:
    book = open_workbook(path, check=name is None)
    names = [one.name for one in book.sheets_metadata if "Work" in str(one.typ)]
    if name is None or not names or (name and name not in names):
        return {"names": names}, None
    sheet = book.get_sheet_by_name(name or names[0])
    height = sheet.end[0] + 1 if sheet.end else 0
    return {"names": names, "height": height, "width": sheet.width}, sheet


def _tell(what: dict[str, Any]) -> None:
    sys.stdout.buffer.write(json.dumps(what).encode() + b"\n")


def text_of(rows: Iterable[Sequence[Any]]) -> bytes:
    """Return rows as lines of text, one each."""
    into = io.StringIO()
    writer = csv.writer(into, delimiter="\t", lineterminator="\n")
    writer.writerows([_cell(value) for value in row] for row in rows)
    return into.getvalue().encode(errors="replace")


def _cell(value: Any) -> Any:
    if isinstance(value, float):
        # Spreadsheets have no whole numbers: the id 7 is 7.0 in them.
        return int(value) if value.is_integer() else value
    if isinstance(value, str):
        return value if value.isprintable() else value.translate(SPACES)
    return value.isoformat() if hasattr(value, "isoformat") else value


def bound(path: str) -> None:
    """Have the system end this process where a workbook takes more than it can be worth."""
    with suppress(ImportError, ValueError, OSError):  # not every system has such bounds
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        seconds = LEAST_SECONDS + _bytes_in(path) // BYTES_A_SECOND
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def _bytes_in(path: str) -> int:
    """Return how large a workbook is, unpacked if it is packed."""
    try:
        with zipfile.ZipFile(path) as archive:
            return sum(info.file_size for info in archive.infolist())
    except (zipfile.BadZipFile, ValueError, RuntimeError):
        return Path(path).stat().st_size


if __name__ == "__main__":
    bound(sys.argv[1])
    with suppress(BrokenPipeError):
        main(*sys.argv[1:])
        sys.stdout.buffer.flush()
