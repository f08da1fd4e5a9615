"""Finds the few values that lie far from all others, and tells counts from ratings; numpy alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cftui.questions.data import Outlier
from cftui.ratings.values import Ratings

SHOWN = 5
"""Outliers named one by one."""
FEW = 3
SHARE = 1e-4
"""Outliers are at most FEW ratings, or this share of all: what is more frequent is meant."""
LEAST = 20
"""Ratings below which nothing can be said."""
FAR = 3.0
"""Outliers are so many times further away than all others lie apart."""
FAR_OF_SKEWED = 100.0
"""So above skewed values, of which the largest may well be many times the next one."""
SKEWED = 1 / 3
"""The median of values with a long tail lies in this lowest part of their range."""
LONG_TAIL = 10
"""Counts reach so many times their median, and further."""
LARGE = 20
"""A scale of ratings may begin at its median, but then it ends below this."""
CHUNK = 1 << 20
"""Ratings looked at together."""
SAMPLE = 1_000_000
"""Quantiles are of about so many."""
UPPER = 0.99
"""Of counts, nearly all lie in the lower half."""


@dataclass(frozen=True)
class Shape:
    """What the values of a data set are like at their ends."""

    low: float
    """Least value that is no outlier; so for `high`, the greatest."""
    high: float
    middle: float
    """The median."""
    counts: bool
    """Whether they look like counts."""


def shape_of(ratings: Ratings) -> Shape:
    """Return where values end, outliers left out, and whether they are counts."""
    sample = ratings.value[:: max(len(ratings) // SAMPLE, 1)]
    middle, upper = np.quantile(sample, (0.5, UPPER)).tolist()
    if len(ratings) < LEAST:
        return Shape(ratings.low, ratings.high, middle, False)
    least, greatest = _ends(ratings.value, _most(len(ratings)))
    body_low, body_high = float(least[-1]), float(greatest[0])
    whole = body_low >= 0 and _whole(ratings.value)
    width = body_high - body_low
    skewed = middle - body_low < SKEWED * width
    high = _last_near(greatest, width, FAR_OF_SKEWED if skewed else FAR)
    low = -_last_near(-least[::-1], width, FAR)
    counts = whole and not ratings.mapping.values and _long(middle, upper, high)
    return Shape(low, high, middle, counts)


def outliers_of(ratings: Ratings, shape: Shape) -> tuple[int, list[int]]:
    """Return how many outliers there are, and the positions of the first."""
    count = 0
    first: list[int] = []
    for start, chunk in _chunks(ratings.value):
        found = np.flatnonzero((chunk < shape.low) | (chunk > shape.high))
        count += len(found)
        first += (start + found[: SHOWN - len(first)]).tolist()
    return count, first


def named(ratings: Ratings, position: int) -> Outlier:
    """Return an outlier without its line."""
    return Outlier(
        value=float(str(ratings.value[position])),
        user=ratings.users.id_of(int(ratings.user[position])),
        item=ratings.items.id_of(int(ratings.item[position])),
        line=None,
    )


def _most(n: int) -> int:
    """Return how many ratings at either end can be outliers."""
    return max(FEW, int(SHARE * n))


def _long(middle: float, upper: float, high: float) -> bool:
    """Return whether values have a long tail, by their median, the start of the tail, the end."""
    return high > LARGE and high >= LONG_TAIL * max(middle, 1.0) and upper <= high / 2


def _last_near(rising: NDArray[np.float32], width: float, far: float) -> float:
    """Return the last of rising values before the first gap that is wide for what lies below.

    `width`: between the first of them and the other end.
    """
    values = rising.astype(np.float64)
    below = width + values[:-1] - values[0]
    wide = np.flatnonzero((below > 0) & (np.diff(values) > far * below))
    return float(values[wide[0]] if len(wide) else values[-1])


def _ends(values: NDArray[np.float32], most: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the `most` + 1 least values and as many of the greatest, each rising."""
    least = greatest = np.empty(0, np.float32)
    keep = most + 1
    for _, chunk in _chunks(values):
        if len(chunk) > 2 * keep:
            parted = np.partition(chunk, (keep - 1, len(chunk) - keep))
            least = np.concatenate([least, parted[:keep]])
            greatest = np.concatenate([greatest, parted[-keep:]])
        else:
            least, greatest = np.concatenate([least, chunk]), np.concatenate([greatest, chunk])
        least, greatest = np.sort(least)[:keep], np.sort(greatest)[-keep:]
    return least, greatest


def _whole(values: NDArray[np.float32]) -> bool:
    return all(bool((chunk == np.rint(chunk)).all()) for _, chunk in _chunks(values))


def _chunks(values: NDArray[np.float32]) -> Iterator[tuple[int, NDArray[np.float32]]]:
    for start in range(0, len(values), CHUNK):
        yield start, values[start : start + CHUNK]
