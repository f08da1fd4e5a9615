"""Reads a source, whatever its format, into a table of ratings."""

import csv
import os
import re
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from cftui.questions.data import ColumnMapping
from cftui.ratings.reading.blocks import Block, Blocks
from cftui.ratings.reading.dialect import HEAD, Dialect, recognise
from cftui.ratings.reading.frames import COLUMNAR
from cftui.ratings.reading.intake import Intake, LeftOut, RatingsTable
from cftui.ratings.reading.json_array import ObjectBlocks
from cftui.ratings.reading.jsonl import JsonHead, read_json_block, recognise_json
from cftui.ratings.reading.names import ROLES
from cftui.ratings.reading.rows import RowLayout, Rows
from cftui.ratings.reading.splitting import split_line
from cftui.ratings.reading.times import tells_order
from cftui.ratings.reading.titles_for import titles_for
from cftui.ratings.reading.wide import WideTable, wide_rows, wide_table
from cftui.ratings.sources.locate import SourceFiles
from cftui.ratings.sources.packed import ArchivePart, located
from cftui.ratings.values import DataError
from cftui.remedies import cause

if TYPE_CHECKING:
    from cftui.ratings.reading.delimited import ReadBlock

Progress = Callable[[int, int], None]
"""Called with the bytes read so far and the bytes in all."""

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
    return table.with_titles(titles_for(files, table.item_ids))


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
        if head.startswith(COLUMNAR):
            return _pass_parquet(part, files.mapping, take, progress)
        if told := recognise_json(head, files.mapping):
            return _pass_json(part, told, files.mapping, take, progress)
        if wide := wide_table(part, head, files.mapping):
            return _pass_wide(part, wide, take, progress)
        dialect = _recognised(part, head, files)
        return _pass_delimited(part, dialect, files.mapping, take, progress)
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


def _layout_of(part: ArchivePart, dialect: Dialect, mapping: ColumnMapping) -> RowLayout:
    """Return where the columns stand, and how ratings and times are written."""
    names = [name.strip() for name in dialect.names]
    if not dialect.header_line:
        roles = {place: role for role, place in dialect.guess.places.items()}
        names = [f"{roles[n]} (column {own})" if n in roles else own for n, own in enumerate(names)]
    places = {role: dialect.guess.places[role] for role in ROLES if role in dialect.guess.places}
    layout = RowLayout(places, tuple(names), dialect.notes, joined=dialect.guess.joined)
    ratings, times = (dialect.texts(role) for role in ROLES[2:])
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
    for block in _blocks_of(part, dialect):
        for match in TELLING.finditer(block.text):
            begin = block.text.rfind(b"\n", 0, match.start()) + 1
            line = block.text[begin : block.text.find(b"\n", match.start())]
            fields = split_line(line.decode(), dialect.split_at)
            if len(fields) > place and tells_order(fields[place]):
                return fields[place]
            if (looked := looked + 1) == MOST_LOOKED:
                return ""
    return ""


def _blocks_of(part: ArchivePart, dialect: Dialect) -> Blocks:
    return Blocks(part, dialect.encoding, dialect.skip, dialect.rewrite())


def _pass_delimited(
    part: ArchivePart,
    dialect: Dialect,
    mapping: ColumnMapping,
    take: Callable[[Rows], None],
    progress: Progress | None,
) -> RowLayout:
    from cftui.ratings.reading.delimited import read_block

    layout = _layout_of(part, dialect, mapping)
    blocks = _blocks_of(part, dialect)

    def read_one(block: Block) -> Rows:
        return _without_open_row(part, blocks, block, read_block(block, layout, dialect.split_at))

    def goes_on(block: Block) -> bool:
        return b'"' in block.text

    with _any_field_size():
        for rows in _in_order(blocks, read_one, goes_on):
            take(rows)
            if progress:
                progress(rows.read, blocks.size)
    notes = dict.fromkeys((*dialect.notes, blocks.old_text.words, *layout.notes))
    return replace(layout, notes=tuple(filter(None, notes)))


def _pass_wide(
    part: ArchivePart,
    table: WideTable,
    take: Callable[[Rows], None],
    progress: Progress | None,
) -> RowLayout:
    lines = filled = 0
    for rows in wide_rows(part, table, progress):
        take(rows)
        filled += len(rows.value)
        lines += len(set(rows.lines.tolist()))
    return replace(table.layout, notes=(table.told(lines, filled), *table.notes))


def _pass_json(
    part: ArchivePart,
    told: JsonHead,
    mapping: ColumnMapping,
    take: Callable[[Rows], None],
    progress: Progress | None,
) -> RowLayout:
    if told.guess.problem:
        raise DataError(f"{part}: {told.guess.problem}")
    layout = told.layout(mapping)
    blocks = told.blocks(part)

    def read_one(block: Block) -> Rows:
        return read_json_block(block, layout, told.counted)

    for rows in _in_order(blocks, read_one, lambda _: False):
        take(rows)
        if progress:
            progress(rows.read, blocks.size)
    cut = isinstance(blocks, ObjectBlocks) and not blocks.closed
    words = "the array is not closed: the file may be cut off" if cut else ""
    notes = (*layout.notes, *filter(None, (blocks.old_text.words, words)))
    return replace(layout, notes=notes)


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
                progress(size * rows.read // max(file.metadata.num_rows, rows.read), size)
    return layout


def _in_order(
    blocks: Iterable[Block], read_one: Callable[[Block], Rows], goes_on: Callable[[Block], bool]
) -> Iterator[Rows]:
    """Yield the rows of each block; blocks are read by threads, ahead of what is taken.

    `goes_on`: whether a row may go on in the next block; that one begins only after its end.
    """
    waiting: deque[Future[Rows]] = deque()
    pool = ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1))
    try:
        for block in blocks:
            if goes_on(block):
                yield from (future.result() for future in waiting)
                waiting.clear()
                yield read_one(block)
                continue
            waiting.append(pool.submit(read_one, block))
            if len(waiting) > THREADS:
                yield waiting.popleft().result()
        yield from (future.result() for future in waiting)
    finally:
        pool.shutdown(cancel_futures=True)


def _without_open_row(part: ArchivePart, blocks: Blocks, block: Block, read: "ReadBlock") -> Rows:
    """Return the rows of a block; a row that goes on after its end is put back."""
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
