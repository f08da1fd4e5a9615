"""The rows of an exported file, each cell read or complained about with its line and column."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cftui.questions.errors import QuestionError
from cftui.questions.people import ExportLeft
from cftui.ratings.reading.exports import (
    NOT_FILMS,
    ExportFormat,
    folded_names,
    format_of,
    is_readable,
)
from cftui.ratings.reading.table import TextTable, read_table
from cftui.ratings.sources.locate import ratings_part
from cftui.ratings.values import DataError
from cftui.remedies import cause
from cftui.text import plain

DAY_FIRST = re.compile(r"(\d\d)\.(\d\d)\.(\d{4})")
TITLE_YEAR = re.compile(r"(.*\S)\s*\((\d{4})\)\s*$")


@dataclass(frozen=True)
class ExportRow:
    """A row with a rating."""

    line: int
    titles: tuple[str, ...]
    """The first as it is shown; all mean the same. None where the row has an item's id."""
    year: int | None
    given: float
    """In the file's units."""
    item: str = ""
    """An id of the data."""
    imdb: str = ""
    """Such as tt0133093."""
    isbns: tuple[str, ...] = ()
    date: str = ""
    """Of the rating; the later, the higher in alphabetical order."""

    @property
    def title(self) -> str:
        """Return what the row is called in messages."""
        return self.titles[0] if self.titles else self.item or self.imdb


@dataclass(frozen=True)
class ExportFile:
    """An exported file: its kind, its rows with ratings, and those that cannot be used."""

    kind: ExportFormat
    scale: tuple[float, float] | None
    rows: tuple[ExportRow, ...]
    left: tuple[ExportLeft, ...]
    unrated: int


def read_export_file(path: Path, scale: tuple[float, float] | None = None) -> ExportFile:
    """Return what an exported file holds; `scale` is what its values can be, where it is not known.

    Raises QuestionError for a file that cannot be read, is no such export, or has no usable row.
    """
    table = _ExportTable(path)
    scale = scale or table.kind.scale
    rows: list[ExportRow] = []
    left: list[ExportLeft] = []
    unrated = 0
    people: set[str] = set()
    for line, cells in table.rows():
        people.add(table.cell(cells, table.kind.whose))
        if len(people) > 1:
            raise QuestionError(
                f"{path} line {line}: a second person's ratings; import one person's, or give all"
                " to: cftui recommend --profiles FILE"
            )
        try:
            row = _row(table, line, cells, scale)
        except _Unusable as words:
            left.append(ExportLeft(line, table.title(cells), table.year(cells), str(words)))
        else:
            rows += [row] if row else []
            unrated += row is None
    if not rows:
        first = f"; line {left[0].line}: {left[0].why}" if left else ""
        none = f"none of its {unrated + len(left):,} rows has a rating that can be used{first}"
        raise QuestionError(f"{path}: {none}; export it once you have rated something")
    return ExportFile(table.kind, scale, tuple(rows), tuple(left), unrated)


class _Unusable(Exception):
    """Why a row cannot be used."""


class _ExportTable:
    """The cells of a file under the names of its columns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._table = _opened(path)
        self.columns = folded_names(self._table.names)
        self.kind = format_of(self.columns)
        if not is_readable(self.kind, self.columns):
            told = ", ".join(plain(name.strip()) for name in self._table.names) or "none"
            is_one = "" if self.kind.name == "CSV" else f" ({self.kind.name})"
            where = f"{path} line {self._table.header_line}{is_one}"
            raise QuestionError(f"{where}: {self.kind.remedy}; its columns are {told[:300]}")

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Give the rows below the header, each with the line where it begins."""
        try:
            yield from self._table.rows
        except DataError as error:
            raise QuestionError(f"{error}; export the file once more") from None

    def cell(self, cells: list[str], names: tuple[str, ...]) -> str:
        """Return the first cell of these columns that is not empty; empty where all are."""
        return next(iter(self.each(cells, names)), "")

    def each(self, cells: list[str], names: tuple[str, ...]) -> list[str]:
        """Return what is not empty of these columns."""
        places = [self.columns.index(name) for name in names if name in self.columns]
        found = (cells[place].strip() for place in places if place < len(cells))
        return [cell for cell in found if cell]

    def title(self, cells: list[str]) -> str:
        """Return what a row is called in messages."""
        return self.cell(cells, (*self.kind.titles, *self.kind.item, *self.kind.imdb))

    def year(self, cells: list[str]) -> int | None:
        """Return a row's year; none where it has none."""
        found = re.match(r"-?\d{1,4}", self.cell(cells, self.kind.year))
        return int(found[0]) if found else None


def _opened(path: Path) -> TextTable:
    try:
        return read_table(ratings_part(path))
    except OSError as error:
        raise QuestionError(f"{path}: cannot be read: {cause(error)}") from None
    except (DataError, RuntimeError, ValueError) as error:  # also an unknown ~user, a NUL
        words = str(error)
        raise QuestionError(words if isinstance(error, DataError) else f"{path}: {words}") from None


def _row(
    table: _ExportTable, line: int, cells: list[str], scale: tuple[float, float] | None
) -> ExportRow | None:
    """Return a row; none where it has no rating. Raises _Unusable."""
    kind = table.kind
    if any(cell.strip() for cell in cells[len(table.columns) :]):
        raise _Unusable("more cells than there are columns; is a comma not in quotation marks?")
    given = _given(table, cells, scale)
    if given is None:
        return None
    about = table.cell(cells, kind.kind)
    if any(word in about.lower() for word in NOT_FILMS):
        article = "an" if about[0].lower() in "aeiou" else "a"
        raise _Unusable(f"it is {article} {plain(about)}")
    titles, year = tuple(dict.fromkeys(table.each(cells, kind.titles))), table.year(cells)
    found = TITLE_YEAR.match(titles[0]) if titles and year is None else None
    if found:
        titles, year = (found[1], *titles[1:]), int(found[2])
    item, imdb = table.cell(cells, kind.item), table.cell(cells, kind.imdb)
    if not titles and not item and not imdb:
        raise _Unusable("nothing names what is rated")
    isbns = [re.sub(r"[^0-9X]", "", cell.upper()) for cell in table.each(cells, kind.isbn)]
    date = DAY_FIRST.sub(r"\3-\2-\1", table.cell(cells, kind.dated))
    return ExportRow(line, titles, year, given, item, imdb, tuple(filter(None, isbns)), date)


def _given(
    table: _ExportTable, cells: list[str], scale: tuple[float, float] | None
) -> float | None:
    text = table.cell(cells, table.kind.rating)
    if not text:
        return None
    column = next(name for name in table.kind.rating if name in table.columns)
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = math.nan
    if value == table.kind.unrated:
        return None
    low, high = scale or (-math.inf, math.inf)
    if not math.isfinite(value) or not low <= value <= high:
        span = f" from {low:g} to {high:g}" if scale else ""
        raise _Unusable(f"column {column}: {plain(text)[:40]!r} is no rating{span}")
    return value
