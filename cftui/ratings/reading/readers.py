"""Reads a source, whatever its format, into a table of ratings."""

import codecs
import csv
import os
import re
import sys
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

from cftui.questions.data import ColumnMapping
from cftui.ratings.reading.blocks import Block, Blocks
from cftui.ratings.reading.columns import ROLES
from cftui.ratings.reading.delimited import ReadBlock, read_block
from cftui.ratings.reading.dialect import HEAD, Dialect, recognise, split_line
from cftui.ratings.reading.intake import Intake, LeftOut, RatingsTable
from cftui.ratings.reading.rows import RowLayout, Rows
from cftui.ratings.reading.times import tells_order
from cftui.ratings.reading.titles import read_titles
from cftui.ratings.sources.locate import SourceFiles
from cftui.ratings.sources.packed import ArchivePart, located
from cftui.ratings.values import DataError
from cftui.remedies import cause

Progress = Callable[[int, int], None]
"""Called with the bytes read so far and the bytes in all."""

PARQUET = b"PAR1"
DATE_PARTS = {"date_day", "date_month", "date_year"}
TELLING = re.compile(
    rb"\b(?:(?:1[3-9]|2\d|3[01])[/.-]\d\d?|\d\d?[/.-](?:1[3-9]|2\d|3[01]))[/.-]\d\d"
)
"""What may be a date with a number that can be no month, in any column."""
MOST_LOOKED = 100_000
"""Of such, in other columns, before a file is given up."""
THREADS = 2
"""More would wait for the one that reads."""


def read(files: SourceFiles, progress: Progress | None = None) -> RatingsTable:
    """Return the checked and coded ratings of a source.

    Raises DataError, which names file, line, column, value and remedy.
    """
    intake = Intake(files.ratings)
    left_out = LeftOut(files, intake.add)
    layout = pass_rows(files, left_out.take if files.mapping.unrated else intake.add, progress)
    left_out.refuse_nothing()
    table = replace(
        intake.finish(dated=layout.dated), unrated=left_out.count, notes=layout.notes
    ).without_unknown_times()
    return table.with_titles(read_titles(files.titles)) if files.titles else table


def pass_rows(
    files: SourceFiles, take: Callable[[Rows], None], progress: Progress | None = None
) -> RowLayout:
    """Pass all rows of a source to `take`, in its order; return how they were read.

    Raises DataError, as `read`.
    """
    part = files.ratings
    try:
        with part.open() as stream:
            head = stream.read(HEAD)
        if head.startswith(PARQUET):
            return _pass_parquet(part, files.mapping, take, progress)
        dialect = _recognised(part, head, files)
        layout = _told(part, dialect, head, files.mapping)
        return _pass_delimited(part, dialect, layout, take, progress)
    except BrokenPipeError:
        raise  # of who hears of the progress
    except OSError as error:
        raise DataError(f"{part}: cannot be read: {cause(error)}") from None


def _recognised(part: ArchivePart, head: bytes, files: SourceFiles) -> Dialect:
    try:
        dialect = recognise(head, files.mapping)
        if dialect.guess.problem:
            raise DataError(dialect.guess.problem)
    except DataError as error:
        raise DataError(located(part, str(error))) from None
    return dialect


def _layout_of(dialect: Dialect) -> RowLayout:
    names = [name.strip() for name in dialect.names]
    if not dialect.header_line:
        roles = {place: role for role, place in dialect.guess.places.items()}
        names = [f"{roles[n]} (column {own})" if n in roles else own for n, own in enumerate(names)]
    places = {role: dialect.guess.places[role] for role in ROLES if role in dialect.guess.places}
    notes = dialect.guess.notes
    if "timestamp" not in places and DATE_PARTS.issubset(name.lower() for name in names):
        notes = (*notes, "times in columns of their own for day, month and year are not read")
    return RowLayout(places, tuple(names), notes=notes)


def _told(part: ArchivePart, dialect: Dialect, head: bytes, mapping: ColumnMapping) -> RowLayout:
    """Return the layout with how ratings and times are written."""
    layout, (ratings, times) = _layout_of(dialect), first_texts(head, dialect)
    told = layout.told_by(ratings, times, mapping)
    if told.times.undecided and (date := _telling_date(part, dialect)):
        return layout.told_by(ratings, [*times, date], mapping)
    return told


