"""Reads blocks of delimited text: plain rows many at a time, all others one by one with care."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cftui.ratings.reading.blocks import Block
from cftui.ratings.reading.digits import PAD, FieldBytes, FieldColumn, Longs, Value, parsed
from cftui.ratings.reading.gather import Gathered, IdKeys
from cftui.ratings.reading.plain import dates, decimals
from cftui.ratings.reading.rows import RowLayout, Rows

QUOTE, LINE_FEED = ord('"'), ord("\n")


class _Incomplete(Exception):
    """A row goes on after the last line."""


@dataclass(frozen=True)
class ReadBlock:
    """A block's rows, and where its last row begins if that goes on in the next block."""

    rows: Rows
    open_line: int | None = None
    """Counted within the block, from 0; none if all rows are complete."""


def read_block(block: Block, layout: RowLayout, separator: str) -> ReadBlock:
    """Return the rows of a block, checked."""
    lines = _SplitLines(block, layout, separator)
    records = lines.take_intricate() if lines.quoted else {}
    columns = lines.columns()
    gathered = Gathered(layout, "line", block.first_line)
    user, sound = _keys(columns["user"], gathered.users)
    item, sound_item = _keys(columns["item"], gathered.items)
    value, sound_value = _values(columns["rating"], layout)
    sound &= sound_item & sound_value
    time = np.zeros(len(value), np.int64)
    if layout.dated:
        time, sound_time = _times(columns["timestamp"], layout)
        sound &= sound_time
    at = np.flatnonzero(lines.sound)
    lines.sound[at[~sound]] = False
    gathered.take(at, sound, user, item, value, time)
    return ReadBlock(gathered.rows(lines.others(records), block.read), lines.open_line)


def _keys(column: FieldColumn, ids: IdKeys) -> tuple[Longs, NDArray[np.bool_]]:
    """Return the key of each id, and which can be ids at all."""
    keys, sound = column.numbers()
    sound &= ~column.leading_zero()
    if not sound.all():
        others = ~sound
        codes, texts = column.at(others).texts()
        keys[others], sound[others] = ids.of_texts(codes, [text.decode() for text in texts])
    return keys, sound


