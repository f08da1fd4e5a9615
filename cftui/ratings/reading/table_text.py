"""Tables of titles that are no delimited text, made such: JSON, Parquet and its like."""

import csv
import io
from collections.abc import Iterable, Sequence

from cftui.questions.data import AS_RECOGNISED
from cftui.ratings.reading.dialect import HEAD
from cftui.ratings.reading.frames import COLUMNAR
from cftui.ratings.reading.jsonl import JsonHead, recognise_json, values_of
from cftui.ratings.reading.title_columns import TitleColumns, title_columns, titles_within
from cftui.ratings.sources.databases import is_database, text_of_table
from cftui.ratings.sources.packed import ArchivePart

FIRST = 20
"""Rows of a beginning."""
ROWS = 1 << 16
"""Rows that are made text at a time."""


def beginning_of(part: ArchivePart) -> bytes:
    """Return the first bytes of a table as text, with its header if it is none by itself.

    Raises OSError, DataError, and what a database that is not sound raises.
    """
    if part.member and is_database(part.path):
        return next(text_of_table(part.path, part.member))
    with part.open() as stream:
        head = stream.read(HEAD)
    if head.startswith(COLUMNAR):
        return _columnar(part)
    if told := recognise_json(head, AS_RECOGNISED):
        return _csv([told.names, *told.rows])
    return head


def whole_of(part: ArchivePart) -> bytes:
    """Return all of a table as text; of one that is none by itself the columns of titles alone.

    Raises OSError and DataError.
    """
    if part.member and is_database(part.path):
        return part.read_all()
    with part.open() as stream:
        head = stream.read(HEAD)
    columnar = head.startswith(COLUMNAR)
    told = None if columnar else recognise_json(head, AS_RECOGNISED)
    if not columnar and told is None:
        return part.read_all()
    columns = title_columns(beginning_of(part))
    if columns is None:
        return b""
    names = _wanted(columns)
    return _columnar(part, names) if told is None else _objects(part, told, names)


def titles_in_json(told: JsonHead | None) -> TitleColumns | None:
    """Return which values of objects are titles of their items; none where no name says it."""
    item = told.guess.places.get("item", -1) if told else -1
    return titles_within(told.names, item) if told and item >= 0 else None


def _wanted(columns: TitleColumns) -> list[str]:
    places = (*columns.ids, columns.title, columns.genres, columns.year)
    return [columns.names[place] for place in places if place is not None]


def _objects(part: ArchivePart, told: JsonHead, names: Sequence[str]) -> bytes:
    lines = (line for block in told.blocks(part) for line in block.text.split(b"\n"))
    return _csv([names, *filter(None, (values_of(line, names) for line in lines if line))])


def _columnar(part: ArchivePart, names: Sequence[str] | None = None) -> bytes:
    """Return some columns, or the first rows of all."""
    from cftui.ratings.reading.parquet import first_rows, open_parquet, written_columns

    with open_parquet(part) as file:
        if names is None:
            return _csv([file.schema_arrow.names, *first_rows(file, FIRST)])
        into = io.BytesIO(_csv([names]))
        into.seek(0, io.SEEK_END)
        for batch in file.iter_batches(ROWS, columns=list(names)):
            into.write(_csv(zip(*written_columns(batch), strict=True)))
        return into.getvalue()


def _csv(rows: Iterable[Sequence[str]]) -> bytes:
    into = io.StringIO(newline="")
    csv.writer(into, lineterminator="\n").writerows(rows)
    return into.getvalue().encode(errors="replace")
