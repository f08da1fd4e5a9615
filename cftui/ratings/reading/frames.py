"""Tables that are neither text nor Parquet: Arrow and Feather, Stata, a database's.

Each is read as a Parquet file is, by `ColumnFile`: what a usable row is is decided once.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol

from cftui.ratings.sources import databases
from cftui.ratings.sources.packed import ArchivePart
from cftui.ratings.values import DataError

if TYPE_CHECKING:
    import sqlite3

    import pandas as pd
    import pyarrow as pa

PARQUET, ARROW, SQLITE = b"PAR1", b"ARROW1\0\0", databases.BEGINNING
STATA = (b"<stata_dta>", *(bytes([version, order, 1, 0]) for version in (*range(102, 106), 108,
         *range(110, 116)) for order in (1, 2)))  # fmt: skip
"""How a file of Stata's begins: today's, and those of versions 4 to 12."""
COLUMNAR = (PARQUET, ARROW, SQLITE, *STATA)
"""How files begin that are read by columns."""


@dataclass(frozen=True)
class Size:
    """How large a file is."""

    num_rows: int


class ColumnFile(Protocol):
    """What is asked of a file; pyarrow's ParquetFile is one."""

    schema_arrow: "pa.Schema"
    metadata: Size

    def iter_batches(
        self, batch_size: int, columns: list[str] | None = None, use_threads: bool = False
    ) -> "Iterator[pa.RecordBatch]":
        """Yield some columns, or all, so many rows at a time."""

    def read(self, columns: list[str] | None = None) -> "pa.Table":
        """Return some columns, or all."""


@contextmanager
def open_frame(part: ArchivePart, head: bytes) -> Iterator[ColumnFile]:
    """Give the columns of a file that begins so, but for Parquet; raises DataError."""
    if head.startswith(SQLITE):
        with _database(part) as table:
            yield table
    elif head.startswith(ARROW):
        with _arrow(part) as file:
            yield file
    else:
        yield _stata(part)


def words_for(head: bytes) -> str:
    """Return what a file is that begins so, in words."""
    for begins, words in ((PARQUET, "Parquet"), (ARROW, "Arrow"), (SQLITE, "SQLite table")):
        if head.startswith(begins):
            return words
    return "Stata"