def _telling_date(part: ArchivePart, dialect: Dialect) -> str:
    """Return the first date of a file that tells its day from its month; empty where none does.

    The first rows of a file in the order of its times may be of the first days of a month.
    """
    place = dialect.guess.places["timestamp"]
    looked = 0
    for block in Blocks(part, dialect.encoding, dialect.header_line):
        for match in TELLING.finditer(block.text):
            begin = block.text.rfind(b"\n", 0, match.start()) + 1
            line = block.text[begin : block.text.find(b"\n", match.start())]
            fields = split_line(line.decode(), dialect.separator)
            if len(fields) > place and tells_order(fields[place]):
                return fields[place]
            if (looked := looked + 1) == MOST_LOOKED:
                return ""
    return ""


def first_texts(head: bytes, dialect: Dialect) -> tuple[list[str], list[str]]:
    """Return the ratings and the times in the first rows of a file, as written."""
    decoder = codecs.getincrementaldecoder(dialect.encoding)(errors="replace")
    lines = re.split("\r\n|\n|\r", decoder.decode(head, len(head) < HEAD))[dialect.header_line :]
    rows = [
        split_line(line, dialect.separator) for line in lines[: None if len(head) < HEAD else -1]
    ]
    whole = [row for row in rows if len(row) >= len(dialect.names)]
    places = dialect.guess.places
    ratings, times = ([row[places[r]] for row in whole] if r in places else [] for r in ROLES[2:])
    return ratings, times


def _pass_delimited(
    part: ArchivePart,
    dialect: Dialect,
    layout: RowLayout,
    take: Callable[[Rows], None],
    progress: Progress | None,
) -> RowLayout:
    blocks = Blocks(part, dialect.encoding, dialect.header_line)
    with _any_field_size():
        for rows in _in_order(part, blocks, layout, dialect.separator):
            take(rows)
            if progress:
                progress(rows.read, blocks.size)
    return layout


def _pass_parquet(
    part: ArchivePart,
    mapping: ColumnMapping,
    take: Callable[[Rows], None],
    progress: Progress | None,
) -> RowLayout:
    from cftui.ratings.reading.parquet import layout_of, open_parquet, read_rows

    size = part.path.stat().st_size
    with open_parquet(part) as file:
        layout = layout_of(part, file, mapping)
        for rows in read_rows(file, layout):
            take(rows)
            if progress:
                progress(size * rows.read // file.metadata.num_rows, size)
    return layout


def _in_order(
    part: ArchivePart, blocks: Blocks, layout: RowLayout, separator: str
) -> Iterator[Rows]:
    """Yield the rows of each block; blocks are read by threads, ahead of what is taken."""
    waiting: deque[Future[ReadBlock]] = deque()
    pool = ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1))
    try:
        for block in blocks:
            # Where a row may go on in the next block, that one begins only after this one's end.
            if b'"' in block.text:
                yield from (future.result().rows for future in waiting)
                waiting.clear()
                yield _with_open_row(part, blocks, block, layout, separator)
                continue
            waiting.append(pool.submit(read_block, block, layout, separator))
            if len(waiting) > THREADS:
                yield waiting.popleft().result().rows
        yield from (future.result().rows for future in waiting)
    finally:
        pool.shutdown(cancel_futures=True)


def _with_open_row(
    part: ArchivePart, blocks: Blocks, block: Block, layout: RowLayout, separator: str
) -> Rows:
    """Return the rows of a block; a row that goes on after its end is put back."""
    read = read_block(block, layout, separator)
    if read.open_line is not None:
        line = block.first_line + read.open_line
        if block.last:
            raise DataError(
                f"{part} line {line}: a quotation mark is never closed; close or remove it"
            )
        blocks.put_back(b"".join(block.text.splitlines(keepends=True)[read.open_line :]), line)
    return read.rows


@contextmanager
def _any_field_size() -> Iterator[None]:
    """Let the csv module take fields of any size; blocks bound them."""
    limit = csv.field_size_limit(sys.maxsize)
    try:
        yield
    finally:
        csv.field_size_limit(limit)
