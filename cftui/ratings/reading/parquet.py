"""Reads Parquet files."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from cftui.questions.data import ColumnMapping
from cftui.ratings.reading.columns import Guess, find_columns
from cftui.ratings.reading.dialect import HEAD
from cftui.ratings.reading.frames import PARQUET, open_frame
from cftui.ratings.reading.rows import RowLayout, Rows, picked, written
from cftui.ratings.sources.packed import ArchivePart
from cftui.ratings.values import DataError

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 250_000
"""Rows that are read at a time."""
FIRST = 50
"""The first rows, which tell which column is which."""
SAMPLE = 2_000
"""The first rows, which tell how ratings and times are written."""


@contextmanager
def open_parquet(part: ArchivePart) -> Iterator[Any]:
    """Give the pyarrow file, or one read like it; raises DataError where it is not sound."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with part.open() as stream:
        packed, head = bool(stream.packed), stream.read(HEAD)
    if not head.startswith(PARQUET):
        with open_frame(part, head) as other:
            yield other
        return
    try:
        with pq.ParquetFile(io.BytesIO(part.read_all()) if packed else part.path) as file:
            yield file
    except (pa.ArrowException, EOFError, UnicodeDecodeError) as error:
        reason = (str(error).splitlines() or [""])[0][:200]
        raise DataError(
            f"{part}: not a sound Parquet file ({reason}); download or write it again"
        ) from None
    except OSError as error:
        if error.errno is not None:
            raise
        raise DataError(
            f"{part}: cut off or damaged ({str(error)[:200]}); download or write it again"
        ) from None


def layout_of(part: ArchivePart, file: Any, mapping: ColumnMapping) -> RowLayout:
    """Return where the columns stand that ratings are read from; raises DataError."""
    from pyarrow import types

    schema = file.schema_arrow
    guess = columns_of(file, mapping)
    if guess.problem:
        raise DataError(f"{part}: {guess.problem}")
    for role, place in (*guess.places.items(), *(("timestamp", own) for own in guess.joined)):
        if not _fits(schema.types[place], role):
            raise DataError(
                f"{part}: column {schema.names[place]} holds {schema.types[place]}, which cannot "
                f"be read as {role}; write it as numbers or text, or choose another column"
            )
    layout = picked(guess, schema.names)
    rows = first_rows(file, SAMPLE, layout.names)
    ratings = [row[layout.places["rating"]] for row in rows]
    place = guess.places.get("timestamp", -1)
    dates = not guess.joined and place >= 0 and types.is_temporal(schema.types[place])
    times = [] if dates else list(map(layout.time_text, rows))  # dates say themselves
    return layout.told_by(ratings, times, mapping)


def columns_of(file: Any, mapping: ColumnMapping) -> Guess:
    """Return where columns stand, by their names and the first rows."""
    return find_columns(file.schema_arrow.names, mapping, rows=first_rows(file, FIRST))


def first_rows(file: Any, n: int, names: Sequence[str] | None = None) -> list[tuple[str, ...]]:
    """Return the first rows of all columns, or of some, as in a delimited file."""
    first = next(file.iter_batches(n, columns=None if names is None else list(names)), None)
    return [] if first is None else list(zip(*written_columns(first), strict=True))


def written_columns(batch: "pa.RecordBatch") -> list[list[str]]:
    """Return the columns of a batch as they would be written in a delimited file."""
    return [_written(column) for column in batch.columns]


def _written(column: "pa.Array") -> list[str]:
    """Return the texts of a column; nothing for all where it is not sound."""
    import pyarrow as pa

    try:
        column.validate(full=True)  # what is not would end the process
        return [written(value) for value in column.to_pylist()]
    except (pa.ArrowException, ValueError, OverflowError):
        return [""] * len(column)


def read_rows(file: Any, layout: RowLayout) -> Iterator[Rows]:
    """Yield the rows of a file; `Rows.read` counts them."""
    row = 0
    for batch in file.iter_batches(ROWS, columns=list(layout.names), use_threads=False):
        batch.validate(full=True)  # texts that are no UTF-8, lengths that do not fit
        row += len(batch)
        yield _rows(batch, layout, row)


def texts_of(file: Any, places: Sequence[int]) -> Iterator[list[str]]:
    """Yield columns as they would be written in a delimited file; all of each in memory."""
    names = file.schema_arrow.names
    table = file.read(columns=[names[place] for place in places])
    for place in places:
        yield [written(value) for value in table.column(names[place]).to_pylist()]


def _fits(kind: "pa.DataType", role: str) -> bool:
    from pyarrow import types

    if types.is_dictionary(kind):
        kind = kind.value_type
    text = types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)
    number = types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)
    date = types.is_timestamp(kind) or types.is_date(kind) or types.is_time(kind)
    return text or number or types.is_null(kind) or (role == "timestamp" and date)


def _rows(batch: "pa.RecordBatch", layout: RowLayout, read: int) -> Rows:
    from cftui.ratings.reading.checked import RowColumns, checked_rows, role_columns

    part = RowColumns(
        columns=role_columns(layout, batch.columns.__getitem__),
        at=np.arange(len(batch)),
        odd=(),
        fields=lambda row: [written(column[row].as_py()) for column in batch.columns],
        first=read - len(batch) + 1,
        counted="row",
        read=read,
    )
    return checked_rows(part, layout)