@contextmanager
def _arrow(part: ArchivePart) -> "Iterator[_ArrowFile]":
    import pyarrow as pa

    with part.open() as stream:
        packed = stream.packed
    try:
        source = pa.BufferReader(part.read_all()) if packed else pa.memory_map(str(part.path))
        with source:
            yield _ArrowFile(source)
    except (pa.ArrowException, EOFError, UnicodeDecodeError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise _unsound(part, "Arrow", error) from None


def _unsound(part: ArchivePart, kind: str, error: Exception) -> DataError:
    reason = (str(error).splitlines() or [""])[0][:200]
    return DataError(f"{part}: not a sound {kind} file ({reason}); download or write it again")


class _ArrowFile:
    """An Arrow file: one of its batches at a time, of the columns asked for alone."""

    def __init__(self, source: Any) -> None:
        self._source = source
        self.schema_arrow: pa.Schema = self._opened(()).schema
        self.metadata = Size(sum(batch.num_rows for batch in self._batches((0,))))

    def _opened(self, places: Sequence[int]) -> Any:
        import pyarrow as pa

        # What is packed is unpacked for these columns alone; none named would be all.
        options = pa.ipc.IpcReadOptions(included_fields=list(places), use_threads=False)
        self._source.seek(0)
        return pa.ipc.open_file(self._source, options=options)

    def _batches(self, places: Sequence[int]) -> "Iterator[pa.RecordBatch]":
        file = self._opened(sorted(set(places)))
        for number in range(file.num_record_batches):
            batch = file.get_batch(number)
            batch.validate(full=True)
            yield batch

    def iter_batches(
        self, batch_size: int, columns: list[str] | None = None, use_threads: bool = False
    ) -> "Iterator[pa.RecordBatch]":
        """Yield columns, so many rows at a time."""
        wanted = self.schema_arrow.names if columns is None else columns
        places = [self.schema_arrow.names.index(name) for name in wanted]
        for batch in self._batches(places):
            picked = batch.select([sorted(set(places)).index(place) for place in places])
            for begin in range(0, batch.num_rows, batch_size):
                yield picked.slice(begin, batch_size)

    def read(self, columns: list[str] | None = None) -> "pa.Table":
        """Return columns whole."""
        return _whole(self, columns)


class _Frame:
    """A table held in memory."""

    def __init__(self, table: "pa.Table") -> None:
        self._table, self.schema_arrow = table, table.schema
        self.metadata = Size(table.num_rows)

    def iter_batches(
        self, batch_size: int, columns: list[str] | None = None, use_threads: bool = False
    ) -> "Iterator[pa.RecordBatch]":
        """Yield columns, so many rows at a time."""
        table = self._table if columns is None else self._table.select(columns)
        yield from table.to_batches(batch_size)

    def read(self, columns: list[str] | None = None) -> "pa.Table":
        """Return columns whole."""
        return _whole(self, columns)


def _stata(part: ArchivePart) -> _Frame:
    """Return a Stata file's table; what has labels is the numbers that these stand for."""
    content = part.read_all()
    try:
        import pyarrow as pa

        return _Frame(pa.Table.from_pandas(_stata_frame(content), preserve_index=False))
    except Exception as error:
        # pandas lets through whatever it meets in a broken file
        raise _unsound(part, "Stata", error) from None


def _stata_frame(content: bytes) -> "pd.DataFrame":
    """Return the rows of a Stata file; raises where they do not end where they should.

    The format has no sums: a byte too many in its header or rows moves all that come after.
    """
    import pandas as pd

    stream = _LastRead(content)
    with pd.read_stata(stream, convert_categoricals=False, iterator=True) as reader:
        frame = reader.read()  # rows come last
        begin, end = stream.begin, stream.tell()
    if content.startswith(STATA[0]):
        sound = content.endswith(b"<data>", 0, begin) and content.startswith(b"</data>", end)
    else:
        sound = _only_labels_follow(content, end)
    if len(frame) and not sound:
        raise ValueError("its rows are not where its header says")
    return frame


class _LastRead(io.BytesIO):
    """Bytes that remember where what was read last begins."""

    begin = 0

    def read(self, size: int | None = -1) -> bytes:
        """Return so many bytes."""
        self.begin = self.tell()
        return super().read(size)


def _only_labels_follow(content: bytes, at: int) -> bool:
    """Tell whether an old Stata file has nothing but labels of values from there to its end.

    Each tells its length: that of its text, or of fixed places for so many (help dta, 5.9).
    """
    version = content[0]
    while at < len(content):
        told = content[at : at + (4 if version >= 108 else 2)]
        count = int.from_bytes(told, "big" if content[1] == 1 else "little")
        if version < 108:
            at += 12 + 10 * count
        elif count < 8:  # its two counts alone are so long
            return False
        else:
            at += (16 if version == 108 else 40) + count
    return at == len(content)


@contextmanager
def _database(part: ArchivePart) -> "Iterator[_DatabaseTable]":
    with part.open() as stream:
        if stream.packed:
            raise DataError(f"{part}: a database in an archive; unpack it")
    try:
        with databases.opened(part.path) as connection:
            yield _DatabaseTable(part, connection)
    except databases.BROKEN as error:
        raise _unsound(part, "SQLite", error) from None


class _DatabaseTable:
    """A table of a database, of which only the columns asked for are read; all is text."""

    def __init__(self, part: ArchivePart, connection: "sqlite3.Connection") -> None:
        known = databases.tables_in(connection)
        name = part.member or next(iter(known), "")
        if name not in known:
            raise DataError(f"{part}: no such table in this database; give the database alone")
        import pyarrow as pa

        self._connection, self._table = connection, databases.quoted(name)
        named = databases.columns_of(connection, name)
        self.schema_arrow = pa.schema([(column, pa.string()) for column in named])
        (count,) = connection.execute(f"SELECT count(*) FROM {self._table}").fetchone()
        self.metadata = Size(count)

    def iter_batches(
        self, batch_size: int, columns: list[str] | None = None, use_threads: bool = False
    ) -> "Iterator[pa.RecordBatch]":
        """Yield columns, so many rows at a time; their types are what the values are."""
        import pyarrow as pa

        names = self.schema_arrow.names if columns is None else columns
        for block in self._blocks(names, batch_size):
            yield pa.record_batch([_array(list(one)) for one in zip(*block, strict=True)], names)

    def _blocks(self, names: list[str], rows: int) -> Iterator[list[tuple[object, ...]]]:
        chosen = ", ".join(map(databases.quoted, names))
        cursor = self._connection.execute(f"SELECT {chosen} FROM {self._table}")
        while block := list(islice(cursor, rows)):
            yield block

    def read(self, columns: list[str] | None = None) -> "pa.Table":
        """Return columns whole, as text."""
        import pyarrow as pa

        names = self.schema_arrow.names if columns is None else columns
        rows = [row for block in self._blocks(names, 1 << 16) for row in block]
        texts = [list(map(_text, one)) for one in zip(*rows, strict=True)] or [[] for _ in names]
        return pa.table([pa.array(one, pa.string()) for one in texts], names)


def _array(values: list[object]) -> "pa.Array":
    """Return values as they are; as text where they are of several kinds."""
    import pyarrow as pa

    try:
        array = pa.array(values)
    except (pa.ArrowException, OverflowError):
        return pa.array(map(_text, values), pa.string())
    return pa.nulls(len(values)) if pa.types.is_binary(array.type) else array


def _text(value: object) -> str | None:
    """Return what stands in a cell of a database as text."""
    if value is None or isinstance(value, bytes):
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _whole(file: ColumnFile, columns: list[str] | None) -> "pa.Table":
    import pyarrow as pa

    batches = list(file.iter_batches(1 << 16, columns))
    if batches:
        return pa.Table.from_batches(batches)
    names = file.schema_arrow.names if columns is None else columns
    return pa.table({name: pa.array([], file.schema_arrow.field(name).type) for name in names})
