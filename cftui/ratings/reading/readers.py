"""Reads a source, whatever its format, into a table of ratings."""

import csv
import os
import sys
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from cftui.questions.data import ColumnMapping
from cftui.ratings.reading.blocks import Block, Blocks
from cftui.ratings.reading.dialect import HEAD, Dialect, recognise
from cftui.ratings.reading.frames import COLUMNAR
from cftui.ratings.reading.intake import Intake, RatingsTable
from cftui.ratings.reading.names import ROLES
from cftui.ratings.reading.rows import RowLayout, Rows
from cftui.ratings.reading.titles import read_titles
from cftui.ratings.reading.wide import WideTable, wide_rows, wide_table
from cftui.ratings.sources.locate import SourceFiles
from cftui.ratings.sources.packed import ArchivePart, located
from cftui.ratings.values import DataError
from cftui.remedies import cause

if TYPE_CHECKING:
    from cftui.ratings.reading.delimited import ReadBlock

Progress = Callable[[int, int], None]
"""Called with the bytes read so far and the bytes in all."""

THREADS = 2
"""More would wait for the one that reads."""


def read(files: SourceFiles, progress: Progress | None = None) -> RatingsTable:
    """Return the checked and coded ratings of a source.

    Raises DataError, which names file, line, column, value and remedy.
    """
    intake = Intake(files.ratings)
    notes: list[str] = []
    dated = pass_rows(files, intake.add, progress, notes.append)
    table = replace(intake.finish(dated=dated), notes=tuple(notes))
    return table.with_titles(read_titles(files.titles)) if files.titles else table


def pass_rows(
    files: SourceFiles,
    take: Callable[[Rows], None],
    progress: Progress | None = None,
    say: Callable[[str], object] = str,
) -> bool:
    """Pass all rows of a source to `take`, in its order; return whether they have times.

    `say` hears what was taken so that could have been meant otherwise.
    Raises DataError, as `read`.
    """
    part = files.ratings
    try:
        with part.open() as stream:
            head = stream.read(HEAD)
        if head.startswith(COLUMNAR):
            return _pass_parquet(part, files.mapping, take, progress)
        if wide := wide_table(part, head, files.mapping):
            return _pass_wide(part, wide, take, progress, say)
        return _pass_delimited(part, _recognised(part, head, files), take, progress, say)
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


def _pass_delimited(
    part: ArchivePart,
    dialect: Dialect,
    take: Callable[[Rows], None],
    progress: Progress | None,
    say: Callable[[str], object],
) -> bool:
    names = [name.strip() for name in dialect.names]
    if not dialect.header_line:
        roles = {place: role for role, place in dialect.guess.places.items()}
        names = [f"{roles[n]} (column {own})" if n in roles else own for n, own in enumerate(names)]
    places = {role: dialect.guess.places[role] for role in ROLES if role in dialect.guess.places}
    layout = RowLayout(places, tuple(names))
    blocks = Blocks(part, dialect.encoding, dialect.skip, dialect.rewrite())
    with _any_field_size():
        for rows in _in_order(part, blocks, layout, dialect.split_at):
            take(rows)
            if progress:
                progress(rows.read, blocks.size)
    for words in dict.fromkeys((*dialect.notes, blocks.old_text.words)):
        if words:
            say(words)
    return layout.dated


def _pass_wide(
    part: ArchivePart,
    table: WideTable,
    take: Callable[[Rows], None],
    progress: Progress | None,
    say: Callable[[str], object],
) -> bool:
    lines = filled = 0
    for rows in wide_rows(part, table, progress):
        take(rows)
        filled += len(rows.value)
        lines += len(set(rows.lines.tolist()))
    for words in (table.told(lines, filled), *table.notes):
        say(words)
    return False


def _pass_parquet(
    part: ArchivePart,
    mapping: ColumnMapping,
    take: Callable[[Rows], None],
    progress: Progress | None,
) -> bool:
    from cftui.ratings.reading.parquet import layout_of, open_parquet, read_rows

    size = part.path.stat().st_size
    with open_parquet(part) as file:
        layout = layout_of(part, file, mapping)
        for rows in read_rows(file, layout):
            take(rows)
            if progress:
                progress(size * rows.read // max(file.metadata.num_rows, rows.read), size)
    return layout.dated


def _in_order(
    part: ArchivePart, blocks: Blocks, layout: RowLayout, separator: str
) -> Iterator[Rows]:
    """Yield the rows of each block; blocks are read by threads, ahead of what is taken."""
    from cftui.ratings.reading.delimited import read_block

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
    from cftui.ratings.reading.delimited import read_block

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
