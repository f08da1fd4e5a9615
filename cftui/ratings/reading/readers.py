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
from cftui.ratings.reading.jsonl import JsonHead, read_json_block, recognise_json
from cftui.ratings.reading.names import ROLES
from cftui.ratings.reading.rows import RowLayout, Rows
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
    return table.with_titles(titles_for(files, table.item_ids))


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
        if told := recognise_json(head, files.mapping):
            return _pass_json(part, told, take, progress)
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
    from cftui.ratings.reading.delimited import read_block

    names = [name.strip() for name in dialect.names]
    if not dialect.header_line:
        roles = {place: role for role, place in dialect.guess.places.items()}
        names = [f"{roles[n]} (column {own})" if n in roles else own for n, own in enumerate(names)]
    places = {role: dialect.guess.places[role] for role in ROLES if role in dialect.guess.places}
    layout = RowLayout(places, tuple(names))
    blocks = Blocks(part, dialect.encoding, dialect.skip, dialect.rewrite())

    def read_one(block: Block) -> Rows:
        return _without_open_row(part, blocks, block, read_block(block, layout, dialect.split_at))

    def goes_on(block: Block) -> bool:
        return b'"' in block.text

    with _any_field_size():
        for rows in _in_order(blocks, read_one, goes_on):
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


def _pass_json(
    part: ArchivePart, told: JsonHead, take: Callable[[Rows], None], progress: Progress | None
) -> bool:
    if told.guess.problem:
        raise DataError(f"{part}: {told.guess.problem}")
    layout = told.layout()
    blocks = Blocks(part, told.encoding, 0)
    for rows in _in_order(blocks, lambda block: read_json_block(block, layout), lambda _: False):
        take(rows)
        if progress:
            progress(rows.read, blocks.size)
    return layout.dated


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
    blocks: Blocks, read_one: Callable[[Block], Rows], goes_on: Callable[[Block], bool]
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
