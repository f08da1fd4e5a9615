"""How sure a measured mean is: a bootstrap over users (Efron and Tibshirani 1993, chapter 13).

Ratings of one user are alike, so that users are drawn with replacement, each with all their
ratings. What is measured is a ratio of sums over users, such as squared errors by ratings.
"""

from collections.abc import Iterator

import numpy as np

from cftui.questions.check import Interval

RESAMPLES = 1_000
COVERED = (0.025, 0.975)
BLOCK = 1 << 22
"""Weights at a time, 32 MB of them."""


def resampled(sums: np.ndarray, sizes: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return ratios of sums by resampled users, shape (RESAMPLES, m), the same for equal seeds.

    `sums`: of each user and column, shape (n_users, m); `sizes`: what they are divided by, of the
    same shape or (n_users, 1). Columns of one call share their resamples, so that differences
    between them are paired. NaN where no user of a column was drawn.
    """
    values = np.concatenate((sums, sizes), axis=1).astype(np.float64)
    m = sums.shape[1]
    blocks = [weights @ values for weights in _weights(len(values), seed)]
    drawn = np.concatenate(blocks)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(drawn[:, :m] / drawn[:, m:])


def interval(value: float, draws: np.ndarray) -> Interval:
    """Return a value with the percentile interval of its resamples, shape (RESAMPLES,)."""
    draws = draws[np.isfinite(draws)]
    if not len(draws):
        return Interval(value, value, value)
    low, high = np.quantile(draws, COVERED).tolist()
    return Interval(value, low, high)


def _weights(n_users: int, seed: int) -> Iterator[np.ndarray]:
    """Yield how often each user is drawn, multinomial, a block of resamples at a time."""
    draw = np.random.default_rng(seed)
    step = max(1, BLOCK // max(1, n_users))
    for start in range(0, RESAMPLES, step):
        rows = min(step, RESAMPLES - start)
        drawn = draw.integers(0, n_users, (rows, n_users)) + n_users * np.arange(rows)[:, None]
        counts = np.bincount(drawn.reshape(-1), minlength=rows * n_users)
        yield counts.reshape(rows, n_users).astype(np.float64)
