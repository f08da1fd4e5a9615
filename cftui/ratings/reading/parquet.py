"""Reads Parquet files."""

import io
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cftui.questions.data import ColumnMapping
from cftui.ratings.reading.columns import ROLES, find_columns
from cftui.ratings.reading.dialect import HEAD
from cftui.ratings.reading.frames import PARQUET, open_frame
from cftui.ratings.reading.gather import MOST_DIGITS, Gathered, IdKeys, Longs
from cftui.ratings.reading.rows import GREATEST, RowLayout, Rows, parse_time, parse_value
from cftui.ratings.sources.packed import ArchivePart
from cftui.ratings.values import DataError

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 250_000
"""Rows that are read at a time."""
Flags = NDArray[np.bool_]


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
    schema = file.schema_arrow
    guess = find_columns(schema.names, mapping)
    if guess.problem:
        raise DataError(f"{part}: {guess.problem}")
    for role, place in guess.places.items():
        if not _fits(schema.types[place], role):
            raise DataError(
                f"{part}: column {schema.names[place]} holds {schema.types[place]}, which cannot "
                f"be read as {role}; write it as numbers or text, or choose another column"
            )
    roles = [role for role in ROLES if role in guess.places]
    names = tuple(schema.names[guess.places[role]] for role in roles)
    return RowLayout({role: place for place, role in enumerate(roles)}, names)


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
        yield [_text(value) for value in table.column(names[place]).to_pylist()]


def _fits(kind: "pa.DataType", role: str) -> bool:
    from pyarrow import types

    if types.is_dictionary(kind):
        kind = kind.value_type
    text = types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)
    number = types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)
    date = types.is_timestamp(kind) or types.is_date(kind)
    return text or number or types.is_null(kind) or (role == "timestamp" and date)


def _rows(batch: "pa.RecordBatch", layout: RowLayout, read: int) -> Rows:
    columns = dict(zip(layout.places, map(_plain, batch.columns), strict=True))
    gathered = Gathered(layout, "row", read - len(batch) + 1)
    user, sound = _keys(columns["user"], gathered.users)
    item, sound_item = _keys(columns["item"], gathered.items)
    value, sound_value = _values(columns["rating"])
    sound &= sound_item & sound_value
    time = np.zeros(len(batch), np.int64)
    if layout.dated:
        time, sound_time = _times(columns["timestamp"])
        sound &= sound_time
    gathered.take(np.arange(len(batch)), sound, user, item, value, time)
    others = (
        (row, [_text(column[row].as_py()) for column in columns.values()])
        for row in np.flatnonzero(~sound).tolist()
    )
    return gathered.rows(others, read)


def _plain(column: "pa.Array") -> "pa.Array":
    from pyarrow import types

    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column.cast("string") if types.is_null(column.type) else column


def _keys(column: "pa.Array", ids: IdKeys) -> tuple[Longs, Flags]:
    numbers = _integers(column)
    if numbers is not None and ((numbers >= 0) & (numbers < 10**MOST_DIGITS)).all():
        return numbers, np.ones(len(numbers), np.bool_)
    codes, texts = _distinct(column)
    return ids.of_texts(codes, texts)


def _values(column: "pa.Array") -> tuple[NDArray[np.float32], Flags]:
    from pyarrow import types

    if types.is_floating(column.type) or types.is_integer(column.type):
        numbers = column.cast("double").fill_null(np.nan).to_numpy(zero_copy_only=False)
        sound = np.abs(numbers) <= GREATEST
        return np.where(sound, numbers, 0).astype(np.float32), sound
    codes, texts = _distinct(column)
    values = [parse_value(text) for text in texts]
    sound = np.array([not isinstance(value, str) for value in values], np.bool_)
    known = np.array([0 if isinstance(value, str) else value for value in values], np.float32)
    return known[codes], sound[codes]


def _times(column: "pa.Array") -> tuple[Longs, Flags]:
    numbers = _integers(column)
    if numbers is not None:
        return numbers, np.ones(len(numbers), np.bool_)
    codes, texts = _distinct(column)
    times = [parse_time(text) for text in texts]
    sound = np.array([not isinstance(time, str) for time in times], np.bool_)
    known = np.array([0 if isinstance(time, str) else time for time in times], np.int64)
    return known[codes], sound[codes]


def _integers(column: "pa.Array") -> Longs | None:
    """Return a column of integers none of which is missing or too large; none for another."""
    from pyarrow import types

    if column.null_count or types.is_uint64(column.type) or not types.is_integer(column.type):
        return None
    numbers: Longs = column.cast("int64").to_numpy()
    return numbers


def _distinct(column: "pa.Array") -> tuple[Longs, list[str]]:
    """Return each row's place among the distinct texts, and these."""
    coded = column.dictionary_encode(null_encoding="encode")
    codes = coded.indices.to_numpy().astype(np.int64)
    return codes, [_text(value) for value in coded.dictionary.to_pylist()]


def _text(value: Any) -> str:
    """Return a value as it would be written in a delimited file."""
    if isinstance(value, float):
        value = int(value) if value.is_integer() else None if math.isnan(value) else value
    if value is None:
        return ""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
