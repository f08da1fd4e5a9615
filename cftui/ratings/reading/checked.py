"""Checks rows given as Arrow columns: plain values by the column, all others by `check`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import types

from cftui.questions.data import Problem
from cftui.ratings.reading.arrays import column_of, numbers_of, texts_of
from cftui.ratings.reading.rows import (
    GREATEST,
    KEPT_PROBLEMS,
    LONGEST_ID,
    Row,
    RowLayout,
    Rows,
    check,
    written,
)

Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]
Way = tuple[Callable[[pa.Array], Flags], Callable[[pa.Array], pa.Array]]
"""Tells which texts are written in one usual way; reads these."""

BLANKS = "".join(sign for sign in map(chr, range(0x3001)) if sign.isspace())
"""What `str.strip` takes away."""
FEW = 256
"""Distinct texts that are sooner parsed one by one."""
PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


@dataclass(frozen=True, eq=False)
class RowColumns:
    """The rows of one part of a file."""

    columns: Mapping[str, pa.Array]
    """By role, of texts or of what else a file may hold."""
    at: Longs
    """Where each row stands in the part, from 0, ascending."""
    odd: Sequence[int]
    """Where the rows stand that are not in the columns."""
    fields: Callable[[int], Sequence[str] | Problem]
    """Return the texts of the row that stands there, all of them, or why it is none."""
    first: int
    """The number of the part's first line, or row."""
    counted: str = "line"
    read: int = 0
    """Bytes of the file on the disk that have been read, as `Rows.read`."""


def checked_rows(part: RowColumns, layout: RowLayout) -> Rows:
    """Return the usable rows of a part, and what is wrong with the others."""
    user, sound = _ids(part.columns["user"])
    item, sound_item = _ids(part.columns["item"])
    value, sound_value = _values(part.columns["rating"], layout)
    sound &= sound_item & sound_value
    time = np.zeros(len(value), np.int64)
    if layout.dated:
        time = _times(part.columns["timestamp"], layout)
    rows = Rows(user, item, value, time, read=part.read, lines=part.at, counted=part.counted)
    if not sound.all():
        rows = rows.taken(np.flatnonzero(sound))
    odd = sorted([*part.odd, *part.at[~sound].tolist()])
    rows = _with_odd(rows, odd, part, layout) if odd else rows
    return replace(rows, lines=part.first + rows.lines)


def _with_odd(rows: Rows, odd: Sequence[int], part: RowColumns, layout: RowLayout) -> Rows:
    """Return the rows with those of the odd ones in their places that are usable."""
    usable: dict[int, Row] = {}
    problems: list[Problem] = []
    unusable = 0
    for place in odd:
        given = part.fields(place)
        found = given if isinstance(given, Problem) else check(given, layout)
        if isinstance(found, Row):
            usable[place] = found
        elif found is not None:
            unusable += 1
            if len(problems) < KEPT_PROBLEMS:
                told = replace(found, line=part.first + place, counted=part.counted)
                problems.append(told)
    if usable:
        rows = _merged(rows, usable)
    return replace(rows, unusable=unusable, problems=tuple(problems))


def _merged(rows: Rows, more: Mapping[int, Row]) -> Rows:
    found = list(more.values())
    users = texts_of([row.user for row in found]).dictionary_encode()
    items = texts_of([row.item for row in found]).dictionary_encode()
    both = replace(
        rows,
        user=pa.chunked_array([rows.user, users]).unify_dictionaries().combine_chunks(),
        item=pa.chunked_array([rows.item, items]).unify_dictionaries().combine_chunks(),
        value=np.append(rows.value, np.array([row.value for row in found], np.float32)),
        timestamp=np.append(rows.timestamp, np.array([row.timestamp for row in found], np.int64)),
        lines=np.append(rows.lines, np.array(list(more), np.int64)),
    )
    return both.taken(np.argsort(both.lines))


def role_columns(layout: RowLayout, column: Callable[[int], pa.Array]) -> dict[str, pa.Array]:
    """Return the column of each role; `column` gives the one at a place."""
    columns = {role: column(place) for role, place in layout.places.items()}
    if layout.joined:
        columns["timestamp"] = _joined([_texts(column(place)) for place in layout.joined])
    return columns


def _joined(parts: Sequence[pa.Array]) -> pa.Array:
    """Return texts as `times.joined` joins those of a row."""
    trimmed = [pc.utf8_trim(part, characters=BLANKS) for part in parts]
    if len(trimmed) == 2:
        return pc.binary_join_element_wise(*trimmed, " ")
    whole = [pc.replace_substring_regex(part, r"\.0*$", "") for part in trimmed]
    date, clock = whole[:3], [pc.utf8_lpad(part, 2, "0") for part in whole[3:]]
    day = pc.binary_join_element_wise(*date, "-")
    if not clock:
        return day
    return pc.binary_join_element_wise(day, pc.binary_join_element_wise(*clock, ":"), " ")


