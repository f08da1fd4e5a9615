"""Whether a workbook is small and sound enough to be read, before anything reads it."""

import errno
import re
import zipfile
import zlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from xml.parsers import expat

from cftui.ratings.values import DataError

EXCEL, OPEN = "xl/workbook.xml", "content.xml"
"""The member that makes a zip a workbook."""
BINARY = "xl/workbook.bin"
MOST_XML = 2 << 30
PACKED_AT_MOST = 100
"""Bytes of XML in all, and for each byte of the file; ratings shrink about seven times."""
SMALL_XML = 16 << 20
"""Bytes that may be packed however tightly."""
MOST_CELLS = 40_000_000
"""A million rows of 40 columns, about 1 GB in memory."""
MOST_OLD_BYTES = 200 << 20
MOST_ROWS = 1 << 20
"""Of a sheet of Excel's; calamine takes no more."""
PIECE = 4 << 20
LONGEST = 64 << 20
"""Bytes of one tag, or of one row."""
OURS = (b'name="actual"', b'name="user_factors"')
"""What the workbook that `cftui crosstab` writes calls its ranges."""

COLUMN = re.compile(rb"""\br\s*=\s*["']([A-Z]{1,3})[0-9]""")
CELL_ROW = re.compile(rb"""\br\s*=\s*["'][A-Z]{1,3}([0-9]{1,9})""")
OPEN_ROW = re.compile(rb"table:table-row\b[^>]*?number-rows-repeated\s*=\s*[\"']([0-9]{1,9})")
OPEN_CELL = re.compile(rb"number-columns-repeated\s*=\s*[\"']([0-9]{1,9})")


def check_workbook(path: Path) -> None:
    """Raise DataError for a workbook that would fill our memory, or that is of another use."""
    with path.open("rb") as file:
        zipped = file.read(2) == b"PK"
    size = path.stat().st_size
    if zipped:
        _check_zipped(path, size, path.stat().st_mtime_ns)
    elif size > MOST_OLD_BYTES:
        raise DataError("too large for an old workbook; save it as CSV")


@lru_cache(maxsize=8)  # it is opened several times, to be recognised and to be read
def _check_zipped(path: Path, size: int, _: int) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            _check_sizes(archive, size)
            _check_cells(archive)
    except (
        *(zipfile.BadZipFile, zlib.error, ValueError, EOFError, RuntimeError),
        OSError,  # a member said to be before the file's beginning
    ) as error:
        beyond = isinstance(error, OSError) and error.errno != errno.EINVAL
        if isinstance(error, DataError) or beyond:
            raise
        raise DataError(f"cut off or damaged ({error}); download or copy it again") from None


def _check_sizes(archive: zipfile.ZipFile, size: int) -> None:
    members = archive.infolist()
    xml = sum(one.file_size for one in members if not one.filename.startswith("xl/media/"))
    if xml > min(MOST_XML, max(PACKED_AT_MOST * size, SMALL_XML)):
        raise DataError(
            f"{xml / 1e6:,.0f} MB of XML in a workbook of {size / 1e6:,.2f} MB; not trusted, "
            "save it as CSV if you know it is sound"
        )
    if BINARY in archive.namelist():
        raise DataError("a binary workbook; save it as .xlsx or CSV")


def _check_cells(archive: zipfile.ZipFile) -> None:
    """Raise DataError where cells lie so far apart that what is between would fill our memory."""
    for member in archive.infolist():
        if not member.filename.endswith(".xml"):
            continue
        if member.filename == EXCEL:
            with archive.open(member) as file:
                _refuse_ours(file.read(1 << 20))
        count = _open_cells if member.filename == OPEN else _excel_cells
        if (cells := count(archive, member)) > MOST_CELLS:
            raise DataError(
                f"a sheet of {cells:,} cells; save the part with ratings, or all of it as CSV"
            )
        _refuse_broken(archive, member)


def _refuse_broken(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Raise DataError for XML that is not sound: calamine passes it over, or comes to no end."""
    try:
        with archive.open(member) as file:
            expat.ParserCreate().ParseFile(file)
    except expat.ExpatError as error:
        reason = f"cut off or damaged ({member.filename}: {error})"
        raise DataError(f"{reason}; download or copy it again") from None


def _refuse_ours(text: bytes) -> None:
    if all(name in text for name in OURS):
        raise DataError(
            "the workbook of a crosstab, not of ratings; see cftui crosstab --from FILE"
        )


def _in_pieces(archive: zipfile.ZipFile, member: zipfile.ZipInfo, end: bytes) -> Iterator[bytes]:
    """Yield the text of a member, each piece up to an `end` of something."""
    rest = b""
    with archive.open(member) as file:
        while piece := file.read(PIECE):
            whole, found, rest = (rest + piece).rpartition(end)
            yield whole + found
            if len(rest) > LONGEST:
                raise DataError("one row of it has no end; save it as CSV")
    yield rest


def _excel_cells(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    """Return the cells of the rectangle that holds all cells of a sheet, or what is not below."""
    columns: set[bytes] = set()
    for text in _in_pieces(archive, member, b">"):
        columns.update(COLUMN.findall(text))
    width = max(map(_column_number, columns), default=0)
    if width * MOST_ROWS <= MOST_CELLS:
        return width * MOST_ROWS
    last = 0
    for text in _in_pieces(archive, member, b">"):
        last = max([last, *map(int, CELL_ROW.findall(text))])
    return width * last


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


def _open_cells(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    """Return at most how many cells repeating makes of the rows that hold any value."""
    rows = widest = 0
    for text in _in_pieces(archive, member, b"</table:table-row>"):
        for row in text.split(b"</table:table-row>"):
            end = max(row.rfind(b"office:value"), row.rfind(b"<text:p"))
            if end < 0:
                continue
            rows += max(map(int, OPEN_ROW.findall(row)), default=1)
            width = row.count(b"<table:table-cell", 0, end)
            widest = max(widest, width + sum(map(int, OPEN_CELL.findall(row, 0, end))))
    return rows * widest
