"""A sample as its predictions need it: a row for each user, item and feature of a rating."""

from dataclasses import dataclass

import numpy as np

from cftui.training.gibbs.compiled import compiled
from cftui.training.gibbs.design import Design
from cftui.training.gibbs.kernels import RelationBlock
from cftui.training.gibbs.sample import Sample


@dataclass(frozen=True, eq=False)
class DrawRows:
    """Float64; the first column is what counts alone, the others are the factors' sums.

    `user` (n_users, 1 + rank), `item` (n_items, 1 + rank), `own`: a row for each feature of a
    rating, one of 0 for those of training ratings that are not known, and one a field for those of
    other ratings: its mean over the training ratings.
    """

    intercept: float
    user: np.ndarray
    item: np.ndarray
    own: np.ndarray
    unknown: int
    """Which row of `own` is the one of 0."""


def rows_of(design: Design, sample: Sample) -> DrawRows:
    """Return a sample's rows."""
    factors = np.ascontiguousarray(sample.factors.T)
    own = np.column_stack((sample.linear, factors))[design.first_own :]
    return DrawRows(
        float(sample.intercept[0]),
        _collapsed(design.users, sample.linear, factors),
        _collapsed(design.items, sample.linear, factors),
        np.concatenate((own, design.shares @ own)),
        len(own) - 1,
    )


def predicted(rows: DrawRows, user: np.ndarray, item: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return predictions, float64 (n,); `codes`: places in `rows.own`, (fields, n)."""
    return _predicted(rows.intercept, rows.user, rows.item, rows.own, user, item, codes)


@compiled
def _collapsed(side: RelationBlock, linear: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Return a side's rows: what its features give together, their own pairs counted in."""
    rank = factors.shape[1]
    found = np.zeros((side.n_rows, rank + 1))
    for column in range(len(side.indptr) - 1):
        f = side.first + column
        squares = 0.0
        for k in range(rank):
            squares += factors[f, k] ** 2
        for place in range(side.indptr[column], side.indptr[column + 1]):
            row, x = side.rows[place], side.values[place]
            found[row, 0] += x * linear[f] - 0.5 * x * x * squares
            for k in range(rank):
                found[row, k + 1] += x * factors[f, k]
    for row in range(side.n_rows):
        for k in range(rank):
            found[row, 0] += 0.5 * found[row, k + 1] ** 2
    return found


@compiled
def _predicted(
    intercept: float,
    users: np.ndarray,
    items: np.ndarray,
    own: np.ndarray,
    user: np.ndarray,
    item: np.ndarray,
    codes: np.ndarray,
) -> np.ndarray:
    n_columns = users.shape[1]
    found = np.empty(len(user))
    sums = np.empty(n_columns)
    for n in range(len(user)):
        of_user, of_item = users[user[n]], items[item[n]]
        total = intercept + of_user[0] + of_item[0]
        sums[:] = 0.0
        squares = 0.0
        for field in range(codes.shape[0]):
            row = own[codes[field, n]]
            total += row[0]
            for k in range(1, n_columns):
                sums[k] += row[k]
                squares += row[k] ** 2
        for k in range(1, n_columns):
            total += of_user[k] * of_item[k] + (of_user[k] + of_item[k]) * sums[k]
            total += 0.5 * sums[k] ** 2
        found[n] = total - 0.5 * squares
    return found
