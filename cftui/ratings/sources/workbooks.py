"""Sheets of Excel's and LibreOffice's workbooks (.xlsx, .xls, .ods), as text.

As text they go the way of every delimited file: title lines, no header, a wide table are told
once. A line of the text is the row of that number in the spreadsheet. Errors are DataError,
without the file's name.
"""

import io
import json
import subprocess
import zipfile
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from cftui.processes import environment, python
from cftui.ratings.sources.old_workbooks import OLD
from cftui.ratings.sources.workbook_size import BINARY, EXCEL, OPEN, check_workbook
from cftui.ratings.values import DataError

BEGINNING = 256 << 10
"""Bytes of a sheet's text that are remembered."""


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
    check_workbook(path)
    facts = path.stat()
    found = _names(path, facts.st_size, facts.st_mtime_ns)
    if isinstance(found, str):
        raise DataError(found)
    return list(found)


@lru_cache(maxsize=8)
def _names(path: Path, *_: int) -> tuple[str, ...] | str:
    """Return what the sheets are called, or why they cannot be told, which may take seconds."""
    try:
        with closing(_Reader(path)) as reader:
            return tuple(reader.told["names"])
    except DataError as error:
        return str(error)


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
        names(path)  # which has all of the workbook checked
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
    if "No module" in reason:
        return DataError(f"what reads workbooks is missing ({reason}); install cftui again")
    return DataError(f"not a sound workbook ({reason}); save it again, or as CSV")