def _values(
    column: FieldColumn, layout: RowLayout
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    if not column.wide:
        return parsed(column, layout.value_of, np.float32)
    numbers, sound = decimals(column)
    values = numbers.astype(np.float32)
    return _with_others(column, values, sound, layout.value_of)


def _times(column: FieldColumn, layout: RowLayout) -> tuple[Longs, NDArray[np.bool_]]:
    if layout.times.numbers != "time":
        return parsed(column, layout.time_of, np.int64)
    times, sound = column.numbers()
    if len(sound) and not sound.any():
        times, sound = dates(column)
    return _with_others(column, times, sound, layout.time_of)


def _with_others(
    column: FieldColumn,
    numbers: NDArray[Any],
    sound: NDArray[np.bool_],
    parse: Callable[[str], Value | str],
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return the numbers with those that are not sound parsed one by one, each text once."""
    if not sound.all():
        others = ~sound
        numbers[others], sound[others] = parsed(column.at(others), parse, numbers.dtype.type)
    return numbers, sound


@dataclass(frozen=True, eq=False)
class _Columns:
    """The columns of some lines, all of the same number of fields."""

    page: FieldBytes
    breaks: Longs
    """Where separators and line ends stand."""
    starts: Longs
    """Where each line begins."""
    first: Longs
    """Which of `breaks` ends each line's first field."""

    def __getitem__(self, place: int) -> FieldColumn:
        starts = self.breaks[self.first + (place - 1)] + 1 if place else self.starts
        return FieldColumn(self.page, starts, self.breaks[self.first + place])


def _in_quotes(column: FieldColumn) -> NDArray[np.bool_]:
    own, starts, ends = column.page.data, column.starts, column.ends
    inside: NDArray[np.bool_] = (own[starts] == QUOTE) & (own[ends - 1] == QUOTE)
    return inside & (ends - starts > 1)


def _unquoted(column: FieldColumn) -> FieldColumn:
    inside = _in_quotes(column)
    return FieldColumn(column.page, column.starts + inside, column.ends - inside)


class _SplitLines:
    """The lines of a block."""

    def __init__(self, block: Block, layout: RowLayout, separator: str) -> None:
        text = block.text
        if len(separator) > 1:
            spare = next(bytes([sign]) for sign in range(1, 32) if bytes([sign]) not in text)
            text, separator = text.replace(separator.encode(), spare), spare.decode()
        self._text, self._separator = text, separator
        self._layout, self._width = layout, len(layout.names)
        self._page = FieldBytes.of(text)
        breaks = self._page.data == ord(separator)
        breaks |= self._page.data == LINE_FEED
        self._breaks = np.flatnonzero(breaks)
        self._last = np.flatnonzero(self._page.data[self._breaks] == LINE_FEED)
        self._ends = self._breaks[self._last]
        self.quoted = b'"' in text
        self.sound: NDArray[np.bool_] = np.diff(self._last, prepend=-1) == self._width
        """Which lines are rows of as many fields as there are columns, for all that was seen."""
        self._blank = self._ends == self._starts
        self.open_line: int | None = None

    @cached_property
    def _starts(self) -> Longs:
        return np.concatenate([[PAD], self._ends[:-1] + 1])

    def columns(self) -> dict[str, FieldColumn]:
        """Return the columns of the sound lines by role, without quotation marks."""
        of_lines = self._columns
        columns = {role: of_lines[place] for role, place in self._layout.places.items()}
        return columns if not self.quoted else {r: _unquoted(c) for r, c in columns.items()}

    @property
    def _columns(self) -> "_Columns":
        all_sound = bool(self.sound.all())
        last = self._last if all_sound else self._last[self.sound]
        starts = self._starts if all_sound else self._starts[self.sound]
        return _Columns(self._page, self._breaks, starts, last - (self._width - 1))

    def take_intricate(self) -> dict[int, list[str]]:
        """Return the rows whose quotation marks need care, by their first line.

        Their lines are not sound any more, nor are those from `open_line` on.
        """
        quotes = np.flatnonzero(self._page.data == QUOTE)
        count = np.bincount(np.searchsorted(self._ends, quotes), minlength=len(self._ends))
        columns = self._columns
        around = sum(2 * _in_quotes(columns[place]) for place in range(self._width))
        plain = np.zeros(len(self._ends), np.bool_)
        plain[self.sound] = around == count[self.sound]
        records: dict[int, list[str]] = {}
        after = 0
        for line in np.flatnonzero((count > 0) & ~plain).tolist():
            if line < after:
                continue
            try:
                records[line], after = self._record(line)
            except _Incomplete:
                self.open_line = line
                after = len(self._ends)
            self.sound[line:after] = False
            self._blank[line:after] = True
        return records

    def _record(self, line: int) -> tuple[list[str], int]:
        """Return the row that begins at a line, and the line after it; raises _Incomplete."""
        after = line

        def lines() -> Iterator[str]:
            nonlocal after
            for after in range(line + 1, len(self._ends) + 1):
                yield self._line(after - 1)
            raise _Incomplete

        return next(csv.reader(lines(), delimiter=self._separator)), after

    def others(self, records: dict[int, list[str]]) -> Iterator[tuple[int, list[str]]]:
        """Yield the lines that are not sound, and the fields of the row that begins there."""
        unsound = ~self.sound & ~self._blank
        unsound[list(records)] = True
        for line in np.flatnonzero(unsound).tolist():
            yield line, records[line] if line in records else self._record(line)[0]

    def _line(self, line: int) -> str:
        return self._text[self._starts[line] - PAD : self._ends[line] - PAD + 1].decode()
