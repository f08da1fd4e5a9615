"""How alike two items are rated: the cosine of residuals, shrunk where few people rated both.

Residuals are what is left of ratings after user and item biases, over whole vectors: somebody who
rated one of the two adds to its length alone (Bell and Koren 2007 shrink by n / (n + 10) for n
common raters).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from cftui.evaluation.baselines import fit_biases
from cftui.explore.likes.ease import rows_from_arrays, rows_to_arrays
from cftui.explore.likes.kernels import item_rows
from cftui.ratings.pairs import Pairs

SHRINKAGE = 10.0
"""Common raters with which a cosine counts half."""
NOISE = 1e-9
"""Residuals smaller than this times the largest value are rounding, not taste."""


@dataclass(frozen=True, eq=False)
class Company:
    """One item beside all: arrays of shape (n_items,)."""

    cosine: np.ndarray
    """Shrunk cosine of residuals, within -1 to 1; 0 where nobody rated both."""
    common: np.ndarray
    """How many people rated both, int64; for the item itself, how many rated it."""
    lift: np.ndarray
    """How many times as many rated both as if each rated at random; 0 where nobody did."""


@dataclass(frozen=True, eq=False)
class Residuals:
    """What ratings are beyond biases, by item and by user; float64."""

    by_item: Any
    """scipy.sparse.csr_array of shape (n_items, n_users); so transposed `by_user`."""
    by_user: Any
    length: np.ndarray
    """Of each item's vector, shape (n_items,)."""

    def company(self, code: int) -> Company:
        """Return how one item stands to all, from the ratings of those who rated it."""
        counts = np.diff(self.by_item.indptr)
        start, end = self.by_item.indptr[code : code + 2]
        raters = self.by_item.indices[start:end]
        theirs = self.by_user[raters]
        dots = theirs.T @ self.by_item.data[start:end]
        common = np.bincount(theirs.indices, minlength=len(counts))
        lengths = self.length * self.length[code]
        # Beside an item without any residual stands nothing; division by 1 keeps the 0.
        cosine = dots / np.where(lengths > 0, lengths, 1.0) * (common / (common + SHRINKAGE))
        active = np.count_nonzero(np.diff(self.by_user.indptr))
        by_chance = np.maximum(counts, 1) * max(int(counts[code]), 1) / max(active, 1)
        return Company(cosine, common, common / by_chance)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return all that it is as named arrays."""
        return rows_to_arrays("residuals", self.by_item)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "Residuals":
        """Return what `to_arrays` kept; raises KeyError if an array is missing."""
        return _residuals(rows_from_arrays("residuals", arrays))


def fit_residuals(
    user: np.ndarray, item: np.ndarray, value: np.ndarray, n_users: int, n_items: int
) -> Residuals:
    """Return residuals of ratings: codes and values, shape (n,) each."""
    value = value.astype(np.float64)
    pairs = Pairs(user, item)
    left = value - fit_biases(pairs, value, n_users, n_items).score(pairs)
    left[np.abs(left) <= NOISE * np.abs(value).max(initial=0.0)] = 0.0
    return _residuals(item_rows(user, item, left, n_users, n_items))


def _residuals(by_item: Any) -> Residuals:
    squares = sparse.csr_array((by_item.data**2, by_item.indices, by_item.indptr), by_item.shape)
    return Residuals(by_item, by_item.T.tocsr(), np.sqrt(np.asarray(squares.sum(axis=1))))
