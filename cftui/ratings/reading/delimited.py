"""Reads blocks of delimited text: pyarrow splits them, what it refuses goes through csv."""

import codecs
import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from numpy.typing import NDArray

from cftui.questions.data import Problem
from cftui.ratings.reading.arrays import column_of, numbers_of
from cftui.ratings.reading.blocks import Block
from cftui.ratings.reading.checked import BLANKS, Longs, RowColumns, checked_rows, role_columns
from cftui.ratings.reading.rows import SHOWN, Row, RowLayout, Rows, check

END = b"."
"""Put after a block as a line of its own, a row of too few fields. Where it is not refused as such
it stands within the quotation marks of a row that goes on in the next block."""
QUOTES = "quotation marks: a row cut off, or a mark too many"
CHARACTER = "a character: a row cut off"
LOOKED_AT = 3
"""Lines of a block that tell whether all end with spare separators."""


@dataclass(frozen=True)
class ReadBlock:
    """A block's rows, and where its last row begins if that goes on in the next block."""

    rows: Rows
    open_line: int | None = None
    """Counted within the block, from 0; none if all rows are complete."""


def read_block(block: Block, layout: RowLayout, separator: str) -> ReadBlock:
    """Return the rows of a block, checked."""
    text = block.text
    if len(separator) > 1:
        spare = next(bytes([sign]) for sign in range(1, 32) if bytes([sign]) not in text)
        text, separator = text.replace(separator.encode(), spare), spare.decode()
    split = _SplitBlock(text, separator, len(layout.names), layout.wanted, block.cut)
    open_line = split.open_line
    cut_off, within = split.cut_line, CHARACTER
    if open_line is not None and block.last and not split.swallows_rows(layout):
        cut_off, within = open_line, QUOTES

    def fields(line: int) -> list[str] | Problem:
        found = split.fields(line)
        return found if line != cut_off else _cut_off(found, layout, within)

    part = RowColumns(
        columns=role_columns(layout, split.column),
        at=split.found,
        odd=[*split.odd, cut_off] if cut_off is not None and cut_off == open_line else split.odd,
        fields=fields,
        first=block.first_line,
        read=block.read,
    )
    return ReadBlock(checked_rows(part, layout), open_line if cut_off is None else None)


def _cut_off(fields: Sequence[str], layout: RowLayout, within: str) -> Problem:
    last = min(len(fields), len(layout.names)) - 1
    value = fields[last].rstrip("\n")[:SHOWN]
    return Problem(0, layout.names[last], value, f"the file ends within {within}")


