"""Notices values that seem to mean that there is no rating; numpy alone."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cftui.questions.data import ValueBar
from cftui.ratings.values import Ratings

SAMPLE = 1_000_000
"""Ratings that are looked at, about."""
LEAST = 20
"""Ratings below which nothing can be said."""
OTHERS = 3
"""Values that a scale has at least, beside one that is none of it."""
MOST_OTHERS = 100
"""Of counts, which have more of them, 0 is one."""
LARGE_SHARE, SHARE = 0.1, 0.02
"""Of all ratings: 0 is noticed where it is the most frequent and has the first of them, or where it
has the second and is so many times as frequent as the next value:"""
TIMES = 3
FEW = 3
"""Values out of all others' range that are no more are typing errors, told as outliers."""


def seeming_unrated(ratings: Ratings) -> tuple[ValueBar, ...]:
    """Return values that seem to mean that there is no rating, with how many ratings have them.

    Such are -1 below a scale that is not negative, 99 far above one, and a 0 that is far more
    frequent than its neighbours in a scale from 1.
    """
    if len(ratings) < LEAST or ratings.mapping.values:
        return ()
    sample = ratings.value[:: max(len(ratings) // SAMPLE, 1)]
    levels, counts = np.unique(sample, return_counts=True)
    found: list[float] = []
    while len(levels) > OTHERS:
        if _odd_below(levels, counts):
            end, rest = 0, slice(1, None)
        elif _far_above(levels, counts):
            end, rest = -1, slice(None, -1)
        else:
            break
        found.append(float(levels[end]))
        levels, counts = levels[rest], counts[rest]
    return tuple(ValueBar(one, one, _count(ratings.value, one)) for one in found)


def _odd_below(levels: NDArray[np.float32], counts: NDArray[Any]) -> bool:
    """Return whether the least value is none of the scale that the others make."""
    least, next_one = float(levels[0]), float(levels[1])
    if least < 0:
        return least.is_integer() and next_one >= 0
    scale = levels[1:]
    whole = bool((scale == np.rint(scale)).all()) and len(scale) <= MOST_OTHERS
    if least > 0 or next_one < 1 or not whole:
        return False
    share = counts[0] / counts.sum()
    most = share >= LARGE_SHARE and counts[0] > counts[1:].max()
    return bool(most or (share >= SHARE and counts[0] >= TIMES * counts[1]))


def _far_above(levels: NDArray[np.float32], counts: NDArray[Any]) -> bool:
    """Return whether the greatest value is as 99 above stars: whole, and far from the others."""
    low, high, greatest = (float(levels[place]) for place in (0, -2, -1))
    nines = greatest.is_integer() and set(str(int(greatest))) == {"9"}
    return nines and greatest - high > high - low and bool(counts[-1] > FEW)


def _count(values: NDArray[np.float32], value: float) -> int:
    return int(np.count_nonzero(values == np.float32(value)))