def _ids(column: pa.Array) -> tuple[pa.DictionaryArray, Flags]:
    """Return ids as they are written, and which of them are any."""
    codes, texts = _distinct(column)
    trimmed = pc.utf8_trim(texts, characters=BLANKS)
    lengths = numbers_of(pc.utf8_length(trimmed))
    sound = (lengths > 0) & (lengths <= LONGEST_ID)
    usable = (sound & ~numbers_of(pc.match_substring(texts, "\n")))[codes]
    if not trimmed.equals(texts):
        again = trimmed.dictionary_encode()
        codes, trimmed = numbers_of(again.indices)[codes], again.dictionary
    return pa.DictionaryArray.from_arrays(column_of(codes), trimmed), usable


def _values(column: pa.Array, layout: RowLayout) -> tuple[NDArray[np.float32], Flags]:
    if types.is_floating(column.type) or types.is_integer(column.type):
        column = column.cast(pa.float64())
        numbers = column.to_numpy(zero_copy_only=False) if column.null_count else numbers_of(column)
        sound = np.abs(numbers) <= GREATEST
        return np.where(sound, numbers, 0).astype(np.float32), sound
    codes, texts = _distinct(column)
    ways = [] if len(texts) <= FEW else [DECIMALS]
    values, sound = _parsed(texts, ways, layout.value_of, np.float32)
    return values[codes], sound[codes]


def _times(column: pa.Array, layout: RowLayout) -> Longs:
    as_they_are = layout.times.numbers == "time"
    ways = [SECONDS, DATES, FRACTIONS] if as_they_are else [DATES]
    kind = column.type
    if types.is_string(kind):
        return _parsed(_texts(column), ways, layout.time_of, np.int64)[0]
    if types.is_date(kind):
        column = column.cast(pa.timestamp("s"))
    moments, whole = types.is_temporal(kind), types.is_integer(kind) and not types.is_uint64(kind)
    if (moments or (whole and as_they_are)) and not column.null_count:
        units = PER_SECOND[column.type.unit] if moments else 1
        return numbers_of(column.cast(pa.int64())) // units
    codes, texts = _distinct(column)
    times: Longs = _parsed(texts, [], layout.time_of, np.int64)[0][codes]
    return times


def _parsed(
    texts: pa.Array, ways: Sequence[Way], parse: Callable[[str], float | str], kind: type[Any]
) -> tuple[NDArray[Any], Flags]:
    """Return what texts say, and which say anything: in the usual ways, else as `parse` reads."""
    numbers = np.zeros(len(texts), kind)
    left = np.arange(len(texts))
    for is_plain, convert in ways:
        if not len(left):
            break
        plain = is_plain(texts)
        try:
            found = convert(texts if plain.all() else _chosen(texts, plain))
        except pa.ArrowInvalid:  # a date such as 2001-02-29
            continue
        numbers[left[plain]] = numbers_of(found)
        texts, left = pc.utf8_trim(_chosen(texts, ~plain), characters=BLANKS), left[~plain]
    sound = np.ones(len(numbers), np.bool_)
    if len(left):
        codes, distinct = _distinct(texts)
        values = [parse(text) for text in distinct.to_pylist()]
        numbers[left] = np.array([0 if isinstance(v, str) else v for v in values], kind)[codes]
        sound[left] = np.array([not isinstance(v, str) for v in values], np.bool_)[codes]
    return numbers, sound


def _chosen(texts: pa.Array, chosen: Flags) -> pa.Array:
    return texts.take(column_of(np.flatnonzero(chosen)))


def _matching(pattern: str) -> Callable[[pa.Array], Flags]:
    return lambda texts: numbers_of(pc.match_substring_regex(texts, pattern))


def _whole(texts: pa.Array) -> Flags:
    return numbers_of(pc.ascii_is_decimal(texts)) & (numbers_of(pc.binary_length(texts)) <= 18)


SECONDS: Way = _whole, lambda texts: texts.cast(pa.int64())
DECIMALS: Way = (
    _matching(r"^-?[0-9]{1,15}(\.[0-9]{1,15})?$"),
    lambda texts: texts.cast(pa.float64()),
)
FRACTIONS: Way = DECIMALS[0], lambda texts: pc.trunc(texts.cast(pa.float64())).cast(pa.int64())
DATES: Way = (
    _matching(
        r"^[1-9][0-9]{3}-[01][0-9]-[0-3][0-9]([ T]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])?$"
    ),
    lambda texts: texts.cast(pa.timestamp("s")).cast(pa.int64()),
)


def _distinct(column: pa.Array) -> tuple[NDArray[np.int32], pa.Array]:
    """Return each row's place among the distinct texts, and these."""
    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    coded = column.dictionary_encode(null_encoding="encode")
    return numbers_of(coded.indices), _texts(coded.dictionary)


def _texts(column: pa.Array) -> pa.Array:
    """Return values as they would be written in a delimited file; nothing for none."""
    kind = column.type
    if types.is_floating(kind) or types.is_temporal(kind) or types.is_decimal(kind):
        return texts_of([written(value) for value in column.to_pylist()])
    column = column.cast(pa.string())
    return column.fill_null("") if column.null_count else column
