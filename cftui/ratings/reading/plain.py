"""Dates and decimal numbers of many rows at once, where they are written in the plainest way.

What is written otherwise is left to the parsers of single texts, to which this comes the same.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cftui.ratings.reading.digits import FieldColumn, Longs

Flags = NDArray[np.bool_]
EXACT_DIGITS = 15
"""An integer of so many digits and a power of ten as large are exact in 64 bits, so that their
quotient is the very number that the text stands for."""
_POWERS = 10.0 ** np.arange(EXACT_DIGITS + 1)
_DATE, _MOMENT = len("2009-12-14"), len("2009-12-14 02:52:24")


def decimals(column: FieldColumn) -> tuple[NDArray[np.float64], Flags]:
    """Return the numbers, and which fields are written as digits, a point and digits.

    A minus may stand before them.
    """
    data, ends = column.page.data, column.ends
    minus = data[column.starts] == ord("-")
    starts = column.starts + minus
    points = np.append(np.flatnonzero(data == ord(".")), len(data))
    point = points[np.searchsorted(points, starts)]
    sound = (point > starts) & (point < ends - 1) & (ends - starts <= EXACT_DIGITS + 1)
    point = np.where(sound, point, starts)
    whole, sound_whole = FieldColumn(column.page, starts, point).numbers()
    part, sound_part = FieldColumn(column.page, point + 1, np.maximum(ends, point + 1)).numbers()
    scale = _POWERS[np.where(sound, ends - point - 1, 0)]
    numbers = (whole * scale + part) / scale
    return np.where(minus, -numbers, numbers), sound & sound_whole & sound_part


def dates(column: FieldColumn) -> tuple[Longs, Flags]:
    """Return seconds since 1970, and which fields are written as `2009-12-14` or with `02:52:24`.

    Between day and time stands a blank or a T. Times are in UTC.
    """
    data, lengths = column.page.data, column.ends - column.starts
    timed = lengths == _MOMENT
    sound = timed | (lengths == _DATE)
    # Fields that are not dates are read as a piece of the page that is long enough.
    starts = np.where(sound, column.starts, 0)
    clock = np.where(timed, starts, 0)

    def two(begin: Longs, at: int, width: int = 2) -> tuple[Longs, Flags]:
        return FieldColumn(column.page, begin + at, begin + at + width).numbers()

    year, *flags = two(starts, 0, 4)
    month, month_sound = two(starts, 5)
    day, day_sound = two(starts, 8)
    sound &= flags[0] & month_sound & day_sound & (data[starts + 4] == ord("-"))
    sound &= (data[starts + 7] == ord("-")) & (year > 0) & (month > 0) & (month < 13) & (day > 0)
    seconds = np.zeros(len(starts), np.int64)
    for at, limit, unit in ((11, 24, 3600), (14, 60, 60), (17, 60, 1)):
        number, number_sound = two(clock, at)
        signs = _any_of(data[clock + at - 1], b" T" if at == 11 else b":")
        sound &= ~timed | (number_sound & (number < limit) & signs)
        seconds += np.where(timed, number * unit, 0)
    months = np.where(sound, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + np.where(sound, day - 1, 0)
    sound &= days.astype("datetime64[M]") == months
    return days.astype(np.int64) * 86_400 + seconds, sound


def _any_of(data: NDArray[np.uint8], signs: bytes) -> NDArray[Any]:
    return np.isin(data, np.frombuffer(signs, np.uint8))
