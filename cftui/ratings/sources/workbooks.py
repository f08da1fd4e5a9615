"""Sheets of Excel's and LibreOffice's workbooks (.xlsx, .xls, .ods), as text.

As text they go the way of every delimited file: title lines, no header, a wide table are told
once. A line of the text is the row of that number in the spreadsheet. Errors are DataError,
without the file's name.
"""

import errno
import io
import json
import re
import subprocess
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from cftui.processes import environment, python
from cftui.ratings.values import DataError

OLD = b"\xd0\xcf\x11\xe0"
"""How documents of old Office programs begin, and locked ones of new."""

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
BEGINNING = 256 << 10
"""Bytes of a sheet's text that are remembered."""
PIECE = 4 << 20
LONGEST = 64 << 20
"""Bytes of one tag, or of one row."""
OURS = (b'name="actual"', b'name="user_factors"')
"""What the workbook that `cftui crosstab` writes calls its ranges."""

COLUMN = re.compile(rb"""\br\s*=\s*["']([A-Z]{1,3})[0-9]""")
CELL_ROW = re.compile(rb"""\br\s*=\s*["'][A-Z]{1,3}([0-9]{1,9})""")
OPEN_ROW = re.compile(rb"table:table-row\b[^>]*?number-rows-repeated\s*=\s*[\"']([0-9]{1,9})")
OPEN_CELL = re.compile(rb"number-columns-repeated\s*=\s*[\"']([0-9]{1,9})")


def is_workbook(path: Path) -> bool:
    """Tell whether a file is a workbook, or an old Office document; raises OSError."""
    with path.open("rb") as file:
        head = file.read(4)
        if head != b"PK\x03\x04":
            return head == OLD
        try:
            inside = set(zipfile.ZipFile(file).namelist())
        except (zipfile.BadZipFile, ValueError, RuntimeError):
            return False
    return bool(inside & {EXCEL, BINARY}) or {OPEN, "mimetype"} <= inside


def names(path: Path) -> list[str]:
    """Return what the sheets are called; raises DataError."""
    _check(path)
    facts = path.stat()
    return list(_names(path, facts.st_size, facts.st_mtime_ns))


@lru_cache(maxsize=8)
def _names(path: Path, *_: int) -> tuple[str, ...]:
    with closing(_Reader(path)) as reader:
        return tuple(reader.told["names"])


class _Reader:
    """A process that reads a workbook, and what it told first."""

    def __init__(self, path: Path, *name: str) -> None:
        """Start it; raises DataError for a workbook that cannot be read."""
        self._child = subprocess.Popen(
            python("cftui.ratings.sources.sheet_reader", str(path), *name),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what Rust says of a panic
            env=environment(),
        )
        assert self._child.stdout is not None
        self.text = self._child.stdout
        try:
            self.told: dict[str, Any] = json.loads(self.text.readline() or b'{"error": "aborted"}')
            if "error" in self.told:
                raise _unsound(str(self.told["error"]))
        except BaseException:
            self.close()
            raise

    def finish(self) -> None:
        """Raise DataError unless it came to its end."""
        if self._child.wait():
            raise _unsound("aborted")

    def close(self) -> None:
        """End it."""
        self.text.close()
        self._child.kill()
        self._child.wait()


class SheetText(io.RawIOBase):
    """The text of a sheet: UTF-8, tabs between columns, one line a row."""

    def __init__(self, path: Path, name: str) -> None:
        """Open a sheet, the first one where no name is given; raises DataError."""
        _check(path)
        facts = path.stat()
        self._begun = _beginning(path, name, facts.st_size, facts.st_mtime_ns)
        self.share = 0.0
        """How much of the sheet has been read."""
        self._lines = 0
        self._head = self._begun.text
        self._path, self._name = path, name
        self._reader: _Reader | None = None

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer as far as text is at hand; return the number of bytes, 0 at the end."""
        piece = self._head[: len(buffer)]
        self._head = self._head[len(piece) :]
        if not piece and not self._begun.whole:
            piece = self._further(len(buffer))
        self._lines += piece.count(b"\n")
        self.share = min(self._lines / max(self._begun.height, 1), 1.0)
        buffer[: len(piece)] = piece
        return len(piece)

    def _further(self, wanted: int) -> bytes:
        if self._reader is None:
            self._reader = _Reader(self._path, self._name)
            self._reader.text.read(len(self._begun.text))
        piece = self._reader.text.read(wanted)
        if not piece:
            self._reader.finish()
        return piece

    def close(self) -> None:
        """End the process that reads, if there is one."""
        if self._reader is not None and not self.closed:
            self._reader.close()
        super().close()


@dataclass(frozen=True)
class _Beginning:
    """The first of a sheet's text, which is looked at several times before all of it is read."""

    text: bytes
    whole: bool
    """Whether there is no more."""
    height: int
    """Rows of the sheet."""


@lru_cache(maxsize=8)
def _beginning(path: Path, name: str, *_: int) -> _Beginning:
    with closing(_Reader(path, name)) as reader:
        width = reader.told.get("width")
        if width is None:
            raise DataError(f"holds no sheet {name!r}; give the workbook alone")
        if width < 2:
            raise DataError("one column alone; give a sheet or a file of ratings")
        text = reader.text.read(BEGINNING)
        if whole := len(text) < BEGINNING:
            reader.finish()
        return _Beginning(text, whole, int(reader.told["height"]))


def _unsound(reason: str) -> DataError:
    if "password" in reason.lower():
        return DataError("locked with a password; save it without one")
    if "calamine" in reason and "No module" in reason:
        return DataError("python-calamine, which reads workbooks, is missing; install cftui again")
    return DataError(f"not a sound workbook ({reason}); save it again, or as CSV")


def _check(path: Path) -> None:
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