class _SplitBlock:
    """The rows of a block, each known by the line on which it begins."""

    def __init__(
        self, text: bytes, separator: str, width: int, wanted: Sequence[int], cut: bool
    ) -> None:
        """Split a text; where it is cut off within a character, so is its last row."""
        self._text, self._separator = text, separator
        self._width = self._fields_alike(width)
        spare = range(width, self._width)
        table, refused = self._parsed([*wanted, *spare])
        rows = table.num_rows + len(refused)
        found = np.ones(rows, np.bool_)
        found[list(refused)] = False
        # pyarrow counts rows, not lines; these are the same but for line breaks in quotes.
        self._begins: Longs = np.arange(rows + 1)
        if rows != text.count(b"\n") + 1:
            self._begins = self._counted(found, refused)
        complete = refused.get(rows - 1) == END.decode()
        self.open_line = None if complete else int(self._begins[-2])
        found[-1] = False
        self.cut_line = int(self._begins[-3]) if cut and complete else None
        """Where the row begins that is cut off within a character."""
        if self.cut_line is not None:
            found[-2] = False
        table = table.slice(0, int(found.sum()))
        if spare:
            blank = _all_blank(table.column(str(place)) for place in spare)
            found[np.flatnonzero(found)[~blank]] = False
            table = table.take(column_of(np.flatnonzero(blank)))
        self._table = table
        self.found: Longs = self._begins[:-1][found]
        self._others: Longs = self._begins[:-2][~found[:-1]]

    def column(self, place: int) -> pa.Array:
        """Return the texts of one column, for the rows that are `found`."""
        return _whole(self._table.column(str(place)))

    @property
    def odd(self) -> list[int]:
        """Return where the rows begin that are not `found`, but for empty lines."""
        if not len(self._others):
            return []
        lengths = np.diff(self._line_starts)[self._others]
        return self._others[lengths > 1].tolist()  # type: ignore[no-any-return]

    def fields(self, line: int) -> list[str]:
        """Return the fields of the row that begins on a line."""
        row = int(np.searchsorted(self._begins, line))
        lines = np.minimum(self._begins[row : row + 2], len(self._line_starts) - 1)
        begin, end = self._line_starts[lines].tolist()
        return self._split(self._text[begin:end])

    def swallows_rows(self, layout: RowLayout) -> bool:
        """Tell whether among the lines of the open row there are rows.

        So there are where a quotation mark is one too many, but not where a row is cut off.
        """
        if self.open_line is None:
            return False
        lines = self._text[self._line_starts[self.open_line] :].split(b"\n")[1:]
        return any(isinstance(check(self._split(line), layout), Row) for line in lines)

    @cached_property
    def _line_starts(self) -> Longs:
        breaks = np.flatnonzero(np.frombuffer(self._text, np.uint8) == ord("\n"))
        return np.concatenate([[0], breaks + 1])

    def _split(self, row: bytes) -> list[str]:
        lines = io.StringIO(row.decode(), newline="\n")
        return next(csv.reader(lines, delimiter=self._separator), [])

    def _fields_alike(self, width: int) -> int:
        """Return as how many fields to read each line: more where all end with blank ones."""
        lines = self._text.split(b"\n", LOOKED_AT)[:LOOKED_AT]
        rows = [self._split(line) for line in lines if line]
        spare = all(not text.strip() for row in rows for text in row[width:])
        return max(min(map(len, rows), default=0), width) if spare else width

    def _parsed(self, places: Sequence[int]) -> tuple[pa.Table, dict[int, str]]:
        """Return columns, and the texts of the rows that have too few or too many fields."""
        refused: dict[int, str] = {}

        def refuse(row: pa.csv.InvalidRow) -> str:
            refused[row.number - 1] = row.text
            return "skip"

        text = self._text + END + b"\n"
        if text.startswith(codecs.BOM_UTF8):  # pyarrow takes one away
            text = codecs.BOM_UTF8 + text
        names = [str(place) for place in range(self._width)]
        wanted = [str(place) for place in places]
        table = pa.csv.read_csv(
            pa.BufferReader(text),
            pa.csv.ReadOptions(use_threads=False, block_size=len(text) + 1, column_names=names),
            pa.csv.ParseOptions(
                delimiter=self._separator, ignore_empty_lines=False, invalid_row_handler=refuse
            ),
            pa.csv.ConvertOptions(
                check_utf8=False,
                column_types=dict.fromkeys(wanted, pa.string()),
                strings_can_be_null=False,
                include_columns=wanted,
            ),
        )
        return table, refused

    def _counted(self, found: NDArray[np.bool_], refused: dict[int, str]) -> Longs:
        """Return the line on which each row begins, and how many there are, with line breaks."""
        heights = np.ones(len(found), np.int64)
        table, _ = self._parsed(range(self._width))
        for column in table.columns:
            heights[found] += numbers_of(pc.count_substring(_whole(column), "\n"))
        for row, text in refused.items():
            heights[row] += text.count("\n")
        return np.concatenate([[0], np.cumsum(heights)])


def _whole(column: pa.ChunkedArray) -> pa.Array:
    """Return a column as one array, copied only where it is not one already."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _all_blank(columns: Iterable[pa.ChunkedArray]) -> NDArray[np.bool_]:
    trimmed = (pc.utf8_trim(_whole(column), characters=BLANKS) for column in columns)
    lengths = [numbers_of(pc.binary_length(column)) for column in trimmed]
    blank: NDArray[np.bool_] = np.maximum.reduce(lengths) == 0
    return blank
