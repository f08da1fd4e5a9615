"""Reads a workbook back: the factors that a spreadsheet's solver has found."""

import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cftui.library.door import Library, answers
from cftui.questions.errors import QuestionError
from cftui.questions.sheet import Labels, ReadAnswer, ReadSheet, Sheet
from cftui.remedies import cause
from cftui.sheet.workbook import NAMES, UNIT

LARGEST_FILE = 50_000_000
LARGEST_CONTENT = 400_000_000
"""Bytes of a workbook on disk, and unpacked: far above what a crosstab needs."""
LARGEST_XML = 60_000_000
PACKED_AT_MOST = 30
"""Bytes of its XML in all, and for each byte of the file: 200 x 500 has 38 MB, a fifth packed."""
SMALL_XML = 2_000_000
"""Bytes that may be packed however tightly."""
MOST_CELLS = 1_000_000
REMEDY = "write it anew with cftui crosstab --out FILE.xlsx"


@answers(ReadSheet)
def answer_read(library: Library, question: ReadSheet) -> ReadAnswer:
    """Read a workbook of these ratings; raises UnknownId for an id that is not in them."""
    sheet, labels = read_workbook(Path(question.path))
    ratings = library.ratings(question.store)
    for user in labels.users:
        ratings.users.code_of(user)
    codes = [ratings.items.code_of(item) for item in labels.items]
    return ReadAnswer(sheet, replace(labels, titles=tuple(map(ratings.items.title_of, codes))))


def read_workbook(path: Path) -> tuple[Sheet, Labels]:
    """Return the sheet in a workbook that cftui wrote, with the numbers that stand in it now.

    Ratings are the workbook's too; titles are left to the data that the ids are of. Raises
    QuestionError, which names the cell and the remedy.
    """
    _check_archive(path)
    import openpyxl

    try:
        book = openpyxl.load_workbook(path, data_only=True, keep_links=False)
    except Exception as error:
        # openpyxl lets through whatever its parsers meet in a broken file
        raise QuestionError(f"{path}: not a readable workbook ({error}); {REMEDY}") from None
    names = [name for name in (*NAMES, UNIT) if name in book.defined_names]
    ranges = {name: _Range(path, book, name) for name in names}
    missing = [name for name in NAMES[:5] if name not in ranges]
    if missing:
        raise QuestionError(f"{path}: no range is called {missing[0]}; {REMEDY}")
    if ("user_bias" in ranges) != ("item_bias" in ranges):
        raise QuestionError(f"{path}: biases of one side only; {REMEDY}")
    return _read(path, ranges)


def _check_archive(path: Path) -> None:
    """Raise QuestionError unless the file is a workbook of a sensible size without macros."""
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise QuestionError(f"{path}: not a regular file; give an .xlsx workbook")
        if size > LARGEST_FILE:
            raise QuestionError(
                f"{path}: {size / 1e6:,.0f} MB, too large for a crosstab"
                f" (at most {LARGEST_FILE / 1e6:.0f} MB); {REMEDY}"
            )
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except OSError as error:
        raise QuestionError(f"{path}: cannot be read: {cause(error)}") from None
    except zipfile.BadZipFile:
        raise QuestionError(
            f"{path}: not an .xlsx workbook (or one with a password); {REMEDY}"
        ) from None
    content = sum(member.file_size for member in members)
    if content > LARGEST_CONTENT:
        raise QuestionError(f"{path}: unpacks to {content / 1e6:,.0f} MB; {REMEDY}")
    xml = sum(member.file_size for member in members if not _is_media(member.filename))
    room = min(LARGEST_XML, max(PACKED_AT_MOST * size, SMALL_XML))
    if xml > room:
        raise QuestionError(
            f"{path}: {xml / 1e6:,.0f} MB of XML in a file of {size / 1e6:,.1f} MB, too much for a"
            f" crosstab (at most {room / 1e6:,.0f} MB); {REMEDY}"
        )
    if any(member.filename.lower().endswith("vbaproject.bin") for member in members):
        raise QuestionError(f"{path}: holds a macro; save it as .xlsx without macros")


