"""Readers: each yields the rows of one file format as columns of coded texts."""

import csv
import io
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cftui.questions import ColumnMapping
from cftui.ratings.columns import find_columns
from cftui.ratings.intake import Columns, Intake, Table, Texts
from cftui.ratings.sources import SourceFiles
from cftui.ratings.titles import read_titles
from cftui.ratings.values import DataError

Progress = Callable[[int, int], None]
"""Called with the bytes read so far and the bytes in all."""

ROWS_A_CHUNK = 250_000
HEADER_LIMIT = 65_536
"""Bytes that a header line may have."""


@dataclass(frozen=True)
class Header:
    """The first line of a delimited file."""

    names: tuple[str, ...]
    body: int
    """Byte at which the first row begins."""
    places: Mapping[str, int]
    """Where `user`, `item`, `value` and, if there is one, `timestamp` stand."""


def read(files: SourceFiles, progress: Progress | None = None) -> Table:
    """Return the checked and coded ratings of a source.

    Raises DataError, which names file, line, column, value and remedy. Progress starts over where
    a file has to be read again with more care.
    """
    try:
        table = _read_ratings(files.ratings.path, files.mapping, progress)
    except OSError as error:
        raise DataError(f"{files.ratings}: cannot be read: {error.strerror}") from None
    return table.with_titles(read_titles(files.titles.path)) if files.titles else table


def _read_ratings(path: Path, mapping: ColumnMapping, progress: Progress | None) -> Table:
    header = _read_header(path, mapping)
    try:
        # Times that are all whole numbers are parsed several times faster than texts.
        return _read_csv(path, header, "int64", progress)
    except DataError:
        raise
    except ValueError:
        pass
    try:
        return _read_csv(path, header, "object", progress)
    except UnicodeDecodeError:
        raise _not_utf8(path) from None
    except pd.errors.ParserError as error:
        raise _unreadable(path, error) from None


def _read_csv(path: Path, header: Header, times: str, progress: Progress | None) -> Table:
    names = [header.names[place] for place in header.places.values()]
    intake = Intake(path, dict(zip(header.places, names, strict=True)))
    # pandas casts a time such as 1e20 before it finds that it does not fit, and says so.
    with path.open("rb", buffering=0) as file, np.errstate(invalid="ignore"):
        body = _Body(file, header)
        for columns in _chunks(body, header, times):
            intake.add(columns)
            if progress:
                progress(file.tell(), body.size)
    lines = _lines_by_parsing if body.saw_quote else _lines_by_counting
    return intake.finish(lambda rows: lines(path, rows))


def _chunks(body: "_Body", header: Header, times: str) -> Iterator[Columns]:
    """Yield the rows a chunk at a time; raises ValueError where a time is not of that type."""
    surplus = len(header.names)
    # Objects: each distinct text is made once, and nothing is taken for a number ("007", "1e3").
    kinds = {str(place): "object" for place in (*header.places.values(), surplus)}
    time = header.places.get("timestamp")
    if time is not None:
        kinds[str(time)] = times
    frames = pd.read_csv(
        io.BufferedReader(body, 1 << 18),
        engine="c",
        dtype=kinds,
        usecols=list(kinds),
        na_filter=False,
        skip_blank_lines=False,
        index_col=False,
        chunksize=ROWS_A_CHUNK,
    )
    with frames:
        for frame in frames:
            texts = {name: _texts(frame[str(p)]) for name, p in header.places.items() if p != time}
            yield Columns(
                user=texts["user"],
                item=texts["item"],
                value=texts["value"],
                timestamp=None if time is None else _times(frame[str(time)]),
                surplus=_texts(frame[str(surplus)]),
            )


def _texts(column: "pd.Series[Any]") -> Texts:
    codes, texts = pd.factorize(column)
    return Texts(codes, [str(text) for text in texts])


def _times(column: "pd.Series[Any]") -> Texts | NDArray[np.int64]:
    return column.to_numpy() if column.dtype == np.int64 else _texts(column)


class _Body(io.RawIOBase):
    """A file's rows under a header of our own.

    Columns are called by their place, and one more takes what stands beyond the last: pandas would
    drop such fields without a word.
    """

    def __init__(self, file: io.FileIO, header: Header) -> None:
        self.size = file.seek(0, io.SEEK_END)
        self.saw_quote = False
        file.seek(header.body)
        self._file = file
        self._head = (",".join(map(str, range(len(header.names) + 1))) + "\n").encode()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._head or self._file.read(len(buffer)) or b""
        self._head = b""
        buffer[: len(data)] = data
        self.saw_quote = self.saw_quote or b'"' in data
        return len(data)


def _read_header(path: Path, mapping: ColumnMapping) -> Header:
    with path.open("rb") as file:
        start = file.read(HEADER_LIMIT)
    if not start.strip():
        raise DataError(f"{path}: the file is empty; give a file with a header and ratings")
    line = start.splitlines(keepends=True)[0]
    if len(line) == HEADER_LIMIT:
        raise DataError(f"{path} line 1: too long for a header; give a delimited text file")
    try:
        names = next(csv.reader([line.decode("utf-8-sig")]))
    except UnicodeDecodeError:
        raise _not_utf8(path) from None
    return Header(tuple(names), len(line), _places(path, names, mapping))


def _places(path: Path, names: list[str], mapping: ColumnMapping) -> dict[str, int]:
    guess = find_columns(names, mapping)
    if guess.problem:
        raise DataError(f"{path} line 1: {guess.problem}")
    return {"value" if role == "rating" else role: p for role, p in guess.places.items()}


def _not_utf8(path: Path) -> DataError:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                value = line[max(0, error.start - 10) : error.start + 10]
                return DataError(
                    f"{path} line {number}: {value!r} is not UTF-8 text; save the file as UTF-8"
                )
    return DataError(f"{path}: not UTF-8 text; save the file as UTF-8")


def _unreadable(path: Path, error: Exception) -> DataError:
    if "EOF inside string" not in str(error):
        return DataError(f"{path}: not readable as comma-separated values: {error}")
    line = max(begin for begin, _ in _records(path))
    return DataError(f"{path} line {line}: a quotation mark is never closed; close or remove it")


def _lines_by_counting(path: Path, rows: list[int]) -> list[int]:
    return [row + 2 for row in rows]


def _lines_by_parsing(path: Path, rows: list[int]) -> list[int]:
    """Return the lines at which rows begin, in a file whose quoted fields may hold line breaks."""
    wanted = set(rows)
    records = islice(_records(path), 1, max(rows) + 2)
    return [begin for row, (begin, _) in enumerate(records) if row in wanted]


def _records(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the line at which each record begins, the header's first, and its fields."""
    limit = csv.field_size_limit(sys.maxsize)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            records, before = csv.reader(file), 0
            for record in records:
                yield before + 1, record
                before = records.line_num
    finally:
        csv.field_size_limit(limit)
