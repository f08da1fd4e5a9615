"""Held-out ratings beside what was predicted of them: where predictions go wrong.

Arrays of shape (n,), one value a held-out rating; n above 0, predictions finite.
"""

import numpy as np

from cftui.evaluation.intervals import interval, resampled
from cftui.questions.check import (
    BandCoverage,
    CalibrationPoint,
    CoveredPart,
    JointCounts,
    ResidualCell,
)

BINS = 20
"""Of predictions; of ratings where they have more values than that, half as many."""
GROUPS = 10
"""Of predictions about alike."""
PARTS = 4
"""Of users by activity and of items by popularity, about as many held-out ratings in each."""


def joint_counts(predicted: np.ndarray, actual: np.ndarray, low: float, high: float) -> JointCounts:
    """Return how often what was predicted where the rating was what; `low`, `high`: of ratings.

    What is predicted outside the ratings' range falls into the outermost bins, which reach so far.
    """
    down, up = float(low), float(high)  # of float32 the edges would be too
    if not down < up:
        down, up = down - 0.5, up + 0.5
    rows = np.linspace(down, up, BINS + 1)
    rows[0], rows[-1] = min(down, predicted.min()), max(up, predicted.max())
    columns = _edges(actual, down, up)
    counts, _, _ = np.histogram2d(predicted, actual, bins=[rows, columns])
    table = tuple(tuple(row) for row in counts.astype(int).tolist())
    return JointCounts(tuple(rows.tolist()), tuple(columns.tolist()), table)


def _edges(actual: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return the edges of columns of ratings: around each value where they are few."""
    levels = np.unique(actual.astype(np.float64))
    if len(levels) > BINS:
        edges = np.linspace(low, high, BINS // 2 + 1)
        edges[-1] = np.nextafter(edges[-1], np.inf)
        return edges
    between = (levels[1:] + levels[:-1]) / 2
    first = levels[1] - levels[0] if len(levels) > 1 else 1.0
    last = levels[-1] - levels[-2] if len(levels) > 1 else 1.0
    return np.concatenate(([levels[0] - first / 2], between, [levels[-1] + last / 2]))


def calibration(
    predicted: np.ndarray, actual: np.ndarray, user: np.ndarray
) -> tuple[CalibrationPoint, ...]:
    """Return what was really given where about the same was predicted, least first.

    About as many ratings each; the interval is of a bootstrap over users.
    """
    group, n_groups = quantile_groups(predicted, GROUPS)
    users, place = np.unique(user, return_inverse=True)
    cell, shape = place * n_groups + group, (len(users), n_groups)
    sums = np.bincount(cell, actual.astype(np.float64), len(users) * n_groups).reshape(shape)
    sizes = np.bincount(cell, minlength=len(users) * n_groups).reshape(shape)
    draws = resampled(sums, sizes)
    n = sizes.sum(axis=0)
    means = sums.sum(axis=0) / n
    said = np.bincount(group, predicted.astype(np.float64), n_groups) / n
    return tuple(
        CalibrationPoint(float(said[g]), interval(float(means[g]), draws[:, g]), int(n[g]))
        for g in range(n_groups)
    )


def residual_cells(
    predicted: np.ndarray,
    actual: np.ndarray,
    user_counts: np.ndarray,
    item_counts: np.ndarray,
) -> tuple[tuple[ResidualCell, ...], ...]:
    """Return errors by activity of the user, then by popularity of the item.

    The counts are of training ratings of each held-out rating's user and item.
    """
    rows, n_rows = quantile_groups(user_counts, PARTS)
    columns, n_columns = quantile_groups(item_counts, PARTS)
    off = predicted.astype(np.float64) - actual
    active = [_range(user_counts[rows == row]) for row in range(n_rows)]
    popular = [_range(item_counts[columns == column]) for column in range(n_columns)]

    def cell(row: int, column: int) -> ResidualCell:
        inside = off[(rows == row) & (columns == column)]
        mean, square = (inside.mean(), (inside**2).mean()) if len(inside) else (0.0, 0.0)
        return ResidualCell(
            active[row], popular[column], len(inside), float(mean), float(np.sqrt(square))
        )

    return tuple(tuple(cell(row, column) for column in range(n_columns)) for row in range(n_rows))


def band_coverage(
    words: str,
    ends: tuple[np.ndarray, np.ndarray],
    actual: np.ndarray,
    user_counts: np.ndarray,
    item_counts: np.ndarray,
) -> BandCoverage:
    """Return how many ratings are within bands, overall and by users' and items' counts.

    `ends`: lows and highs; `words`: what the bands are called; counts as of `residual_cells`.
    """
    low, high = ends
    inside = (low <= actual) & (actual <= high)
    by_activity, by_popularity = (_covered(inside, c) for c in (user_counts, item_counts))
    width = float((high - low).mean(dtype=np.float64))
    return BandCoverage(words, float(inside.mean()), width, by_activity, by_popularity)


def _covered(inside: np.ndarray, counts: np.ndarray) -> tuple[CoveredPart, ...]:
    groups, n_groups = quantile_groups(counts, PARTS)
    masks = [groups == group for group in range(n_groups)]
    return tuple(
        CoveredPart(_range(counts[mask]), int(mask.sum()), float(inside[mask].mean()))
        for mask in masks
    )


def quantile_groups(values: np.ndarray, n: int) -> tuple[np.ndarray, int]:
    """Return each value's group, from 0 for the least, and how many groups there are.

    At most n, about equally large, equal values together, none of them empty.
    """
    shares = np.arange(1, n) / n
    edges = np.unique(np.quantile(values, shares, method="inverted_cdf"))
    groups = np.searchsorted(edges, values, side="left")
    return groups, int(groups.max()) + 1


def farthest_off(predicted: np.ndarray, actual: np.ndarray, n: int) -> np.ndarray:
    """Return the places of the n worst predictions, worst first; equal ones in their order."""
    off = -np.abs(predicted.astype(np.float64) - actual)
    return np.argsort(off, kind="stable")[:n]


def _range(counts: np.ndarray) -> tuple[int, int]:
    return int(counts.min()), int(counts.max())