def _is_media(member: str) -> bool:
    """Tell whether a member is a picture or the like, which is not parsed."""
    return member.lower().startswith("xl/media/")


class _Range:
    """The cells of a named range."""

    def __init__(self, path: Path, book: Any, name: str) -> None:
        self.path, self.name = path, name
        from openpyxl.utils import range_boundaries

        try:
            ((tab, area),) = book.defined_names[name].destinations
            left, top, right, bottom = range_boundaries(area)
            self.shape = (bottom - top + 1, right - left + 1)
            # A name may span a billion cells, which looking at them would bring into being.
            if self.shape[0] * self.shape[1] > MOST_CELLS:
                raise ValueError
            self.rows = list(book[tab].iter_rows(top, bottom, left, right))
        except (KeyError, ValueError, TypeError, AttributeError, IndexError):
            raise QuestionError(
                f"{path}: the range {name} is broken (were its cells deleted?); {REMEDY}"
            ) from None

    def cells(self) -> Iterator[Any]:
        return (cell for row in self.rows for cell in row)

    def numbers(self, *, empty: bool = False) -> NDArray[np.float64]:
        """Return the numbers, NaN for empty cells where those are allowed."""
        return np.array([self._number(cell, empty) for cell in self.cells()]).reshape(self.shape)

    def _number(self, cell: Any, empty: bool) -> float:
        value = cell.value
        if value is None and empty:
            return np.nan
        if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
            said = "empty" if value is None else f"{str(value)[:40]!r}"
            raise QuestionError(
                f"{self.path}: cell {cell.coordinate} ({self.name}) is {said}, not a number;"
                " correct it there, or write the workbook anew"
            )
        return float(value)

    def texts(self) -> tuple[str, ...]:
        """Return the ids; numbers as they are written without a point."""
        return tuple(self._text(cell) for cell in self.cells())

    def _text(self, cell: Any) -> str:
        value = cell.value
        if value is None:
            raise QuestionError(
                f"{self.path}: cell {cell.coordinate} ({self.name}) has no id; {REMEDY}"
            )
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _read(path: Path, ranges: Mapping[str, _Range]) -> tuple[Sheet, Labels]:
    n, m = ranges["actual"].shape
    k = ranges["user_factors"].shape[1]
    wanted = {
        "users": (n, 1),
        "items": (1, m),
        "user_factors": (n, k),
        "item_factors": (k, m),
        "user_bias": (n, 1),
        "item_bias": (1, m),
        UNIT: (1, 2),
    }
    for name, shape in wanted.items():
        if name in ranges and ranges[name].shape != shape:
            rows, columns = ranges[name].shape
            raise QuestionError(
                f"{path}: {name} is {rows} x {columns} cells, but {n} users by {m} items with {k}"
                f" factors need {shape[0]} x {shape[1]} (were rows deleted?); {REMEDY}"
            )
    biased = "user_bias" in ranges
    actual = ranges["actual"].numbers(empty=True)
    if np.isnan(actual).all():
        raise QuestionError(f"{path}: no rating stands in the range actual; {REMEDY}")
    sheet = Sheet(
        actual=actual,
        user_factors=ranges["user_factors"].numbers(),
        item_factors=ranges["item_factors"].numbers().T.copy(),
        user_bias=ranges["user_bias"].numbers().ravel() if biased else None,
        item_bias=ranges["item_bias"].numbers().ravel() if biased else None,
    )
    if UNIT in ranges:  # else nothing is mapped
        low, high = ranges[UNIT].numbers().ravel().tolist()
        sheet = replace(sheet, low=low, high=high)
    items = ranges["items"].texts()
    return sheet, Labels(ranges["users"].texts(), items, items)
